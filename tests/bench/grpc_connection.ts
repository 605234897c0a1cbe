/**
 * Unary gRPC calls over one HTTP/2 connection that stays open, one after another: the least client
 * that etcd's API can be asked with, so that what a bench measures is etcd. RFC 9113 and RFC 7541.
 *
 *     frame:   length (3) | type (1) | flags (1) | stream (4) | payload
 *     call:    HEADERS, then DATA with END_STREAM: compressed? (1) | length (4) | message
 *     answer:  HEADERS, DATA (one message), HEADERS with END_STREAM (the trailers)
 *
 * An answer that failed has no message, so its headers need not be understood: a message followed
 * by the end of the stream is success. One path for each connection, so that after the first call
 * every header is one byte, out of the table that the first call filled.
 */
import type { Address } from "./kept_connection.ts";

const DATA = 0x0, HEADERS = 0x1, RST_STREAM = 0x3, SETTINGS = 0x4, PING = 0x6, GOAWAY = 0x7;
const WINDOW_UPDATE = 0x8;
const ACK = 0x1, END_STREAM = 0x1, END_HEADERS = 0x4;
const SETTINGS_INITIAL_WINDOW_SIZE = 0x4;
const INITIAL_WINDOW = 65_535, MAX_WINDOW = 0x7fffffff;
const FRAME_HEAD = 9;
const ROOM = 64 * 1024;

export interface ClientTls {
  /** PEM texts. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Calls the method at one path of a gRPC service. */
export class GrpcConnection {
  readonly #conn: Deno.Conn;
  readonly #firstHeaders: Uint8Array;
  readonly #laterHeaders: Uint8Array;
  #stream = -1;
  #mayShip = INITIAL_WINDOW;
  #buffer = new Uint8Array(ROOM);
  #used = 0;
  /** What must be told to the far end, with the next call or before waiting for more. */
  #owed: Uint8Array[] = [];

