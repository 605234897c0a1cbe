/** How a node stands: who manages it and why, who should and could, by what this member knows. */
import { hlcMillis } from "../../base/hlc.ts";
import type { Now } from "../../base/instant.ts";
import { stuckBecause } from "../../collective/stuck.ts";
import { type MemberId, nameOf } from "../../model/member.ts";
import { naturalSort } from "../../model/natural_order.ts";
import { BECAUSE_CELL, CANDIDATES, MANAGER, placementRow } from "../../model/placement.ts";
import type { Explanation } from "../../wire/explanation_http.ts";
import type { Manager } from "../duty.ts";
import type { RunningMember } from "../running_member.ts";

export type Standing = Pick<
  Explanation,
  "exists" | "wanted" | "candidates" | "moving" | "stuck"
>;

export class ExplainedNode {
  readonly #member: RunningMember;
  readonly #node: string;
  readonly #now: Now;

  constructor(member: RunningMember, node: string, now: Now) {
    this.#member = member;
    this.#node = node;
    this.#now = now;
  }

  /** What the state says of who acts on it. */
  managerOf({ id, epoch }: Manager): Omit<NonNullable<Explanation["manager"]>, "silence"> {
    const { roster, identity, state } = this.#member;
    const { placements } = this.#machine.placing;
    const isHeld = placements.holderOf(this.#node) !== undefined;
    const entry = this.#machine.raft.log.at(placements.epochOf(this.#node));
    const because = state.value(placementRow(this.#node), BECAUSE_CELL) ?? "";
    return {
      name: nameOf(roster, id),
      epoch,
      since: isHeld && entry !== undefined ? new Date(hlcMillis(entry.hlc)).toISOString() : null,
      because: isHeld ? because : "it is the only member, and no manager is set",
      isHere: id === identity.id,
    };
  }

  standing(): Standing {
    return {
      exists: this.#machine.placing.placements.exists(this.#node),
      wanted: this.#wanted(),
      candidates: this.#candidates(),
      ...this.#future(),
    };
  }

  get #machine(): RunningMember["life"]["loop"]["machine"] {
    return this.#member.life.loop.machine;
  }

  #wanted(): Standing["wanted"] {
    const { resolver } = this.#member.nodes;
    const { placing } = this.#machine;
    const broken = [MANAGER, CANDIDATES].flatMap((name) => {
      const why = resolver.resolve(this.#node, name)?.broken;
      return why === undefined ? [] : [`${name} has a broken expression: ${why}`];
    });
    const fault = placing.lookNow(this.#now).fault(this.#node);
    return {
      manager: resolver.textOf(this.#node, MANAGER),
      candidates: resolver.textOf(this.#node, CANDIDATES),
      failback: placing.placements.isFailback(this.#node),
      faults: [...broken, ...fault === undefined ? [] : [`${CANDIDATES}: ${fault}`]],
    };
  }

  #candidates(): Standing["candidates"] {
    const { placing } = this.#machine;
    const { candidates } = placing.lookNow(this.#now).placed(this.#node);
    const ids = new Map([...candidates ?? []].map((id) => [nameOf(this.#member.roster, id), id]));
    return naturalSort([...ids.keys()]).flatMap((name) => {
      const id = ids.get(name);
      if (id === undefined) return [];
      const nodes = placing.placements.heldBy(id).size;
      return [{ name, unable: this.#whyUnable(id) ?? null, nodes }];
    });
  }

  #whyUnable(id: MemberId): string | undefined {
    const isCutOff = id === this.#member.identity.id && !this.#member.quorum().held;
    return this.#machine.placing.whyUnable(id, this.#now) ??
      (isCutOff ? "without quorum" : undefined);
  }

  /** Where it is about to go, or why it does not go where it should. */
  #future(): Pick<Standing, "moving" | "stuck"> {
    const { placing } = this.#machine;
    if (!this.#member.quorum().held) {
      const { name } = this.#member;
      return { moving: null, stuck: `${name} hears no majority, and does not know what moves` };
    }
    const move = placing.moveOf(this.#node) ?? placing.wanted(this.#node, this.#now);
    if (move === undefined) return { moving: null, stuck: this.#whyStuck() ?? null };
    const to = move.to === undefined ? null : nameOf(this.#member.roster, move.to);
    return { moving: { to, because: move.because }, stuck: null };
  }

  #whyStuck(): string | undefined {
    const { placing } = this.#machine;
    const { field, placed, fault } = placing.lookNow(this.#now);
    const node = placed(this.#node), wrong = fault(this.#node);
    const { holder, manager } = node;
    const out = holder === undefined ? undefined : placing.whyOut(holder, this.#now);
    const why = out ?? "nobody manages it";
    switch (stuckBecause(node, wrong, field, out)) {
      case "bad-candidates":
        return `${why}, and ${CANDIDATES} makes no sense: ${wrong}`;
      case "no-candidates":
        return `${why}, and ${CANDIDATES} is not set: it waits`;
      case "none-able":
        return `${why}, and no candidate can take it${this.#listed()}`;
      case "no-such-manager":
        return `${manager}, whom ${MANAGER} names, is no member`;
      case undefined:
        return this.#whyNotWished(node, field.byName(manager));
    }
  }

  /** Somebody has it, but not whom `collective.manager` names. */
  #whyNotWished(
    { exists, holder, manager }: { exists: boolean; holder: MemberId | undefined; manager: string },
    wished: MemberId | undefined,
  ): string | undefined {
    if (!exists || holder === undefined || wished === undefined || wished === holder) {
      return undefined;
    }
    const why = this.#whyUnable(wished);
    return why && `${manager}, whom ${MANAGER} names, cannot take it: ${why}`;
  }

  #listed(): string {
    const others = this.#candidates().filter(({ unable }) => unable !== null);
    if (others.length === 0) return "";
    return `: ${others.map(({ name, unable }) => `${name} (${unable})`).join(", ")}`;
  }
}
