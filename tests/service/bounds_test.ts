/**
 * What is long or many must still fit the disk's batches: a lone member, driven by hand, writes
 * it, checkpoints it, starts again from it, and sends it to a joiner in chunks.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";

import {
  DELTA_CHUNK_BYTES,
  MAX_FRAME_BYTES,
  MAX_LINK_BACKLOG_BYTES,
  MAX_NAME_LENGTH,
  MAX_OUTSTANDING_BYTES,
  MAX_ROW_PIECE_BYTES,
  MAX_VALUE_BYTES,
  REQUEST_MS,
  RESEND_MS,
} from "../../src/base/limits.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { Prng } from "../../src/base/prng.ts";
import { FakeDisk } from "../../src/io/store_fake.ts";
import type { StoreRecord } from "../../src/io/store.ts";
import { type Member, memberId } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { loadDisk } from "../../src/service/machine/loading.ts";
import { foundingRecords } from "../../src/service/machine/founding.ts";
import { MemberMachine } from "../../src/service/machine/member_machine.ts";
import type { Answer } from "../../src/service/machine/requests.ts";
import { DeltaCut, DeltaTarget } from "../../src/replica/delta.ts";
import { Replica } from "../../src/replica/replica.ts";
import { encodeEnvelope } from "../../src/wire/peer.ts";
import { encodeRow, ROW_PREFIX, rowPiece } from "../../src/wire/record.ts";

const SELF: Member = {
  id: memberId("0".repeat(16)),
  name: "m1",
  fingerprint: "",
  addresses: [],
  role: "voter",
  support: SUPPORT,
};
const CHAIN = [{ epoch: 0, random: "c".repeat(32) }];

/** A member that is alone; its disk checks the bounds of every batch. */
class Lone {
  readonly disk = new FakeDisk(new Prng("bounds"));
  machine: MemberMachine;
  #nowMs = 0;

  constructor() {
    this.#commit({ puts: foundingRecords(SELF.id, [SELF], CHAIN), deletes: [] });
    this.machine = this.start();
  }

