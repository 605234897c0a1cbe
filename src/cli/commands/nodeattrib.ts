/** `nodeattrib`: attributes of nodes shown, set or cleared; a change is one write. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { findAttribute } from "../../model/attribute.ts";
import { type AttributeOutput, dataByNode } from "../../wire/http.ts";
import { type Assignments, isAssignment, readAssignments, wordsOf } from "../assignments.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { readGivenFile } from "../given_file.ts";
import { asJson, byNode, type NodeAttributes, valueText } from "../node_attributes.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { printJson, type Surroundings } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { confirmedSize } from "./confirmed_size.ts";
import { conclude, showAttributes } from "./show_attributes.ts";

export interface NodeattribOptions {
  readonly blame?: boolean;
  readonly clear?: boolean;
  readonly environment?: boolean;
  readonly prompt?: boolean;
  readonly set?: string;
  readonly maxnodes?: number;
}

export async function nodeattrib(
  surroundings: Surroundings,
  options: NodeattribOptions & GlobalOptions,
  range: string,
  words: readonly string[],
): Promise<ExitCode> {
  const changes = await changesAsked(surroundings, options, words);
  if (!changes.ok) return misused(surroundings, "nodeattrib", changes.refusal.message);
  return await withService(surroundings, options, async (service) => {
    if (changes.value === undefined) {
      const [first] = words;
      const element = words.length === 0 || first === "current" ? "current" : "all";
      const rest = first === "all" || first === "current" ? words.slice(1) : words;
      const show = { blame: options.blame === true, element, words: rest } as const;
      return await showAttributes(surroundings, options, service, range, show);
    }
    const size = await confirmedSize(
      surroundings,
      options,
      service,
      range,
      "changes attributes of",
    );
    if (size !== DONE) return size;
    return await change(surroundings, options, service, range, changes.value);
  });
}

/** Undefined where attributes are to be shown; `invalid` where the words do not go together. */
async function changesAsked(
  surroundings: Surroundings,
  options: NodeattribOptions,
  words: readonly string[],
): Promise<Outcome<Assignments | undefined>> {
  const ways = [options.clear && "-c", options.environment && "-e", options.prompt && "-p"]
    .filter((way) => typeof way === "string");
  if (options.set !== undefined) ways.push("-s");
  if (ways.length > 1) return refused("invalid", `${ways.join(" and ")} cannot go together`);
  if (options.set !== undefined) return await fromFile(surroundings, options.set, words);
  const assigned = words.filter(isAssignment);
  if (ways.length === 0) {
    if (assigned.length === 0) return ok(undefined);
    if (assigned.length === words.length) return readAssignments(words);
    return refused("invalid", "attributes are either shown or set: every word needs a = or none");
  }
  if (words.length === 0) return refused("invalid", `${ways[0]} needs the names of attributes`);
  if (assigned.length > 0) {
    return refused("invalid", `${ways[0]} takes names alone; "${assigned[0]}" has a value`);
  }
  if (options.clear) return ok(new Map(words.map((word) => [word, null])));
  return options.environment
    ? fromEnvironment(surroundings, words)
    : await fromPrompt(surroundings, words);
}

async function fromFile(
  surroundings: Surroundings,
  path: string,
  words: readonly string[],
): Promise<Outcome<Assignments>> {
  if (words.length > 0) return refused("invalid", "-s takes all attributes from its file");
  const text = await readGivenFile(surroundings, path);
  if (!text.ok) return text;
  const found = wordsOf(text.value);
  const read = found.ok ? readAssignments(found.value) : found;
  if (!read.ok) return refused("invalid", `${path}: ${read.refusal.message}`);
  return read.value.size > 0 ? read : refused("invalid", `${path} sets nothing`);
}

function fromEnvironment({ env }: Surroundings, words: readonly string[]): Outcome<Assignments> {
  const assignments = new Map<string, string>();
  for (const word of words) {
    const name = word.replaceAll(".", "_");
    const value = env(name) ?? env(name.toUpperCase());
    if (value === undefined) {
      return refused("invalid", `${word}: neither ${name} nor ${name.toUpperCase()} is set`);
    }
    assignments.set(word, value);
  }
  return ok(assignments);
}

async function fromPrompt(
  { stdin }: Surroundings,
  words: readonly string[],
): Promise<Outcome<Assignments>> {
  if (!stdin.isTerminal) {
    return refused("invalid", "-p asks on a terminal, and there is none; -e takes variables");
  }
  const assignments = new Map<string, string>();
  for (const word of words) {
    const value = await stdin.askSecretly(`Enter value for ${word}: `);
    if (value === undefined || value !== await stdin.askSecretly(`Confirm value for ${word}: `)) {
      return refused("invalid", `${word}: the two values are not the same; nothing was changed`);
    }
    assignments.set(word, value);
  }
  return ok(assignments);
}

async function change(
  surroundings: Surroundings,
  options: NodeattribOptions & GlobalOptions,
  service: ServiceClient,
  range: string,
  changes: Assignments,
): Promise<ExitCode> {
  const route = `PUT /noderange/${inPath(range)}/attributes/current`;
  const asked = await service.ask(route, dataByNode, { body: Object.fromEntries(changes) });
  if (!asked.ok) return unanswered(surroundings, asked);
  const nodes = byNode(asked.value);
  if (options.json === true) printJson(surroundings, asJson(nodes));
  else if (options.clear !== true) printSet(surroundings, nodes, [...changes.keys()]);
  return conclude(surroundings, nodes);
}

/** `n1: VALUE` for each node, attribute by attribute, as they were typed. */
function printSet(
  { stdout }: Surroundings,
  nodes: readonly NodeAttributes[],
  names: readonly string[],
): void {
  let text = "";
  for (const given of names) {
    const known = findAttribute(given);
    const name = known.ok ? known.value.name : given;
    for (const { node, attributes } of nodes) {
      const value = attributes.get(name);
      if (value !== undefined) text += `${node}: ${setText(value)}`.trimEnd() + "\n";
    }
  }
  if (text !== "") stdout.write(text);
}

/** A list is told as the original tells it. */
function setText(value: AttributeOutput): string {
  if (!Array.isArray(value)) return valueText(value);
  return `[${value.map((part) => `'${part}'`).join(", ")}]`;
}
