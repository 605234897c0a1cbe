/** A member that runs in this process: its links in memory, its folder real. */
import { equal, match, ok as holds } from "node:assert/strict";

import { type Outcome, refused } from "../../src/base/outcome.ts";
import { systemClock } from "../../src/io/clock.ts";
import { FakeNetwork } from "../../src/io/link_fake.ts";
import { lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import type { Store } from "../../src/io/store.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import type { Surroundings } from "../../src/service/member_life.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";

const PORT = 13_001;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function start(
  folder: string,
  name: string,
  network: FakeNetwork,
  openStore: Surroundings["openStore"],
): Promise<RunningMember> {
  const data = `${folder}/${name}`;
  const lock = valueOf(await lockFolder(data));
  const options = {
    data,
    lock,
    peer: { host: name, port: PORT },
    advertise: [],
    hints: new Map(),
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
  const { token } = valueOf(await m1.invite({ name: "m2", by: "test" }));
  const joined = await m2.join({ token }, () => {});
  holds(!joined.ok);
  match(joined.refusal.message, /^admitted, but the new member cannot be opened: no store today$/);
  equal(await m2.failed, joined);
  await m1.close();
  await m2.close();
  await Deno.remove(folder, { recursive: true });
});
