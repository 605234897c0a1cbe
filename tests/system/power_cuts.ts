/**
 * The power of a whole collective goes while it writes, again and again: a round is made of its
 * seed. What the seed cannot draw is what the processes did at that moment.
 *
 * 1. Six writers are at work through all members. They go on through the whole round: what they
 *    were told before the cut must still be so after it.
 * 2. The disks of all forget what was not synced, at the same instant or a few dozen milliseconds
 *    apart, and whoever stood on them is gone.
 * 3. All three return, or two, or one of those that were there with one that has been away; the
 *    clocks right, or each wrong by days or months.
 * 4. They write again by themselves. The one that is missing returns. All hold the same.
 */
import { ok as holds } from "node:assert/strict";

import { oneLine } from "../../src/base/one_line.ts";
import { Prng } from "../../src/base/prng.ts";
import { Ledger } from "../bench/ledger.ts";
import { agreed, type Scene, type Server, settled } from "./collective.ts";
import { FragileDisks } from "./fragile_disks.ts";
import { moment, Program, until } from "./program.ts";
import { lookAtAll, Writer } from "./writer.ts";

const WRITERS = 6;
const BUSY_LEAST_MS = 60, BUSY_MOST_MS = 700;
const APART_MOST_MS = 40;
/** So long each sync waits before it begins: much is written then and not yet on disk. */
const SYNC_WAITS_MS = [0, 3, 20];
const FIRST_SYNC_WAITS_MS = 3;
const CLOCK_OFF_MOST_S = 200 * 24 * 3600;
const WAYS_BACK = ["all return", "two return", "one returns with a stale one"] as const;
/** `$LIB` is for the loader, which knows the machine's library folder. */
const FAKETIME = "/usr/$LIB/faketime/libfaketimeMT.so.1";
const STORE_FILES = ["confluent.kv", "confluent.kv-wal", "floor"];

/** What rounds came to. */
export interface PowerTotals {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Disks of which something that had been written was gone after the cut. */
  readonly disksThatForgot: number;
  readonly disksCut: number;
  /** From the start of the processes to a write acknowledged anew to every writer, each round. */
  readonly backMs: readonly number[];
}

/** Why this machine does not allow it; undefined where it does. */
export async function whyNoPowerCuts(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "they need root, for mounts";
  if (!(await succeeds([...slowSync(1), "true"]))) return "strace does not work here";
  if (!(await succeeds(["mkfs.ext4", "-V"]))) return "there is no mkfs.ext4 (e2fsprogs)";
  const date = await new Program([...wrongClock(CLOCK_OFF_MOST_S), "date", "+%s"]).ended();
  const isFaked = Number(date.out) * 1000 > Date.now() + CLOCK_OFF_MOST_S * 900;
  return isFaked ? await whyNoDisks() : "libfaketime (faketime) does not work here";
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  return (await new Program(command).ended()).code === 0;
}

