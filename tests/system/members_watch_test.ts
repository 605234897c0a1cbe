/** Watchers of real members: one that loses its member, one that does not read, one that stops. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";
import { createParser } from "eventsource-parser";

import { MAX_WATCH_BEHIND } from "../../src/base/limits.ts";
import { dataByNode } from "../../src/wire/http.ts";
import { namesOf, resumeIndex, type WatchEvent, watchEvent } from "../../src/wire/watch.ts";
import { leaderOf, memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

/** A client that goes on after what it was told last. */
class Watching {
  readonly events: WatchEvent[] = [];
  #last: number | undefined;

  constructor(last?: number) {
    this.#last = last;
  }

  /** Follows one member until the stream ends or breaks: whether it ended in good order. */
  async follow(server: Server): Promise<boolean> {
    const parser = createParser({
      onEvent: ({ data }) => {
        const event = watchEvent.parse(JSON.parse(data));
        this.events.push(event);
        this.#last = resumeIndex(event) ?? this.#last;
      },
    });
    const headers = {
      Authorization: `Bearer ${await tokenOf(server)}`,
      ...this.#last === undefined ? {} : { "Last-Event-ID": String(this.#last) },
    };
    const response = await fetch(`http://${server.api}/watch`, { headers });
    equal(response.status, 200);
    try {
      for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        parser.feed(text);
      }
      return true;
    } catch (error) {
      holds(error instanceof TypeError, String(error));
      return false;
    }
  }

  /** Waits until all up to the index was told. */
  async told(index: number): Promise<void> {
    await until(`all up to ${index} is told`, () => {
      return Promise.resolve((this.#last ?? 0) >= index || undefined);
    });
  }
}

async function tokenOf({ data }: Server): Promise<string> {
  return (await Deno.readTextFile(`${data}/token`)).trim();
}

interface Wrote {
  readonly index: number;
  readonly text: string;
}

/** Writes one node after another at one member, and tries what is refused in between. */
class Writer {
  readonly wrote: Wrote[] = [];
  /** What may or may not have been done: its leader went away. */
  readonly unsure = new Set<string>();
  readonly #server: Server;
  readonly #going: Promise<void>;
  #isOver = false;

  constructor(server: Server) {
    this.#server = server;
    this.#going = this.#run();
  }

  async more(count: number): Promise<void> {
    const wanted = this.wrote.length + count;
    await until(`${wanted} writes`, () => {
      return Promise.resolve(this.wrote.length >= wanted || undefined);
    });
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#going;
  }

  async #run(): Promise<void> {
    for (let serial = 0; !this.#isOver; serial++) {
      const node = `n${serial % 5}`, text = `${node} ${serial}`;
      const again = { name: node, "info.note": "refused" };
      if (serial % 7 === 0) {
        const { status } = await this.#server.ask("POST", "/nodes/", again);
        holds(status === 409 || status >= 503, `made again: ${status}`);
      }
      const answer = await this.#server.write(node, text);
      if (answer.status === 504) this.unsure.add(text);
      // At 503 nothing was done.
      if (answer.status >= 503) continue;
      equal(answer.status, 200, JSON.stringify(answer.body));
      this.wrote.push({ index: answer.index, text });
    }
  }
}

/** What the events say of notes, in their order. */
function notesOf(events: readonly WatchEvent[]): Wrote[] {
  return events.flatMap((event) =>
    event.event !== "change" ? [] : event.changes.flatMap((change) => {
      const text = change.attributes["info.note"];
      return namesOf(change).flatMap(() =>
        typeof text === "string" ? [{ index: event.index, text }] : []
      );
    })
  );
}

memberTest(
  "a watcher whose member is killed goes on elsewhere",
  async (scene) => {
    const members = await scene.members(3);
    const leader = await leaderOf(members);
    const [watched, other] = members.filter((member) => member !== leader) as [Server, Server];
    for (let i = 0; i < 5; i++) await other.wrote(`n${i}`, "first");
    const client = new Watching();
    const first = client.follow(watched);
    await client.told(1);
    const begun = client.events.find(({ event }) => event === "sync")?.index ?? 0;
    const writer = new Writer(other);
    await writer.more(30);
    await watched.kill();
    equal(await first, false);
    const second = client.follow(leader);
    await writer.more(30);
    await watched.serve();
    await client.told(writer.wrote.at(-1)?.index ?? 0);
    // In good order this time: it ends at once, and the next one leads.
    await leader.stop();
    equal(await second, true);
    const third = client.follow(watched);
    await writer.more(30);
    await writer.end();
    await leader.serve();
    await settled(members);
    await client.told(writer.wrote.at(-1)?.index ?? 0);
    // One that comes late is told the same, also of entries from before its member was killed.
    const late = new Watching(begun), last = late.follow(watched);
    await late.told(writer.wrote.at(-1)?.index ?? 0);
    for (const { events } of [client, late]) {
      const notes = notesOf(events).filter(({ text }) => !writer.unsure.has(text));
      deepEqual(notes, writer.wrote.filter(({ index }) => index > begun));
    }
    const kinds = new Set(client.events.map(({ event }) => event));
    deepEqual([kinds.has("gap"), kinds.has("reset")], [false, false]);
    await watched.kill();
    deepEqual([await third, await last], [false, false]);
  },
);