  private constructor(conn: Deno.Conn, scheme: string, authority: string, path: string) {
    this.#conn = conn;
    const isTls = scheme === "https";
    // :method POST and :scheme stand in the static table; the other four are put into the
    // dynamic one, whose newest entry is 62.
    const fixed = [0x83, isTls ? 0x87 : 0x86];
    this.#firstHeaders = Uint8Array.from([
      ...fixed,
      ...[0x40 | 4, ...literal(path)],
      ...[0x40 | 1, ...literal(authority)],
      ...[0x40 | 31, ...literal("application/grpc")],
      ...[0x40, ...literal("te"), ...literal("trailers")],
    ]);
    this.#laterHeaders = Uint8Array.from([...fixed, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62]);
  }

  static async open(
    { host, port }: Address,
    path: string,
    tls: ClientTls | undefined,
  ): Promise<GrpcConnection> {
    const conn = tls === undefined ? await connectPlain(host, port) : await Deno.connectTls({
      hostname: host,
      port,
      caCerts: [tls.ca],
      cert: tls.cert,
      key: tls.key,
      alpnProtocols: ["h2"],
    });
    const scheme = tls === undefined ? "http" : "https";
    const self = new GrpcConnection(conn, scheme, `${host}:${port}`, path);
    const window = new Uint8Array(6);
    new DataView(window.buffer).setUint16(0, SETTINGS_INITIAL_WINDOW_SIZE);
    new DataView(window.buffer).setUint32(2, MAX_WINDOW);
    await self.#write([
      new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      frame(SETTINGS, 0, 0, window),
      frame(WINDOW_UPDATE, 0, 0, number(MAX_WINDOW - INITIAL_WINDOW)),
    ]);
    return self;
  }

  /** The message answered. Rejects where there was none, or the connection broke. */
  async call(message: Uint8Array): Promise<Uint8Array> {
    const headers = this.#stream < 0 ? this.#firstHeaders : this.#laterHeaders;
    this.#stream += 2;
    const stream = this.#stream;
    const framed = new Uint8Array(5 + message.length);
    new DataView(framed.buffer).setUint32(1, message.length);
    framed.set(message, 5);
    while (this.#mayShip < framed.length) await this.#hear();
    this.#mayShip -= framed.length;
    const owed = this.#owed;
    this.#owed = [];
    await this.#write([
      ...owed,
      frame(HEADERS, END_HEADERS, stream, headers),
      frame(DATA, END_STREAM, stream, framed),
    ]);
    let answer: Uint8Array | undefined;
    for (;;) {
      const heard = await this.#hear();
      if (heard.stream !== stream) continue;
      if (heard.type === RST_STREAM) throw new Error("etcd reset the call");
      if (heard.type === DATA) answer = heard.payload.slice(5);
      if (heard.type !== RST_STREAM && (heard.flags & END_STREAM) !== 0) break;
    }
    if (answer === undefined) throw new Error("etcd refused the call");
    return answer;
  }

  close(): void {
    this.#conn.close();
  }

  /** The next frame; what concerns the connection as a whole is seen to. */
  async #hear(): Promise<Frame> {
    while (this.#used < FRAME_HEAD) await this.#more();
    const length = this.#buffer[0]! << 16 | this.#buffer[1]! << 8 | this.#buffer[2]!;
    const whole = FRAME_HEAD + length;
    if (whole > this.#buffer.length) throw new Error(`a frame of ${length} bytes`);
    while (this.#used < whole) await this.#more();
    const view = new DataView(this.#buffer.buffer);
    const heard: Frame = {
      type: this.#buffer[3]!,
      flags: this.#buffer[4]!,
      stream: view.getUint32(5) & 0x7fffffff,
      payload: this.#buffer.slice(FRAME_HEAD, whole),
    };
    this.#buffer.copyWithin(0, whole, this.#used);
    this.#used -= whole;
    this.#see(heard);
    return heard;
  }

  #see({ type, flags, stream, payload }: Frame): void {
    if (type === SETTINGS && (flags & ACK) === 0) this.#owed.push(frame(SETTINGS, ACK, 0));
    else if (type === PING && (flags & ACK) === 0) this.#owed.push(frame(PING, ACK, 0, payload));
    else if (type === WINDOW_UPDATE && stream === 0) {
      this.#mayShip += new DataView(payload.buffer).getUint32(0);
    } else if (type === GOAWAY) throw new Error("etcd ends the connection");
  }

  async #more(): Promise<void> {
    if (this.#owed.length > 0) {
      const owed = this.#owed;
      this.#owed = [];
      await this.#write(owed);
    }
    const read = await this.#conn.read(this.#buffer.subarray(this.#used));
    if (read === null) throw new Error("the connection was closed before an answer");
    this.#used += read;
  }

  /** All in one piece, so that none of it waits for the far end's word on another. */
  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const bytes = joined(pieces);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }
}

async function connectPlain(hostname: string, port: number): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  return conn;
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length << 8 | type);
  bytes[4] = flags;
  view.setUint32(5, stream);
  bytes.set(payload, FRAME_HEAD);
  return bytes;
}

/** A text for the header block, shorter than 127 bytes, not compressed. */
function literal(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

// ---- the two methods of etcd's KV service that are called (etcdserverpb/rpc.proto)

export const PUT_PATH = "/etcdserverpb.KV/Put";
export const RANGE_PATH = "/etcdserverpb.KV/Range";

/** PutRequest: key = 1, value = 2. */
export function putRequest(key: string, value: string): Uint8Array {
  return joined([...field(1, key), ...field(2, value)]);
}

/** RangeRequest: key = 1; linearizable, since nothing else is said. */
export function rangeRequest(key: string): Uint8Array {
  return joined(field(1, key));
}

function field(id: number, text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text), { length } = bytes;
  const size = length < 128 ? [length] : [length & 127 | 128, length >> 7]; // below 16,384
  return [Uint8Array.from([id << 3 | 2, ...size]), bytes];
}
