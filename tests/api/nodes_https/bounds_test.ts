/** The port for nodes, and clients that are silent, slow, many or too large. */
import { deepEqual, equal } from "node:assert/strict";
import { connect, type Socket } from "node:net";

import {
  HTTPS_BODY_MS,
  HTTPS_CLOSING_MS,
  HTTPS_IDLE_MS,
  HTTPS_LINGER_MS,
  HTTPS_LOOK_MS,
  HTTPS_OPENING_MS,
  HTTPS_SLOW_MS,
  HTTPS_UNPROVEN_MS,
  MAX_HTTPS_BODY_BYTES,
  MAX_HTTPS_CONNECTIONS,
  MAX_HTTPS_CONNECTIONS_EACH,
  MAX_HTTPS_FIELDS,
  MAX_HTTPS_HEAD_BYTES,
  MAX_HTTPS_WAITING,
} from "../../../src/base/boot_limits.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { type HttpsStage, inHttpsStage } from "./https_stage.ts";

/** More than both kernels hold of it. */
const HUGE = 24 * 1024 * 1024;

/** A client that takes nothing of the file that it asks for. */
async function choking(stage: HttpsStage): Promise<Deno.TlsConn> {
  await stage.put("big", new Uint8Array(HUGE));
  const port = Number(stage.nodes.address.split(":")[1]);
  const taker = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [stage.ca] });
  await taker.write(utf8("GET /confluent-public/big HTTP/1.1\r\nHost: x\r\n\r\n"));
  while (!stage.nodes.counts.answers.has(200)) await settled(stage);
  return taker;
}

/** A client without TLS, from an address of the loopback: it, and whether it was let go. */
async function plain(
  { nodes }: HttpsStage,
  localAddress = "127.0.0.1",
): Promise<{ readonly socket: Socket; readonly over: Promise<void> }> {
  const port = Number(nodes.address.split(":")[1]);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress }, () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      const over = new Promise<void>((ended) => socket.once("close", () => ended()));
      socket.resume();
      resolve({ socket, over });
    });
    socket.once("error", reject);
  });
}

/** How many bytes come until it ends, well or not. */
async function lengthOf(connection: Deno.Conn): Promise<number> {
  let length = 0;
  const buffer = new Uint8Array(65_536);
  try {
    for (let count; (count = await connection.read(buffer)) !== null;) length += count;
  } catch (error) {
    const isCut = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.UnexpectedEof;
    if (!isCut) throw error;
  }
  return length;
}

/** Once the port has seen all that was sent before: another connection got an answer. */
async function settled({ client }: HttpsStage): Promise<void> {
  const node = await client();
  equal((await node.ask("/")).status, 404);
  node.close();
  await node.over;
}

Deno.test("who sends nothing, or a byte now and then, is let go", async () => {
  await inHttpsStage(async (stage) => {
    const silent = await plain(stage), one = await plain(stage), slow = await stage.client();
    one.socket.write(Uint8Array.of(0x16));
    slow.send("GET /confluent-api/ HTTP/1.1\r\nHost: x");
    await settled(stage);
    for (let i = 0; i < 9; i++) {
      stage.pass(HTTPS_OPENING_MS / 10);
      slow.send("x");
      await settled(stage);
    }
    equal(slow.isOver, false);
    stage.pass(HTTPS_OPENING_MS / 10 + HTTPS_LOOK_MS);
    await Promise.all([silent.over, one.over]);
    equal(await slow.rest(), "");
  });
});

Deno.test("a connection is kept for a while after an answer, and no longer", async () => {
  await inHttpsStage(async (stage) => {
    const kept = await stage.client(), slow = await stage.client();
    for (const node of [kept, slow]) equal((await node.ask("/")).status, 404);
    stage.pass(HTTPS_IDLE_MS - HTTPS_LOOK_MS);
    slow.send("GET / HTTP/1.1\r\nHost:");
    equal((await kept.ask("/")).status, 404);
    stage.pass(2 * HTTPS_LOOK_MS);
    await slow.over;
    equal((await kept.ask("/")).status, 404);
    stage.pass(HTTPS_IDLE_MS + HTTPS_LOOK_MS);
    equal(await kept.rest(), "");
  });
});