  start(): MemberMachine {
    const loaded = loadDisk(this.disk.read());
    ok(loaded, "the disk holds a member");
    const now = { monoMs: this.#nowMs, wallMs: 0 };
    const { count } = this.disk;
    this.machine = new MemberMachine({ loaded, count, prng: new Prng("m1"), now });
    this.settle();
    return this.machine;
  }

  write(operations: readonly Operation[]): Outcome<Answer> | undefined {
    let answer: Outcome<Answer> | undefined;
    const now = { monoMs: this.#nowMs, wallMs: 0 };
    this.machine.handle({ type: "write", operations, reply: (outcome) => answer = outcome }, now);
    this.settle();
    return answer;
  }

  /** Until nothing is left to be written. */
  settle(): void {
    for (let turn = 0; turn < 10_000; turn++) {
      this.machine.handle({ type: "tick" }, { monoMs: ++this.#nowMs, wallMs: 0 });
      const { batch } = this.machine.drain();
      if (batch === undefined && turn > 3) return;
      if (batch === undefined) continue;
      const count = this.#commit(batch);
      this.machine.handle({ type: "persisted", count }, { monoMs: this.#nowMs, wallMs: 0 });
    }
    throw new Error("it goes on and on");
  }

  rows(): StoreRecord[] {
    return this.disk.read().filter(({ key }) => key.startsWith(ROW_PREFIX));
  }

  state(): Uint8Array[] {
    return [...this.machine.replica.records()].map(encodeRow);
  }

  #commit(batch: Parameters<FakeDisk["begin"]>[0]): number {
    this.disk.begin(batch);
    const done = this.disk.finish();
    ok(done.result === "done");
    return done.count;
  }
}

/** Enough bytes through the log that a checkpoint is due. */
function forceCheckpoint(lone: Lone): void {
  for (let i = 0; i < 24; i++) {
    const value = String(i).padEnd(0.9 * MAX_VALUE_BYTES, "x");
    const cells = Array.from({ length: 8 }, (_, j) => [`custom.x${j}`, value] as const);
    const outcome = lone.write([{ kind: "set", rows: [nodeRow("filler")], cells }]);
    ok(outcome?.ok, outcome?.ok === false ? outcome.refusal.message : "no answer");
  }
}

function restartsEqual(lone: Lone): void {
  const before = lone.state();
  const { applied } = lone.machine.replica;
  lone.start();
  ok(lone.machine.replica.applied >= applied);
  deepEqual(lone.state(), before);
}

Deno.test("thousands of rows are checkpointed in batches the store takes", () => {
  const lone = new Lone();
  const rows = Array.from({ length: 3_000 }, (_, i) => nodeRow(`n${i}`));
  ok(lone.write([{ kind: "set", rows, cells: [[ROW_MARK, ""]] }])?.ok);
  forceCheckpoint(lone);
  ok(lone.rows().length > 3_000);
  restartsEqual(lone);
});

Deno.test("rows of the longest names are, though their keys alone fill a batch", () => {
  const lone = new Lone();
  for (let part = 0; part < 4; part++) {
    const rows = Array.from({ length: 400 }, (_, i) => {
      return nodeRow(`n${part}x${i}`.padEnd(MAX_NAME_LENGTH, "z"));
    });
    ok(lone.write([{ kind: "set", rows, cells: [[ROW_MARK, ""]] }])?.ok);
  }
  forceCheckpoint(lone);
  ok(lone.rows().length > 1_600);
  restartsEqual(lone);
});

Deno.test("what a member may have under way, said again and again, fits a link's backlog", () => {
  let saidAtMs = 0;
  let times = 0;
  for (let pauseMs = RESEND_MS; saidAtMs < REQUEST_MS; pauseMs *= 2) {
    times++;
    saidAtMs += pauseMs;
  }
  ok(times * MAX_OUTSTANDING_BYTES < MAX_LINK_BACKLOG_BYTES);
});

Deno.test("writes of too many bytes under way are refused by that bound's name", () => {
  const lone = new Lone();
  const now = { monoMs: 1e9, wallMs: 0 };
  const value = "x".repeat(MAX_VALUE_BYTES);
  const outcomes: Outcome<Answer>[] = [];
  for (let i = 0; i < 200; i++) {
    const cells = [["custom.long", value]] as const;
    const operations: Operation[] = [{ kind: "set", rows: [nodeRow(`n${i}`)], cells }];
    const reply = (outcome: Outcome<Answer>): void => void outcomes.push(outcome);
    lone.machine.handle({ type: "write", operations, reply }, now);
  }
  const [first] = outcomes;
  ok(first?.ok === false && first.refusal.kind === "busy");
  match(first.refusal.message, new RegExp(`at most ${MAX_OUTSTANDING_BYTES} may be; ask again`));
  equal(200 - outcomes.length, Math.floor(MAX_OUTSTANDING_BYTES / (MAX_VALUE_BYTES + 60)));
});

/** A row of more bytes than any batch or frame holds. */
function writeLongRow(lone: Lone): void {
  for (let i = 0; i < 40; i++) {
    const cells = [[
      `custom.long${i}`,
      String.fromCharCode(97 + i % 26).repeat(MAX_VALUE_BYTES),
    ]] as const;
    ok(lone.write([{ kind: "set", rows: [nodeRow("long")], cells }])?.ok);
  }
}

Deno.test("a row longer than a batch is kept in pieces, and shrinks again", () => {
  const lone = new Lone();
  writeLongRow(lone);
  forceCheckpoint(lone);
  ok(Math.max(...lone.rows().map(({ key }) => rowPiece(key))) > 8);
  for (const { value } of lone.rows()) ok(value.length <= MAX_ROW_PIECE_BYTES);
  restartsEqual(lone);
  ok(lone.write([{ kind: "drop", rows: [nodeRow("long")] }])?.ok);
  forceCheckpoint(lone);
  restartsEqual(lone);
  equal(lone.machine.replica.cells.value(nodeRow("long"), "custom.long0"), null);
});

Deno.test("a delta of long rows goes in chunks that fit a frame, and comes out the same", () => {
  const lone = new Lone();
  writeLongRow(lone);
  const cut = new DeltaCut(lone.machine.replica, 1, DELTA_CHUNK_BYTES);
  const target = new DeltaTarget(new Replica(), 0);
  for (let chunks = 1;; chunks++) {
    const chunk = cut.chunk(target.ask);
    ok(
      encodeEnvelope({ life: 1, count: 1, message: { type: "deltaChunk", chunk } }).length <
        MAX_FRAME_BYTES,
    );
    if (target.take(chunk).result !== "whole") continue;
    ok(chunks > 8);
    break;
  }
  target.replica.caughtUp(cut.index);
  deepEqual([...target.replica.records()].map(encodeRow), lone.state());
});
