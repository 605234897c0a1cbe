/**
 * HTTP/1.1 over one connection that stays open, one request after another, with as little work as
 * can be: what a bench measures is the server.
 */
import { concat } from "../../src/base/bytes.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Answer {
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: Uint8Array;
}

const ROOM = 64 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class KeptConnection {
  readonly #conn: Deno.Conn;
  readonly #head: string;
  #buffer = new Uint8Array(ROOM);
  #used = 0;
  #isClosed = false;

  private constructor(conn: Deno.Conn, host: string, more = "") {
    this.#conn = conn;
    this.#head = `\r\nHost: ${host}\r\n${more}`;
  }

  static async open(address: Address, token: string): Promise<KeptConnection> {
    const conn = await Deno.connect({ hostname: address.host, port: address.port });
    conn.setNoDelay(true);
    const host = `${address.host}:${address.port}`;
    return new KeptConnection(conn, host, `Authorization: Bearer ${token}\r\n`);
  }

  /** Over a unix socket, where whoever may open it needs no token. */
  static async openSocket(path: string): Promise<KeptConnection> {
    return new KeptConnection(await Deno.connect({ transport: "unix", path }), "localhost");
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Rejects where the connection breaks; it is of no use then. */
  async ask(method: string, path: string, body?: string, headers = ""): Promise<Answer> {
    try {
      const kind = body === undefined
        ? ""
        : `Content-Type: application/json\r\nContent-Length: ${encoder.encode(body).length}\r\n`;
      const head = `${method} ${path} HTTP/1.1${this.#head}${headers}${kind}\r\n`;
      await this.#write(encoder.encode(head + (body ?? "")));
      return await this.#answer();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async #answer(): Promise<Answer> {
    let end = -1;
    while ((end = endOfHead(this.#buffer, this.#used)) < 0) await this.#more(1);
    const head = decoder.decode(this.#buffer.subarray(0, end));
    this.#drop(end);
    const status = Number(head.slice(9, 12));
    const announced = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (announced !== undefined) return { status, head, body: await this.#take(Number(announced)) };
    if (/\r\ntransfer-encoding: chunked/i.test(head)) {
      return { status, head, body: await this.#chunks() };
    }
    throw new Error(`an answer without a length: ${head}`);
  }

  /** RFC 9112, section 7.1. */
  async #chunks(): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      let end = -1;
      while ((end = this.#buffer.subarray(0, this.#used).indexOf(10)) < 0) await this.#more(1);
      const length = Number.parseInt(decoder.decode(this.#buffer.subarray(0, end)), 16);
      if (Number.isNaN(length)) throw new Error("a chunk without a length");
      this.#drop(end + 1);
      chunks.push(await this.#take(length));
      await this.#take(2);
      if (length === 0) return concat(chunks);
    }
  }

  async #take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#used < length) await this.#more(length - this.#used);
    const taken = this.#buffer.slice(0, length);
    this.#drop(length);
    return taken;
  }

  #drop(length: number): void {
    this.#buffer.copyWithin(0, length, this.#used);
    this.#used -= length;
  }

  async #more(least: number): Promise<void> {
    if (this.#buffer.length - this.#used < least) {
      const larger = new Uint8Array(2 * (this.#used + least));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    const read = await this.#conn.read(this.#buffer.subarray(this.#used));
    if (read === null) throw new Error("the connection was closed before an answer");
    this.#used += read;
  }
}

/** Where the body begins, or -1. */
function endOfHead(bytes: Uint8Array, used: number): number {
  for (let at = bytes.indexOf(13); at >= 0 && at + 3 < used; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return -1;
}

/** The index of the entry a write made, or of the state a read shows. */
export function indexOf(answer: Answer): number {
  return Number(/\r\nconfluent-index: (\d+)/i.exec(answer.head)?.[1] ?? NaN);
}

/** The index in quotes that a node's newest change had; undefined where none is told. */
export function etagOf(answer: Answer): string | undefined {
  return /\r\netag: ("\d+")/i.exec(answer.head)?.[1];
}

export function jsonOf(answer: Answer): unknown {
  return JSON.parse(decoder.decode(answer.body));
}

export function textOf(answer: Answer): string {
  return decoder.decode(answer.body).trim();
}
