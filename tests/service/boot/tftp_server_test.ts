import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import {
  MAX_NETASCII_BYTES,
  MAX_TFTP_TRANSFERS_PER_CLIENT,
  TFTP_CHUNK_BYTES,
} from "../../../src/base/limits.ts";
import { ok, type Outcome } from "../../../src/base/outcome.ts";
import type { TftpSource } from "../../../src/service/boot/tftp_openings.ts";
import type { TftpClient } from "./tftp_client.ts";
import { bytesOf, HandClock, onStage, type Stage } from "./tftp_stage.ts";

async function write(stage: Stage, name: string, length: number): Promise<Uint8Array> {
  const bytes = bytesOf(length);
  await Deno.writeFile(`${stage.folder}/${name}`, bytes);
  return bytes;
}

for (const options of ["", "blksize=8", "blksize=1468 windowsize=16", "blksize=65464 tsize=0"]) {
  Deno.test(`a file is sent whole with "${options}"`, async () => {
    await onStage(async (stage) => {
      for (const length of [0, 1, 512, 10_000, options === "blksize=8" ? 3_000 : 700_001]) {
        const bytes = await write(stage, "x", length);
        const client = await stage.client();
        deepEqual(await client.fetch("x", options), bytes, `${length} bytes`);
        const event = await stage.event("ended");
        holds(event.type === "ended");
        deepEqual([event.file, event.bytes, event.outcome], ["x", length, { kind: "complete" }]);
        deepEqual(event.client, { address: 0x7f00_0001, port: client.port });
      }
      deepEqual([stage.server.counts.blocksAgain, stage.server.active], [0, 0]);
    });
  });
}

Deno.test("block numbers roll over", async () => {
  await onStage(async (stage) => {
    const bytes = await write(stage, "long", 8 * 70_000 + 3);
    const client = await stage.client();
    deepEqual(await client.fetch("long", "blksize=8 windowsize=64"), bytes);
  });
});

Deno.test("options are answered first, none by data", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 600);
    const client = await stage.client();
    client.ask("x", "tsize=0 blksize=1468 windowsize=4 timeout=3 multicast=");
    equal(await client.nextTold(), "oack tsize=600 blksize=1468 timeout=3 windowsize=4");
    client.say({ type: "error", code: 8, message: "User aborted the transfer" });
    const probed = await stage.event("ended");
    holds(probed.type === "ended" && probed.outcome.kind === "probed");
    client.ask("x");
    equal(await client.nextTold(), "data 1 (512)");
    client.ack(1);
    equal(await client.nextTold(), "data 2 (88)");
  });
});

Deno.test("what cannot be is refused by the protocol's own codes", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 600);
    const client = await stage.client();
    const refusal = async (): Promise<string> => await client.nextTold();
    client.ask("none");
    match(await refusal(), /^error 1 .*there is no such file/);
    client.ask("../x");
    match(await refusal(), /^error 2 .*leads elsewhere/);
    client.ask("x", "", "octet", "wrq");
    match(await refusal(), /^error 4 nothing is written here/);
    client.ask("x", "", "mail");
    match(await refusal(), /^error 4 no mail/);
    client.ask("x", "blksize=0");
    match(await refusal(), /^error 8 blksize "0": wanted 8 to 65464/);
    client.ask("x".repeat(1_100));
    match(await refusal(), /^error 4 a request of 1109 bytes: at most 1024/);
    client.sayBytes(Uint8Array.of(0, 1, 120));
    client.sayBytes(Uint8Array.of(0, 1, 120, 0, 0));
    match(await refusal(), /^error 4 .*has 3 bytes/);
    match(await refusal(), /^error 4 .*mode ""/);
    const { refused } = stage.server.counts;
    deepEqual(refused, {
      ...{ malformed: 4, write: 1, "not-found": 1, forbidden: 1, options: 1 },
      ...{ busy: 0, unavailable: 0, stray: 0 },
    });
    equal(stage.events.filter(({ type }) => type === "refused").length, 8);
    equal(stage.server.active, 0);
  });
});

