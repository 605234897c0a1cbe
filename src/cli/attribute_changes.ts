/** What the words and options of `nodeattrib` and `nodegroupattrib` change. */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { spelledOut } from "../model/catalogue/name.ts";
import { type Assignments, isAssignment, readAssignments, wordsOf } from "./assignments.ts";
import { readGivenFile } from "./given_file.ts";
import type { Surroundings } from "./surroundings.ts";

/** The ways to change attributes, beside words such as `type=server`. */
export interface ChangeOptions {
  readonly clear?: boolean;
  readonly environment?: boolean;
  readonly prompt?: boolean;
  /** A file. */
  readonly set?: string;
}

/** Undefined where attributes are to be shown; `invalid` where the words do not go together. */
export async function changesAsked(
  surroundings: Surroundings,
  options: ChangeOptions,
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
  if (options.clear) return ok(new Map(words.map((word) => [spelledOut(word), null])));
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
    assignments.set(spelledOut(word), value);
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
    assignments.set(spelledOut(word), value);
  }
  return ok(assignments);
}
