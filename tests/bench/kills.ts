/** Rounds of kill -9 on random members under load: nothing acknowledged is lost, nothing is made
 * twice, and at the end all members hold the same. */
import { type Bench, type BenchMember, Collective } from "./collective.ts";
import { type Figure, neverOver } from "./figures.ts";
import { type Answer, etagOf, indexOf, jsonOf, KeptConnection, textOf } from "./kept_connection.ts";
import { Ledger, type Seen, type Wrong } from "./ledger.ts";
import { pause } from "./processes.ts";

const CLIENTS = 12;
/** A client looks at what it wrote after so many writes, besides whenever it must. */
const LOOKS_EVERY = 10;
const ANSWER_MS = 10_000;
const DOWN_MOST_MS = 400;
const UP_LEAST_MS = 200, UP_MOST_MS = 1_000;
const VALUE_MOST_BYTES = 2_000;
const WRONGS: readonly Wrong[] = [
  "lost",
  "doubled",
  "made though refused",
  "refused for no reason",
];

export async function benchKills(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(CLIENTS);
    const clients = Array.from({ length: CLIENTS }, (_, i) => {
      return new KillClient(three, new Ledger(`n${i + 1}`), i % 2 === 0);
    });
    const going = clients.map((client) => client.run());
    const begun = performance.now();
    let killed = 0;
    for (let round = 1; round <= bench.rounds; round++) {
      killed += await killSome(three);
      if (round % 10 === 0) console.error(`${round} rounds, ${killed} killed: ${told(clients)}`);
    }
    const seconds = (performance.now() - begun) / 1000;
    for (const client of clients) client.stop();
    await Promise.all(going);
    await three.settled();
    await compareAll(three, clients);
    return figuresOf(clients, killed, bench.rounds, seconds);
  });
}

function told(clients: readonly KillClient[]): string {
  const acknowledged = clients.reduce((sum, { ledger }) => sum + ledger.acknowledged, 0);
  const wrongs = clients.reduce((sum, { ledger }) => sum + ledger.wrongs.length, 0);
  return `${acknowledged} writes acknowledged, ${wrongs} wrongs`;
}

function figuresOf(
  clients: readonly KillClient[],
  killed: number,
  rounds: number,
  seconds: number,
): Figure[] {
  const wrongs = clients.flatMap(({ ledger }) => ledger.wrongs);
  const counts = new Map<string, number>();
  for (const { outcomes } of clients) {
    for (const [outcome, count] of outcomes) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + count);
    }
  }
  const outcomes = [...counts].sort().map(([outcome, count]) => `${outcome}: ${count}`).join(", ");
  return [
    {
      what: `${rounds} rounds of kill -9, members killed`,
      unit: `in ${Math.round(seconds)} s`,
      values: [killed],
      note: `what ${CLIENTS} clients were told: ${outcomes}`,
    },
    ...WRONGS.map((wrong) => {
      const these = wrongs.filter((one) => one.wrong === wrong);
      const note = these.slice(0, 3).map(({ what }) => what).join("\n      ");
      const figure = { unit: "writes", values: [these.length], target: neverOver(0) };
      return { what: wrong, ...figure, ...note === "" ? {} : { note } };
    }),
  ];
}

/** One round. Most kill one member, some two, some all three at once. */
async function killSome(three: Collective): Promise<number> {
  const dice = Math.random(), count = dice < 0.6 ? 1 : dice < 0.85 ? 2 : 3;
  const victims = [...three.members].sort(() => Math.random() - 0.5).slice(0, count);
  await Promise.all(victims.map((victim) => victim.kill()));
  await pause(Math.random() * DOWN_MOST_MS);
  await Promise.all(victims.map((victim) => victim.start()));
  await pause(UP_LEAST_MS + Math.random() * (UP_MOST_MS - UP_LEAST_MS));
  return count;
}

/** Writes one node through whichever member, one write after another. */
class KillClient {
  readonly ledger: Ledger;
  /** How often each thing was answered to a write. */
  readonly outcomes = new Map<string, number>();
  readonly #three: Collective;
  /** Its writes demand that the node is as it was last known. */
  readonly #isGuarded: boolean;
  readonly #connections = new Map<BenchMember, KeptConnection>();
  #isOver = false;

