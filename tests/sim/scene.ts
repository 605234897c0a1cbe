/** A world without a storm, for stories told by hand: who dies when, and what must come of it. */
import { strict as assert } from "node:assert";
import type { Outcome } from "../../src/base/outcome.ts";
import type { Operation } from "../../src/model/operation.ts";
import type { DiskPace } from "../../src/service/machine/pace.ts";
import type { Answer } from "../../src/service/machine/requests.ts";
import type { RosterChange } from "../../src/wire/peer.ts";
import type { Host } from "./host.ts";
import { NO_NODES } from "./managed.ts";
import { NO_FAULTS, NO_WATCHERS, type Plan } from "./plan.ts";
import { World, type WorldOptions } from "./world.ts";

const NO_AIMS = { leaders: false, turns: false, votes: false, rosters: false };

/** A quick disk and a quick network that do as they are told. */
export function quietPlan(members: number, pace?: DiskPace): Plan {
  return {
    members,
    stormMs: 0,
    network: {
      delayMin: 0.2,
      delayMax: 0.6,
      loss: 0,
      duplication: 0,
      straggling: 0,
      throughCodec: true,
    },
    disk: { syncMin: 0.5, syncMax: 1.5, stalls: 0, stallMax: 0 },
    clocks: { drift: 0, offsetMs: 0 },
    workload: { clients: 0, thinkMs: 1, keys: 1 },
    chaos: { ...NO_FAULTS, everyMs: 1e9, aims: NO_AIMS },
    watchers: NO_WATCHERS,
    managed: NO_NODES,
    losses: undefined,
    pace,
  };
}

/** Everything happens as soon as it can: rows are written, the log is forgotten, copies are cut. */
export const HASTY: DiskPace = {
  checkpointAfterEntries: 4,
  checkpointAfterBytes: 1_000_000,
  tailKeptEntries: 2,
  tailKeptBytes: 1_000_000,
  batchRows: 1,
  appendEntries: 2,
  deltaChunkBytes: 100,
  collectAfterTombstones: 1,
  collectEveryMs: 500,
  staleAfterMs: 1e9,
  auditEveryEntries: 16,
};

/** What a request came to; undefined while it is not answered. */
export interface Asked {
  outcome: Outcome<Answer> | undefined;
}

export class Scene {
  readonly world: World;

  constructor(
    members: number,
    options: Omit<WorldOptions, "plan"> & { pace?: DiskPace; seed?: number } = {},
  ) {
    const { pace, seed = 1, ...rest } = options;
    this.world = new World(seed, { ...rest, plan: quietPlan(members, pace) });
    this.#reconnect();
  }

  #reconnect(): void {
    this.world.connectAll();
    this.world.at(this.world.time + 100, () => this.#reconnect());
  }

  /** Members in the order they were made: the founders first. */
  get hosts(): readonly Host[] {
    return [...this.world.hosts.values()];
  }

  host(number: number): Host {
    const host = this.hosts[number - 1];
    assert.ok(host, `there is a member m${number}`);
    return host;
  }

  others(host: Host): readonly Host[] {
    return this.hosts.filter((other) => other !== host);
  }

  run(ms: number): void {
    this.world.runUntil(this.world.time + ms);
  }

  /** Runs until it is so, and says how long that took. */
  until(what: string, withinMs: number, test: () => boolean): number {
    const since = this.world.time;
    const isSo = this.world.runUntil(since + withinMs, test);
    assert.ok(isSo, `${what} within ${withinMs} ms`);
    return this.world.time - since;
  }

  /** The newest leader, once there is one. */
  leader(): Host {
    const leading = (): Host[] => this.hosts.filter(({ machine }) => machine?.raft.leading);
    this.until("somebody leads", 10_000, () => leading().some(isSettled));
    return leading().reduce((a, b) => term(b) > term(a) ? b : a);
  }

  ask(host: Host, operations: readonly Operation[]): Asked {
    const asked: Asked = { outcome: undefined };
    const reply = (outcome: Outcome<Answer>): void => void (asked.outcome = outcome);
    host.handle({ type: "write", operations, reply });
    return asked;
  }

  read(host: Host): Asked {
    const asked: Asked = { outcome: undefined };
    host.handle({ type: "read", reply: (outcome) => void (asked.outcome = outcome) });
    return asked;
  }

  change(host: Host, ask: RosterChange): Asked {
    const asked: Asked = { outcome: undefined };
    const reply = (outcome: Outcome<Answer>): void => void (asked.outcome = outcome);
    host.handle({ type: "changeRoster", ask, reply });
    return asked;
  }

  answer(asked: Asked, withinMs = 10_000): Outcome<Answer> {
    this.until("an answer", withinMs, () => asked.outcome !== undefined);
    return asked.outcome as Outcome<Answer>;
  }

  /** Writes one cell and waits until that is acknowledged. */
  write(host: Host, row: string, value: string): number {
    const outcome = this.answer(this.ask(host, set(row, value)));
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.refusal.message);
    return outcome.value.index;
  }

  /** Asks again until it is done: how a client that insists sees an outage. */
  insist(host: Host, row: string, value: string, withinMs: number): number {
    const since = this.world.time;
    let asked = this.ask(host, set(row, value));
    this.until(`a write through ${host.member.name}`, withinMs, () => {
      if (asked.outcome?.ok === false) {
        const again = asked.outcome;
        asked = { outcome: undefined };
        this.world.at(this.world.time + 20, () => asked = this.ask(host, set(row, value)));
        assert.notEqual(again.refusal.kind, "invalid");
      }
      return asked.outcome?.ok === true;
    });
    return this.world.time - since;
  }

  value(host: Host, row: string): string | null {
    return host.machine?.replica.cells.value(row, "v") ?? null;
  }

  /** The process dies; its peers see the links close. */
  kill(host: Host): void {
    const peers = this.world.live();
    host.crash();
    for (const peer of peers) this.world.network.reset(host.id, peer.id);
  }

  start(host: Host): void {
    host.start();
    this.world.connectAll();
  }

  /** Nothing passes between the two sides, and nobody is told. */
  cutOff(side: readonly Host[]): void {
    for (const a of side) {
      for (const b of this.hosts) {
        if (side.includes(b)) continue;
        this.world.network.cut(a.id, b.id);
        this.world.network.cut(b.id, a.id);
      }
    }
  }

  /** A new server, admitted as a learner; it starts once it is. */
  join(by: Host): Host {
    const joiner = this.world.addJoiner(by.machine?.chain);
    const change = { change: "admit", member: joiner.member, replaces: undefined } as const;
    const outcome = this.answer(this.change(by, change));
    assert.ok(outcome.ok, "the joiner is admitted");
    this.start(joiner);
    return joiner;
  }

  /** All is well again: everybody agrees and takes requests, nothing acknowledged is lost. */
  end(): void {
    this.world.network.heal();
    this.world.checks.demandHealing();
    this.world.checks.demandConvergence();
    this.world.checks.demandService();
    this.world.checks.atTheEnd();
  }
}

export function set(row: string, value: string): Operation[] {
  return [{ kind: "set", rows: [row], cells: [["v", value]] }];
}

function isSettled({ machine }: Host): boolean {
  return machine?.raft.leading?.isSettled === true;
}

function term({ machine }: Host): number {
  return machine?.raft.term ?? 0;
}
