/**
 * One bit of the store of a stopped member is wrong when it starts again, beside two healthy ones.
 * A flip is made of its seed, save for what the processes had written until then.
 *
 * 1. It starts or says in one line what is damaged. Whatever it serves from its first moment on is
 *    what the others hold now; what it calls a copy that may be old (`?stale=ok`) is, row by row,
 *    something that once was written there.
 * 2. It settles with the others by itself, or is locked. Where it does not start or is locked,
 *    `rejoin`, which was named, brings it back.
 * 3. Then it takes writes, and all hold the same, also after it was killed and started once more:
 *    damage that has been overlooked so far has had its chance to be served.
 */
import { equal, match, ok as holds } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";

import { Prng } from "../../src/base/prng.ts";
import { readFloor } from "../../src/io/store_floor.ts";
import { dataByNode } from "../../src/wire/http.ts";
import { type Scene, type Server, settled } from "./collective.ts";
import { type Program, until } from "./program.ts";

const NODES = 100;
const NODERANGE = encodeURIComponent(`n[1-${NODES}]`);
const NOTE_MOST_BYTES = 900;
const WRITES_MOST = 40;
const STORE = "confluent.kv";
const FILES = [STORE, `${STORE}-wal`, `${STORE}-shm`, "floor"] as const;
/** How often a file is chosen, of so many. */
const WEIGHTS: readonly (typeof FILES[number])[] = [
  ...[FILES[0], FILES[0], FILES[0], FILES[0]],
  ...[FILES[1], FILES[1], FILES[1], FILES[1]],
  ...[FILES[2], FILES[3], FILES[3]],
];

/** What became of a flip. */
export type Finding =
  /** The member did not start and said why; `rejoin` brought it back. */
  | "refused at start"
  /** It started, found that commits were gone, and locked itself; `rejoin` brought it back. */
  | "locked"
  /** It lost something that nobody had been promised, and got it from its peers or does without. */
  | "went on without"
  /** Every record, or the count of the floor, is what it was. */
  | "unused bits";

export interface Flip {
  readonly seed: number;
  readonly file: string;
  /** Of the file. */
  readonly byte: number;
  readonly bit: number;
  readonly size: number;
  readonly finding: Finding;
  /** How the member called it, where it did. */
  readonly said: string;
}

/** What the member that comes back has to match. */
interface Wanted {
  /** What the others hold, as the API tells it. */
  readonly now: string;
  readonly index: number;
  /** The flip, for whoever reads that something was wrong. */
  readonly what: string;
}

/** Three members of which one after another is damaged. */
export class BitFlips {
  readonly #scene: Scene;
  readonly #members: readonly Server[];
  /** Every note that was ever written, by node. */
  readonly #notes = new Map<string, Set<string>>();
  #serial = 0;

  private constructor(scene: Scene, members: readonly Server[]) {
    this.#scene = scene;
    this.#members = members;
  }

  static async begin(scene: Scene): Promise<BitFlips> {
    const flips = new BitFlips(scene, await scene.members(3));
    const [m1] = flips.#members as [Server];
    const made = await m1.ask("POST", "/noderange/", { name: decodeURIComponent(NODERANGE) });
    equal(made.status, 200, JSON.stringify(made.body));
    const prng = new Prng("notes");
    for (let node = 1; node <= NODES; node++) await flips.#writeOne(prng, m1, `n${node}`);
    // What SQLite had in its log alone is in the file that most flips are in.
    for (const member of flips.#members) {
      await member.stop();
      await member.serve();
    }
    await settled(flips.#members);
    return flips;
  }

  async flip(seed: number): Promise<Flip> {
    const prng = new Prng(seed);
    const victim = prng.pick(this.#members);
    const others = this.#members.filter((member) => member !== victim);
    await this.#write(prng, [victim, ...others], prng.between(1, WRITES_MOST));
    if (prng.chance(0.3)) await settled(this.#members);
    if (prng.chance(0.7)) await victim.kill();
    else await victim.stop();
    if (prng.chance(0.5)) await this.#write(prng, others, prng.between(1, WRITES_MOST));
    const index = await settledWithout(victim, others);
    const now = await (others[0] as Server).dump();
    const { isUnused, ...place } = await this.#flipOne(prng, victim.data);
    const what =
      `seed ${seed}, bit ${place.bit} of byte ${place.byte} of ${place.file} (${place.size})`;
    const { finding, said } = await this.#comesBack(victim, { now, index, what });
    await this.#isWhole(prng, victim, others, finding);
    await removeAsides(victim.data);
    const told = finding === "settled" ? isUnused ? "unused bits" : "went on without" : finding;
    return { seed, ...place, finding: told, said };
  }

  async #write(prng: Prng, through: readonly Server[], count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      await this.#writeOne(prng, prng.pick(through), `n${prng.between(1, NODES)}`);
    }
  }

  async #writeOne(prng: Prng, through: Server, node: string): Promise<void> {
    const note = `${++this.#serial}:`.padEnd(prng.between(1, NOTE_MOST_BYTES), "v");
    const notes = this.#notes.get(node) ?? new Set();
    this.#notes.set(node, notes.add(note));
    await through.wrote(node, note);
  }

