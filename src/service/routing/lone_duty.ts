/**
 * Who acts on nodes while there is no collective to divide them: the one member acts on all that
 * name no manager. With a second member that ends at once, for it comes in by an entry that the
 * one member appends itself.
 */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { MemberId } from "../../model/member.ts";
import type { Duty, Grant, Manager } from "../duty.ts";

export interface LoneView {
  readonly self: MemberId;
  /** Whether it is the only member there is. */
  readonly isAlone: boolean;
  /** Why it must not act at all, where it must not. */
  readonly locked: string | undefined;
  hasNode(node: string): boolean;
  /** The text of an attribute; empty where it is not set. */
  attribute(node: string, name: string): string;
  /** The index of the node's last change. */
  newest(node: string): number;
}

export class LoneDuty implements Duty {
  readonly #duty: Duty;
  readonly #view: LoneView;

  /** `duty`: for nodes that have or are to have a manager. */
  constructor(duty: Duty, view: LoneView) {
    this.#duty = duty;
    this.#view = view;
  }

  managerOf(node: string): Manager | undefined {
    if (!this.#isLeftToIt(node)) return this.#duty.managerOf(node);
    return { id: this.#view.self, epoch: this.#view.newest(node) };
  }

  begin(node: string): Outcome<Grant> {
    if (!this.#isLeftToIt(node)) return this.#duty.begin(node);
    if (this.#view.locked !== undefined) return refused("unavailable", this.#view.locked);
    return ok({
      epoch: this.#view.newest(node),
      leaseLeftMs: () => this.#mayAct() ? Number.POSITIVE_INFINITY : 0,
      signal: new AbortController().signal,
      end: () => {},
    });
  }

  #isLeftToIt(node: string): boolean {
    const { isAlone } = this.#view;
    return isAlone && this.#view.hasNode(node) &&
      ["collective.manager", "collective.managercandidates"]
        .every((name) => this.#view.attribute(node, name) === "");
  }

  #mayAct(): boolean {
    return this.#view.isAlone && this.#view.locked === undefined;
  }
}
