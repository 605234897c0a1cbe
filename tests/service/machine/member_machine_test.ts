/** Turns of a member that no scene brings about often enough. */
import { strict as assert } from "node:assert";
import { Prng } from "../../../src/base/prng.ts";
import { memberId } from "../../../src/model/member.ts";
import { DeltaCut } from "../../../src/replica/delta.ts";
import { Replica } from "../../../src/replica/replica.ts";
import { loadDisk } from "../../../src/service/machine/loading.ts";
import { MemberMachine } from "../../../src/service/machine/member_machine.ts";
import { encodeBody, type Entry } from "../../../src/wire/entry.ts";
import type { PeerMessage } from "../../../src/wire/peer.ts";
import { encodeMeta, META_KEY } from "../../../src/wire/record.ts";

const SELF = memberId("01".repeat(8));
const OLD = memberId("02".repeat(8)), NEW = memberId("03".repeat(8));
const NOW = { monoMs: 1_000, wallMs: 1_700_000_000_000 };
const META = encodeMeta({
  self: SELF,
  chain: [{ epoch: 0, random: "0".repeat(32) }],
  boot: 0,
  term: 1,
  vote: undefined,
  logStart: 0,
  logStartTerm: 0,
  checkpoint: 0,
  generation: 0,
  overlays: [],
  firstSegment: 0,
  copyFrom: [],
  heard: [],
  promises: [],
});

function entry(index: number): Entry {
  const operation = { kind: "set", rows: ["node/a"], cells: [["v", String(index)]] } as const;
  return { index, term: 1, hlc: 0, body: encodeBody({ operations: [operation] }) };
}

Deno.test("what a longer log commits while a whole state goes to the disk waits for that", () => {
  const loaded = loadDisk([{ key: META_KEY, value: META }]) ?? assert.fail("it is empty");
  const machine = new MemberMachine({ loaded, count: 0, prng: new Prng("turns"), now: NOW });
  let count = 0, isWriting = false;
  const drain = (): void => void (isWriting ||= machine.drain().batch !== undefined);
  const persist = (): void => {
    isWriting = false;
    machine.handle({ type: "persisted", count: ++count }, NOW);
    drain();
  };
  const hear = (from: typeof OLD, message: PeerMessage): void => {
    machine.handle({ type: "received", from, envelope: { life: 1, count: 1, message } }, NOW);
    drain();
  };
  drain();
  for (const peer of [OLD, NEW]) hear(peer, { type: "recall", ask: false, heard: undefined });
  while (isWriting) persist();

  hear(OLD, {
    type: "append",
    term: 1,
    prevIndex: 3,
    prevTerm: 1,
    commit: 3,
    round: 1,
    entries: [],
  });
  hear(OLD, { type: "behind", term: 1, start: 3, startTerm: 1 });
  // Another leads now, whose log goes back to the first entry.
  const entries = [1, 2, 3, 4, 5, 6].map(entry);
  hear(NEW, { type: "append", term: 2, prevIndex: 0, prevTerm: 0, commit: 0, round: 1, entries });
  while (isWriting) persist();
  const sender = new Replica();
  for (const one of entries.slice(0, 4)) sender.apply(one);
  const chunk = new DeltaCut(sender, 1, 1e6).chunk({ from: 0, after: undefined, atLeast: 3 });
  hear(OLD, { type: "deltaChunk", chunk });
  assert.ok(isWriting, "the state goes to the disk");
  hear(NEW, { type: "commit", term: 2, commit: 6 });
  while (isWriting) persist();
  assert.equal(machine.replica.applied, 6);
  assert.equal(machine.replica.cells.value("node/a", "v"), "6");
});
