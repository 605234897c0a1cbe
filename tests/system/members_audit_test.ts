/** States that differ, in real members: found, named, healed, or told of; and `check`. */
import { equal, match, ok as holds } from "node:assert/strict";

import { AUDIT_EVERY_ENTRIES } from "../../src/base/limits.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import { checkAnswer } from "../../src/wire/http.ts";
import {
  decodeRow,
  decodeSegment,
  encodeRow,
  encodeSegment,
  LOG_PREFIX,
  ROW_PREFIX,
} from "../../src/wire/record.ts";
import { decodeBody, encodeBody } from "../../src/wire/entry.ts";
import { memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

const RIGHT = "the right words", WRONG = "the wrong words";

/** Writes other words into the store of a member that is stopped, with checksums that hold. */
async function spoil({ data }: Server): Promise<void> {
  const opened = await openKvStore(data);
  holds(opened.ok, "the store opens");
  const store = opened.value;
  const puts = [];
  for await (const { key, value } of store.load()) {
    if (key.startsWith(ROW_PREFIX)) {
      const record = decodeRow(value);
      const cells = record.cells.map(([attribute, cell]) =>
        [attribute, cell.value === RIGHT ? { ...cell, value: WRONG } : cell] as const
      );
      puts.push({ key, value: encodeRow({ ...record, cells }) });
    } else if (key.startsWith(LOG_PREFIX)) {
      const segment = decodeSegment(value);
      const entries = segment.entries.map((entry) => ({ ...entry, body: spoilt(entry.body) }));
      puts.push({ key, value: encodeSegment({ ...segment, entries }) });
    }
  }
  const done = await store.commit({ puts, deletes: [] });
  equal(done.result, "done");
  await store.close();
}

/** Rows are written lazily: what a replay makes of the log is the state as well. */
function spoilt(body: Uint8Array): Uint8Array {
  const { operations, ...rest } = decodeBody(body);
  const changed = operations.map((operation) =>
    operation.kind !== "set" ? operation : {
      ...operation,
      cells: operation.cells.map(([attribute, value]) =>
        [attribute, value === RIGHT ? WRONG : value] as const
      ),
    }
  );
  return encodeBody({ ...rest, operations: changed });
}

/** Writes until all have summed up their states once more. */
async function writeToRoot(member: Server): Promise<void> {
  const root = (index: number): number => Math.floor(index / AUDIT_EVERY_ENTRIES);
  const before = root((await member.collective()).index);
  for (let index = 0; root(index) <= before;) {
    const batch = Array.from({ length: 32 }, (_, i) => member.wrote(`w${i}`, `${index} ${i}`));
    index = Math.max(...await Promise.all(batch));
  }
}

async function noteOf(member: Server, node: string): Promise<string> {
  const { status, body } = await member.ask("GET", `/nodes/${node}/attributes/current`);
  return status === 200 ? JSON.stringify(body) : String(status);
}

async function checked(member: Server): Promise<string[]> {
  return checkAnswer.parse((await member.ask("GET", "/check")).body).findings;
}

memberTest("another value on one disk of three is found, named and healed", async (scene) => {
  const members = await scene.members(3) as [Server, Server, Server];
  const [m1, m2, m3] = members;
  await m1.wrote("n1", RIGHT);
  await settled(members);
  equal((await m1.run("check")).code, 0, (await m1.run("check")).out);
  await m3.stop();
  await spoil(m3);
  await until("its silence is found", async () => {
    const { code, out } = await m1.run("check");
    return (code === 1 && /^m3 does not answer .*: start its service/m.test(out)) || undefined;
  });
  match(
    (await m1.run("check")).out,
    /^2 of 3 voting members answer: with one less nothing can be/m,
  );
  await m3.serve();
  await settled(members);
  match(await noteOf(m3, "n1"), /the wrong words/);
  await writeToRoot(m2);
  await m3.running.word(
    /error: its state at index \d+ is not that of the majority; it takes a copy/,
  );
  await m3.running.word(
    /bucket \d+, row node\/n1, cell info\.note: another value of the same index/,
  );
  await m3.running.word(/the state here is whole again/);
  await settled(members);
  match(await noteOf(m3, "n1"), /the right words/);
  equal(await m3.dump(), await m1.dump());
  for (const member of members) {
    await until(`${member.name} finds nothing`, async () => {
      return (await checked(member)).length === 0 || undefined;
    });
  }
});

memberTest("of two nobody can tell, until somebody says which is right", async (scene) => {
  const members = await scene.members(2) as [Server, Server];
  const [m1, m2] = members;
  await m1.wrote("n1", RIGHT);
  await settled(members);
  const same = await m2.done("check", "--repair", "--from", "m1");
  equal(same, "no state is known to differ from that of m1: nothing was done\n".trim());
  await m2.stop();
  await spoil(m2);
  await m2.serve();
  await settled(members);
  await writeToRoot(m1);
  for (const member of members) {
    match(await member.shows(/are different/), /m1, and of m2|m2, and of m1/);
    const { code, out } = await member.run("check");
    equal(code, 1);
    match(out, /are different, .* run `confluent check --repair --from NAME`/);
  }
  match(await noteOf(m1, "n1"), /the right words/);
  match(await noteOf(m2, "n1"), /the wrong words/);
  equal(await m2.done("check", "--repair", "--from", "m1"), "m2: takes a copy of m1");
  await until("m2 has the right words", async () => {
    return (await noteOf(m2, "n1")).includes(RIGHT) || undefined;
  });
  await settled(members);
  equal(await m2.dump(), await m1.dump());
  const stranger = await m1.run("check", "--repair", "--from", "m9");
  match(stranger.err, /cannot repair from m9: no such member; there are m1, m2/);
});

memberTest(
  "a folder is checked where no service runs, and nothing in it changed",
  async (scene) => {
    const m1 = scene.server();
    await m1.serve();
    await m1.wrote("n1", RIGHT);
    await m1.kill();
    const files = async (): Promise<string[]> => {
      const found = [];
      for await (const { name, isFile } of Deno.readDir(m1.data)) {
        if (!isFile) continue;
        const bytes = await Deno.readFile(`${m1.data}/${name}`);
        const { mtime } = await Deno.stat(`${m1.data}/${name}`);
        found.push(`${name} ${bytes.length} ${mtime?.getTime()}`);
      }
      return found.sort();
    };
    const before = await files();
    const check = (): ReturnType<Server["run"]> => m1.run("check", "--data", m1.data);
    const sound = await check();
    equal(sound.code, 0, sound.out);
    match(sound.err, /No service answers .*; looking at .* alone\.\nm1: nothing was found wrong/);
    equal((await files()).join("\n"), before.join("\n"));
    await Deno.remove(`${m1.data}/floor`);
    const { code, out } = await check();
    equal(code, 1);
    match(out, new RegExp(`^${m1.data}/floor, which counts .*; the way back is \`confluent coll`));
    const nowhere = await m1.run("check", "--data", `${m1.data}/nowhere`);
    match(nowhere.out, /^there is no data folder .*: name it with --data/);
  },
);
