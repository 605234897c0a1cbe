/** What boot services stand on, and how they are set; main.ts names the real ones. */
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { Endpoint } from "../../io/link.ts";
import type { DatagramOptions, DatagramSocket } from "../../io/datagram.ts";
import type { GroupOptions, GroupSocket } from "../../io/group_socket.ts";
import type { KeyedCertificate } from "../../io/certificate_signing.ts";
import type { ContentFile } from "../../io/content_files.ts";
import type { HostInterface } from "../../io/interfaces.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { Poller } from "../../io/poller.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import type { LoopLag } from "../metrics/loop_lag.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { MadeFile } from "./boot_files.ts";

export interface BootPorts {
  readonly lag: LoopLag;
  /** Where what boot services count is read out. */
  readonly metrics: Metrics;
  openPoller(): Outcome<Poller>;
  openPackets(filter: "dhcp" | "arp"): Outcome<PacketSocket>;
  openDatagrams(options: DatagramOptions): Outcome<DatagramSocket>;
  openGroup(options: GroupOptions): Outcome<GroupSocket>;
  listInterfaces(): Outcome<readonly HostInterface[]>;
  lookUpName(name: string): Promise<Ipv4 | undefined>;
  listenHttp(order: HttpOrder): Outcome<HttpServing>;
  listenHttps(order: HttpsOrder): Promise<Outcome<HttpsServing>>;
  /** The node's side, `addons.cpio`: an open file, or bytes, which are the same array each time and
   * never change. Refused with the remedy where there is none. */
  addons(): Promise<Outcome<Uint8Array | ContentFile>>;
}

/** What is served over HTTP to booting machines, and who is told. */
export interface HttpOrder {
  readonly at: Endpoint;
  /** The content folder: its `public` is served where nothing is made for whoever asks. */
  readonly content: string;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly compute: (
    path: string,
    client: { readonly address: string },
  ) => Promise<Outcome<MadeFile | undefined>>;
  readonly done: (event: HttpEvent) => void;
  readonly tell: (line: string) => void;
}

/** An answer that has ended. */
export interface HttpEvent {
  /** The client's. */
  readonly address: string;
  /** As it was asked for, decoded. */
  readonly path: string;
  readonly status: number;
  /** Of the body, as far as the kernel took them. */
  readonly bytes: number;
  readonly tookMs: number;
  /** The client has not got all. */
  readonly aborted: boolean;
}

export interface HttpServing {
  /** `host:port`, with the port that was really taken. */
  readonly address: string;
  /** From its opening on. */
  readonly counts: {
    readonly connections: number;
    readonly accepted: number;
    /** Connections that were one too many, and those that ended by what is no request. */
    readonly refused: number;
    readonly wrong: number;
    /** Answers that ended, by status. */
    readonly answers: ReadonlyMap<number, number>;
    readonly bytes: number;
    readonly aborted: number;
    /** Those among them that took too little in the time they have. */
    readonly slow: number;
  };
  /** Takes no more connections, gives answers under way 1.5 s to end, and cuts the rest. The poller
   * must run until then. */
  close(): Promise<void>;
}

/** What is served over HTTPS to nodes. */
export interface HttpsOrder extends Omit<HttpOrder, "poller"> {
  readonly certificate: KeyedCertificate;
}

/** As {@link HttpServing}; `wrong` counts what is no TLS as well, and the poller is not needed. */
export interface HttpsServing extends Omit<HttpServing, "counts"> {
  readonly counts: Omit<HttpServing["counts"], "bytes" | "slow">;
  /** Shows this one to whoever connects from now on. */
  use(certificate: KeyedCertificate): void;
}

export interface BootOptions {
  /** Where boot files are served over HTTP. */
  readonly http: Endpoint;
  /** Where nodes are served over HTTPS. */
  readonly https: Endpoint;
  /** Interfaces where it answers; all that have an address where none is named. */
  readonly interfaces: readonly string[];
  /** Where it gives addresses beside servers that are no members. */
  readonly authoritative: readonly string[];
}
