/** Boot files by HTTP, to clients that are slow, many, gone or worse, while files change. */
import { deepEqual, equal } from "node:assert/strict";
import { connect, type Socket } from "node:net";

import { equalBytes } from "../../src/base/bytes.ts";
import {
  BOOT_HTTP_CLOSING_MS,
  BOOT_HTTP_HEAD_MS,
  BOOT_HTTP_IDLE_MS,
  BOOT_HTTP_LINGER_MS,
  BOOT_HTTP_LOOK_MS,
  BOOT_HTTP_SLOW_MS,
  MAX_BOOT_HTTP_CONNECTIONS,
  MAX_BOOT_HTTP_CONNECTIONS_EACH,
} from "../../src/base/limits.ts";
import {
  type BootStage,
  bothFolders,
  inBootStage,
  NOTHING_COMPUTED,
  numbered,
  RawClient,
  requestFor,
} from "./boot_stage.ts";

/** More than both kernels hold of it. */
const HUGE = 24 * 1024 * 1024;

/** Resolves when the listener has looked at all that was sent before. */
async function settled({ boot }: BootStage): Promise<void> {
  const client = await RawClient.to(boot.address);
  await client.ask("settled");
  client.close();
}

function pass(stage: BootStage, ms: number): void {
  for (let left = ms; left > 0; left -= BOOT_HTTP_LOOK_MS) {
    stage.clock.advance(Math.min(left, BOOT_HTTP_LOOK_MS));
  }
}

Deno.test("a client that never ends its request is let go", async () => {
  await inBootStage(async (stage) => {
    const [silent, slow] = [
      await RawClient.to(stage.boot.address),
      await RawClient.to(
        stage.boot.address,
      ),
    ];
    await slow.send("GET / HT");
    await settled(stage);
    for (let i = 0; i < 9; i++) {
      pass(stage, BOOT_HTTP_HEAD_MS / 10);
      await slow.send("T");
      await settled(stage);
    }
    equal(stage.boot.counts.connections >= 2, true);
    pass(stage, BOOT_HTTP_HEAD_MS / 10);
    deepEqual([(await silent.rest()).bytes.length, (await slow.rest()).bytes.length], [0, 0]);
    silent.close();
    slow.close();
  });
});

Deno.test("a connection is kept for a while, and a request on it must come whole too", async () => {
  await inBootStage(async (stage) => {
    const [idle, slow] = [
      await RawClient.to(stage.boot.address),
      await RawClient.to(
        stage.boot.address,
      ),
    ];
    for (const client of [idle, slow]) equal((await client.ask("x")).status, 404);
    pass(stage, BOOT_HTTP_IDLE_MS - BOOT_HTTP_LOOK_MS);
    await slow.send("G");
    await settled(stage);
    equal((await idle.ask("x")).status, 404);
    pass(stage, BOOT_HTTP_HEAD_MS);
    equal((await slow.rest()).bytes.length, 0);
    equal((await idle.ask("x")).status, 404);
    pass(stage, BOOT_HTTP_IDLE_MS);
    equal((await idle.rest()).bytes.length, 0);
    idle.close();
    slow.close();
  });
});

Deno.test("a client that reads nothing costs little, holds up nobody and is cut", async () => {
  for (const parent of await bothFolders()) {
    await inBootStage(
      async (stage) => {
        const { boot, put, events } = stage;
        await put("huge", numbered(HUGE));
        await put("small", "quick");
        const slow = await Promise.all(
          Array.from({ length: 20 }, () => RawClient.to(boot.address)),
        );
        const used = (): number => {
          const { heapUsed, external } = Deno.memoryUsage();
          return heapUsed + external;
        };
        const before = used();
        for (const client of slow) {
          await client.send(requestFor("/confluent-public/huge"));
          await client.begins();
        }
        const good = await RawClient.to(boot.address);
        equal((await good.ask("small")).body.length, 5);
        equal(used() - before < 20 * 256 * 1024 + 4_000_000, true, `${used() - before} bytes`);
        good.close();
        for (let i = 0; i < 10 && events.filter(({ aborted }) => aborted).length < 20; i++) {
          stage.clock.advance(BOOT_HTTP_SLOW_MS);
          await settled(stage);
        }
        const cut = events.filter(({ aborted }) => aborted);
        deepEqual([cut.length, boot.counts.slow, boot.counts.aborted], [20, 20, 20]);
        for (const { bytes, status } of cut) {
          deepEqual([status, bytes > 0, bytes < HUGE / 2], [200, true, true], `${bytes} bytes`);
        }
        for (const client of slow) client.close();
      },
      NOTHING_COMPUTED,
      parent,
    );
  }
});

Deno.test("a script that is not computed in time ends its connection", async () => {
  await inBootStage(async (stage) => {
    const client = await RawClient.to(stage.boot.address);
    await client.send(requestFor("/confluent-public/never"));
    await settled(stage);
    stage.clock.advance(BOOT_HTTP_SLOW_MS);
    equal((await client.rest()).end, "reset");
    client.close();
  }, (path) => path === "never" ? new Promise(() => {}) : NOTHING_COMPUTED(path, { address: "" }));
});

Deno.test("a client that has got its last answer and stays is left", async () => {
  await inBootStage(async (stage) => {
    const client = await RawClient.to(stage.boot.address);
    await client.ask("x", ["Connection: close"]);
    await client.send("more that nobody wants");
    await settled(stage);
    pass(stage, BOOT_HTTP_LINGER_MS);
    await client.rest();
    await settled(stage);
    equal(stage.boot.counts.connections <= 1, true);
    client.close();
  });
});

