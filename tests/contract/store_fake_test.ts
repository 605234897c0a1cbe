import { deepEqual, equal, ok as holds, rejects, throws } from "node:assert/strict";

import { utf8 } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import type { StoreBatch } from "../../src/io/store.ts";
import { FakeDisk, openFakeStore, type StoreMutant } from "../../src/io/store_fake.ts";
import {
  done,
  fullDiskStory,
  isDamage,
  opened,
  type StoreBench,
  storeContract,
  unknownOutcomeStory,
} from "./store_contract.ts";

function benchOn(disk: FakeDisk): StoreBench {
  // The same bit each time: flipped twice it is whole again.
  const flip = () => new Prng("bit");
  return {
    // deno-lint-ignore require-await
    open: async () => openFakeStore(disk),
    idle: () => disk.flushFloor(),
    // deno-lint-ignore require-await
    crash: async () => disk.crash(),
    // deno-lint-ignore require-await
    flipBit: async (key) => void disk.corruptBit(flip(), key),
    // deno-lint-ignore require-await
    cut: async () => disk.cut(3),
    discard: async () => {},
  };
}

storeContract("simulated disk", () => Promise.resolve(benchOn(new FakeDisk(new Prng(1)))));

function put(key: string, value: string): StoreBatch {
  return { puts: [{ key, value: utf8(value) }], deletes: [] };
}

Deno.test("simulated disk: it fills up, says so, and goes on once there is room", async () => {
  const disk = new FakeDisk(new Prng(1));
  await fullDiskStory(await opened(benchOn(disk)), disk);
});

Deno.test("simulated disk: after an unknown outcome only recover leads on", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new FakeDisk(new Prng(seed));
    const bench = benchOn(disk);
    const count = await unknownOutcomeStory(await opened(bench), () => disk.failNext("unknown"));
    await bench.crash();
    equal((await opened(bench)).count, count);
  }
});

Deno.test("simulated disk: a recovery without room can be tried again", async () => {
  const disk = new FakeDisk(new Prng(3));
  const store = await opened(benchOn(disk));
  disk.failNext("unknown");
  equal((await store.commit(put("a", "1"))).result, "unknown");
  disk.fill();
  await rejects(async () => await store.recover(), isDamage("unreadable", /no room/));
  equal((await store.commit(put("a", "1"))).result, "unknown");
  disk.free();
  await store.recover();
  await done(store, { a: "2" });
});

/** What a crash made of `disk`, for 200 seeds: the set of "count/floor" seen. */
function crashes(prepare: (disk: FakeDisk) => void, mutant?: StoreMutant): string[] {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = new FakeDisk(new Prng(seed), mutant === undefined ? {} : { mutant });
    prepare(disk);
    disk.crash();
    seen.add(`${disk.count}/${disk.floor}`);
  }
  return [...seen].sort();
}

function commitTwice(disk: FakeDisk): void {
  disk.begin(put("a", "1"));
  disk.finish();
  disk.begin(put("a", "2"));
  disk.finish();
}

Deno.test("simulated disk: a commit under way is kept whole or lost whole", () => {
  const seen = crashes((disk) => {
    commitTwice(disk);
    disk.begin({ puts: [...put("b", "3").puts, ...put("c", "3").puts], deletes: ["a"] });
  });
  deepEqual(seen, ["2/0", "3/0"]);
  for (let seed = 0; seed < 50; seed++) {
    const disk = new FakeDisk(new Prng(seed));
    disk.begin({ puts: [...put("b", "3").puts, ...put("c", "3").puts], deletes: [] });
    disk.crash();
    equal(disk.read().length, disk.count === 1 ? 2 : 0);
  }
});

Deno.test("simulated disk: what was done stays, and the floor follows when it is written", () => {
  deepEqual(crashes(commitTwice), ["2/0"]);
  deepEqual(
    crashes((disk) => {
      commitTwice(disk);
      disk.flushFloor();
    }),
    ["2/2"],
  );
});

Deno.test("simulated disk: what was readable after an unknown outcome may vanish", () => {
  const vanished = crashes((disk) => {
    commitTwice(disk);
    disk.failNext("unknown");
    disk.begin(put("a", "3"));
    disk.finish();
  });
  deepEqual(vanished, ["2/0", "3/0"]);
  let readable = 0;
  let lost = 0;
  for (let seed = 0; seed < 200; seed++) {
    const disk = new FakeDisk(new Prng(seed));
    disk.failNext("unknown");
    disk.begin(put("a", "3"));
    disk.finish();
    if (disk.count === 0) continue;
    readable++;
    disk.crash();
    if (disk.count === 0) lost++;
  }
  holds(readable > 50 && lost > 20 && lost < readable, `${lost} of ${readable}`);
});

Deno.test("simulated disk: the mutants do the harm they stand for", () => {
  deepEqual(crashes(commitTwice, "no-fsync"), ["1/0"], "a returned commit is lost");
  const condemned = crashes((disk) => {
    commitTwice(disk);
    disk.begin(put("a", "3"));
  }, "floor-in-parallel");
  deepEqual(condemned, ["2/2", "2/3", "3/2", "3/3"], "2/3: a healthy store looks cut");
});

Deno.test("simulated disk: a roll back takes the floor along, a wipe takes everything", () => {
  const disk = new FakeDisk(new Prng(1));
  commitTwice(disk);
  const before = disk.snapshot();
  disk.begin(put("a", "3"));
  disk.finish();
  disk.rollBackTo(before);
  equal(disk.count, 2);
  deepEqual(disk.read(), put("a", "2").puts);
  disk.wipe();
  equal(disk.count, 0);
  deepEqual(disk.read(), []);
});

Deno.test("simulated disk: reading a cut disk fails like opening it", () => {
  const disk = new FakeDisk(new Prng(1));
  commitTwice(disk);
  disk.flushFloor();
  disk.crash();
  disk.cut(1);
  throws(() => disk.read(), isDamage("cut", /holds 1 commits of at least 2/));
});

Deno.test("simulated disk: a dead process hears nothing more", async () => {
  const disk = new FakeDisk(new Prng(1));
  const due: (() => void)[] = [];
  const outcome = openFakeStore(disk, (call) => due.push(call));
  holds(outcome.ok);
  let answered = false;
  void outcome.value.commit(put("a", "1")).then(() => answered = true);
  disk.crash();
  for (const call of due) call();
  await Promise.resolve();
  equal(answered, false);
  await outcome.value.close();
  holds(openFakeStore(disk).ok, "the dead process holds no lock");
});
