/** The collective key among members that run in this process, their folders real. */
import { deepEqual, equal, fail, match, notEqual, ok as holds } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { keyIds, keyRow, KEYS_ROW, newestKey, SEALING_ROW } from "../../src/collective/key_ring.ts";
import { systemClock } from "../../src/io/clock.ts";
import { FakeNetwork } from "../../src/io/link_fake.ts";
import { type FolderLock, lockFolder } from "../../src/io/lock.ts";
import { systemRandom } from "../../src/io/random.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import { nodeRow, type Operation } from "../../src/model/operation.ts";
import { sealedBy } from "../../src/model/sealing.ts";
import { fromCell, toCell } from "../../src/model/stored_value.ts";
import type { RunningMember } from "../../src/service/running_member.ts";
import { startMember } from "../../src/service/start.ts";
import { valueOf } from "../contract/link_bench.ts";
import { until } from "../system/program.ts";
import { startOptions } from "./start_options.ts";

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ATTRIBUTE = "secret.hardwaremanagementpassword";

/** Members over one network, which end with the test. */
class Stage {
  readonly #folder: string;
  readonly #network = new FakeNetwork(systemClock);
  readonly #locks = new Map<string, FolderLock>();
  readonly #running = new Set<RunningMember>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  folderOf(name: string): string {
    return `${this.#folder}/${name}`;
  }

  async start(name: string): Promise<RunningMember> {
    const data = this.folderOf(name);
    const lock = this.#locks.get(data) ?? valueOf(await lockFolder(data));
    this.#locks.set(data, lock);
    const member = valueOf(
      await startMember(startOptions(name, data, lock), {
        links: this.#network.host(name),
        clock: systemClock,
        random: systemRandom,
        log: SILENT,
        openStore: (folder, held) => openKvStore(folder, { lock: held }),
        hostAddresses: () => [],
      }),
    );
    this.#running.add(member);
    return member;
  }

  async stop(member: RunningMember): Promise<void> {
    this.#running.delete(member);
    await member.close();
  }

  async joined(name: string, at: RunningMember, nonvoting = false): Promise<RunningMember> {
    const member = await this.start(name);
    const { token } = valueOf(await at.invite({ name, by: "test", nonvoting }));
    valueOf(await member.join({ token }, () => {}));
    return member;
  }

  async end(): Promise<void> {
    for (const member of this.#running) await member.close();
    for (const lock of this.#locks.values()) lock.release();
  }
}

function keeperTest(title: string, act: (stage: Stage) => Promise<void>): void {
  Deno.test(title, async () => {
    const folder = await Deno.makeTempDir({ prefix: "confluent-keys-" });
    const stage = new Stage(folder);
    try {
      await act(stage);
    } finally {
      await stage.end();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function holdsKey(member: RunningMember): Promise<string> {
  // Right after a start it has yet to hear how much of its log is committed.
  await until(
    `${member.name} has the key`,
    () => Promise.resolve(member.ready().ok && member.secrets.hasNewest || undefined),
  );
  return newestKey(member.state) ?? fail("no key");
}

async function write(member: RunningMember, operations: readonly Operation[]): Promise<string> {
  return valueOf(await member.write(operations)).verdict.result;
}

async function keep(member: RunningMember, node: string, plain: string): Promise<string> {
  const sealing = valueOf(await member.secrets.sealing());
  const sealed = valueOf(sealing.seal(nodeRow(node), ATTRIBUTE, plain));
  const cell = toCell({ kind: "sealed", sealed });
  return await write(member, [
    sealing.guard,
    { kind: "set", rows: [nodeRow(node)], cells: [[".", ""], [ATTRIBUTE, cell]] },
  ]);
}

function kept(member: RunningMember, node: string): string {
  const stored = fromCell(member.state.value(nodeRow(node), ATTRIBUTE) ?? "");
  if (stored.kind !== "sealed") return fail(`${node} holds ${stored.kind}`);
  return valueOf(member.secrets.unseal(nodeRow(node), ATTRIBUTE, stored.sealed));
}

function sealedByOf(member: RunningMember, node: string): string | undefined {
  const stored = fromCell(member.state.value(nodeRow(node), ATTRIBUTE) ?? "");
  return stored.kind === "sealed" ? sealedBy(stored.sealed) : undefined;
}

async function inStep(at: RunningMember, ...others: readonly RunningMember[]): Promise<void> {
  for (const other of others) valueOf(await other.reach(at.index));
}

keeperTest("a first member makes the key, and has it again after a start", async (stage) => {
  const m1 = await stage.start("m1");
  const key = await holdsKey(m1);
  equal(await keep(m1, "n1", "dummy-secret"), "applied");
  equal(kept(m1, "n1"), "dummy-secret");
  await stage.stop(m1);
  const again = await stage.start("m1");
  equal(await holdsKey(again), key);
  equal(kept(again, "n1"), "dummy-secret");
  deepEqual(again.secrets.notices, []);
});

keeperTest("a joiner has the collective's key once it joined, and not its own", async (stage) => {
  const m1 = await stage.start("m1");
  const key = await holdsKey(m1);
  await keep(m1, "n1", "dummy-secret");
  const m2 = await stage.joined("m2", m1);
  equal(m2.secrets.hasNewest, true, "handed over when `joined` is said");
  equal(await holdsKey(m2), key);
  equal(kept(m2, "n1"), "dummy-secret");
  equal(await keep(m2, "n2", "dummy-other"), "applied");
  await inStep(m2, m1);
  equal(kept(m1, "n2"), "dummy-other");
  // In the log and in the store each has only what is sealed to it.
  const [one, two] = [m1, m2].map((m) => m1.state.value(keyRow(key), m.life.identity.id));
  notEqual(one, two);
});

keeperTest(
  "a member that lost what opens its copies asks for others, and gets them",
  async (stage) => {
    const m1 = await stage.start("m1");
    const key = await holdsKey(m1);
    await keep(m1, "n1", "dummy-secret");
    let m2 = await stage.joined("m2", m1);
    await stage.stop(m2);
    await Deno.remove(`${stage.folderOf("m2")}/identity/collective.key`);
    m2 = await stage.start("m2");
    equal(await holdsKey(m2), key);
    equal(kept(m2, "n1"), "dummy-secret");
  },
);

keeperTest("a member alone that lost it says so, and no new key hides the loss", async (stage) => {
  let m1 = await stage.start("m1");
  const key = await holdsKey(m1);
  await keep(m1, "n1", "dummy-secret");
  await stage.stop(m1);
  const path = `${stage.folderOf("m1")}/identity/collective.key`;
  const backup = await Deno.readTextFile(path);
  await Deno.remove(path);
  m1 = await stage.start("m1");
  await until("it leads", () => Promise.resolve(m1.ready().ok || undefined));
  const told = /nobody is left who could open the collective key .*: put back .*collective\.key/;
  const sealing = await m1.secrets.sealing();
  match(sealing.ok ? "" : sealing.refusal.message, told);
  match(m1.collective().notices.join("\n"), told);
  const rotated = await m1.secrets.rotateKey();
  match(rotated.ok ? "" : rotated.refusal.message, told);
  equal(newestKey(m1.state), key);
  await stage.stop(m1);
  await Deno.writeTextFile(path, backup);
  m1 = await stage.start("m1");
  equal(await holdsKey(m1), key);
  equal(kept(m1, "n1"), "dummy-secret");
});

keeperTest("a rotation seals every secret anew and forgets the old key", async (stage) => {
  const m1 = await stage.start("m1");
  const old = await holdsKey(m1);
  const m2 = await stage.joined("m2", m1);
  for (let i = 0; i < 200; i++) await keep(m1, `n${i}`, `dummy-${i}`);
  const late = valueOf(await m1.secrets.sealing());
  const { key, isOver } = valueOf(await m2.secrets.rotateKey());
  equal(isOver, true);
  notEqual(key, old);
  await inStep(m2, m1);
  for (const member of [m1, m2]) {
    deepEqual(keyIds(member.state), [key]);
    deepEqual(member.secrets.notices, []);
    for (let i = 0; i < 200; i++) {
      equal(sealedByOf(member, `n${i}`), key);
      equal(kept(member, `n${i}`), `dummy-${i}`);
    }
  }
  // What was sealed before the rotation cannot be written after it.
  const sealed = valueOf(late.seal(nodeRow("n1"), ATTRIBUTE, "dummy-late"));
  const cells = [[ATTRIBUTE, toCell({ kind: "sealed", sealed })]] as const;
  const row = [nodeRow("n1")];
  equal(await write(m1, [late.guard, { kind: "set", rows: row, cells }]), "refused");
  equal(kept(m1, "n1"), "dummy-1");
});

keeperTest("what is changed during a rotation stays as it was changed", async (stage) => {
  const m1 = await stage.start("m1");
  await holdsKey(m1);
  for (let i = 0; i < 300; i++) await keep(m1, `n${i}`, `dummy-${i}`);
  const rotating = m1.secrets.rotateKey();
  let changed = 0;
  for (let i = 0; i < 300; i += 7) {
    // Refused where the key changed in between: then it is sealed anew.
    while (await keep(m1, `n${i}`, `dummy-new-${i}`) === "refused") changed++;
  }
  const { key } = valueOf(await rotating);
  holds(changed < 3, `${changed} refused`);
  await until("it is over", () => Promise.resolve(keyIds(m1.state).length === 1 || undefined));
  for (let i = 0; i < 300; i++) {
    equal(kept(m1, `n${i}`), i % 7 === 0 ? `dummy-new-${i}` : `dummy-${i}`);
    equal(sealedByOf(m1, `n${i}`), key);
  }
});

keeperTest("a rotation that its member did not end is ended by who goes on", async (stage) => {
  let m1 = await stage.start("m1");
  const old = await holdsKey(m1);
  for (let i = 0; i < 100; i++) await keep(m1, `n${i}`, `dummy-${i}`);
  const rotating = m1.secrets.rotateKey();
  await until(
    "the new key is there",
    () => Promise.resolve(newestKey(m1.state) !== old || undefined),
  );
  await stage.stop(m1);
  await rotating;
  m1 = await stage.start("m1");
  await until("it is over", () =>
    Promise.resolve(
      newestKey(m1.state) !== old && keyIds(m1.state).length === 1 || undefined,
    ));
  await holdsKey(m1);
  for (let i = 0; i < 100; i++) equal(kept(m1, `n${i}`), `dummy-${i}`);
});

keeperTest("a damaged secret holds the old key, and is named", async (stage) => {
  const m1 = await stage.start("m1");
  const old = await holdsKey(m1);
  const sealing = valueOf(await m1.secrets.sealing());
  // Sealed for n1: in the row of n2 it opens to nobody.
  const sealed = valueOf(sealing.seal(nodeRow("n1"), ATTRIBUTE, "dummy-secret"));
  const cell = toCell({ kind: "sealed", sealed });
  await write(m1, [{ kind: "set", rows: [nodeRow("n2")], cells: [[".", ""], [ATTRIBUTE, cell]] }]);
  const rotating = m1.secrets.rotateKey();
  const notice = await until(
    "it is told",
    () => Promise.resolve(m1.collective().notices.find((line) => line.includes("are damaged"))),
  );
  match(notice, /: 1 secrets are damaged .* set them again: node\/n2 secret\.hardwaremanagementp/);
  equal(keyIds(m1.state).includes(old), true);
  holds(!notice.includes("dummy"));
  await stage.stop(m1);
  equal(valueOf(await rotating).isOver, false);
  const again = await stage.start("m1");
  await holdsKey(again);
  while (await keep(again, "n2", "dummy-anew") === "refused");
  await until("it is over", () =>
    Promise.resolve(
      newestKey(again.state) !== old && keyIds(again.state).length === 1 || undefined,
    ), 60_000);
  equal(kept(again, "n2"), "dummy-anew");
});

keeperTest("a removed member keeps no copy", async (stage) => {
  const m1 = await stage.start("m1");
  const key = await holdsKey(m1);
  const m2 = await stage.joined("m2", m1, true);
  const { id } = m2.life.identity;
  notEqual(m1.state.value(keyRow(key), id), null);
  valueOf(await m1.removeMember("m2"));
  await until("nothing of m2 is left", () => {
    const left = [keyRow(key), SEALING_ROW].map((row) => m1.state.value(row, id));
    return Promise.resolve(left.every((value) => value === null) || undefined);
  });
  equal(await holdsKey(m1), key);
});

keeperTest(
  "no rotation leaves a listed member behind: one that is mute is named",
  async (stage) => {
    const m1 = await stage.start("m1");
    const key = await holdsKey(m1);
    const m2 = await stage.joined("m2", m1, true);
    const attributes = [m2.life.identity.id];
    await stage.stop(m2);
    await write(m1, [{ kind: "clear", rows: [SEALING_ROW], attributes }]);
    const refused = await m1.secrets.rotateKey();
    match(refused.ok ? "" : refused.refusal.message, /handed to m2, which never said what to seal/);
    equal(newestKey(m1.state), key);
    // Away is not mute: it finds the new one when it is back.
    const again = await stage.start("m2");
    await until(
      "it says it again",
      () => Promise.resolve(m1.state.value(SEALING_ROW, attributes[0] as string) ?? undefined),
    );
    await stage.stop(again);
    const rotated = valueOf(await m1.secrets.rotateKey());
    equal(rotated.isOver, true);
    const back = await stage.start("m2");
    await until("it has the new key", () =>
      Promise.resolve(
        newestKey(back.state) === rotated.key && back.secrets.hasNewest || undefined,
      ));
  },
);

keeperTest("nothing of the keys stands in clear in any file or row", async (stage) => {
  const m1 = await stage.start("m1");
  await holdsKey(m1);
  await keep(m1, "n1", "dummy-planted-secret");
  const rows = [KEYS_ROW, SEALING_ROW, ...keyIds(m1.state).map(keyRow), nodeRow("n1")];
  const told = rows.flatMap((row) => [...m1.state.valuesOf(row)]).join("\n");
  holds(!told.includes("dummy-planted-secret"));
  await stage.stop(m1);
  for await (const { name, isFile } of Deno.readDir(stage.folderOf("m1"))) {
    if (!isFile) continue;
    const bytes = await Deno.readFile(`${stage.folderOf("m1")}/${name}`);
    holds(!toHex(bytes).includes(toHex(new TextEncoder().encode("planted-secret"))), name);
  }
});
