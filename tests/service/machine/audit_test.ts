/** What is found of a state while another is about to take its place. */
import { strict as assert } from "node:assert";
import { Prng } from "../../../src/base/prng.ts";
import { Raft } from "../../../src/consensus/raft.ts";
import { memberId } from "../../../src/model/member.ts";
import { Audit } from "../../../src/service/machine/audit.ts";
import { CatchUp } from "../../../src/service/machine/catch_up.ts";
import { loadDisk } from "../../../src/service/machine/loading.ts";
import { PACE } from "../../../src/service/machine/pace.ts";
import { decodeMeta, encodeMeta, META_KEY } from "../../../src/wire/record.ts";

const SELF = memberId("01".repeat(8)), OTHER = memberId("02".repeat(8));
const META = encodeMeta({
  self: SELF,
  chain: [{ epoch: 0, random: "0".repeat(32) }],
  boot: 1,
  term: 9,
  vote: undefined,
  logStart: 16,
  logStartTerm: 9,
  checkpoint: 16,
  generation: 0,
  overlays: [],
  firstSegment: 0,
  copyFrom: [],
  heard: [],
  promises: [],
});

Deno.test("a state found odd while a whole one goes to the disk is odd no more after that", () => {
  const pace = { ...PACE, auditEveryEntries: 16 };
  const { disk, replica, log } = loadDisk([{ key: META_KEY, value: META }], { pace }) ??
    assert.fail("it is empty");
  const raft = new Raft({
    ...{ self: SELF, term: 9, vote: undefined, log, commit: 16, nowMs: 0 },
    prng: new Prng("odd"),
  });
  const send = (): void => undefined;
  const catchUp = new CatchUp(raft, disk, {
    ...{ replica: () => replica, blank: () => replica.blank(), send },
    ...{ senders: () => [], caughtUp: send },
  });
  const owner = { replica: () => replica, send, becameOdd: send, nowMs: 0 };
  const audit = new Audit(raft, disk, catchUp, owner);
  const flipTo = { cut: 20, cutTerm: 9, keepsLog: false, isOverlay: false };
  const brought = replica.blank();
  const done = (): void => {
    brought.caughtUp(20);
    disk.flipped(brought);
    audit.flipped(true, 0);
  };
  disk.writeDelta({ generation: disk.nextGeneration(), records: [], flipTo, done });
  assert.ok(disk.next(raft, 0), "the whole state goes to the disk");
  const { auditIndex: index, auditRoot } = audit.told;
  audit.obey([{ kind: "repair", from: OTHER, index, root: auditRoot + 1 }], 0);
  assert.match(audit.odd ?? "", /is not that of/);
  assert.deepEqual(disk.copyFrom, [OTHER]);
  disk.done(raft, 0);
  assert.equal(audit.odd, undefined);
  // Else it would give and take no delta, and be odd again with the next start.
  assert.deepEqual(disk.copyFrom, []);
  const batch = disk.next(raft, 0);
  assert.deepEqual(
    decodeMeta((batch ?? assert.fail("it is kept")).puts.at(-1)!.value).copyFrom,
    [],
  );
});
