/**
 * The nodes that this member acts on itself. However many there are, so many of them are acted on
 * at a time; commands take turns, so that one on a single node does not wait behind one on
 * thousands, and controllers that do not answer leave room for those that do.
 */
import {
  FEW_NODES_AT_ONCE,
  MAX_NODES_AT_ONCE,
  MAX_NODES_AT_ONCE_OF_ONE,
  PLACEMENT_WAIT_MS,
} from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { NodeCommand, NodeResult } from "../../model/node_command.ts";
import type { PartResult } from "../../wire/node_command.ts";
import type { Duty, Grant } from "../duty.ts";
import type { Beginning, RecentOperations } from "../explaining/recent_operations.ts";
import { type AttributeSources, bmcOf, methodOf } from "../hardware/bmc_of.ts";
import { type Bmc, DEADLINE_OVER, type Driver, DriverError } from "../hardware/driver.ts";
import type { Pinning } from "../hardware/pinning.ts";
import type { Logger } from "../logger.ts";

/** Nodes are begun by so many before others get their turn. */
const BEGUN_AT_ONCE = 32;

/** By `hardwaremanagement.method`. */
export type Drivers = ReadonlyMap<string, Driver>;

export interface Share {
  readonly nodes: readonly string[];
  readonly command: NodeCommand;
  /** Who asks, and by way of which member, by name: for the record. */
  readonly by: string;
  readonly through: string;
  readonly deadlineMs: number;
  /** Aborted where nobody waits any more. */
  readonly signal: AbortSignal;
  /** Each node once, unless nobody waits. */
  tell(result: PartResult): void;
}

export interface Means {
  readonly clock: Clock;
  readonly log: Logger;
  readonly duty: Duty;
  /** Whether this member is to act on it, whether or not it may now. */
  isOwn(node: string): boolean;
  /** Waits until it is so, for `ms` at most. */
  until(isMet: () => boolean, ms: number): Promise<boolean>;
  readonly drivers: Drivers;
  readonly sources: AttributeSources;
  readonly pinning: Pinning;
  readonly recent: RecentOperations;
  /** What a controller said, of the manager by that epoch. */
  observed(command: NodeCommand, result: NodeResult, epoch: number): void;
}

interface Begun {
  readonly share: Share;
  /** Aborted at the deadline as well. */
  readonly signal: AbortSignal;
  readonly close: () => void;
  /** Until then it is waited for leave to act. */
  readonly patienceEndsMs: number;
  /** Of the next node. */
  at: number;
  running: number;
}

export class CarryingOut {
  readonly #means: Means;
  /** Those with nodes that can be begun, the next first. */
  readonly #turns: Begun[] = [];
  #running = 0;
  #isBeginning = false;

  constructor(means: Means) {
    this.#means = means;
  }

  add(share: Share): void {
    const { clock } = this.#means;
    const late = new AbortController();
    const { monoMs } = clock.now();
    const close = clock.after(
      Math.max(0, share.deadlineMs - monoMs),
      () => late.abort(DEADLINE_OVER),
    );
    const signal = AbortSignal.any([share.signal, late.signal]);
    const patienceEndsMs = Math.min(share.deadlineMs, monoMs + PLACEMENT_WAIT_MS);
    this.#turns.push({ share, signal, close, patienceEndsMs, at: 0, running: 0 });
    this.#begin();
  }

  /** Why the node's controller would not be asked now; undefined where it would be. */
  whyNot(node: string): string | undefined {
    const granted = this.#means.duty.begin(node);
    if (!granted.ok) return granted.refusal.message;
    granted.value.end();
    const way = this.#wayTo(node);
    return "error" in way ? way.error : undefined;
  }

