/**
 * What the command line can run without a service: main.ts composes these and hands them to
 * `src/cli`. Each tells what happens through `tell`, one line at a time, for people.
 */
import type { Outcome } from "../base/outcome.ts";
import type { Endpoint } from "../io/link.ts";
import type { BootOptions } from "./boot/boot_ports.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where the key comes from that wraps, on disk, what opens the collective key: wrapping.ts. */
export type WrappingSource =
  | { readonly by: "generated" }
  | { readonly by: "file"; readonly path: string }
  /** Asked for once it is needed; the same each time. */
  | { readonly by: "passphrase"; readonly ask: () => Promise<Outcome<string>> };

/** How a member is run; names and defaults are those of the flags of `confluent serve`. */
export interface ServeOptions {
  readonly data: string;
  /** The folder of profiles and what else nodes are sent; it need not be there. */
  readonly content: string;
  /** How machines are booted; undefined where they are not. */
  readonly boot: BootOptions | undefined;
  /** The name a new member takes; one that has a name already refuses another. */
  readonly name: string | undefined;
  readonly socket: string;
  readonly api: Endpoint;
  readonly peer: Endpoint;
  /** Where peers reach this member: `host` or `host:port`. Empty: found out by itself. */
  readonly advertise: readonly string[];
  /** Where to look for the members of these names before their listed addresses. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  readonly wrapping: WrappingSource;
  readonly logLevel: LogLevel;
  readonly logFormat: "text" | "json";
}

export interface JoinOptions {
  readonly token: string;
  /** Tried before the addresses in the token: `host` or `host:port`. */
  readonly server: string | undefined;
  /** Give up what this server holds of its own. */
  readonly replace: boolean;
  /** End once joined instead of going on as `serve`. */
  readonly noServe: boolean;
}

export type Tell = (line: string) => void;

/** Where a program speaks: words for people, which go to stderr, and results, to stdout. */
export interface Voice {
  readonly tell: Tell;
  /** `ready ...` and `joined ...`, which scripts wait for. */
  readonly result: Tell;
}

/** What a look at a data folder found. */
export interface CheckReport {
  /** The member there; undefined where there is none, or it cannot be told. */
  readonly name: string | undefined;
  /** A line each, with its remedy. */
  readonly findings: readonly string[];
}

export interface Programs {
  /** Runs a member until SIGTERM or SIGINT. Refused where it cannot start. The result is a line
   * `ready name=NAME peer=ADDR:PORT api=ADDR:PORT socket=PATH data=DIR`, and `https=ADDR:PORT`
   * before the socket where nodes are served. */
  serve(options: ServeOptions, voice: Voice): Promise<Outcome<void>>;

  /**
   * Makes this server a member, and then goes on as `serve`. The results are a line
   * `joined name=NAME collective=ID`, once the data is here and, unless it is non-voting, its vote
   * counts; and that of `serve`.
   */
  join(options: ServeOptions, join: JoinOptions, voice: Voice): Promise<Outcome<void>>;

  /** Comes back after a lost disk, under a new id and key; then goes on as `serve`, or ends. */
  rejoin(options: ServeOptions, noServe: boolean, voice: Voice): Promise<Outcome<void>>;

  /**
   * Makes this member, whose service must not run, the only one of its collective. `confirm`
   * shows what it means and asks for these names once more: those of the lost members, or the
   * member's own where nothing but its own store was cut. It is refused where that says no.
   */
  forceQuorum(
    data: string,
    lost: readonly string[],
    confirm: (
      warning: readonly string[],
      names: readonly string[],
    ) => boolean | Promise<boolean>,
    tell: Tell,
  ): Promise<Outcome<void>>;

  /** Looks for what is wrong with a member that does not run, and changes nothing. */
  check(options: ServeOptions): Promise<CheckReport>;
}
