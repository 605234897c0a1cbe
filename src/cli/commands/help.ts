/** `help`: of the program, of one command, or of attributes. */
import type { Command } from "commander";

import { type Outcome, refused } from "../../base/outcome.ts";
import { nearestName } from "../../model/attribute.ts";
import { attributeHelp } from "../../model/catalogue/help.ts";
import { nearest } from "../../model/nearest.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import type { Surroundings } from "../surroundings.ts";

/** Words that lead to a command tell of it; every word after those is an attribute. */
export function help(
  surroundings: Surroundings,
  { program }: GlobalOptions,
  words: readonly string[],
): Promise<ExitCode> {
  let command = program;
  const attributes = [...words];
  for (let next; (next = commandIn(command, attributes[0])) !== undefined;) {
    command = next;
    attributes.shift();
  }
  const texts: string[] = [];
  for (const word of attributes) {
    const text = helpOn(word, command);
    if (!text.ok) return Promise.resolve(misused(surroundings, "", text.refusal.message));
    texts.push(text.value);
  }
  if (texts.length === 0) command.outputHelp();
  else surroundings.stdout.write(texts.join("\n"));
  return Promise.resolve(DONE);
}

function commandIn(command: Command, word: string | undefined): Command | undefined {
  if (word === undefined) return undefined;
  return command.commands.find((one) => one.name() === word || one.alias() === word);
}

function helpOn(word: string, command: Command): Outcome<string> {
  const text = attributeHelp(word);
  if (text.ok || word.includes(".")) return text;
  const best = nearest(word, command.commands.map((one) => one.name())) ?? nearestName(word);
  const meant = best === undefined ? "" : `; did you mean ${best}?`;
  return refused("not-found", `no help on '${word}'${meant}`);
}
