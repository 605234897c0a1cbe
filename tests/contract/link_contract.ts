/** What every `Links` promises. Run on real sockets and on the network in memory alike. */
import { deepEqual, equal, fail, match, ok as holds, throws } from "node:assert/strict";

import { InvariantError } from "../../src/base/assert.ts";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import {
  HANDSHAKE_MS,
  LINGER_MS,
  MAX_FRAME_BYTES,
  MAX_HELLO_BYTES,
  MAX_LINK_BACKLOG_BYTES,
  MAX_UNPROVEN_LINKS,
} from "../../src/base/limits.ts";
import { PEER_CLOSED } from "../../src/io/link.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import {
  Door,
  end,
  type LinkBench,
  type Pair,
  pairUp,
  patiently,
  Receiver,
  valueOf,
} from "./link_bench.ts";

/** Sends until the link refuses; how many frames it took. */
async function sendUntilRefused({ near, atNear }: Pair, frame: Uint8Array): Promise<number> {
  for (let count = 0;; count++) {
    if (!near.send(frame)) {
      deepEqual(atNear.reasons, [], "not from within send");
      return count;
    }
    // Lets what can leave leave.
    if (count % 8 === 7) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

type Case = (bench: LinkBench, door: Door) => Promise<void>;

export function linkContract(name: string, makeBench: () => Promise<LinkBench>): void {
  const cases = { ...CARRYING, ...CLOSING, ...BOUNDING, ...MEETING };
  for (const [title, run] of Object.entries(cases)) {
    Deno.test(`${name}: ${title}`, async () => {
      const bench = await makeBench();
      const door = await Door.open(bench);
      try {
        await patiently(run(bench, door));
      } finally {
        await door.close();
      }
    });
  }
}

const CARRYING: Record<string, Case> = {
  "frames of every length come whole and in order, both ways": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const lengths = [0, 1, 3, 4, 5, 16_384, 65_535, 65_536, 1_000_003, MAX_FRAME_BYTES, 0, 2];
    const frames = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
    for (const frame of frames) holds(pair.near.send(frame) && pair.far.send(frame));
    deepEqual(await pair.atFar.taken(frames.length), frames);
    deepEqual(await pair.atNear.taken(frames.length), frames);
    await end(pair);
  },

  "a link knows when bytes last came": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const madeAtMs = pair.far.heardAtMs;
    bench.clock.advance(700);
    equal(pair.far.heardAtMs, madeAtMs);
    pair.near.send(utf8("here"));
    await pair.atFar.taken(1);
    equal(pair.far.heardAtMs, madeAtMs + 700);
    await end(pair);
  },

  "what arrives before anybody opened the link is kept": async (bench, door) => {
    const pair = await pairUp(bench, door, { openFar: false });
    for (const text of ["one", "two", "three"]) pair.near.send(utf8(text));
    pair.far.send(utf8("here"));
    await pair.atNear.taken(1);
    pair.far.open(pair.atFar);
    deepEqual(await pair.atFar.texts(3), ["one", "two", "three"]);
    await end(pair);
  },

  "the next frame waits until the receiver is done with the one before": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const story: string[] = [];
    const first = Promise.withResolvers<void>();
    pair.atFar.onFrame = async (frame) => {
      const text = fromUtf8(frame);
      story.push(`${text} begins`);
      if (text === "one") await first.promise;
      story.push(`${text} ends`);
    };
    for (const text of ["one", "two", "three"]) pair.near.send(utf8(text));
    await pair.atFar.taken(1);
    // An answer to a question sent later: by then the other frames have had time to come.
    pair.far.send(utf8("?"));
    await pair.atNear.taken(1);
    deepEqual(story, ["one begins"]);
    first.resolve();
    await pair.atFar.taken(3);
    deepEqual(story.slice(0, 5), [
      "one begins",
      "one ends",
      "two begins",
      "two ends",
      "three begins",
    ]);
    await end(pair);
  },

  "a frame received is nobody else's memory": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const frame = utf8("mine");
    pair.near.send(frame);
    pair.near.send(frame);
    const [first, second] = await pair.atFar.taken(2);
    first?.fill(0);
    deepEqual(second, utf8("mine"));
    deepEqual(frame, utf8("mine"));
    equal(second?.buffer.byteLength, 4);
    await end(pair);
  },

  "both ends know both certificates, both addresses and who dialed": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const { near, far } = pair;
    const [server, client] = [bench.server, bench.client].map((id) =>
      certificateDer(id.certificatePem)
    );
    deepEqual([near.ownCertificate, near.peerCertificate], [client, server]);
    deepEqual([far.ownCertificate, far.peerCertificate], [server, client]);
    deepEqual([near.dialed, far.dialed], [true, false]);
    deepEqual([near.local, near.remote], [far.remote, far.local]);
    deepEqual(near.remote, { host: bench.host, port: door.address.port });
    await end(pair);
  },
};