  constructor(three: Collective, ledger: Ledger, isGuarded: boolean) {
    this.#three = three;
    this.ledger = ledger;
    this.#isGuarded = isGuarded;
  }

  stop(): void {
    this.#isOver = true;
  }

  async run(): Promise<void> {
    this.ledger.wasRead(await this.#look());
    while (!this.#isOver) {
      await this.#write(this.ledger.nextSerial());
      if (this.ledger.acknowledged % LOOKS_EVERY === 0) this.ledger.wasRead(await this.#look());
    }
    for (const conn of this.#connections.values()) conn.close();
  }

  async #write(serial: number): Promise<void> {
    const value = `${serial}:`.padEnd(Math.floor(Math.random() * VALUE_MOST_BYTES), "v");
    const guard = this.#isGuarded ? `If-Match: "${this.ledger.newest.index}"\r\n` : "";
    const answer = await this.#ask("PUT", "", JSON.stringify({ "info.note": value }), guard);
    const outcome = typeof answer === "string" ? answer : String(answer.status);
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (typeof answer !== "string" && answer.status === 200) {
      return this.ledger.wasAcknowledged({ serial, index: indexOf(answer) });
    }
    if (outcome === "412") return this.ledger.wasStale(await this.#look());
    if (outcome === "504" || outcome === "broken off") {
      this.ledger.isUntold(serial);
      return this.ledger.wasRead(await this.#look());
    }
    if (outcome !== "503" && outcome !== "not reached") throw new Error(`a write got ${outcome}`);
    await pause(5);
  }

  /** What the node is, by a linearizable read, at whichever member answers. */
  async #look(): Promise<Seen> {
    for (;;) {
      const answer = await this.#ask("GET", "?consistent=1");
      if (typeof answer !== "string" && answer.status === 200) return seenIn(answer);
      await pause(20);
    }
  }

  /** The answer, or in a word how the connection failed: before or after the request was sent. */
  async #ask(
    method: string,
    query: string,
    body?: string,
    headers = "",
  ): Promise<Answer | "not reached" | "broken off"> {
    const at = this.#three.member(1 + Math.floor(Math.random() * 3));
    let conn: KeptConnection;
    try {
      conn = await this.#connectionTo(at);
    } catch {
      return "not reached"; // it is down, as it should be now and then
    }
    const timer = setTimeout(() => conn.close(), ANSWER_MS);
    try {
      return await conn.ask(method, pathOf(this.ledger.node) + query, body, headers);
    } catch {
      return "broken off"; // it was killed meanwhile
    } finally {
      clearTimeout(timer);
    }
  }

  async #connectionTo(member: BenchMember): Promise<KeptConnection> {
    const kept = this.#connections.get(member);
    if (kept !== undefined && !kept.isClosed) return kept;
    const conn = await member.connect();
    this.#connections.set(member, conn);
    return conn;
  }
}

function pathOf(node: string): string {
  return `/nodes/${node}/attributes/current`;
}

/** Serial 0 stands for a node that was never written. */
function seenIn(answer: Answer): Seen {
  const serial = parseInt(/"info\.note":\{"value":"(\d+):/.exec(textOf(answer))?.[1] ?? "0", 10);
  return { serial, index: Number(etagOf(answer)?.replaceAll('"', "")) };
}

/** Every member tells the same of every node, and nothing that the clients know to be wrong. */
async function compareAll(three: Collective, clients: readonly KillClient[]): Promise<void> {
  const range = encodeURIComponent(`n[1-${CLIENTS}]`);
  const dumps: string[] = [];
  for (const member of three.members) {
    const etags: (string | undefined)[] = [];
    for (const { ledger } of clients) {
      const answer = await member.ask("GET", pathOf(ledger.node));
      ledger.wasRead(seenIn(answer));
      etags.push(etagOf(answer));
    }
    const all = await member.ask("GET", `/noderange/${range}/attributes/current`);
    dumps.push(JSON.stringify([etags, jsonOf(all), indexOf(all)]));
  }
  if (new Set(dumps).size > 1) throw new Error(`the members differ:\n${dumps.join("\n")}`);
}
