/** The port for nodes on the loopback, its content folder, a CA, and clients that send bytes. */
import { connect, type TLSSocket } from "node:tls";

import type { Compute } from "../../../src/api/boot/answering.ts";
import type { Doors } from "../../../src/api/nodes_https/doors.ts";
import { listenNodesHttps } from "../../../src/api/nodes_https/listening.ts";
import { HTTPS_LOOK_MS } from "../../../src/base/boot_limits.ts";
import { fromUtf8, utf8 } from "../../../src/base/bytes.ts";
import { ok } from "../../../src/base/outcome.ts";
import {
  issueServer,
  type KeyedCertificate,
  makeAuthority,
} from "../../../src/io/certificate_signing.ts";
import type { HttpEvent, HttpsServing } from "../../../src/service/boot/boot_ports.ts";
import { ManualClock } from "../../contract/link_bench.ts";

/** What all of its certificates are for; clients go by it, whatever address they dial. */
export const NAME = "0123.confluent";
const DAY_MS = 86_400_000;

export interface HttpsStage {
  readonly nodes: HttpsServing;
  /** May be changed while it serves. */
  readonly doors: Doors;
  /** Moves when it is told to; the port looks after its connections by it. */
  readonly clock: ManualClock;
  readonly events: HttpEvent[];
  readonly told: string[];
  /** In PEM. */
  readonly ca: string;
  /** The content folder. */
  readonly root: string;
  /** Another certificate of the same names, by the same CA. */
  issue(): Promise<KeyedCertificate>;
  put(path: string, content: string | Uint8Array): Promise<void>;
  /** Lets time pass, look by look. */
  pass(ms: number): void;
  client(): Promise<TlsClient>;
}

export async function issued(authority: KeyedCertificate): Promise<KeyedCertificate> {
  const now = Date.now(), names = [NAME, "127.0.0.1"];
  const made = await issueServer(authority, { names, fromMs: now - DAY_MS, untilMs: now + DAY_MS });
  if (!made.ok) throw new Error(made.refusal.message);
  return made.value;
}

export async function inHttpsStage(
  test: (stage: HttpsStage) => Promise<void>,
  compute: Compute = () => Promise.resolve(ok(undefined)),
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "confluent-https-" });
  const authority = await makeAuthority("confluent of a test", Date.now());
  const clock = new ManualClock(), doors: Doors = {};
  const events: HttpEvent[] = [], told: string[] = [];
  const listening = await listenNodesHttps({
    ...{ at: { host: "127.0.0.1", port: 0 }, content: root, clock, compute },
    certificate: await issued(authority),
    done: (event) => void events.push(event),
    tell: (line) => void told.push(line),
  }, doors);
  if (!listening.ok) throw new Error(listening.refusal.message);
  const nodes = listening.value, ca = authority.certificatePem, clients: TlsClient[] = [];
  try {
    await Deno.mkdir(`${root}/public`);
    await test({
      ...{ nodes, doors, clock, events, told, ca, root },
      issue: () => issued(authority),
      put: async (path, content) => {
        const at = `${root}/public/${path}`;
        await Deno.mkdir(at.replace(/\/[^/]*$/, ""), { recursive: true });
        await Deno.writeFile(at, typeof content === "string" ? utf8(content) : content);
      },
      pass: (ms) => {
        for (let left = ms; left > 0; left -= HTTPS_LOOK_MS) {
          clock.advance(Math.min(left, HTTPS_LOOK_MS));
        }
      },
      client: async () => {
        const client = await TlsClient.to(nodes.address, ca);
        clients.push(client);
        return client;
      },
    });
  } finally {
    for (const client of clients) client.close();
    const closed = nodes.close();
    clock.advance(10_000);
    await closed;
    await Deno.remove(root, { recursive: true });
  }
}

/** An answer as it came. */
export interface Answered {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection of a client that trusts the CA alone, and says what it wants to. */
export class TlsClient {
  readonly socket: TLSSocket;
  /** Resolves once nothing more comes. */
  readonly over: Promise<void>;
  #text = "";
  #isOver = false;
  #heard = Promise.withResolvers<void>();

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    socket.on("data", (bytes: Uint8Array) => this.#hear(fromUtf8(new Uint8Array(bytes))));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#isOver = true;
      this.#hear("");
      resolve();
    });
  }

  static async to(address: string, ca: string): Promise<TlsClient> {
    const [host = "", port] = address.split(":");
    return await new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), ca, servername: NAME }, () => {
        socket.off("error", reject);
        resolve(new TlsClient(socket));
      });
      socket.once("error", reject);
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Sends a request of these fields besides Host, and waits for its answer. */
  async ask(
    target: string,
    { method = "GET", fields = [], body = "" }: Asked = {},
  ): Promise<Answered> {
    const length = body === "" ? [] : [`Content-Length: ${utf8(body).length}`];
    const head = [`${method} ${target} HTTP/1.1`, "Host: test", ...fields, ...length];
    this.send(`${head.join("\r\n")}\r\n\r\n${body}`);
    return await this.answer(method === "HEAD");
  }

  async answer(isHead = false): Promise<Answered> {
    for (;;) {
      const found = this.#answerIn(isHead);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`it ended: ${this.#text.slice(0, 256)}`);
      await this.#heard.promise;
    }
  }

  /** All that was not taken as an answer, once it is over. */
  async rest(): Promise<string> {
    await this.over;
    return this.#text;
  }

  close(): void {
    this.socket.destroy();
  }

  #hear(text: string): void {
    this.#text += text;
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  #answerIn(isHead: boolean): Answered | undefined {
    const end = this.#text.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [first = "", ...lines] = this.#text.slice(0, end).split("\r\n");
    const fields = new Map(lines.map((line) => {
      const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return [name.toLowerCase(), value];
    }));
    const rest = this.#text.slice(end + 4);
    const isChunked = !isHead && fields.get("transfer-encoding") === "chunked";
    const length = isHead ? 0 : Number(fields.get("content-length") ?? 0);
    const found = isChunked ? chunksIn(rest) : { body: rest.slice(0, length), length };
    if (found === undefined || rest.length < found.length) return undefined;
    this.#text = rest.slice(found.length);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    return { status, fields, body: found.body };
  }
}

/** What is asked besides the target. */
interface Asked {
  readonly method?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** Of ASCII; undefined while it is not whole. */
function chunksIn(text: string): { body: string; length: number } | undefined {
  let body = "";
  for (let at = 0;;) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = parseInt(text.slice(at, line), 16), until = line + 2 + size + 2;
    if (text.length < until) return undefined;
    body += text.slice(line + 2, until - 2);
    at = until;
    if (size === 0) return { body, length: at };
  }
}
