/**
 * Commands on nodes, wherever they are managed. Each node's command goes to its manager as this
 * member knows it, in parallel and one hop at most; a manager that is not the manager says so, and
 * then it is asked once more whom this member's state, newer meanwhile, names.
 */
import { MAX_COMMAND_NODES, MAX_COMMANDS, PLACEMENT_WAIT_MS } from "../../base/limits.ts";
import { type Refused, refused } from "../../base/outcome.ts";
import { sharesOf } from "../../collective/routing.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId } from "../../model/member.ts";
import type { NodeCommand, NodeResult } from "../../model/node_command.ts";
import { decodeCommandFrame, type PartFailure, type PartResult } from "../../wire/node_command.ts";
import type { Duty } from "../duty.ts";
import type { CommandOptions, NodeCommands } from "../node_commands.ts";
import type { CarryingOut } from "./carrying_out.ts";
import { CommandRun } from "./command_run.ts";
import { PassedCommands, type Wires } from "./passed_commands.ts";
import { ServedCommands, type Serving } from "./served_commands.ts";

/** What routing is told of the member, asked anew each time. */
export interface RoutingView extends Wires, Pick<Serving, "reach"> {
  readonly self: MemberId;
  readonly duty: Duty;
  hasNode(node: string): boolean;
  /** Whether a member is called so. */
  isMember(name: string): boolean;
  /** The text of an attribute; empty where it is not set. */
  attribute(node: string, name: string): string;
  /** True once it is so; false where it is not within `ms`. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
}

/** As confluent 4.0 says it. */
const NO_MANAGER = "collective mode is active, but collective.manager is not set for this node";

export class CommandRouting implements NodeCommands {
  readonly #view: RoutingView;
  readonly #clock: Clock;
  readonly #local: CarryingOut;
  readonly #passed: PassedCommands;
  readonly #served: ServedCommands;
  readonly #runs = new Set<CommandRun>();
  #nodes = 0;