async function whyNoDisks(): Promise<string | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-disks-" });
  let disks: FragileDisks | undefined;
  try {
    disks = await FragileDisks.open(`${folder}/disks`);
    await disks.make("probe", `${folder}/mnt`);
    disks.cut("probe", () => false);
    return undefined;
  } catch (error) {
    return `ext4 on loop devices does not work here: ${oneLine(error)}`;
  } finally {
    await disks?.end();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The traced process is the one that is started, not a child of the tracer. */
function slowSync(ms: number): string[] {
  if (ms === 0) return [];
  const inject = `inject=fsync,fdatasync:delay_enter=${ms * 1000}`;
  const strace = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"];
  return [...strace, "-e", "trace=fsync,fdatasync", "-e", inject];
}

function wrongClock(offsetSeconds: number): string[] {
  const offset = `${offsetSeconds < 0 ? "" : "+"}${offsetSeconds}`;
  const flags = ["FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"];
  return ["env", `LD_PRELOAD=${FAKETIME}`, `FAKETIME=${offset}`, ...flags];
}

/** Three members on disks of their own that forget. */
export class PowerCuts {
  readonly #members: readonly Server[];
  readonly #disks: FragileDisks;
  readonly #ledgers = Array.from({ length: WRITERS }, (_, i) => new Ledger(`n${i + 1}`));
  readonly #backMs: number[] = [];
  #disksCut = 0;
  #disksThatForgot = 0;

  private constructor(members: readonly Server[], disks: FragileDisks) {
    this.#members = members;
    this.#disks = disks;
  }

  static async during<T>(scene: Scene, act: (cuts: PowerCuts) => Promise<T>): Promise<T> {
    const disks = await FragileDisks.open(`${scene.folder}/disks`);
    const cuts = new PowerCuts([scene.server(), scene.server(), scene.server()], disks);
    try {
      await cuts.#join();
      return await act(cuts);
    } finally {
      await scene.end(); // nobody is on the disks any more
      await disks.end();
    }
  }

  get totals(): PowerTotals {
    return {
      rounds: this.#backMs.length,
      acknowledged: this.#ledgers.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      disksThatForgot: this.#disksThatForgot,
      disksCut: this.#disksCut,
      backMs: this.#backMs,
    };
  }

  async #join(): Promise<void> {
    const [m1, ...others] = this.#members as [Server, ...Server[]];
    for (const { name, data } of this.#members) await this.#disks.make(name, data);
    const before = [...this.#disks.before, ...slowSync(FIRST_SYNC_WAITS_MS)];
    await m1.serve(before);
    await this.#copyToken(m1);
    for (const other of others) {
      const program = other.start(["join", await m1.token(other.name)], before);
      await program.line(/^ready /);
      await this.#copyToken(other);
    }
    await settled(this.#members);
    const made = await m1.ask("POST", "/noderange/", { name: `n[1-${WRITERS}]` });
    holds(made.status === 200, JSON.stringify(made.body));
  }

  /** Whoever asks stands outside, where the disk is not mounted. */
  async #copyToken({ data }: Server): Promise<void> {
    await Deno.copyFile(this.#disks.seen(`${data}/token`), `${data}/token`);
  }

  /** One round, as its seed has it. */
  async round(seed: number): Promise<void> {
    const prng = new Prng(seed);
    const wayBack = WAYS_BACK[seed % 3], areClocksWrong = seed % 2 === 0;
    const [away, there, third] = shuffled(this.#members, prng) as [Server, Server, Server];
    const isStale = wayBack === "one returns with a stale one";
    if (isStale) await away.kill();
    const first = wayBack === "all return" ? [away, there, third] : [away, there];
    const writers = this.#ledgers.map((ledger) => new Writer(this.#members, ledger));
    const going = Promise.all(writers.map((writer) => writer.run()));
    try {
      await Promise.race([going, moment(prng.between(BUSY_LEAST_MS, BUSY_MOST_MS))]);
      await this.#cut(isStale ? [there, third] : [away, there, third], prng);
      const start = async (member: Server): Promise<void> => {
        const offset = prng.between(-CLOCK_OFF_MOST_S, CLOCK_OFF_MOST_S);
        const clock = areClocksWrong ? wrongClock(offset) : [];
        const disk = slowSync(prng.pick(SYNC_WAITS_MS));
        await member.serve([...this.#disks.before, ...disk, ...clock]);
      };
      const begun = performance.now();
      await Promise.all(first.map(start));
      await Promise.race([going, this.#writesAgain()]);
      this.#backMs.push(performance.now() - begun);
      for (const writer of writers) writer.isOver = true;
      await going;
      await agreed(first, this.#members.length);
      await lookAtAll(first, writers);
      if (!first.includes(third)) await start(third);
      await settled(this.#members);
      await lookAtAll(this.#members, writers);
    } finally {
      for (const writer of writers) writer.isOver = true;
    }
  }

  async #writesAgain(): Promise<void> {
    const before = this.#ledgers.map(({ acknowledged }) => acknowledged);
    await until("every writer was told that it wrote again", () => {
      const areBack = this.#ledgers.every(({ acknowledged }, i) => acknowledged > before[i]!);
      return Promise.resolve(areBack || undefined);
    });
  }

  async #cut(members: readonly Server[], prng: Prng): Promise<void> {
    const apartMs = prng.chance(0.5) ? prng.between(0, APART_MOST_MS) : 0;
    const gone: Promise<unknown>[] = [];
    for (const member of members) {
      this.#disks.cut(member.name, fate(prng));
      gone.push(member.kill());
      if (apartMs > 0) await moment(prng.between(0, apartMs));
    }
    await Promise.all(gone);
    for (const member of members) {
      const written = await this.#bytesOf(member);
      await this.#disks.mountAgain(member.name, member.data);
      this.#disksCut++;
      if (await this.#bytesOf(member) !== written) this.#disksThatForgot++;
    }
  }

  /** What is in the files of the store; before the disk is mounted again, as processes saw it. */
  async #bytesOf({ data }: Server): Promise<string> {
    return (await Promise.all(STORE_FILES.map(async (file) => {
      return await digestOf(this.#disks.seen(`${data}/${file}`));
    }))).join(" ");
  }
}

/** Which of the pages that were not flushed survive: none, some, or most. */
function fate(prng: Prng): (page: number) => boolean {
  const share = prng.pick([0, 0.5, 0.9, prng.unit()]);
  return () => prng.unit() < share;
}

function shuffled<T>(items: readonly T[], prng: Prng): T[] {
  return items.map((item) => ({ item, at: prng.unit() })).sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function digestOf(path: string): Promise<string> {
  try {
    const bytes = await Deno.readFile(path);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  } catch (error) {
    // The kernel has thrown away what it could not write any more.
    if (/os error 5\b/.test(String(error)) || error instanceof Deno.errors.NotFound) return "gone";
    throw error;
  }
}
