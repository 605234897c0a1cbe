/** A listener for boot files on the loopback, its content folder, and clients that send bytes. */
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { ok } from "../../src/base/outcome.ts";
import type { Compute } from "../../src/api/boot/answering.ts";
import { listenBootHttp } from "../../src/api/boot/listening.ts";
import type { HttpEvent, HttpServing } from "../../src/service/boot/boot_ports.ts";
import { Poller } from "../../src/io/poller.ts";
import { ManualClock } from "../contract/link_bench.ts";

export const NOTHING_COMPUTED: Compute = () => Promise.resolve(ok(undefined));

export interface BootStage {
  readonly boot: HttpServing;
  readonly root: string;
  /** Moves when it is told to; the listener looks after its connections by it. */
  readonly clock: ManualClock;
  readonly events: HttpEvent[];
  readonly told: string[];
  /** Resolves with the first event that fits, past ones included. */
  event(fits: (event: HttpEvent) => boolean): Promise<HttpEvent>;
  /** Puts a file below public/. */
  put(path: string, content: string | Uint8Array): Promise<void>;
}

export async function inBootStage(
  test: (stage: BootStage) => Promise<void>,
  compute: Compute = NOTHING_COMPUTED,
  parent?: string,
): Promise<void> {
  const dir = parent === undefined ? {} : { dir: parent };
  const folder = await Deno.makeTempDir({ prefix: "confluent-boot-", ...dir });
  const opened = Poller.open();
  if (!opened.ok) throw new Error(opened.refusal.message);
  const poller = opened.value, clock = new ManualClock();
  const events: HttpEvent[] = [], told: string[] = [];
  let heard = Promise.withResolvers<void>();
  const listening = listenBootHttp({
    at: { host: "127.0.0.1", port: 0 },
    content: folder,
    poller,
    clock,
    compute,
    done: (event) => {
      events.push(event);
      heard.resolve();
      heard = Promise.withResolvers();
    },
    tell: (line) => void told.push(line),
  });
  if (!listening.ok) throw new Error(listening.refusal.message);
  const boot = listening.value;
  const stage: BootStage = {
    boot,
    root: folder,
    clock,
    events,
    told,
    event: async (fits) => {
      for (let at = 0;; at++) {
        while (at >= events.length) await heard.promise;
        const event = events[at];
        if (event !== undefined && fits(event)) return event;
      }
    },
    put: async (path, content) => {
      const at = `${folder}/public/${path}`;
      await Deno.mkdir(at.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(at, typeof content === "string" ? utf8(content) : content);
    },
  };
  try {
    await Deno.mkdir(`${folder}/public`);
    await test(stage);
  } finally {
    const closed = boot.close();
    clock.advance(10_000);
    await closed;
    await poller.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** An answer as it came. */
export interface Answered {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A connection of a client that says what it wants to. */
export class RawClient {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array(65_536);
  #length = 0;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async to(address: string): Promise<RawClient> {
    const [hostname = "", port] = address.split(":");
    return new RawClient(await Deno.connect({ hostname, port: Number(port) }));
  }

  async send(text: string): Promise<void> {
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** A whole request for a path below /confluent-public/. */
  async ask(path: string, fields: readonly string[] = [], method = "GET"): Promise<Answered> {
    await this.send(requestFor(`/confluent-public/${path}`, fields, method));
    return await this.answer(method === "HEAD");
  }

  /** Waits until an answer begins, and reads no more of it than that. */
  async begins(): Promise<void> {
    if (this.#length === 0) await this.#more();
  }

  async answer(isHead = false): Promise<Answered> {
    let end = -1;
    while ((end = this.#headEnd()) < 0) await this.#more();
    const lines = fromUtf8(this.#buffer.subarray(0, end)).split("\r\n");
    const fields = new Map(
      lines.slice(1).map((line) => {
        const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(line) ?? [];
        return [name.toLowerCase(), value];
      }),
    );
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(lines[0] ?? "")?.[1]);
    const until = end + 4 + (isHead ? 0 : Number(fields.get("content-length") ?? 0));
    while (this.#length < until) await this.#more();
    const body = this.#buffer.slice(end + 4, until);
    this.#buffer.copyWithin(0, until, this.#length);
    this.#length -= until;
    return { status, fields, body };
  }

  /** All that comes until the connection ends: well, or by a reset. */
  async rest(): Promise<{ readonly bytes: Uint8Array; readonly end: "ended" | "reset" }> {
    let end: "ended" | "reset" = "ended";
    try {
      while (await this.#tryMore()) continue;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
      end = "reset";
    }
    return { bytes: this.#buffer.subarray(0, this.#length), end };
  }

  close(): void {
    this.#connection.close();
  }

  #headEnd(): number {
    const beginning = this.#buffer.subarray(0, Math.min(this.#length, 16_384));
    return new TextDecoder("latin1").decode(beginning).indexOf("\r\n\r\n");
  }

  async #more(): Promise<void> {
    if (!await this.#tryMore()) throw new Error("the connection ended before its answer");
  }

  async #tryMore(): Promise<boolean> {
    if (this.#length === this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = await this.#connection.read(this.#buffer.subarray(this.#length));
    this.#length += count ?? 0;
    return count !== null;
  }
}

export function requestFor(
  target: string,
  fields: readonly string[] = [],
  method = "GET",
): string {
  return [`${method} ${target} HTTP/1.1`, "Host: test", ...fields, "", ""].join("\r\n");
}

export function textOf({ body }: Answered): string {
  return fromUtf8(body);
}

/** Folders whose files are sent in both ways: by the kernel from the page cache, and by way of a
 * buffer where it cannot tell what is there (tmpfs). */
export async function bothFolders(): Promise<string[]> {
  const inMemory = await Deno.stat("/dev/shm").then(({ isDirectory }) => isDirectory, () => false);
  const { TMPDIR = "/tmp" } = Deno.env.toObject();
  return inMemory ? [TMPDIR, "/dev/shm"] : [TMPDIR];
}

/** Bytes that say where in the file they are. */
export function numbered(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = i * 2_654_435_761;
  return new Uint8Array(words.buffer, 0, length);
}