const LONG = "x".repeat(8_000);
/** More than the sockets between hold. */
const LONG_WRITES = 1_500;
const AT_ONCE = 64;

/** So many writes, many at once. */
async function writes(server: Server, count: number, text: (i: number) => string): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < count) {
      const i = next++;
      await server.wrote(`n${i % AT_ONCE}`, text(i));
    }
  }));
}

function residentBytes({ running }: Server): number {
  const status = Deno.readTextFileSync(`/proc/${running.pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

memberTest("a watcher that does not read gets the last values once it does", async (scene) => {
  const members = await scene.members(3);
  const leader = await leaderOf(members);
  const [watched, other] = members.filter((member) => member !== leader) as [Server, Server];
  const name = `n[0-${AT_ONCE - 1}]`;
  const made = await other.ask("POST", "/noderange/", { name });
  equal(made.status, 200, JSON.stringify(made.body));
  const [hostname = "", port] = watched.api.split(":");
  using slow = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET /watch?from=${made.index} HTTP/1.1\r\nHost: x\r\n` +
    `Authorization: Bearer ${await tokenOf(watched)}\r\n\r\n`;
  await slow.write(new TextEncoder().encode(request));
  await writes(other, LONG_WRITES, (i) => `${i} ${LONG}`);
  await writes(other, MAX_WATCH_BEHIND + AT_ONCE, (i) => `last ${i}`);
  await settled(members);
  const { index } = await watched.ask("GET", "/nodes/");
  const more = residentBytes(watched) - residentBytes(other);
  holds(more < 100_000_000, `${more} bytes more than at a member that nobody watches`);

  const events: WatchEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => void events.push(watchEvent.parse(JSON.parse(data))),
  });
  let bytes = 0;
  for await (const piece of unchunked(slow.readable)) {
    bytes += piece.length;
    parser.feed(piece);
    const last = events.at(-1);
    if (last !== undefined && (resumeIndex(last) ?? 0) >= index) break;
  }
  holds(bytes < LONG_WRITES * LONG.length, `${bytes} bytes were kept for it`);
  const indexes = events.flatMap((event) => event.event === "change" ? [event.index] : []);
  deepEqual(indexes, [...new Set(indexes)].sort((a, b) => a - b));
  equal(events.some(({ event }) => event === "gap"), true);
  const notes = new Map<string, string>();
  for (const event of events) {
    if (event.event !== "change") continue;
    for (const change of event.changes) {
      for (const name of namesOf(change)) notes.set(name, String(change.attributes["info.note"]));
    }
  }
  const told = Array.from({ length: AT_ONCE }, (_, i) => ({
    [`n${i}`]: { "info.note": { value: notes.get(`n${i}`) } },
  }));
  const { databynode } = dataByNode.parse(JSON.parse(await watched.dump()));
  const isNote = (node: object): boolean => Object.values(node).some((of) => "info.note" in of);
  deepEqual(databynode.filter(isNote), told);
});

/** The text of a chunked answer: its head, and the lines that say how long a chunk is, left out. */
async function* unchunked(bytes: ReadableStream<Uint8Array>): AsyncIterable<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\r\n");
    rest = lines.pop() ?? "";
    // Events have bare line feeds in them, and nothing else of the answer does.
    for (const line of lines) if (line.includes("\n")) yield line;
  }
}

memberTest("confluent watch goes on where it was when its member comes back", async (scene) => {
  const m1 = scene.server();
  await m1.serve();
  await m1.wrote("n1", "before");
  const watch = scene.program(["watch", "n1", "--socket", m1.socket]);
  await until("it is connected", async () => {
    await m1.wrote("n1", "begun");
    return watch.out.length > 0 || undefined;
  });
  await m1.kill();
  await watch.word(/asks again/);
  await m1.serve();
  await m1.wrote("n1", "after");
  await watch.line(/n1: info\.note: after$/);
  const { code, err } = await watch.kill("SIGINT");
  equal(code, 0, err);
});