const CLOSING: Record<string, Case> = {
  "closing sends what is queued first, and each end is told once": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const frame = new Uint8Array(100_000);
    for (let i = 0; i < 50; i++) pair.near.send(frame);
    pair.near.close("done here");
    pair.near.close("again");
    equal(pair.near.send(frame), false);
    deepEqual(pair.atNear.reasons, [], "not from within close");
    equal(await pair.atFar.closing, PEER_CLOSED);
    equal(pair.atFar.frames.length, 50);
    equal(await pair.atNear.closing, "done here");
    equal(pair.near.send(frame), false);
    equal(pair.far.send(frame), false);
    pair.far.close("too late");
    await Promise.resolve();
    deepEqual([pair.atNear.reasons.length, pair.atFar.reasons.length], [1, 1]);
  },

  "a peer that does not read holds up a closing end for a while only": async (bench, door) => {
    const pair = await pairUp(bench, door);
    const released = Promise.withResolvers<void>();
    pair.atFar.onFrame = () => released.promise;
    for (let i = 0; i < 24; i++) pair.near.send(new Uint8Array(1024 * 1024));
    pair.near.close("no time");
    await pair.atFar.taken(1);
    bench.clock.advance(LINGER_MS - 1);
    deepEqual(pair.atNear.reasons, []);
    bench.clock.advance(1);
    equal(await pair.atNear.closing, "no time");
    released.resolve();
    await pair.atFar.closing;
  },

  "both ends may close at the same time": async (bench, door) => {
    const pair = await pairUp(bench, door);
    pair.near.close("near");
    pair.far.close("far");
    deepEqual(await Promise.all([pair.atNear.closing, pair.atFar.closing]), ["near", "far"]);
  },

  "a closing end delivers nothing more": async (bench, door) => {
    const pair = await pairUp(bench, door);
    pair.near.send(utf8("last words"));
    pair.far.send(utf8("hello"));
    await pair.atNear.taken(1);
    for (let i = 0; i < 20; i++) pair.far.send(new Uint8Array(50_000));
    pair.near.close("enough");
    await Promise.all([pair.atNear.closing, pair.atFar.closing]);
    equal(pair.atNear.frames.length, 1);
    deepEqual(await pair.atFar.texts(1), ["last words"]);
  },

  "a link that ended before it was opened gives its frames, then says so": async (bench, door) => {
    const pair = await pairUp(bench, door, { openFar: false });
    pair.near.send(utf8("one"));
    pair.near.close("gone");
    pair.far.open(pair.atFar);
    deepEqual(await pair.atFar.texts(1), ["one"]);
    equal(await pair.atFar.closing, PEER_CLOSED);
    await pair.atNear.closing;
  },

  "a link closed before it was opened says so when it is": async (bench, door) => {
    const pair = await pairUp(bench, door, { openFar: false });
    pair.far.close("not wanted");
    equal(await pair.atNear.closing, PEER_CLOSED);
    pair.far.open(pair.atFar);
    equal(await pair.atFar.closing, "not wanted");
  },

  "a receiver that fails closes the link, and its error is the reason": async (bench, door) => {
    for (const asynchronous of [false, true]) {
      const pair = await pairUp(bench, door);
      pair.atFar.onFrame = () => {
        const error = new Error("cannot make sense of it");
        if (asynchronous) return Promise.reject(error);
        throw error;
      };
      pair.near.send(utf8("?"));
      pair.near.send(utf8("?"));
      equal(await pair.atFar.closing, "cannot make sense of it");
      equal(pair.atFar.frames.length, 1);
      await pair.atNear.closing;
    }
  },
};

