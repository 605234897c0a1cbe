/**
 * `collective drain`: a member that is to be serviced holds no nodes any more. It hands them over
 * by itself as soon as it knows (machine/placing.ts); here that is written, and waited for.
 */
import { DRAIN_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Stuck } from "../collective/stuck.ts";
import type { Clock } from "../io/clock.ts";
import type { Member, Roster } from "../model/member.ts";
import { type Operation, ROW_MARK } from "../model/operation.ts";
import { drainedRow } from "../model/placement.ts";
import type { MemberMachine } from "./machine/member_machine.ts";
import type { DrainAnswer, StateView, Staying, Written } from "./member_service.ts";
import { lookAt, Troubles } from "./node_standing.ts";

/** Progress is told so often. */
const TELL_MS = 500;

/** What is needed of the member that is asked. */
export interface Drainer {
  readonly roster: Roster;
  readonly index: number;
  readonly state: Pick<StateView, "exists">;
  readonly machine: MemberMachine;
  readonly clock: Clock;
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;
  /** True once it is so; false where it is not within `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
}

/** Has the member of that name hold no nodes; see {@link DrainAnswer}. */
export async function drain(
  on: Drainer,
  name: string,
  progress: (line: string) => void,
): Promise<Outcome<DrainAnswer>> {
  const member = memberOf(on, "drain", name);
  if (!member.ok) return member;
  const { id } = member.value;
  const before = [...on.machine.placing.placements.heldBy(id)];
  const index = await marked(on, id, true);
  if (!index.ok) return index;
  const left = await emptied(on, member.value, before.length, progress);
  const { placements } = on.machine.placing;
  const handedOver = before.filter((node) => placements.holderOf(node) !== id).length;
  const drained = on.state.exists(drainedRow(id));
  return ok({ index: index.value, name, drained, handedOver, ...left });
}

/** Nodes may be given to the member again. None comes back by that alone. */
export async function undrain(on: Drainer, name: string): Promise<Outcome<DrainAnswer>> {
  const member = memberOf(on, "end the drain of", name);
  if (!member.ok) return member;
  const index = await marked(on, member.value.id, false);
  if (!index.ok) return index;
  const nothing = { handedOver: 0, going: 0, staying: [], notices: [] };
  return ok({ index: index.value, name, drained: false, ...nothing });
}

function memberOf({ roster }: Drainer, what: string, name: string): Outcome<Member> {
  const member = roster.members.find((listed) => listed.name === name);
  if (member !== undefined) return ok(member);
  const names = roster.members.map((listed) => listed.name).sort().join(", ");
  return refused("not-found", `cannot ${what} ${name}: no such member; there are ${names}`);
}

/** Writes it down, unless it stands there already: the index. */
async function marked(
  on: Drainer,
  id: Member["id"],
  isDrained: boolean,
): Promise<Outcome<number>> {
  const rows = [drainedRow(id)];
  if (on.state.exists(drainedRow(id)) === isDrained) return ok(on.index);
  const operation: Operation = isDrained
    ? { kind: "set", rows, cells: [[ROW_MARK, ""]] }
    : { kind: "drop", rows };
  const written = await on.write([operation]);
  if (!written.ok || written.value.verdict.result === "applied") {
    return written.ok ? ok(written.value.index) : written;
  }
  return refused("unknown-outcome", "that may or may not have been written down; ask again");
}

type Left = Pick<DrainAnswer, "going" | "staying" | "notices">;

/** Waits until what can go is gone, and says what is left. */
async function emptied(
  on: Drainer,
  { id, name }: Member,
  count: number,
  progress: (line: string) => void,
): Promise<Left> {
  const { machine, clock } = on;
  const { placements, losses } = machine.placing;
  const untilMs = clock.now().monoMs + DRAIN_MS;
  for (;;) {
    if (!on.state.exists(drainedRow(id))) {
      return { going: 0, staying: [], notices: [`the drain of ${name} was undone meanwhile`] };
    }
    const held = [...placements.heldBy(id)];
    const troubles = new Troubles();
    await lookAt(machine, clock, held, `${name} is drained`, (one) => troubles.add(one));
    const staying = troubles.all.map(({ count, example, stuck, why }): Staying => ({
      count,
      example,
      why: STAYS[stuck] + (why === "" ? "" : `: ${why}`),
    }));
    const going = held.length - staying.reduce((sum, { count }) => sum + count, 0);
    const nowMs = clock.now().monoMs;
    if (losses.isLost(id, nowMs) && held.length > 0) {
      return { going, staying, notices: [silentText(name)] };
    }
    if (going === 0 || nowMs >= untilMs) return { going, staying, notices: [] };
    progress(`${name}: ${Math.max(0, count - held.length)} of ${count} nodes are handed over`);
    const hasChanged = (): boolean =>
      placements.heldBy(id).size !== held.length || !on.state.exists(drainedRow(id));
    await on.until(hasChanged, Math.min(TELL_MS, untilMs - nowMs));
  }
}

const STAYS: Readonly<Record<Stuck, string>> = {
  "bad-candidates": "their collective.managercandidates is no noderange",
  "no-candidates": "they have no collective.managercandidates",
  "none-able": "no other of their candidates can take them",
  "no-such-manager": "their collective.manager names no member",
};

function silentText(name: string): string {
  return `${name} does not answer, so that it hands nothing over: it is given no nodes, and ` +
    "those it holds go to their candidates once it is certain that it does not act any more";
}