Deno.test("what belongs to no transfer is passed over in silence", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 5);
    const client = await stage.client();
    client.ack(1);
    client.say({ type: "error", code: 0, message: "bye" });
    client.say({ type: "data", block: 1, bytes: Uint8Array.of(1) });
    client.say({ type: "oack", options: [] });
    client.sayBytes(Uint8Array.of(9, 9, 9, 9, 9));
    client.ask("x");
    equal(await client.nextTold(), "data 1 (5)");
    deepEqual([stage.server.counts.refused.stray, stage.server.counts.refused.malformed], [3, 2]);
  });
});

Deno.test("a text is translated for who asks in netascii", async () => {
  await onStage(async (stage) => {
    await Deno.writeTextFile(`${stage.folder}/text`, "one\ntwo\n");
    const client = await stage.client();
    const text = await client.fetch("text", "tsize=0", "netascii");
    equal(new TextDecoder().decode(text), "one\r\ntwo\r\n");
    await write(stage, "large", MAX_NETASCII_BYTES + 1);
    client.ask("large", "", "netascii");
    match(await client.nextTold(), /^error 0 the file has 1048577 bytes.*ask for octets/);
  });
});

Deno.test("many clients of one file: it is read once", async () => {
  await onStage(async (stage) => {
    const bytes = await write(stage, "x", 20 * TFTP_CHUNK_BYTES + 77);
    const clients = await Promise.all(Array.from({ length: 16 }, () => stage.client()));
    const fetched = await Promise.all(
      clients.map((client, i) =>
        client.fetch("x", i % 2 === 0 ? "blksize=1428" : "blksize=8192 windowsize=4")
      ),
    );
    for (const each of fetched) deepEqual(each, bytes);
    deepEqual(stage.server.fileBytes, { kept: bytes.length, read: bytes.length });
  });
});

Deno.test("a file that changes while it is sent ends in an error, never in a mixture", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 20 * TFTP_CHUNK_BYTES);
    const client = await stage.client();
    client.ask("x", "blksize=65464");
    equal(await client.nextTold(), "oack blksize=65464");
    client.ack(0);
    equal(await client.nextTold(), "data 1 (65464)");
    await Deno.truncate(`${stage.folder}/x`, 20 * TFTP_CHUNK_BYTES - 1);
    let told = "", block = 1;
    while (!told.startsWith("error")) {
      client.ack(block);
      told = await client.nextTold();
      block++;
    }
    equal(told, "error 0 the file has changed while it was sent");
    holds(block < 12, `${block} blocks of the old file were sent, which were read before`);
    const ended = await stage.event("ended");
    holds(ended.type === "ended" && ended.outcome.kind === "failed");
    deepEqual((await client.fetch("x", "blksize=65464")).length, 20 * TFTP_CHUNK_BYTES - 1);
  });
});

Deno.test("a file that is replaced while it is sent is sent as it was", async () => {
  await onStage(async (stage) => {
    const bytes = await write(stage, "x", 5 * TFTP_CHUNK_BYTES);
    const client = await stage.client();
    const fetching = client.fetch("x", "blksize=1024");
    await stage.event("started");
    await Deno.remove(`${stage.folder}/x`);
    await write(stage, "x", 7);
    deepEqual(await fetching, bytes);
    equal((await client.fetch("x", "blksize=1024")).length, 7);
  });
});

Deno.test("a client that asks for something else has begun anew", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 5_000);
    const other = await write(stage, "y", 900);
    const client = await stage.client();
    client.ask("x", "blksize=512");
    equal(await client.nextTold(), "oack blksize=512");
    client.ack(0);
    equal(await client.nextTold(), "data 1 (512)");
    deepEqual(await client.fetch("y"), other);
    for (const [file, kind] of [["x", "restarted"], ["y", "complete"]]) {
      const ended = await stage.event("ended");
      holds(ended.type === "ended");
      deepEqual([ended.file, ended.outcome.kind], [file, kind]);
    }
  });
});