const BOUNDING: Record<string, Case> = {
  "a stranger's frame is short, and his link closes otherwise": async (bench, door) => {
    const pair = await pairUp(bench, door, { proven: false });
    pair.near.send(new Uint8Array(MAX_HELLO_BYTES));
    pair.near.send(new Uint8Array(MAX_HELLO_BYTES + 1));
    match(await pair.atFar.closing, /a frame of 16385 bytes; at most 16384 are allowed/);
    equal(pair.atFar.frames.length, 1);
    await pair.atNear.closing;
  },

  "the frame behind the one that proves the peer may be long": async (bench, door) => {
    const pair = await pairUp(bench, door, { proven: false });
    pair.atFar.onFrame = async () => {
      await Promise.resolve();
      pair.far.proven();
    };
    pair.near.send(utf8("my proof"));
    pair.near.send(new Uint8Array(MAX_FRAME_BYTES));
    equal((await pair.atFar.taken(2))[1]?.length, MAX_FRAME_BYTES);
    await end(pair);
  },

  "a frame beyond every limit is a bug of the sender": async (bench, door) => {
    const pair = await pairUp(bench, door);
    throws(() => pair.near.send(new Uint8Array(MAX_FRAME_BYTES + 1)), InvariantError);
    await end(pair);
  },

  "a receiver that does not go on fills the sender's backlog, to its bound": async (
    bench,
    door,
  ) => {
    const pair = await pairUp(bench, door);
    const released = Promise.withResolvers<void>();
    pair.atFar.onFrame = () => released.promise;
    const frame = new Uint8Array(1024 * 1024);
    pair.near.send(utf8("the only one taken"));
    await pair.atFar.taken(1);
    const taken = await sendUntilRefused(pair, frame);
    holds(taken >= MAX_LINK_BACKLOG_BYTES / frame.length - 1, `${taken} frames were taken`);
    match(await pair.atNear.closing, /the peer does not read: over 33554432 bytes wait for it/);
    equal(pair.near.send(frame), false);
    equal(pair.atFar.frames.length, 1);
    released.resolve();
    await pair.atFar.closing;
    deepEqual([pair.atNear.reasons.length, pair.atFar.reasons.length], [1, 1]);
  },

  "who does not prove himself in time is dropped, who did stays": async (bench, door) => {
    const stranger = await pairUp(bench, door, { proven: false });
    const friend = await pairUp(bench, door);
    bench.clock.advance(HANDSHAKE_MS - 1);
    deepEqual(stranger.atFar.reasons, []);
    bench.clock.advance(1);
    match(await stranger.atFar.closing, /did not prove itself within 5000 ms/);
    await stranger.atNear.closing;
    friend.near.send(utf8("still here"));
    deepEqual(await friend.atFar.texts(1), ["still here"]);
    await end(friend);
  },

  "beyond the bound of strangers the oldest goes, never a proven one": async (bench, door) => {
    const friend = await pairUp(bench, door);
    const strangers: Pair[] = [];
    for (let i = 0; i < MAX_UNPROVEN_LINKS; i++) {
      strangers.push(await pairUp(bench, door, { proven: false }));
    }
    const [oldest, second] = [strangers[0] as Pair, strangers[1] as Pair];
    // Room again: one of them proves itself.
    second.far.proven();
    const late = await pairUp(bench, door, { proven: false });
    deepEqual(oldest.atFar.reasons, []);
    const later = await pairUp(bench, door, { proven: false });
    match(await oldest.atFar.closing, /more than 256 links wait to prove themselves/);
    await oldest.atNear.closing;
    for (const pair of [friend, second, ...strangers.slice(2), late, later]) {
      pair.near.send(utf8("here"));
      deepEqual(await pair.atFar.texts(1), ["here"]);
      await end(pair);
    }
  },
};

