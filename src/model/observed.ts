/**
 * What was seen of nodes: facts that came back with commands. Each is a last-writer-wins register
 * of its own, written by the node's manager. Nothing of it is ever intended, so none of it is an
 * attribute.
 */
import { utf8 } from "../base/bytes.ts";
import { MAX_OBSERVED_VALUE_BYTES } from "../base/limits.ts";
import type { MemberId } from "./member.ts";
import type { NodeCommand, NodePath, NodeResult, NodeValues } from "./node_command.ts";

/** In the order of their numbers on the wire: never re-used, never re-ordered. `seen` has no value,
 * only a stamp: the controller answered. */
export const OBSERVED_FACTS = ["power", "health", "seen"] as const;
/** One of {@link OBSERVED_FACTS}. */
export type ObservedFact = typeof OBSERVED_FACTS[number];

/** Who saw it, when, and by which right. */
export interface ObservedStamp {
  /** The index of the entry that made the member manager of the node. */
  readonly epoch: number;
  /** See src/base/hlc.ts; rises with all that the member writes. */
  readonly hlc: number;
  readonly by: MemberId;
}

/** One fact of one node. */
export interface ObservedCell {
  readonly node: string;
  readonly fact: ObservedFact;
  readonly value: string;
  readonly stamp: ObservedStamp;
}

/** A fact and its value, before it is written. */
export type Sighting = readonly [fact: ObservedFact, value: string];

/** Above 0 where `a` is newer: by a later right, or later under the same, or by the greater id. */
export function compareStamps(a: ObservedStamp, b: ObservedStamp): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.hlc !== b.hlc) return a.hlc - b.hlc;
  return a.by === b.by ? 0 : a.by < b.by ? -1 : 1;
}

/** What a result says of its node; nothing where the command failed. */
export function sightingsOf(command: NodeCommand, result: NodeResult): Sighting[] {
  if (!("values" in result)) return [];
  const sightings: Sighting[] = [["seen", ""]];
  if (command.path === "power/state") {
    const state = wordOf(result.values.state);
    // Whoever asks for a reset is told "reset": that is what was done, not how the node is.
    const isKnown = command.set === undefined || state === "on" || state === "off";
    if (state !== undefined && isKnown) sightings.push(["power", state]);
  } else if (command.path === "health/hardware") {
    const health = healthText(result.values);
    if (health !== undefined) sightings.push(["health", health]);
  }
  return sightings;
}

/** The fact that answers for a path; undefined for what is not kept. */
export function factOf(path: NodePath): ObservedFact | undefined {
  if (path === "power/state") return "power";
  return path === "health/hardware" ? "health" : undefined;
}

/** What a node would have answered, of what is kept of it. */
export function valuesOf({ fact, value }: Pick<ObservedCell, "fact" | "value">): NodeValues {
  if (fact === "seen") return {};
  if (fact === "power") return { state: { value } };
  const space = value.indexOf(" ");
  if (space < 0) return { health: { value } };
  const sensors = listIn(value.slice(space + 1));
  return { health: { value: value.slice(0, space) }, ...sensors && { sensors } };
}

/** The word alone, or with the sensors behind a space, as JSON, where those are few. */
function healthText({ health, sensors }: NodeValues): string | undefined {
  const word = wordOf(health);
  if (word === undefined || word.includes(" ")) return undefined;
  if (!Array.isArray(sensors) || sensors.length === 0) return word;
  const text = `${word} ${JSON.stringify(sensors)}`;
  return isShort(text) ? text : word;
}

function wordOf(told: unknown): string | undefined {
  if (typeof told !== "object" || told === null || !("value" in told)) return undefined;
  const { value } = told;
  if (typeof value !== "string") return undefined;
  // Half a character would be another on its way to the others.
  const word = value.toWellFormed();
  return isShort(word) ? word : undefined;
}

/** A list in JSON; undefined for anything else, which a peer may have said. */
function listIn(json: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function isShort(text: string): boolean {
  return utf8(text).length <= MAX_OBSERVED_VALUE_BYTES;
}
