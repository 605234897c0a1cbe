/** What boot services have done, as metrics. */
import type { Metrics, Sample } from "../metrics/metrics.ts";
import type { DhcpCounts } from "./dhcp_counts.ts";
import type { SearchCounts } from "./search_counts.ts";
import type { HttpServing } from "./boot_ports.ts";
import type { TftpServer } from "./tftp_server.ts";

export interface CountedServices {
  readonly counts: DhcpCounts;
  readonly searchCounts: SearchCounts;
  readonly tftp: Pick<TftpServer, "counts" | "active"> | undefined;
  readonly http: Pick<HttpServing, "counts"> | undefined;
  readonly strangersHeard: number;
  readonly foreignServers: number;
}

export function measureBoot(metrics: Metrics, of: CountedServices): void {
  const counter = (name: string, help: string, read: () => number): void =>
    metrics.readOut("counter", `confluent_${name}_total`, help, read);
  const gauge = (name: string, help: string, read: () => number): void =>
    metrics.readOut("gauge", `confluent_${name}`, help, read);
  const by = (
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void => {
    const samples = (): Sample[] =>
      Object.entries(read()).map(([value, count]) => [{ [label]: value }, count]);
    metrics.readOut("counter", `confluent_${name}_total`, help, samples, [label]);
  };
  const { counts } = of;
  by("dhcp_requests", "DHCP requests that were heard, by their kind", "kind", () => {
    return counts.requests;
  });
  by("dhcp_answers", "DHCP answers that were sent, by their message", "message", () => {
    return counts.answers;
  });
  counter("dhcp_silences", "DHCP requests that got no answer", () => counts.silences);
  counter("dhcp_left", "DHCP requests that were another member's to answer", () => counts.left);
  counter("dhcp_stepped_in", "answers in place of a member that was silent", () => {
    return counts.steppedIn;
  });
  counter("dhcp_notes", "words of other members that they answer", () => counts.notes);
  counter("dhcp_malformed", "frames that are no DHCP request of sense", () => counts.malformed);
  counter("dhcp_faults", "packets that met a fault of this program", () => counts.faults);
  counter("dhcp_floods", "requests of machines that ask too often", () => counts.floods);
  counter("dhcp_dropped", "frames the kernel had no room for on their way in", () => {
    return counts.dropped;
  });
  counter("dhcp_unsent", "answers that could not be sent", () => counts.unsent);
  gauge("dhcp_strangers", "machines that asked and are no node's, as far as kept", () => {
    return of.strangersHeard;
  });
  gauge("dhcp_foreign_servers", "DHCP servers that are no members, on served segments", () => {
    return of.foreignServers;
  });
  counter("tftp_requests", "TFTP requests to read", () => of.tftp?.counts.requests ?? 0);
  by("tftp_refused", "TFTP packets that came to nothing, by why", "reason", () => {
    return of.tftp?.counts.refused ?? {};
  });
  by("tftp_transfers", "TFTP transfers that ended, by how", "end", () => {
    return of.tftp?.counts.ended ?? {};
  });
  counter("tftp_bytes", "bytes of files that were sent over TFTP", () => {
    return of.tftp?.counts.bytes ?? 0;
  });
  counter("tftp_blocks_again", "TFTP blocks that were sent more than once", () => {
    return of.tftp?.counts.blocksAgain ?? 0;
  });
  gauge("tftp_active", "TFTP transfers under way", () => of.tftp?.active ?? 0);
  const ofSearch = (name: keyof SearchCounts) => (): number => of.searchCounts[name];
  counter("search_requests", "searches of nodes for members", ofSearch("requests"));
  counter("search_answers", "searches that were answered", ofSearch("answers"));
  counter("search_silences", "searches that got no answer", ofSearch("silences"));
  counter("search_malformed", "datagrams that are no SSDP of sense", ofSearch("malformed"));
  counter("search_faults", "searches that met a fault of this program", ofSearch("faults"));
  counter("search_floods", "searches of machines that search too often", ofSearch("floods"));
  counter("search_dropped", "searches the kernel had no room for", ofSearch("dropped"));
  counter("search_unsent", "answers to searches that could not be sent", ofSearch("unsent"));
  const ofHttp = (name: Exclude<keyof HttpServing["counts"], "answers">) => (): number =>
    of.http?.counts[name] ?? 0;
  gauge("boot_http_connections", "connections of booting machines", ofHttp("connections"));
  counter("boot_http_accepted", "connections that were taken", ofHttp("accepted"));
  counter("boot_http_refused", "connections that were one too many", ofHttp("refused"));
  counter("boot_http_wrong", "connections that ended by what is no request", ofHttp("wrong"));
  counter("boot_http_aborted", "answers that the client has not got all of", ofHttp("aborted"));
  by("boot_http_answers", "requests that were answered, by status", "status", () => {
    return Object.fromEntries(of.http?.counts.answers ?? []);
  });
  counter("boot_http_bytes", "bytes of bodies that were sent", ofHttp("bytes"));
}