const MEETING: Record<string, Case> = {
  "a taken port is refused by name, and free again after close": async (bench, door) => {
    const at = door.address;
    const outcome = await bench.links.listen(at, bench.server, () => {});
    if (outcome.ok) return fail("two listeners on one port");
    equal(outcome.refusal.kind, "conflict");
    const where = `${bench.host}:${at.port}`;
    equal(
      outcome.refusal.message,
      `cannot listen for peers on ${where}: the port is taken; ` +
        "stop the other program or choose another with --peer",
    );
    await door.close();
    const again = await Door.open(bench, at);
    await end(await pairUp(bench, again));
    await again.close();
  },

  "a door shows another certificate to those who come later": async (bench, door) => {
    const before = await pairUp(bench, door);
    door.listener?.use(bench.client);
    const after = await pairUp(bench, door);
    const shown = [before, after].map(({ near }) => near.peerCertificate);
    const [server, client] = [bench.server, bench.client].map(({ certificatePem }) =>
      certificateDer(certificatePem)
    );
    deepEqual(shown, [server, client]);
    deepEqual([before.far.ownCertificate, after.far.ownCertificate], [server, client]);
    before.near.send(utf8("still here"));
    deepEqual(await before.atFar.texts(1), ["still here"]);
    await end(before);
    await end(after);
  },

  "a door that closes leaves the links it let in": async (bench, door) => {
    const pair = await pairUp(bench, door);
    await door.close();
    const outcome = await bench.links.dial(door.address, bench.client);
    equal(outcome.ok, false);
    pair.near.send(utf8("still here"));
    deepEqual(await pair.atFar.texts(1), ["still here"]);
    await end(pair);
  },

  "nobody there is an outcome that names the place and the cause": async (bench, door) => {
    const { host, port } = door.address;
    await door.close();
    const outcome = await bench.links.dial({ host, port }, bench.client);
    if (outcome.ok) return fail("somebody answered");
    equal(outcome.refusal.kind, "unavailable");
    equal(outcome.refusal.message, `cannot reach ${host}:${port}: nothing listens there`);
  },

  "an address of another host cannot be listened on": async (bench) => {
    const at = { host: "192.0.2.1", port: 7 };
    const outcome = await bench.links.listen(at, bench.server, () => {});
    if (outcome.ok) return fail("listening on another host's address");
    equal(outcome.refusal.kind, "invalid");
    match(
      outcome.refusal.message,
      /^cannot listen for peers on 192\.0\.2\.1:7: this host has no such address$/,
    );
  },

  "a peer may dial many times and each link is its own": async (bench, door) => {
    const pairs = await Promise.all(Array.from({ length: 20 }, async () => {
      const near = valueOf(await bench.links.dial(door.address, bench.client));
      const atNear = new Receiver();
      near.open(atNear);
      return { near, atNear };
    }));
    for (let i = 0; i < pairs.length; i++) {
      const far = await door.next();
      far.open({ frame: (bytes) => void far.send(bytes), closed: () => {} });
    }
    for (const [i, { near }] of pairs.entries()) near.send(utf8(`link ${i}`));
    for (const [i, { near, atNear }] of pairs.entries()) {
      deepEqual(await atNear.texts(1), [`link ${i}`]);
      near.close("done");
      await atNear.closing;
    }
  },
};