Deno.test("a body that does not come whole in its time is let go", async () => {
  await inHttpsStage(async (stage) => {
    stage.doors.api = () => Promise.reject(new Error("it was asked"));
    const node = await stage.client();
    node.send("POST /confluent-api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123");
    await settled(stage);
    stage.pass(HTTPS_BODY_MS - HTTPS_LOOK_MS);
    node.send("4");
    await settled(stage);
    equal(node.isOver, false);
    stage.pass(2 * HTTPS_LOOK_MS);
    await node.over;
    await settled(stage);
    equal(stage.nodes.counts.aborted, 1);
    deepEqual(stage.told, [], "who went away is nothing to tell of");
  });
});

Deno.test("heads and bodies that are too large are refused by their status", async () => {
  await inHttpsStage(async (stage) => {
    stage.doors.api = async (request) => {
      return new Response(String((await request.text()).length));
    };
    const most = "x".repeat(MAX_HTTPS_BODY_BYTES);
    const whole = await stage.client();
    equal((await whole.ask("/confluent-api/", { method: "PUT", body: most })).body, "65536");

    const post = "POST /confluent-api/ HTTP/1.1\r\nHost: x\r\n";
    const chunk = `1000\r\n${"x".repeat(0x1000)}\r\n`;
    const many = Array.from({ length: MAX_HTTPS_FIELDS }, (_, i) => `A${i}: x\r\n`).join("");
    for (
      const [text, status] of [
        [`${post}Content-Length: ${MAX_HTTPS_BODY_BYTES + 1}\r\n\r\n`, 413],
        [`${post}Content-Length: ${4 * most.length}\r\n\r\n${most.repeat(4)}`, 413],
        [`${post}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`, 413],
        [`GET /confluent-api/ HTTP/1.1\r\nA: ${"x".repeat(MAX_HTTPS_HEAD_BYTES)}\r\n\r\n`, 431],
        [`GET /confluent-api/${"x".repeat(MAX_HTTPS_HEAD_BYTES)} HTTP/1.1\r\n\r\n`, 431],
        [`GET /confluent-api/ HTTP/1.1\r\nHost: x\r\n${many}\r\n`, 431],
        ["GET /confluent-api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 400],
        ["NONSENSE\r\n\r\n", 400],
        ["TRACE /confluent-api/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
        ["POST /confluent-public/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405],
      ] as const
    ) {
      const node = await stage.client();
      node.send(text);
      const answer = await node.answer();
      deepEqual([answer.status, answer.fields.get("connection")], [status, "close"], text);
      stage.pass(HTTPS_LINGER_MS + HTTPS_LOOK_MS); // it may owe some of its body
      equal(await node.rest(), "");
    }
  });
});

Deno.test("who was refused and sends on is let go after a moment", async () => {
  await inHttpsStage(async (stage) => {
    const node = await stage.client();
    node.send("POST /confluent-api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\nx");
    equal((await node.answer()).status, 413);
    for (let i = 0; i < 3; i++) node.send("x");
    stage.pass(HTTPS_LINGER_MS + HTTPS_LOOK_MS);
    equal(await node.rest(), "");
  });
});

Deno.test("who sends far too much reads why before it is through", async () => {
  await inHttpsStage(async (stage) => {
    const node = await stage.client(), piece = "x".repeat(MAX_HTTPS_BODY_BYTES);
    node.send("POST /confluent-api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n");
    for (let i = 0; i < 100; i++) node.send(piece);
    const { status, body } = await node.answer();
    deepEqual([status, body], [413, "wanted a body of at most 65536 bytes\n"]);
    for (let i = 100; i < 128; i++) node.send(piece);
    equal(await node.rest(), "");
  });
});

Deno.test("so many requests wait on one connection, and no more", async () => {
  await inHttpsStage(async (stage) => {
    let count = 0;
    const may = Promise.withResolvers<void>();
    stage.doors.api = async () => {
      count++;
      await may.promise;
      return new Response("x");
    };
    const node = await stage.client(), greedy = await stage.client();
    const request = "GET /confluent-api/ HTTP/1.1\r\nHost: x\r\n\r\n";
    node.send(request.repeat(1 + MAX_HTTPS_WAITING));
    greedy.send(request.repeat(2 + MAX_HTTPS_WAITING));
    equal(await greedy.rest(), "");
    may.resolve();
    for (let i = 0; i <= MAX_HTTPS_WAITING; i++) equal((await node.answer()).body, "x");
    equal(count, 2 + MAX_HTTPS_WAITING, "of those that were cut only the first was asked for");
  });
});

Deno.test("who takes too little of an answer is let go, and the file closed", async () => {
  await inHttpsStage(async (stage) => {
    using taker = await choking(stage);
    // It may have taken some more meanwhile.
    while (stage.events.length === 0) {
      stage.pass(HTTPS_SLOW_MS + HTTPS_LOOK_MS);
      await settled(stage);
    }
    const [event] = stage.events;
    deepEqual([event?.status, event?.aborted], [200, true]);
    equal(stage.nodes.counts.aborted, 1);
    equal(await lengthOf(taker) < HUGE, true);
  });
});

Deno.test("one address has so many connections, and others their own", async () => {
  await inHttpsStage(async (stage) => {
    const all = await Promise.all(
      Array.from({ length: MAX_HTTPS_CONNECTIONS_EACH }, () => plain(stage, "127.0.0.2")),
    );
    const more = await plain(stage, "127.0.0.2");
    await more.over;
    equal(stage.nodes.counts.refused, 1);
    await settled(stage);
    all[0]?.socket.destroy();
    await all[0]?.over;
    await settled(stage);
    const next = await plain(stage, "127.0.0.2");
    await settled(stage);
    equal(stage.nodes.counts.refused, 1);
    for (const { socket } of [...all, next]) socket.destroy();
  });
});

Deno.test("where all places are taken those that ask for nothing make room", async () => {
  await inHttpsStage(async (stage) => {
    const sockets: Socket[] = [];
    for (let i = 0; i < MAX_HTTPS_CONNECTIONS / MAX_HTTPS_CONNECTIONS_EACH; i++) {
      const some = Array.from(
        { length: MAX_HTTPS_CONNECTIONS_EACH },
        () => plain(stage, `127.0.1.${i + 1}`),
      );
      sockets.push(...(await Promise.all(some)).map(({ socket }) => socket));
    }
    const early = await plain(stage);
    await early.over;
    equal(stage.nodes.counts.connections, MAX_HTTPS_CONNECTIONS);
    equal(stage.nodes.counts.refused, 1);
    stage.pass(HTTPS_UNPROVEN_MS);
    await settled(stage);
    equal(stage.nodes.counts.refused, 1);
    for (const socket of sockets) socket.destroy();
  });
});

Deno.test("what is no TLS ends it, and is counted", async () => {
  await inHttpsStage(async (stage) => {
    const strange = await plain(stage);
    strange.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await strange.over;
    await settled(stage);
    equal(stage.nodes.counts.wrong, 1);
  });
});

Deno.test("who takes nothing does not keep the port from closing", async () => {
  await inHttpsStage(async (stage) => {
    using taker = await choking(stage);
    await settled(stage);
    const closed = stage.nodes.close();
    stage.clock.advance(HTTPS_CLOSING_MS);
    await closed;
    equal(stage.nodes.counts.connections, 0);
    equal(await lengthOf(taker) < HUGE, true);
  });
});