  constructor(view: RoutingView, local: CarryingOut, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
    this.#local = local;
    this.#passed = new PassedCommands(view, clock);
    this.#served = new ServedCommands({
      clock,
      local,
      send: (to, frame) => view.send(to, frame),
      nameOf: (id) => view.nameOf(id),
      reach: (index, ms) => view.reach(index, ms),
    });
  }

  busy(more: number): Refused | undefined {
    if (this.#runs.size < MAX_COMMANDS && this.#nodes + more <= MAX_COMMAND_NODES) return undefined;
    return refused(
      "busy",
      `${this.#runs.size} commands on ${this.#nodes} nodes are under way at this member; at most ` +
        `${MAX_COMMANDS} on ${MAX_COMMAND_NODES} may be`,
    );
  }

  async run(
    nodes: readonly string[],
    command: NodeCommand,
    options: CommandOptions,
    tell: (result: NodeResult) => void,
  ): Promise<void> {
    const busy = this.busy(nodes.length);
    if (busy !== undefined) {
      for (const node of nodes) tell({ node, errorcode: 429, error: busy.refusal.message });
      return;
    }
    const run = new CommandRun(nodes, command, options, this.#clock, tell);
    this.#runs.add(run);
    this.#nodes += nodes.length;
    try {
      this.#begin(nodes, run);
      await run.over;
    } finally {
      this.#runs.delete(run);
      this.#nodes -= nodes.length;
    }
  }

  /** Why no member would be asked about a node that nobody manages. */
  whyNobody(node: string): PartFailure {
    if (!this.#isToBePlaced(node)) return { errorcode: 500, error: NO_MANAGER };
    const name = this.#view.attribute(node, "collective.manager");
    const isStranger = name !== "" && !this.#view.isMember(name);
    const why = isStranger ? `${name} is no member` : "it was not taken yet";
    return { errorcode: 503, error: `nobody manages this node: ${why}` };
  }

  /** What a peer says of commands; false where the frame is another service's. */
  frame(peer: MemberId, bytes: Uint8Array): boolean {
    const frame = decodeCommandFrame(bytes);
    if (frame === undefined) return false;
    switch (frame.type) {
      case "command":
        this.#served.heard(peer, frame);
        return true;
      case "commandCancel":
        this.#served.cancel(peer, frame.id);
        return true;
      default:
        this.#passed.heard(peer, frame);
        return true;
    }
  }

  down(peer: MemberId): void {
    this.#passed.down(peer);
    this.#served.down(peer);
  }

  /** What is under way here ends; whoever waits for it is told. */
  close(): void {
    this.#served.close();
    for (const run of [...this.#runs]) run.stopped();
  }

  #begin(nodes: readonly string[], run: CommandRun): void {
    const known = nodes.filter((node) => this.#view.hasNode(node));
    if (known.length < nodes.length) {
      for (const node of nodes.filter((name) => !this.#view.hasNode(name))) {
        run.fail([node], 404, `Target not found - Unknown node ${node}`);
      }
    }
    const nobodys = this.#route(known, run, false);
    const [awaited, never] = partition(nobodys, (node) => this.#isToBePlaced(node));
    run.fail(never, 500, NO_MANAGER);
    if (awaited.length > 0) void this.#whenPlaced(awaited, run);
  }

  /** Gives each manager its share; the nodes that nobody manages are returned. */
  #route(nodes: readonly string[], run: CommandRun, isAgain: boolean): readonly string[] {
    const { self, duty } = this.#view;
    const { here, passed, nobodys } = sharesOf(nodes, (node) => duty.managerOf(node), self);
    for (const [peer, share] of passed) {
      this.#passed.pass(peer, share, run, (moved, why) => {
        void this.#elsewhere(moved, peer, run, isAgain, why);
      });
    }
    if (here.length > 0) this.#carryOut(here, run, isAgain);
    return nobodys;
  }

  #carryOut(nodes: readonly string[], run: CommandRun, isAgain: boolean): void {
    const { command, by, deadlineMs, signal } = run;
    const through = this.#view.nameOf(this.#view.self);
    const tell = (result: PartResult): void => {
      if (!("elsewhere" in result)) return run.tell(result);
      void this.#elsewhere([result.node], this.#view.self, run, isAgain, result.elsewhere);
    };
    this.#local.add({ nodes, command, by, through, deadlineMs, signal, tell });
  }

  /** They are not managed where they were thought to be: nothing was done. */
  async #elsewhere(
    nodes: readonly string[],
    asked: MemberId,
    run: CommandRun,
    isAgain: boolean,
    why: string,
  ): Promise<void> {
    if (isAgain) return run.fail(nodes, 503, why);
    const { duty } = this.#view;
    const hasMoved = (node: string): boolean => {
      const manager = duty.managerOf(node)?.id;
      return manager !== undefined && manager !== asked;
    };
    await this.#until(() => nodes.every(hasMoved), run);
    const [moved, stayed] = partition(nodes, hasMoved);
    this.#tellNobodys(this.#route(moved, run, true), run);
    const [nobodys, others] = partition(stayed, (node) => duty.managerOf(node) === undefined);
    this.#tellNobodys(nobodys, run);
    run.fail(others, 503, why);
  }

  /** There are candidates, or a name that may become a member's. */
  #isToBePlaced(node: string): boolean {
    return ["collective.manager", "collective.managercandidates"]
      .some((attribute) => this.#view.attribute(node, attribute) !== "");
  }

  async #whenPlaced(nodes: readonly string[], run: CommandRun): Promise<void> {
    const { duty } = this.#view;
    await this.#until(() => nodes.every((node) => duty.managerOf(node) !== undefined), run);
    this.#tellNobodys(this.#route(nodes, run, false), run);
  }

  #tellNobodys(nodes: readonly string[], run: CommandRun): void {
    for (const node of nodes) {
      const { errorcode, error } = this.whyNobody(node);
      run.fail([node], errorcode, error);
    }
  }

  async #until(isMet: () => boolean, run: CommandRun): Promise<void> {
    const leftMs = Math.max(0, run.deadlineMs - this.#clock.now().monoMs);
    await this.#view.until(() => run.isOver || isMet(), Math.min(leftMs, PLACEMENT_WAIT_MS));
  }
}

function partition<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  const yes: T[] = [], no: T[] = [];
  for (const one of all) (is(one) ? yes : no).push(one);
  return [yes, no];
}
