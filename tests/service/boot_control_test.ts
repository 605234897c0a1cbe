/** Profiles of running members: their links in memory, their folders real. */
import { deepEqual, equal, match } from "node:assert/strict";

import { systemClock } from "../../src/io/clock.ts";
import { FakeNetwork } from "../../src/io/link_fake.ts";
import { type FolderLock, lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import { DIGEST_CELL, profileRow } from "../../src/model/profile.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { ContentFolder, FILES, SILENT } from "./content/content_folder.ts";
import { startOptions } from "./start_options.ts";

interface Cast {
  readonly member: RunningMember;
  readonly folder: ContentFolder;
}

/** Two members of one collective, each with a content folder of its own. */
async function withTwo(test: (m1: Cast, m2: Cast) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "confluent-boot-" });
  const network = new FakeNetwork(systemClock);
  const locks: FolderLock[] = [], cast: Cast[] = [];
  for (const name of ["m1", "m2"]) {
    await Deno.mkdir(`${root}/${name}`);
    const folder = new ContentFolder(`${root}/${name}`);
    const lock = valueOf(await lockFolder(folder.data));
    locks.push(lock);
    const options = { ...startOptions(name, folder.data, lock), content: folder.content };
    const member = valueOf(
      await startMember(options, {
        links: network.host(name),
        clock: systemClock,
        random: systemRandom,
        log: SILENT,
        openStore: (data, held) => openKvStore(data, { lock: held }),
        hostAddresses: () => [],
      }),
    );
    cast.push({ member, folder });
  }
  const [m1, m2] = cast as [Cast, Cast];
  try {
    await until("m1 has started", async () => (await m1.member.write([])).ok || undefined);
    const { token } = valueOf(await m1.member.invite({ name: "m2", by: "test" }));
    valueOf(await m2.member.join({ token }, () => {}));
    await test(m1, m2);
  } finally {
    for (const { member } of cast) await member.close();
    for (const lock of locks) lock.release();
    await Deno.remove(root, { recursive: true });
  }
}

/** `m1 equal, m2 missing`, once that is what `at` sees. */
async function sees(at: Cast, wanted: string): Promise<void> {
  const now = (): string | undefined =>
    at.member.deployed.of("p")?.holders.map(({ name, content }) => `${name} ${content}`).join(", ");
  await until(`${at.member.name} sees ${wanted}`, () => {
    return Promise.resolve(now() === wanted || undefined);
  });
}

Deno.test("a reference is set by what one member holds, and others are judged by it", async () => {
  await withTwo(async (m1, m2) => {
    await m1.folder.profile("p");
    await m2.folder.profile("p");
    await m2.folder.write("p", "scripts/post.sh", "old");
    await sees(m1, "m1 unset, m2 unset");
    match(`${await m1.member.nodeNotices()}`, /^the profile p is not the same at m1, and at m2: /);
    const updated = valueOf(await m1.member.deployed.update("p"));
    await m2.member.reach(updated.index);
    for (const { member } of [m1, m2]) {
      equal(member.state.value(profileRow("p"), DIGEST_CELL), updated.digest);
      equal(member.deployed.of("p")?.reference, updated.digest);
    }
    await sees(m2, "m1 equal, m2 differs");
    const stale = /^the profile p at m2 differs from its reference: copy public\/os\/p there from /;
    for (const { member } of [m1, m2]) {
      match(`${await member.nodeNotices()}`, stale);
      equal((await member.check()).some((line) => stale.test(line)), true);
    }
    await m2.folder.write("p", "scripts/post.sh", FILES["scripts/post.sh"] ?? "");
    await sees(m1, "m1 equal, m2 equal");
    deepEqual(await m1.member.nodeNotices(), []);
    const { content } = m1.member.control.boot;
    const members = m1.member.roster.members.map(({ id }) => id);
    const may = (): string[] => [...content.mayServe("p", members).values()].map((one) => one.may);
    deepEqual(may(), ["preferred", "preferred"]);
    await Deno.remove(m2.folder.path("p", "boot/kernel"));
    await until("m2 is no candidate", () => Promise.resolve(may()[1] === "not" || undefined));
    await until("m1 tells of it", async () => {
      const notices = await m1.member.nodeNotices();
      const why = "m2 boots no node with the profile p: boot/kernel is missing; put it right there";
      return notices.includes(why) || undefined;
    });
  });
});

Deno.test("what is not there, or boots nothing, becomes no reference", async () => {
  await withTwo(async (m1, m2) => {
    await m2.folder.profile("p");
    await sees(m1, "m1 missing, m2 unset");
    const held = m1.member.deployed.of("p");
    deepEqual([held?.isBootable, held?.whyNot], [false, "m1 does not hold it"]);
    const refusal = async (name: string): Promise<string> => {
      const updated = await m1.member.deployed.update(name);
      return updated.ok ? "done" : `${updated.refusal.kind}: ${updated.refusal.message}`;
    };
    equal(await refusal("p"), "not-found: m1 does not hold the profile p; there are none");
    await m1.folder.write("p", "profile.yaml", "");
    equal(
      await refusal("p"),
      "conflict: cannot make p the reference: boot/initramfs is empty: wanted distribution, or a " +
        "file that ends with .cpio",
    );
    await m1.folder.profile("p");
    // What was just written is waited for.
    await m1.folder.write("p", "scripts/post.sh", "new", new Date());
    equal(await refusal("p"), "done");
    await sees(m2, "m1 equal, m2 differs");
    equal(m1.member.deployed.of("gone"), undefined);
  });
});