  /** Turns one bit over, and tells whether the store means the same without it. */
  async #flipOne(
    prng: Prng,
    data: string,
  ): Promise<Pick<Flip, "file" | "byte" | "bit" | "size"> & { isUnused: boolean }> {
    const there = new Set([...Deno.readDirSync(data)].map(({ name }) => name));
    const file = prng.pick(WEIGHTS.filter((name) => there.has(name) && sizeOf(data, name) > 0));
    const before = await this.#meaning(data);
    const bytes = await Deno.readFile(`${data}/${file}`);
    const byte = prng.between(0, bytes.length - 1), bit = prng.between(0, 7);
    bytes[byte]! ^= 1 << bit;
    await Deno.writeFile(`${data}/${file}`, bytes);
    const isUnused = await this.#meaning(data) === before;
    return { file, byte, bit, size: bytes.length, isUnused };
  }

  /** Every record as SQLite alone tells it, and the floor's count. */
  async #meaning(data: string): Promise<string> {
    const floor = await readFloor(`${data}/floor`);
    const copy = await Deno.makeTempDir({ dir: this.#scene.folder });
    try {
      for (const file of FILES.slice(0, 3)) {
        if (sizeOf(data, file) > 0) await Deno.copyFile(`${data}/${file}`, `${copy}/${file}`);
      }
      using database = new DatabaseSync(`${copy}/${STORE}`);
      const rows = database.prepare("SELECT hex(k) || ' ' || hex(v) AS r FROM data ORDER BY k");
      return `${floor?.count}\n${rows.all().map(({ r }) => r).join("\n")}`;
    } catch (error) {
      return `${floor?.count}\n${error}`;
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  }

  async #comesBack(
    victim: Server,
    wanted: Wanted,
  ): Promise<{ finding: "settled" | "locked" | "refused at start"; said: string }> {
    const program = victim.start(["serve"]);
    if (!await isReady(program)) {
      const { code, err } = await program.ended();
      const said = err.trim().split("\n").at(-1) ?? "";
      equal(code, 1, `${wanted.what}: ${err}`);
      match(
        said,
        /^Error: .*(confluent\.kv|floor).*; the way back is `.*rejoin`$/,
        `${wanted.what}: ${err}`,
      );
      await rejoin(victim);
      return { finding: "refused at start", said };
    }
    const locked = await this.#settlesOrLocks(victim, wanted);
    if (locked === undefined) return { finding: "settled", said: "" };
    await victim.stop();
    await rejoin(victim);
    return { finding: "locked", said: locked };
  }

  /** Undefined where it has settled; else why it is locked. It is asked for its rows meanwhile. */
  async #settlesOrLocks(victim: Server, wanted: Wanted): Promise<string | undefined> {
    return await until(`${wanted.what}: ${victim.name} settles or is locked`, async () => {
      const { notices } = await victim.collective();
      const locked = notices.find((notice) => notice.startsWith(`${victim.name} is locked`));
      if (locked !== undefined) return { locked };
      await this.#servesTheTruth(victim, wanted);
      const views = await Promise.all(this.#members.map((member) => member.collective()));
      const isSettled = views.every((view) =>
        view.quorum && view.index === views[0]?.index &&
        view.members.every(({ state, role }) => state === "alive" && role !== "learner")
      );
      return isSettled ? { locked } : undefined;
    }).then(({ locked }) => locked);
  }

  async #servesTheTruth(victim: Server, { now, index, what }: Wanted): Promise<void> {
    const path = `/noderange/${NODERANGE}/attributes/current`;
    const old = await victim.ask("GET", `${path}?stale=ok&attributes=info.note`);
    if (old.status === 200) this.#wereOnceWritten(old.body, what);
    const fresh = await victim.ask("GET", path);
    if (fresh.status !== 200) return equal(fresh.status, 503, `${what}: ${fresh.body}`);
    holds(fresh.index >= index, `${what}: it serves index ${fresh.index}, others have ${index}`);
    holds(JSON.stringify(fresh.body) === now, `${what}: ${victim.name} serves other rows`);
  }

  #wereOnceWritten(body: unknown, what: string): void {
    const rows = dataByNode.parse(body).databynode.flatMap((each) => Object.entries(each));
    equal(rows.length, NODES, what);
    for (const [node, row] of rows) {
      const note = (row as Record<string, { value?: unknown } | undefined>)["info.note"];
      const value = note?.value;
      const isWritten = typeof value === "string" && this.#notes.get(node)?.has(value) === true;
      holds(isWritten, `${what}: ${node} is ${JSON.stringify(row)}`);
    }
  }

  /** All hold the same, and go on doing so. */
  async #isWhole(
    prng: Prng,
    victim: Server,
    others: readonly Server[],
    finding: string,
  ): Promise<void> {
    await settled(this.#members);
    await this.#areEqual();
    await this.#write(prng, [victim, ...others], prng.between(1, WRITES_MOST));
    if (finding === "settled") {
      await victim.kill();
      await victim.serve();
    }
    await settled(this.#members);
    await this.#areEqual();
  }

  async #areEqual(): Promise<void> {
    const dumps = await Promise.all(this.#members.map((member) => member.dump()));
    equal(new Set(dumps).size, 1, dumps.join("\n"));
  }
}

function sizeOf(data: string, file: string): number {
  try {
    return Deno.statSync(`${data}/${file}`).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

async function isReady(program: Program): Promise<boolean> {
  const ready = program.line(/^ready /).then(() => true);
  // Where it ends first, that it was never ready is no news.
  return await Promise.race([ready.catch(() => false), program.ended().then(() => false)]);
}

async function rejoin(victim: Server): Promise<void> {
  await victim.start(["collective", "rejoin"]).line(/^ready /);
}

/** The others have all that was written while the victim was there, and since: up to this index. */
async function settledWithout(victim: Server, others: readonly Server[]): Promise<number> {
  return await until(`the others of ${victim.name} have settled`, async () => {
    const views = await Promise.all(others.map((member) => member.collective()));
    const [first] = views;
    return views.every(({ quorum, index }) => quorum && index === first?.index)
      ? first?.index
      : undefined;
  });
}

async function removeAsides(data: string): Promise<void> {
  for await (const { name } of Deno.readDir(data)) {
    if (name.includes(".aside-")) await Deno.remove(`${data}/${name}`, { recursive: true });
  }
}