Deno.test("a request that comes again while it is opened is the same", async () => {
  const asked: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const open = async (path: string): Promise<Outcome<TftpSource>> => {
    asked.push(path);
    if (path === "slow") await promise;
    return ok({ kind: "bytes", bytes: bytesOf(10) });
  };
  await onStage(async (stage) => {
    const client = await stage.client();
    for (let i = 0; i < 5; i++) client.ask("slow");
    const other = await stage.client();
    equal((await other.fetch("quick")).length, 10);
    await stage.event("ended");
    deepEqual([asked, stage.server.active], [["slow", "quick"], 1]);
    resolve();
    equal(await client.nextTold(), "data 1 (10)");
    client.ack(1);
    equal(stage.server.counts.blocks, 2);
  }, { open });
});

Deno.test("one address is sent so many files at a time and no more", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 5);
    const clients: TftpClient[] = [];
    for (let i = 0; i < MAX_TFTP_TRANSFERS_PER_CLIENT; i++) {
      const client = await stage.client();
      clients.push(client);
      client.ask("x");
      equal(await client.nextTold(), "data 1 (5)");
    }
    const late = await stage.client();
    late.ask("x");
    match(await late.nextTold(), /^error 0 128 files are sent to you; ask again later/);
    clients[0]?.ack(1);
    await stage.event("ended");
    late.ask("x");
    equal(await late.nextTold(), "data 1 (5)");
  });
});

Deno.test("a client that vanishes is sent its block some times more, and given up", async () => {
  const clock = new HandClock();
  await onStage(async (stage) => {
    await write(stage, "x", 600);
    const client = await stage.client();
    client.ask("x", "tsize=0");
    equal(await client.nextTold(), "oack tsize=600");
    client.ack(0);
    equal(await client.nextTold(), "data 1 (512)");
    clock.pass(60_000);
    const ended = await stage.event("ended");
    holds(ended.type === "ended");
    deepEqual([ended.outcome, ended.bytes], [{ kind: "vanished" }, 0]);
    deepEqual([stage.server.counts.blocks, stage.server.counts.blocksAgain], [6, 5]);
    deepEqual([stage.server.active, stage.server.counts.ended], [0, { vanished: 1 }]);
  }, { clock });
});

Deno.test("an offer that is not answered is sent again, and counted", async () => {
  const clock = new HandClock();
  await onStage(async (stage) => {
    await write(stage, "x", 600);
    const client = await stage.client();
    client.ask("x", "tsize=0");
    equal(await client.nextTold(), "oack tsize=600");
    clock.pass(1_100);
    equal(await client.nextTold(), "oack tsize=600");
    equal(stage.server.counts.offersAgain, 1);
    client.ack(0);
    equal(await client.nextTold(), "data 1 (512)");
    equal(stage.server.counts.blocksAgain, 0);
  }, { clock });
});

Deno.test("a disk that does not answer ends a transfer, and no other", async () => {
  const clock = new HandClock();
  const stuck = {
    ...{ identity: "stuck", size: 1_000, isAsOpened: () => true },
    read: () => new Promise<number>(() => {}),
    close: () => {},
  };
  const open = (path: string): Promise<Outcome<TftpSource>> =>
    Promise.resolve(ok(
      path === "stuck" ? { kind: "file", file: stuck } : { kind: "bytes", bytes: bytesOf(10) },
    ));
  await onStage(async (stage) => {
    const client = await stage.client(), other = await stage.client();
    client.ask("stuck");
    await stage.event("started");
    equal((await other.fetch("other")).length, 10);
    clock.pass(31_000);
    equal(await client.nextTold(), "error 0 the file cannot be read now; ask again later");
    equal(stage.server.active, 0);
  }, { clock, open });
});

Deno.test("who closes it tells its clients", async () => {
  await onStage(async (stage) => {
    await write(stage, "x", 5_000);
    const client = await stage.client();
    client.ask("x");
    equal(await client.nextTold(), "data 1 (512)");
    stage.server.close();
    equal(await client.nextTold(), "error 0 this server ends; ask another");
    equal(stage.server.active, 0);
  });
});
