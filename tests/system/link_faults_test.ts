/** Strangers on real sockets: what they can do to a listener, and to those who belong there. */
import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";

import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { DIAL_MS, HANDSHAKE_MS, MAX_UNPROVEN_LINKS } from "../../src/base/limits.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { joinFrames } from "../../src/io/link_framing.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import {
  Door,
  end,
  type LinkBench,
  ManualClock,
  type Pair,
  pairUp,
  patiently,
  Receiver,
  valueOf,
} from "../contract/link_bench.ts";
import { until } from "./program.ts";

const HOST = "127.0.0.1";
/** Another address of the same host: strangers come from there. */
const ELSEWHERE = "127.0.0.2";
const [SERVER, CLIENT] = [await makeIdentity("n1"), await makeIdentity("n2")];
const RAW_TLS = { cert: CLIENT.certificatePem, key: CLIENT.keyPem, rejectUnauthorized: false };

interface FaultBench extends LinkBench {
  readonly door: Door;
  /** Why ends were dropped before they became links, in order. */
  readonly drops: string[];
  dropped(): Promise<string>;
}

function faultTest(title: string, run: (bench: FaultBench) => Promise<void>): void {
  Deno.test(`link faults: ${title}`, async () => {
    const clock = new ManualClock();
    const drops: string[] = [];
    let heard = Promise.withResolvers<string>();
    const links = tlsLinks({
      clock,
      dropped: (_remote, reason) => {
        drops.push(reason);
        heard.resolve(reason);
        heard = Promise.withResolvers<string>();
      },
    });
    const base = { links, clock, host: HOST, server: SERVER, client: CLIENT };
    const door = await Door.open(base);
    const dropped = async (): Promise<string> => drops[0] ?? await heard.promise;
    try {
      await patiently(run({ ...base, door, drops, dropped }));
    } finally {
      await door.close();
    }
  });
}

