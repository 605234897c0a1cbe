/** What boot services have done, as metrics. */
import type { Metrics, Sample } from "../metrics/metrics.ts";
import type { DhcpCounts } from "./dhcp_counts.ts";
import type { SearchCounts } from "./search_counts.ts";
import type { HttpServing, HttpsServing } from "./boot_ports.ts";
import type { TftpServer } from "./tftp_server.ts";

export interface CountedServices {
  readonly counts: DhcpCounts;
  readonly searchCounts: SearchCounts;
  readonly tftp: Pick<TftpServer, "counts" | "active"> | undefined;
  readonly http: Pick<HttpServing, "counts"> | undefined;
  readonly https: Pick<HttpsServing, "counts"> | undefined;
  readonly strangersHeard: number;
  readonly foreignServers: number;
}

export function measureBoot(metrics: Metrics, of: CountedServices): void {
  const to = new BootMetrics(metrics);
  measureDhcp(to, of);
  measureTftp(to, of);
  measureSearches(to, of);
  measureHttp(to, of);
  measureHttps(to, of);
}

/** Metrics that are read when they are asked for, their names without what all have. */
class BootMetrics {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  counter(name: string, help: string, read: () => number): void {
    this.#metrics.readOut("counter", `confluent_${name}_total`, help, read);
  }

  gauge(name: string, help: string, read: () => number): void {
    this.#metrics.readOut("gauge", `confluent_${name}`, help, read);
  }

  /** A counter of several kinds. */
  by(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    const samples = (): Sample[] =>
      Object.entries(read()).map(([value, count]) => [{ [label]: value }, count]);
    this.#metrics.readOut("counter", `confluent_${name}_total`, help, samples, [label]);
  }
}

function measureDhcp(to: BootMetrics, of: CountedServices): void {
  const { counts } = of;
  to.by("dhcp_requests", "DHCP requests that were heard, by their kind", "kind", () => {
    return counts.requests;
  });
  to.by("dhcp_answers", "DHCP answers that were sent, by their message", "message", () => {
    return counts.answers;
  });
  to.counter("dhcp_silences", "DHCP requests that got no answer", () => counts.silences);
  to.counter("dhcp_left", "DHCP requests that were another member's to answer", () => counts.left);
  to.counter("dhcp_stepped_in", "answers in place of a member that was silent", () => {
    return counts.steppedIn;
  });
  to.counter("dhcp_notes", "words of other members that they answer", () => counts.notes);
  to.counter("dhcp_malformed", "frames that are no DHCP request of sense", () => counts.malformed);
  to.counter("dhcp_faults", "packets that met a fault of this program", () => counts.faults);
  to.counter("dhcp_floods", "requests of machines that ask too often", () => counts.floods);
  to.counter("dhcp_dropped", "frames the kernel had no room for on their way in", () => {
    return counts.dropped;
  });
  to.counter("dhcp_unsent", "answers that could not be sent", () => counts.unsent);
  to.gauge("dhcp_strangers", "machines that asked and are no node's, as far as kept", () => {
    return of.strangersHeard;
  });
  to.gauge("dhcp_foreign_servers", "DHCP servers that are no members, on served segments", () => {
    return of.foreignServers;
  });
}

function measureTftp(to: BootMetrics, of: CountedServices): void {
  to.counter("tftp_requests", "TFTP requests to read", () => of.tftp?.counts.requests ?? 0);
  to.by("tftp_refused", "TFTP packets that came to nothing, by why", "reason", () => {
    return of.tftp?.counts.refused ?? {};
  });
  to.by("tftp_transfers", "TFTP transfers that ended, by how", "end", () => {
    return of.tftp?.counts.ended ?? {};
  });
  to.counter("tftp_bytes", "bytes of files that were sent over TFTP", () => {
    return of.tftp?.counts.bytes ?? 0;
  });
  to.counter("tftp_blocks_again", "TFTP blocks that were sent more than once", () => {
    return of.tftp?.counts.blocksAgain ?? 0;
  });
  to.gauge("tftp_active", "TFTP transfers under way", () => of.tftp?.active ?? 0);
}

function measureSearches(to: BootMetrics, of: CountedServices): void {
  const ofSearch = (name: keyof SearchCounts) => (): number => of.searchCounts[name];
  to.counter("search_requests", "searches of nodes for members", ofSearch("requests"));
  to.counter("search_answers", "searches that were answered", ofSearch("answers"));
  to.counter("search_silences", "searches that got no answer", ofSearch("silences"));
  to.counter("search_malformed", "datagrams that are no SSDP of sense", ofSearch("malformed"));
  to.counter("search_faults", "searches that met a fault of this program", ofSearch("faults"));
  to.counter("search_floods", "searches of machines that search too often", ofSearch("floods"));
  to.counter("search_dropped", "searches the kernel had no room for", ofSearch("dropped"));
  to.counter("search_unsent", "answers to searches that could not be sent", ofSearch("unsent"));
}

function measureHttp(to: BootMetrics, of: CountedServices): void {
  const ofHttp = (name: Exclude<keyof HttpServing["counts"], "answers">) => (): number =>
    of.http?.counts[name] ?? 0;
  to.gauge("boot_http_connections", "connections of booting machines", ofHttp("connections"));
  to.counter("boot_http_accepted", "connections that were taken", ofHttp("accepted"));
  to.counter("boot_http_refused", "connections that were one too many", ofHttp("refused"));
  to.counter("boot_http_wrong", "connections that ended by what is no request", ofHttp("wrong"));
  to.counter("boot_http_aborted", "answers that the client has not got all of", ofHttp("aborted"));
  to.by("boot_http_answers", "requests that were answered, by status", "status", () => {
    return Object.fromEntries(of.http?.counts.answers ?? []);
  });
  to.counter("boot_http_bytes", "bytes of bodies that were sent", ofHttp("bytes"));
}

function measureHttps(to: BootMetrics, of: CountedServices): void {
  const counted = (name: Exclude<keyof HttpsServing["counts"], "answers">) => (): number =>
    of.https?.counts[name] ?? 0;
  to.gauge("boot_https_connections", "connections of nodes", counted("connections"));
  to.counter("boot_https_accepted", "connections of nodes that were taken", counted("accepted"));
  to.counter("boot_https_refused", "connections of nodes, one too many", counted("refused"));
  to.counter(
    "boot_https_wrong",
    "connections of nodes that ended by what is no TLS or no request",
    counted("wrong"),
  );
  to.counter(
    "boot_https_aborted",
    "answers that the node has not got all of",
    counted("aborted"),
  );
  to.by("boot_https_answers", "requests of nodes that were answered, by status", "status", () => {
    return Object.fromEntries(of.https?.counts.answers ?? []);
  });
}
