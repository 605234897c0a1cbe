/** What `sim` is asked for, and whether this machine can do it. */
import {
  MAX_BMC_CONNECTIONS,
  MAX_BMC_CONNECTIONS_EACH,
  MAX_SIMULATED_NODES,
} from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { MEMBERS } from "./simulated_nodes.ts";

export interface SimPlan {
  readonly count: number;
  /** So many, the last ones, have controllers that are dead. */
  readonly silent: number;
}

/** Files that this process has open beside the connections of controllers. */
const OTHER_FILES = 200;

export function readPlan(count: string, silent = "0"): Outcome<SimPlan> {
  const most = MAX_SIMULATED_NODES.toLocaleString("en");
  const nodes = wholeNumber(count, 1, MAX_SIMULATED_NODES);
  if (nodes === undefined) {
    return refused("invalid", `"${count}" nodes: wanted a whole number from 1 to ${most}`);
  }
  const dead = wholeNumber(silent, 0, nodes);
  if (dead !== undefined) return ok({ count: nodes, silent: dead });
  const wanted = `wanted a whole number from 0 to ${nodes}, the number of nodes`;
  return refused("invalid", `--silent "${silent}": ${wanted}`);
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most ? number : undefined;
}

/** Refused where this process may not open as many files as so many controllers need.
 * `limits`: what Linux tells of a process, /proc/self/limits. */
export function enoughFiles({ count }: SimPlan, limits: string): Outcome<void> {
  const [, may] = /^Max open files +\w+ +(\d+)/m.exec(limits) ?? [];
  const wanted = filesFor(count);
  if (may === undefined || Number(may) >= wanted) return ok();
  const fewer = Math.floor((Number(may) - OTHER_FILES) / MAX_BMC_CONNECTIONS_EACH);
  const remedy = fewer < 1 ? "" : `, or simulate at most ${fewer} nodes`;
  const message = `cannot simulate ${count} nodes: this process may open ${may} files and needs ` +
    `${wanted}; raise the limit (ulimit -Hn)${remedy}`;
  return refused("unavailable", message);
}

/** A connection is one; no member holds more than so many. */
function filesFor(count: number): number {
  const connections = MAX_BMC_CONNECTIONS_EACH * count;
  return Math.min(connections, MEMBERS.length * MAX_BMC_CONNECTIONS) + OTHER_FILES;
}
