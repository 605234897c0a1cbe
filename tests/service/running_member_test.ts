/** A member that runs in this process: its links in memory, its folder real. */
import { equal, match, ok as holds } from "node:assert/strict";

import { type Outcome, refused } from "../../src/base/outcome.ts";
import { MAX_APPEND_ENTRIES } from "../../src/base/limits.ts";
import { systemClock } from "../../src/io/clock.ts";
import { FakeNetwork } from "../../src/io/link_fake.ts";
import { type FolderLock, lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import type { Store } from "../../src/io/store.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import type { Surroundings } from "../../src/service/member_life.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember, type StartOptions } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until, within } from "../system/program.ts";

const PORT = 13_001;
/** Far more than a join takes. */
const JOIN_MOST_MS = 10_000;
const asked = (name: string): { name: string; by: string } => ({ name, by: "test" });
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A process that runs members holds their folders' locks until it ends. */
const locks = new Map<string, FolderLock>();

async function start(
  folder: string,
  name: string,
  network: FakeNetwork,
  openStore: Surroundings["openStore"],
): Promise<RunningMember> {
  const data = `${folder}/${name}`;
  const lock = locks.get(data) ?? valueOf(await lockFolder(data));
  locks.set(data, lock);
  const options: StartOptions = {
    data,
    lock,
    peer: { host: name, port: PORT },
    advertise: [],
    hints: new Map(),
    wrapping: { by: "generated" },
    name,
    hostName: name,
  };
  return valueOf(
    await startMember(options, {
      links: network.host(name),
      clock: systemClock,
      random: systemRandom,
      log: SILENT,
      openStore,
      hostAddresses: () => [],
    }),
  );
}

const open: Surroundings["openStore"] = (data, lock) => openKvStore(data, { lock });

Deno.test("a join that ends one life and cannot begin the next ends the process", async () => {
  const folder = await Deno.makeTempDir({ prefix: "confluent-running-" });
  const network = new FakeNetwork(systemClock);
  let opened = 0;
  const openOnce: Surroundings["openStore"] = async (data, lock): Promise<Outcome<Store>> => {
    return ++opened > 1 ? refused("unavailable", "no store today") : await open(data, lock);
  };
  const m1 = await start(folder, "m1", network, open);
  const m2 = await start(folder, "m2", network, openOnce);
  const { token } = valueOf(await m1.invite(asked("m2")));
  const joined = await m2.join({ token }, () => {});
  holds(!joined.ok);
  match(joined.refusal.message, /^admitted, but the new member cannot be opened: no store today$/);
  equal(await m2.failed, joined);
  await m1.close();
  await m2.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a joiner hears a leader that the beginning of the log does not know yet", async () => {
  const folder = await Deno.makeTempDir({ prefix: "confluent-running-" });
  const network = new FakeNetwork(systemClock);
  const founder = await start(folder, "m1", network, open);
  await until("m1 has started", async () => (await founder.write([])).ok || undefined);
  // More than a leader sends at once: for a while the joiner's log ends before m2 is listed.
  const writes = Array.from({ length: MAX_APPEND_ENTRIES }, () => founder.write([]));
  for (const written of await Promise.all(writes)) valueOf(written);
  const m2 = await start(folder, "m2", network, open);
  valueOf(await m2.join({ token: valueOf(await founder.invite(asked("m2"))).token }, () => {}));
  await founder.close();
  const m1 = await start(folder, "m1", network, open);
  await until("m2 leads", () => {
    const { leader, quorum } = m1.collective();
    return Promise.resolve(leader === "m2" && quorum || undefined);
  });
  const m3 = await start(folder, "m3", network, open);
  const { token } = valueOf(await m2.invite(asked("m3")));
  const joined = await within(JOIN_MOST_MS, m3.join({ token }, () => {}));
  for (const member of [m3, m1, m2]) await member.close();
  await Deno.remove(folder, { recursive: true });
  equal(joined?.ok, true, "m3 has not joined");
});
