/** Who a member is, on disk: every step of a take-over may be the last before a power cut. */
import { deepEqual, equal, match, notEqual, ok as holds, rejects } from "node:assert/strict";

import { lockFolder } from "../../src/io/lock.ts";
import { DamageError } from "../../src/io/store.ts";
import { memberId } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import {
  adoptNext,
  bootstrapToken,
  clearUnfinished,
  createIdentity,
  endBeginning,
  identityFolder,
  keep,
  newIdentityFolder,
  prepareNext,
  readBeginning,
  readIdentity,
  readKept,
  settleIdentity,
  writeBeginning,
} from "../../src/service/identity.ts";
import { valueOf } from "../contract/link_bench.ts";

const CHAIN = [{ epoch: 0, random: "ab".repeat(16) }];
const [OLD, NEW] = [memberId("1".repeat(16)), memberId("2".repeat(16))];

function folderTest(title: string, act: (data: string) => Promise<void>): void {
  Deno.test(`identity: ${title}`, async () => {
    const root = await Deno.makeTempDir({ prefix: "confluent-identity-" });
    try {
      await Deno.mkdir(`${root}/d`);
      await act(`${root}/d`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

async function settle(data: string): Promise<void> {
  const lock = valueOf(await lockFolder(data));
  try {
    valueOf(await settleIdentity(data, lock));
  } finally {
    lock.release();
  }
}

async function namesIn(data: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(data)) if (name !== "lock") names.push(name);
  return names.sort();
}

folderTest("what was made is read again, key to itself and files to nobody else", async (data) => {
  const folder = identityFolder(data);
  const made = await createIdentity(folder, { id: OLD, name: "m1" }, undefined);
  deepEqual(await readIdentity(folder), made);
  match(made.fingerprint, /^[0-9a-f]{64}$/);
  for await (const { name } of Deno.readDir(folder)) {
    equal((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o600, name);
  }
  equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
  equal(await readIdentity(newIdentityFolder(data)), undefined);
});

folderTest("an identity whose making was cut short is none, and is cleared", async (data) => {
  const folder = identityFolder(data);
  await createIdentity(folder, { id: OLD, name: "m1" }, { kind: "founding", chain: CHAIN });
  await Deno.remove(`${folder}/member.json`);
  equal(await readIdentity(folder), undefined);
  await clearUnfinished(folder);
  deepEqual(await namesIn(data), []);
  await clearUnfinished(folder);
  await createIdentity(folder, { id: OLD, name: "m1" }, undefined);
  await clearUnfinished(folder);
  notEqual(await readIdentity(folder), undefined);
});

folderTest("a beginning is kept until it is over", async (data) => {
  const folder = identityFolder(data);
  await createIdentity(folder, { id: OLD, name: "m1" }, { kind: "founding", chain: CHAIN });
  deepEqual(await readBeginning(folder), { kind: "founding", chain: CHAIN });
  await writeBeginning(folder, { kind: "joining", chain: CHAIN, server: "ff" });
  deepEqual(await readBeginning(folder), { kind: "joining", chain: CHAIN, server: "ff" });
  await endBeginning(folder);
  await endBeginning(folder);
  equal(await readBeginning(folder), undefined);
});

folderTest("a roster is kept whole, and its addresses stand there in words", async (data) => {
  const folder = identityFolder(data);
  const { fingerprint } = await createIdentity(folder, { id: OLD, name: "m1" }, undefined);
  const listed = { id: OLD, name: "m1", fingerprint, addresses: ["h:1"] };
  const member = { ...listed, role: "voter", support: SUPPORT } as const;
  const kept = { chain: CHAIN, roster: { level: 1, members: [member], removed: [] } };
  equal(await readKept(folder), undefined);
  await keep(folder, kept);
  deepEqual(await readKept(folder), kept);
  match(await Deno.readTextFile(`${folder}/roster.json`), /"m1 h:1"/);
});

folderTest("files that are damaged, or do not belong together, are named", async (data) => {
  const folder = identityFolder(data), other = newIdentityFolder(data);
  await createIdentity(folder, { id: OLD, name: "m1" }, { kind: "founding", chain: CHAIN });
  await createIdentity(other, { id: NEW, name: "m1" }, undefined);
  await keep(folder, { chain: CHAIN, roster: { level: 1, members: [], removed: [] } });
  const texts: Record<string, string[]> = {
    "member.json": ["", "{", "[]", '{"id":7,"name":"m1"}', '{"id":"1","name":"m1"}'],
    "key.pem": ["", "x", await Deno.readTextFile(`${other}/key.pem`)],
    "certificate.pem": ["", "x", "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"],
    "beginning.json": ["", "{}", '{"kind":"joining","chain":7}'],
    "roster.json": ["", "{}", '{"chain":[],"roster":"00"}'],
  };
  for (const [file, wrongs] of Object.entries(texts)) {
    const path = `${folder}/${file}`, sound = await Deno.readTextFile(path);
    for (const wrong of wrongs) {
      await Deno.writeTextFile(path, wrong);
      const reading = Promise.resolve().then(async () => {
        await readIdentity(folder);
        await readBeginning(folder);
        await readKept(folder);
      });
      await rejects(reading, (error: unknown) => {
        holds(error instanceof DamageError, `${file} "${wrong}": ${error}`);
        holds(error.message.startsWith(`${path} is damaged: `), error.message);
        return true;
      });
    }
    await Deno.writeTextFile(path, sound);
  }
  notEqual(await readIdentity(folder), undefined);
});

/** A member with a store, and another identity that was prepared to take its place. */
async function prepared(data: string, wasAdmitted: boolean): Promise<void> {
  await createIdentity(identityFolder(data), { id: OLD, name: "m1" }, undefined);
  await Deno.writeTextFile(`${data}/confluent.kv`, "the old store");
  await Deno.writeTextFile(`${data}/floor`, "its floor");
  const fresh = newIdentityFolder(data);
  await createIdentity(fresh, { id: NEW, name: "m2", invitation: "aa" }, undefined);
  if (wasAdmitted) {
    await keep(fresh, { chain: CHAIN, roster: { level: 1, members: [], removed: [] } });
  }
}

const TAKEN_OVER = [
  "confluent.kv.aside-1",
  "floor.aside-1",
  "identity",
  "identity.aside-1",
];

folderTest("an identity that was not admitted takes nobody's place", async (data) => {
  await prepared(data, false);
  const before = await namesIn(data);
  await settle(data);
  deepEqual(await namesIn(data), before);
  equal((await readIdentity(identityFolder(data)))?.id, OLD);
});

folderTest("one that was admitted takes over, and nothing is thrown away", async (data) => {
  await prepared(data, true);
  await settle(data);
  deepEqual(await namesIn(data), TAKEN_OVER);
  equal((await readIdentity(identityFolder(data)))?.id, NEW);
  equal((await readIdentity(`${data}/identity.aside-1`))?.id, OLD);
  equal(await Deno.readTextFile(`${data}/confluent.kv.aside-1`), "the old store");
  await settle(data);
  deepEqual(await namesIn(data), TAKEN_OVER);
});

folderTest("a take-over goes on from whichever step it was cut at", async (data) => {
  const steps: [from: string, to: string][] = [
    ["identity.new", "identity.next"],
    ["confluent.kv", "confluent.kv.aside-1"],
    ["floor", "floor.aside-1"],
    ["identity", "identity.aside-1"],
    ["identity.next", "identity"],
  ];
  for (let cut = 0; cut <= steps.length; cut++) {
    const own = `${data}/${cut}`;
    await Deno.mkdir(own);
    await prepared(own, true);
    for (const [from, to] of steps.slice(0, cut)) {
      await Deno.rename(`${own}/${from}`, `${own}/${to}`);
    }
    await settle(own);
    deepEqual(await namesIn(own), TAKEN_OVER, `cut before step ${cut}`);
    equal((await readIdentity(identityFolder(own)))?.id, NEW);
  }
});

folderTest(
  "a first identity needs nobody to put aside, a second one gets a number",
  async (data) => {
    const fresh = newIdentityFolder(data);
    for (const id of [OLD, NEW, memberId("3".repeat(16))]) {
      await createIdentity(fresh, { id, name: "m1" }, undefined);
      await keep(fresh, { chain: CHAIN, roster: { level: 1, members: [], removed: [] } });
      await settle(data);
      equal((await readIdentity(identityFolder(data)))?.id, id);
    }
    deepEqual(await namesIn(data), ["identity", "identity.aside-1", "identity.aside-2"]);
  },
);

folderTest("the administrator's token is made once", async (data) => {
  equal(valueOf(await bootstrapToken(data, () => "first")), "first");
  equal(valueOf(await bootstrapToken(data, () => "second")), "first");
  equal((await Deno.stat(`${data}/token`)).mode! & 0o777, 0o600);
  await Deno.writeTextFile(`${data}/token`, " \n");
  equal(valueOf(await bootstrapToken(data, () => "third")), "third");
  const nowhere = await bootstrapToken(`${data}/nowhere`, () => "x");
  holds(!nowhere.ok && nowhere.refusal.message.startsWith("cannot use the files in "));
});

folderTest(
  "what it rotates to is kept beside it, and is the same when asked again",
  async (data) => {
    const folder = identityFolder(data);
    const made = await createIdentity(folder, { id: OLD, name: "m1" }, undefined);
    const next = await prepareNext(made);
    notEqual(next.fingerprint, made.fingerprint);
    const read = await readIdentity(folder);
    deepEqual(read, { ...made, next });
    deepEqual(await prepareNext(read!), next);
    await adoptNext(folder);
    deepEqual(await readIdentity(folder), { ...made, ...next, next: undefined });
    deepEqual(await namesIn(folder), ["certificate.pem", "key.pem", "member.json"]);
  },
);

folderTest("a rotation may be cut short at each step", async (data) => {
  const folder = identityFolder(data);
  const made = await createIdentity(folder, { id: OLD, name: "m1" }, undefined);
  await Deno.writeTextFile(`${folder}/next-key.pem`, "half a k");
  deepEqual(await readIdentity(folder), made);
  const next = await prepareNext(made);
  // The first of the two steps of an adoption.
  await Deno.rename(`${folder}/next-key.pem`, `${folder}/key.pem`);
  for (let i = 0; i < 2; i++) {
    deepEqual(await readIdentity(folder), { ...made, ...next, next: undefined });
  }
});
