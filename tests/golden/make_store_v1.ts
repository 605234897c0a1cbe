/**
 * Made the data folder `store_v1`, once: `deno run -A tests/golden/make_store_v1.ts`. FROM RELEASE
 * 0.1.0 ON IT IS NOT RUN AGAIN: store_folder_v1_test.ts opens the folder as it was made then.
 *
 * A member with a quick checkpoint pace writes what a disk may hold (rows in several pieces,
 * tombstones, refused guards, an invitation, a roster with a member that rotated and one that was
 * removed); those records are then put into a real store, beside a real identity.
 */
import { Prng } from "../../src/base/prng.ts";
import { sign } from "../../src/base/crypto.ts";
import { rotationWords } from "../../src/collective/rotation.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { FakeDisk } from "../../src/io/store_fake.ts";
import { openKvStore } from "../../src/io/store_kv.ts";
import { type Member, memberId } from "../../src/model/member.ts";
import type { Operation } from "../../src/model/operation.ts";
import { createIdentity, keep } from "../../src/service/identity.ts";
import { foundingRecords } from "../../src/service/machine/founding.ts";
import { loadDisk } from "../../src/service/machine/loading.ts";
import { MemberMachine } from "../../src/service/machine/member_machine.ts";
import type { RosterChange } from "../../src/wire/peer.ts";
import { certificateDer } from "../../src/wire/pem.ts";
import { HASTY } from "../sim/scene.ts";
import { OPERATIONS, OTHER, SELF, STORE_V1, SUPPORT_V1 } from "./store_v1.ts";

const folder = STORE_V1;
await Deno.remove(folder, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
await Deno.mkdir(folder, { mode: 0o700 });
const identity = await createIdentity(`${folder}/identity`, SELF, undefined);
const self: Member = {
  ...SELF,
  fingerprint: identity.fingerprint,
  addresses: ["127.0.0.1:13001", "m1.example:13001"],
  role: "voter",
  support: SUPPORT_V1,
};
const chain = [{ epoch: 0, random: "c0ffee00".repeat(4) }];

const disk = new FakeDisk(new Prng("store v1"));
disk.begin({ puts: foundingRecords(self.id, [self], chain), deletes: [] });
disk.finish();
let time = 0;

function now(): { monoMs: number; wallMs: number } {
  return { monoMs: time, wallMs: 1.75e12 + time };
}

const loaded = loadDisk(disk.read(), { pace: HASTY });
if (loaded === undefined) throw new Error("there is a store");
const machine = new MemberMachine({
  loaded,
  count: disk.count,
  prng: new Prng("member of store v1"),
  now: now(),
});

/** Lets so much time pass; all that is to be written is written. */
function pass(ms: number): void {
  for (const end = time + ms; time < end; time += 10) {
    machine.handle({ type: "tick" }, now());
    for (let { batch } = machine.drain(); batch !== undefined; { batch } = machine.drain()) {
      disk.begin(batch);
      const done = disk.finish();
      if (done.result !== "done") throw new Error(done.message);
      machine.handle({ type: "persisted", count: done.count }, now());
    }
  }
}

function write(operations: readonly Operation[]): void {
  machine.handle({ type: "write", operations, reply: () => {} }, now());
  pass(50);
}

function change(ask: RosterChange): void {
  let answered = false;
  const reply = (outcome: { readonly ok: boolean }): void => void (answered = outcome.ok);
  machine.handle({ type: "changeRoster", ask, reply }, now());
  pass(1_000);
  if (!answered) throw new Error(`${ask.change} was refused`);
}

pass(5_000);
const [old, next] = [await makeIdentity("m2"), await makeIdentity("m2")];
const [oldDer, nextDer] = [old, next].map(({ certificatePem }) => certificateDer(certificatePem));
if (oldDer === undefined || nextDer === undefined) throw new Error("two certificates");
const { fingerprintOf } = await import("../../src/base/crypto.ts");
const other: Member = {
  ...OTHER,
  fingerprint: fingerprintOf(oldDer),
  addresses: ["[::1]:1"],
  role: "nonvoting",
  support: SUPPORT_V1,
};
change({ change: "admit", member: other, replaces: undefined });
const fingerprint = fingerprintOf(nextDer);
const signature = sign(old.keyPem, rotationWords(other.id, oldDer, fingerprint));
const statement = { certificate: oldDer, signature };
change({ change: "rotate", id: other.id, fingerprint, statement, now: false });
const gone = { ...other, id: memberId("3".repeat(16)), name: "m3", fingerprint: "3".repeat(64) };
change({ change: "admit", member: gone, replaces: undefined });
change({ change: "remove", id: gone.id });
for (const operations of OPERATIONS) write(operations);
pass(2_000);

const opened = await openKvStore(folder);
if (!opened.ok) throw new Error(opened.refusal.message);
const done = await opened.value.commit({ puts: [...disk.read()], deletes: [] });
if (done.result !== "done") throw new Error(done.message);
await opened.value.close();
await keep(`${folder}/identity`, { chain, roster: machine.roster.roster });
await Deno.remove(`${folder}/lock`);
console.log(`${[...disk.read()].length} records, applied ${machine.replica.applied}`);