function dial(stage: BootStage, localAddress: string): Promise<Socket> {
  const [host = "", port] = stage.boot.address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), localAddress });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What it is told, until it is closed. */
function heard(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => text += bytes);
    socket.on("error", () => {}); // a reset is an end as well
    socket.on("close", () => resolve(text));
  });
}

Deno.test("one client has so many connections, and all together", async () => {
  await inBootStage(async (stage) => {
    const { boot } = stage, sockets: Socket[] = [];
    for (let i = 0; sockets.length < MAX_BOOT_HTTP_CONNECTIONS; i++) {
      const from = `127.0.1.${1 + Math.floor(i / MAX_BOOT_HTTP_CONNECTIONS_EACH)}`;
      const socket = await dial(stage, from);
      sockets.push(socket);
      if (sockets.length !== MAX_BOOT_HTTP_CONNECTIONS_EACH) continue;
      const refused = await heard(await dial(stage, from));
      equal(/^HTTP\/1\.1 503 .*Retry-After: 5\r\n.*too many connections\n$/s.test(refused), true);
    }
    const [first] = sockets;
    if (first === undefined) throw new Error("there is none");
    equal(/ 503 /.test(await heard(await dial(stage, "127.0.2.1"))), true, "none is idle");
    equal(boot.counts.connections, MAX_BOOT_HTTP_CONNECTIONS);
    // One that is idle gives way to somebody new.
    const answered = new Promise((resolve) => first.once("data", resolve));
    first.write(requestFor("/confluent-public/x"));
    await answered;
    const over = heard(first), fresh = await dial(stage, "127.0.2.1");
    await over;
    const reply = new Promise<string>((resolve) =>
      fresh.once("data", (bytes) => resolve(String(bytes)))
    );
    fresh.write(requestFor("/confluent-public/x"));
    equal(/^HTTP\/1\.1 404 /.test(await reply), true);
    equal(boot.counts.refused, 2);
    for (const socket of [...sockets, fresh]) socket.destroy();
  });
});

Deno.test("a client that goes away in the middle leaves nothing open", async () => {
  await inBootStage(async (stage) => {
    const { boot, put, event } = stage;
    await put("huge", numbered(HUGE));
    await settled(stage);
    const open = (): string[] =>
      [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
        try {
          return [Deno.readLinkSync(`/proc/self/fd/${name}`)];
        } catch {
          return []; // the folder itself, which is closed again
        }
      }).filter((path) => path.includes("/public/"));
    const client = await RawClient.to(boot.address);
    await client.send(requestFor("/confluent-public/huge"));
    await client.begins();
    equal(open().length, 1);
    client.close();
    const { aborted, bytes } = await event(({ path }) => path.endsWith("huge"));
    deepEqual([aborted, bytes < HUGE, open()], [true, true, []]);
  });
});

Deno.test("a file that is replaced while it is read is sent as it was", async () => {
  for (const parent of await bothFolders()) {
    await inBootStage(
      async ({ boot, put, root }) => {
        await put("huge", numbered(HUGE));
        const client = await RawClient.to(boot.address);
        await client.send(requestFor("/confluent-public/huge"));
        await client.begins();
        await put("next", "another");
        await Deno.rename(`${root}/public/next`, `${root}/public/huge`);
        // Of so many bytes a comparison that names the first wrong one takes long.
        equal(equalBytes((await client.answer()).body, numbered(HUGE)), true);
        equal(new TextDecoder().decode((await client.ask("huge")).body), "another");
        client.close();
      },
      NOTHING_COMPUTED,
      parent,
    );
  }
});

Deno.test("a file that is written to while it is read is never sent as whole", async () => {
  for (const parent of await bothFolders()) {
    await inBootStage(
      async ({ boot, put, root, event, told }) => {
        const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
          cut: (path) => Deno.truncate(path, 1_000_000),
          over: (path) => Deno.writeFile(path, new Uint8Array(HUGE)),
        };
        for (const [name, change] of Object.entries(changes)) {
          await put(name, numbered(HUGE));
          const client = await RawClient.to(boot.address);
          await client.send(requestFor(`/confluent-public/${name}`));
          await client.begins();
          await change(`${root}/public/${name}`);
          const { bytes, end } = await client.rest();
          deepEqual([end, bytes.length < HUGE - 1_000_000], ["reset", true], name);
          client.close();
          equal((await event(({ path }) => path.endsWith(name))).aborted, true);
          equal(
            told.at(-1),
            `cannot send all of /confluent-public/${name}: ` +
              "the file was changed meanwhile",
          );
        }
      },
      NOTHING_COMPUTED,
      parent,
    );
  }
});

Deno.test("when it stops, what is under way may end, and nobody is waited for long", async () => {
  await inBootStage(async (stage) => {
    const { boot, put, clock } = stage;
    await put("huge", numbered(HUGE));
    const [idle, quick, stuck] = await Promise.all([0, 1, 2].map(() => RawClient.to(boot.address)));
    if (idle === undefined || quick === undefined || stuck === undefined) throw new Error("none");
    await idle.ask("x");
    for (const client of [quick, stuck]) {
      await client.send(requestFor("/confluent-public/huge"));
      await client.begins();
    }
    let isClosed = false;
    const closed = boot.close().then(() => isClosed = true);
    equal((await idle.rest()).bytes.length, 0);
    equal((await quick.answer()).body.length, HUGE);
    equal(isClosed, false);
    clock.advance(BOOT_HTTP_CLOSING_MS);
    await closed;
    equal((await stuck.rest()).end, "reset");
    for (const client of [idle, quick, stuck]) client.close();
  });
});