  /** Begins as many as may be, a few at a time. */
  #begin(): void {
    if (this.#isBeginning) return;
    for (let count = 0; this.#running < MAX_NODES_AT_ONCE; count++) {
      const next = this.#turns.findIndex((begun) => this.#hasRoomFor(begun));
      if (next < 0) return;
      if (count === BEGUN_AT_ONCE) {
        this.#isBeginning = true;
        this.#means.clock.after(0, () => {
          this.#isBeginning = false;
          this.#begin();
        });
        return;
      }
      for (const begun of this.#turns.splice(next, 1)) this.#beginOne(begun);
    }
  }

  /** The last places are for those that have few: however many are dead, they hold nobody up. */
  #hasRoomFor({ running }: Begun): boolean {
    return this.#running < MAX_NODES_AT_ONCE_OF_ONE || running < FEW_NODES_AT_ONCE;
  }

  #beginOne(begun: Begun): void {
    const node = begun.share.nodes[begun.at];
    if (node === undefined || begun.share.signal.aborted) return this.#endOne(begun);
    begun.at++;
    begun.running++;
    this.#running++;
    this.#turns.push(begun);
    const beginning = this.#means.recent.begin(node, begun.share);
    void this.#act(begun, node, beginning).then((result) => {
      beginning.end(result);
      begun.share.tell(result);
      this.#running--;
      begun.running--;
      this.#endOne(begun);
      this.#begin();
    });
  }

  #endOne({ share, at, running, close }: Begun): void {
    const isAllBegun = at >= share.nodes.length || share.signal.aborted;
    if (isAllBegun && running === 0) close();
  }

  async #act(begun: Begun, node: string, beginning: Beginning): Promise<PartResult> {
    const { share, signal } = begun;
    const { clock, log, observed } = this.#means;
    if (clock.now().monoMs >= share.deadlineMs) {
      return failed(node, 504, "its turn did not come within the time; nothing was done");
    }
    const granted = await this.#leaveFor(begun, node);
    if (!granted.ok) {
      const { kind, message } = granted.refusal;
      return kind === "conflict" ? { node, elsewhere: message } : failed(node, 503, message);
    }
    const grant = granted.value;
    beginning.granted(grant.epoch);
    let result: NodeResult;
    try {
      result = await this.#ask(node, share, grant, AbortSignal.any([signal, grant.signal]));
    } catch (error) {
      if (!(error instanceof DriverError)) {
        log.error(`${share.command.path} of ${node}: ${oneLine(error)}`);
      }
      result = error instanceof DriverError
        ? failed(node, error.errorcode, error.message)
        : failed(node, 500, "an error that nobody foresaw; the log of its manager has its reason");
    } finally {
      grant.end();
    }
    observed(share.command, result, grant.epoch);
    return result;
  }

  /** Whoever was made the manager just now may not act before it is certain that nobody else does,
   * which takes a moment. */
  async #leaveFor({ signal, patienceEndsMs }: Begun, node: string): Promise<Outcome<Grant>> {
    const { clock, duty, isOwn, until } = this.#means;
    let granted = duty.begin(node);
    if (granted.ok || !isOwn(node)) return granted;
    const leftMs = patienceEndsMs - clock.now().monoMs;
    if (leftMs <= 0) return granted;
    await until(() => {
      if (signal.aborted || !isOwn(node)) return true;
      granted = duty.begin(node);
      return granted.ok;
    }, leftMs);
    return granted;
  }

  async #ask(
    node: string,
    { command, deadlineMs }: Share,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<NodeResult> {
    const { pinning } = this.#means;
    const way = this.#wayTo(node);
    if ("error" in way) return way;
    const pin = (fingerprint: string): Promise<void> => pinning.pin(node, fingerprint);
    const values = await way.driver.run(way.bmc, command, { grant, signal, deadlineMs, pin });
    return { node, values };
  }

  /** How its controller is reached, or why it cannot be. */
  #wayTo(node: string): Way | Failed {
    const { sources, drivers } = this.#means;
    const method = methodOf(sources, node);
    const driver = drivers.get(method);
    if (driver === undefined) return failed(node, 501, whyNoDriver(method, drivers));
    const bmc = bmcOf(sources, node);
    if (bmc.ok) return { driver, bmc: bmc.value };
    return failed(node, bmc.refusal.kind === "unavailable" ? 503 : 409, bmc.refusal.message);
  }
}

type Failed = Extract<NodeResult, { readonly error: string }>;

interface Way {
  readonly driver: Driver;
  readonly bmc: Bmc;
}

function failed(node: string, errorcode: number, error: string): Failed {
  return { node, errorcode, error };
}

function whyNoDriver(method: string, drivers: Drivers): string {
  if (method === "") return "hardwaremanagement.method is not set for this node";
  const known = [...drivers.keys()].sort().join(", ");
  return `hardwaremanagement.method is ${method}, which is not supported; ${known} are`;
}
