/** The ports where booting machines fetch files: TFTP for firmware, HTTP for all that follows, and
 * HTTPS for what needs trust. That one opens once there is a certificate. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { Endpoint } from "../../io/link.ts";
import type { Poller } from "../../io/poller.ts";
import type { BootTopic } from "../../model/boot_event.ts";
import { type Ipv4, ipv4Of } from "../../model/ipv4.ts";
import type { BootFiles } from "./boot_files.ts";
import type { Leaf, OwnLeaf } from "../authority/own_leaf.ts";
import type { BootPorts, HttpEvent, HttpServing, HttpsServing } from "./boot_ports.ts";
import { KeptOpen } from "./kept_open.ts";
import { type TftpEvent, TftpServer } from "./tftp_server.ts";

export interface FileServersParts {
  readonly clock: Clock;
  readonly ports: BootPorts;
  readonly poller: Poller;
  readonly http: Endpoint;
  readonly https: Endpoint;
  readonly leaf: OwnLeaf;
  /** The content folder. */
  readonly content: string;
  readonly files: BootFiles;
  readonly changed: () => void;
  readonly tell: (line: string) => void;
  /** A transfer came to its end. */
  fetched(
    topic: BootTopic,
    client: Ipv4,
    asked: string,
    outcome: "answered" | "failed",
    told: string,
  ): void;
}

const TFTP_PORT = 69;
/** What the kernel is to hold of packets in each direction, where it grants that much. */
const TFTP_BUFFER_BYTES = 4 * 1024 * 1024;

export class FileServers {
  readonly tftp: KeptOpen<TftpServer>;
  readonly http: KeptOpen<HttpServing>;
  readonly https: KeptOpen<HttpsServing>;
  readonly #parts: FileServersParts;
  readonly #httpsTried = Promise.withResolvers<void>();
  #isHttpsBegun = false;

  constructor(parts: FileServersParts) {
    this.#parts = parts;
    const { clock, changed, tell } = parts;
    this.tftp = new KeptOpen({
      ...{ clock, changed, tell },
      open: () => this.#openTftp(),
      close: (server) => server.close(),
    });
    this.http = new KeptOpen({
      ...{ clock, changed, tell },
      open: () => this.#openHttp(),
      close: (server) => server.close(),
    });
    this.https = new KeptOpen({
      ...{ clock, tell },
      changed: () => this.#httpsChanged(),
      open: () => this.#openHttps(),
      close: (server) => server.close(),
    });
  }

  async start(): Promise<void> {
    this.#parts.leaf.watch((leaf) => this.#shows(leaf));
    await Promise.all([this.tftp.start(), this.http.start()]);
  }

  /** Resolves once the port for HTTPS was opened, or could not be. */
  get httpsTried(): Promise<void> {
    return this.#httpsTried.promise;
  }

  /** 0 while it is not open. */
  get httpPort(): number {
    return Number(/:(\d+)$/.exec(this.http.thing?.address ?? "")?.[1] ?? 0);
  }

  get troubles(): readonly string[] {
    return [this.tftp, this.http, this.https].flatMap(({ why }) => why ?? []);
  }

  async close(): Promise<void> {
    await Promise.all([this.tftp.close(), this.http.close(), this.https.close()]);
  }

  // ----

  #openTftp(): Outcome<TftpServer> {
    const { ports, poller, clock, files } = this.#parts;
    const [receiveBufferBytes, sendBufferBytes] = [TFTP_BUFFER_BYTES, TFTP_BUFFER_BYTES];
    const opened = ports.openDatagrams({ port: TFTP_PORT, receiveBufferBytes, sendBufferBytes });
    if (!opened.ok) return opened;
    return ok(
      new TftpServer({
        ...{ socket: opened.value, poller, clock },
        open: (path, client) => files.openTftp(path, client),
        events: (event) => this.#tftpEvent(event),
      }),
    );
  }

  #openHttp(): Outcome<HttpServing> {
    const { ports, poller, clock, files, http, content, tell } = this.#parts;
    return ports.listenHttp({
      ...{ at: http, content, poller, clock, tell },
      compute: (path, { address }) => files.compute(path, address),
      done: (event) => this.#httpEvent(event),
    });
  }

  /** The member goes by another certificate, or by its first. */
  #shows(leaf: Leaf): void {
    this.https.thing?.use(leaf);
    if (this.#isHttpsBegun) return;
    this.#isHttpsBegun = true;
    void this.#beginHttps();
  }

  async #beginHttps(): Promise<void> {
    await this.https.start();
    this.#httpsTried.resolve();
  }

  async #openHttps(): Promise<Outcome<HttpsServing>> {
    const { ports, clock, files, https, content, tell, leaf } = this.#parts;
    const certificate = leaf.current;
    if (certificate === undefined) return refused("unavailable", "there is no certificate");
    return await ports.listenHttps({
      ...{ at: https, certificate, content, clock, tell },
      compute: (path, { address }) => files.compute(path, address),
      done: (event) => this.#httpEvent(event),
    });
  }

  /** It may have been renewed while the port was opened. */
  #httpsChanged(): void {
    const { leaf, changed } = this.#parts;
    if (leaf.current !== undefined) this.https.thing?.use(leaf.current);
    changed();
  }

  #tftpEvent(event: TftpEvent): void {
    const { fetched } = this.#parts;
    const { client: { address }, file } = event;
    if (event.type === "refused") {
      return fetched("tftp", address, file, "failed", event.message);
    }
    // OVMF asks for the size, and then anew for the file.
    if (event.type !== "ended" || event.outcome.kind === "probed") return;
    const { outcome, bytes, tookMs } = event;
    const isDone = outcome.kind === "complete" || outcome.kind === "unconfirmed";
    const told = isDone
      ? amountText(bytes, tookMs)
      : "message" in outcome
      ? `${outcome.kind} after ${amountText(bytes, tookMs)}: ${outcome.message}`
      : `${outcome.kind} after ${amountText(bytes, tookMs)}`;
    fetched("tftp", address, file, isDone ? "answered" : "failed", told);
  }

  #httpEvent({ address, path, status, bytes, tookMs, aborted }: HttpEvent): void {
    const client = ipv4Of(address);
    if (client === undefined) return;
    const isDone = status < 400 && !aborted;
    const told = aborted
      ? `cut off after ${amountText(bytes, tookMs)}`
      : `${status}, ${amountText(bytes, tookMs)}`;
    this.#parts.fetched("http", client, path, isDone ? "answered" : "failed", told);
  }
}

/** `8192 bytes in 12 ms`. */
function amountText(bytes: number, tookMs: number): string {
  return `${bytes} bytes in ${Math.round(tookMs)} ms`;
}