/** A connection that speaks whatever it is told to. */
async function plain(port: number, localAddress = HOST): Promise<Socket> {
  const socket = connectTcp({ host: HOST, port, localAddress });
  // A drop may come as a reset: `gone` waits for the close that follows.
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function gone(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise<void>((resolve) => void socket.once("close", resolve));
}

/** A TLS client of node's own, with our rules or worse ones. */
function rawTls(port: number, rules: object): TLSSocket {
  const tls = connectTls({ host: HOST, port, rejectUnauthorized: false, ...rules });
  tls.on("error", () => tls.destroy());
  return tls;
}

async function stillOpen({ door, ...bench }: FaultBench): Promise<void> {
  const pair = await pairUp(bench, door);
  pair.near.send(utf8("hello"));
  deepEqual(await pair.atFar.texts(1), ["hello"]);
  await end(pair);
}

faultTest("a client without a certificate is dropped", async (bench) => {
  const tls = rawTls(bench.door.address.port, {});
  equal(await bench.dropped(), "it showed no certificate");
  await gone(tls);
  await stillOpen(bench);
});

faultTest("TLS 1.2 is refused", async (bench) => {
  const rules = { ...RAW_TLS, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" };
  const tls = rawTls(bench.door.address.port, rules);
  match(await bench.dropped(), /^TLS failed: /);
  await gone(tls);
  await stillOpen(bench);
});

faultTest("plain text is refused, and so is silence that ends", async (bench) => {
  const socket = await plain(bench.door.address.port);
  socket.write("GET / HTTP/1.1\r\nHost: n1\r\n\r\n");
  match(await bench.dropped(), /^TLS failed: /);
  await gone(socket);
  bench.drops.length = 0;
  const silent = await plain(bench.door.address.port);
  silent.end();
  equal(await bench.dropped(), "it went away");
  await gone(silent);
  await stillOpen(bench);
});

faultTest("a reset in the middle of the handshake is survived", async (bench) => {
  const socket = await plain(bench.door.address.port);
  socket.write(Uint8Array.of(0x16, 3, 1));
  socket.resetAndDestroy();
  await bench.dropped();
  await stillOpen(bench);
});

/** A link whose far end is a TLS client that writes bytes of its own choice. */
async function withBytes(bench: FaultBench): Promise<{ tls: TLSSocket; receiver: Receiver }> {
  const tls = rawTls(bench.door.address.port, RAW_TLS);
  const link = await bench.door.next();
  const receiver = new Receiver();
  link.open(receiver);
  return { tls, receiver };
}

faultTest("a frame torn by the end of the stream is said to be", async (bench) => {
  for (const cut of [1, 4, 7]) {
    const { tls, receiver } = await withBytes(bench);
    const bytes = joinFrames([utf8("whole"), utf8("torn")]);
    tls.end(bytes.subarray(0, bytes.length - 8 + cut));
    equal(await receiver.closing, "the peer closed the link, in the middle of a frame");
    deepEqual(await receiver.texts(1), ["whole"]);
    await gone(tls);
  }
});

faultTest("a length beyond the limit closes the link before a byte of it", async (bench) => {
  const { tls, receiver } = await withBytes(bench);
  tls.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
  equal(await receiver.closing, "a frame of 4294967295 bytes; at most 16384 are allowed");
  await gone(tls);
});

faultTest("a hello that comes a byte at a time is dropped in time", async (bench) => {
  const { tls, receiver } = await withBytes(bench);
  for (const byte of joinFrames([utf8("hell")]).subarray(0, 5)) {
    tls.write(Uint8Array.of(byte));
    bench.clock.advance(HANDSHAKE_MS / 5);
  }
  match(await receiver.closing, /^it did not prove itself within 5000 ms/);
  await gone(tls);
});

/** Frames to and fro until told to stop; how many. */
async function converse(pair: Pair, going: () => boolean): Promise<number> {
  pair.atFar.onFrame = (frame) => void pair.far.send(frame);
  let count = 0;
  for (; going(); count++) {
    pair.near.send(utf8(`question ${count}`));
    equal(fromUtf8((await pair.atNear.taken(count + 1)).at(-1) as Uint8Array), `question ${count}`);
  }
  return count;
}

faultTest("1,200 idle or trickling strangers keep nobody out", async (bench) => {
  const { door, clock, drops } = bench;
  const pair = await pairUp(bench, door);
  let going = true;
  const talk = converse(pair, () => going);
  const from = door.address.port;
  const silent: Socket[] = [];
  for (let i = 0; i < 1_000; i++) silent.push(await plain(from, ELSEWHERE));
  const tricklers: Socket[] = [];
  for (let i = 0; i < 200; i++) tricklers.push(await plain(from, ELSEWHERE));
  // The beginning of a ClientHello, which never becomes one.
  for (const byte of [0x16, 3, 1, 1]) {
    for (const socket of tricklers) socket.write(Uint8Array.of(byte));
    clock.advance(HANDSHAKE_MS / 5);
    await stillOpen(bench);
  }
  const crowded = drops.filter((reason) => reason.startsWith("more than 256 links"));
  holds(crowded.length >= 1_200 - MAX_UNPROVEN_LINKS, `${crowded.length} made room`);
  clock.advance(HANDSHAKE_MS);
  await Promise.all([...silent, ...tricklers].map(gone));
  await stillOpen(bench);
  going = false;
  holds(await talk > 0);
  equal(drops.length, 1_200);
  deepEqual([pair.atNear.reasons, pair.atFar.reasons], [[], []]);
  await end(pair);
});

faultTest("a dial to one that never speaks TLS ends in time", async ({ links, clock }) => {
  const held: Socket[] = [];
  const server = createServer((socket) => void held.push(socket));
  const port = await listening(server);
  const arrival = once(server, "connection");
  const dialing = links.dial({ host: HOST, port }, CLIENT);
  await arrival;
  clock.advance(DIAL_MS);
  const outcome = await dialing;
  if (outcome.ok) return fail("linked to silence");
  equal(outcome.refusal.kind, "unavailable");
  match(outcome.refusal.message, /^cannot reach 127\.0\.0\.1:\d+: no (TLS|answer) within 3000 ms$/);
  for (const socket of held) socket.destroy();
  server.close();
});

faultTest("a dial to one that speaks something else says so", async ({ links }) => {
  const server = createServer((socket) => void socket.end("220 mail.example ESMTP\r\n"));
  const port = await listening(server);
  const outcome = await links.dial({ host: HOST, port }, CLIENT);
  if (outcome.ok) return fail("linked to a mail server");
  match(outcome.refusal.message, /it does not speak TLS 1\.3/);
  server.close();
});

faultTest("a dial by name, and to a name nobody has", async (bench) => {
  const door = await Door.open(bench, { host: "::", port: 0 });
  const { port } = door.address;
  const near = valueOf(await bench.links.dial({ host: "localhost", port }, CLIENT));
  const far = await door.next();
  deepEqual(near.local, far.remote);
  const atNear = new Receiver();
  near.open(atNear);
  near.close("done");
  far.open(new Receiver());
  await atNear.closing;
  await door.close();
  const outcome = await bench.links.dial({ host: "nobody.invalid", port }, CLIENT);
  if (outcome.ok) return fail("linked to nobody");
  match(outcome.refusal.message, /^cannot reach nobody\.invalid:\d+: the name/);
});

faultTest("a port for both families takes both, and shows IPv4 as it is", async (bench) => {
  const door = await Door.open(bench, { host: "::", port: 0 });
  for (const host of ["127.0.0.1", "::1"]) {
    const near = valueOf(await bench.links.dial({ host, port: door.address.port }, CLIENT));
    const far = await door.next();
    equal(far.remote.host, host);
    const atNear = new Receiver();
    near.open(atNear);
    near.close("done");
    far.open(new Receiver());
    await atNear.closing;
  }
  await door.close();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, HOST);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : fail("no port");
}

const BULK_FRAME = 1024 * 1024;
const BULK_FRAMES = 200;
const MAX_GROWTH = 64 * 1024 * 1024;

/** The receiver of link_child.ts, and a link to ask it things. */
class Child {
  readonly #process: Deno.ChildProcess;
  readonly #pair: { readonly receiver: Receiver; readonly send: (text: string) => void };
  readonly port: number;
  #asked = 0;

  static async start({ links }: LinkBench, descriptors = 1_024): Promise<Child> {
    const script = new URL("link_child.ts", import.meta.url).pathname;
    const run = `ulimit -n ${descriptors}; exec "$0" run -A --quiet "$1"`;
    const process = new Deno.Command("sh", {
      args: ["-c", run, Deno.execPath(), script],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream());
    let said = "";
    for await (const text of lines) {
      said += text;
      if (said.includes("\n")) break;
    }
    const port = Number(said);
    const link = valueOf(await links.dial({ host: HOST, port }, CLIENT));
    const receiver = new Receiver();
    link.open(receiver);
    link.send(utf8("control"));
    return new Child(process, port, { receiver, send: (text) => void link.send(utf8(text)) });
  }

  private constructor(
    process: Deno.ChildProcess,
    port: number,
    pair: { readonly receiver: Receiver; readonly send: (text: string) => void },
  ) {
    this.#process = process;
    this.port = port;
    this.#pair = pair;
  }

  async ask(question: string): Promise<string> {
    this.#pair.send(question);
    const answers = await this.#pair.receiver.texts(++this.#asked);
    return answers.at(-1) ?? fail("no answer");
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#pair.receiver.closing;
  }
}

/** Bytes the kernel took, pushed as fast as it takes them. */
class Bulk {
  taken = 0;
  readonly done: Promise<void>;

  constructor(tls: TLSSocket, first: readonly Uint8Array[]) {
    if (first.length > 0) tls.write(joinFrames(first));
    const frame = joinFrames([new Uint8Array(BULK_FRAME)]);
    this.done = new Promise((resolve) => {
      const next = (): void => {
        if (this.taken === BULK_FRAMES * BULK_FRAME) return resolve();
        tls.write(frame, () => {
          this.taken += BULK_FRAME;
          next();
        });
      };
      next();
    });
  }
}

/** Waits until nothing moved while the receiver answered many questions; proves that it stalled. */
async function stalls(child: Child, bulk: Bulk): Promise<void> {
  const before = Number(await child.ask("rss"));
  for (let taken = -1; taken !== bulk.taken;) {
    taken = bulk.taken;
    for (let i = 0; i < 500; i++) await child.ask("ping");
  }
  holds(bulk.taken < MAX_GROWTH, `${bulk.taken} bytes went to one who does not read`);
  const grown = Number(await child.ask("rss")) - before;
  holds(grown < MAX_GROWTH, `the receiver grew by ${grown} bytes`);
  await child.ask("go");
  await bulk.done;
  while (Number(await child.ask("received")) < BULK_FRAMES * BULK_FRAME);
}

faultTest("a sender waits for a slow receiver that accepted the link", async (bench) => {
  const child = await Child.start(bench);
  const tls = rawTls(child.port, RAW_TLS);
  await once(tls, "secureConnect");
  await stalls(child, new Bulk(tls, [utf8("bulk")]));
  tls.destroy();
  await child.stop();
});

faultTest("a sender waits for a slow receiver that dialed", async (bench) => {
  const child = await Child.start(bench);
  const server = createTlsServer({ ...RAW_TLS, requestCert: true, minVersion: "TLSv1.3" });
  const port = await listening(server);
  const arrival = once(server, "secureConnection");
  await child.ask(`dial ${port}`);
  const [tls] = await arrival as [TLSSocket];
  tls.on("error", () => tls.destroy());
  await stalls(child, new Bulk(tls, []));
  tls.destroy();
  server.close();
  await child.stop();
});

faultTest(
  "a listener that ran out of descriptors hears again when there are some",
  async (bench) => {
    const child = await Child.start(bench, 80);
    const strangers: Socket[] = [];
    for (let i = 0; i < 200; i++) strangers.push(await plain(child.port));
    while (await child.ask("failures") === "0");
    for (const socket of strangers) socket.destroy();
    // One that came while there were none may yet be dropped.
    const link = await until("it hears", async () => {
      const dialed = await bench.links.dial({ host: HOST, port: child.port }, CLIENT);
      return dialed.ok ? dialed.value : undefined;
    });
    const receiver = new Receiver();
    link.open(receiver);
    link.close("it heard");
    await receiver.closing;
    await child.stop();
  },
);
