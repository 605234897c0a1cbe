/** The command line in outline: what a shell needs to complete it. */
import type { Command } from "commander";

import { CATALOGUE } from "../../model/attribute.ts";

export interface OptionOutline {
  /** `--blame` and, where there is one, `-b`. */
  readonly flags: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly words: string;
}

/** What may stand where a word does. */
export type WordKind = "node" | "attribute" | "command" | "other" | { readonly oneOf: string[] };

export interface CommandOutline {
  /** `collective show`. */
  readonly path: string;
  readonly words: string;
  readonly options: readonly OptionOutline[];
  readonly commands: readonly string[];
  readonly first: WordKind;
  /** Of every word after the first. */
  readonly later: WordKind;
}

const TAKES_NODES: readonly string[] = ["nodelist", "nodeattrib", "noderemove"];
/** Commands whose words, but for the first, are attributes. */
export const TAKES_ATTRIBUTES: readonly string[] = ["nodelist", "nodeattrib", "nodedefine"];

/** The program first, then each command, those of `collective` after it. */
export function outlineOf(program: Command): CommandOutline[] {
  return [outline(program, ""), ...below(program, "")];
}

function below(command: Command, path: string): CommandOutline[] {
  return command.commands.flatMap((one) => {
    const its = path === "" ? one.name() : `${path} ${one.name()}`;
    return [outline(one, its), ...below(one, its)];
  });
}

function outline(command: Command, path: string): CommandOutline {
  const name = command.name();
  const choices = command.registeredArguments[0]?.argChoices;
  return {
    path,
    words: command.summary(),
    options: command.options.map((
      { short, long, required, optional, argChoices, description },
    ) => ({
      flags: [long, short].filter((flag) => flag !== undefined),
      takesValue: required || optional,
      choices: argChoices ?? [],
      words: description,
    })),
    commands: command.commands.map((one) => one.name()),
    first: choices !== undefined
      ? { oneOf: [...choices] }
      : TAKES_NODES.includes(name)
      ? "node"
      : name === "help"
      ? "command"
      : "other",
    later: TAKES_ATTRIBUTES.includes(name) ? "attribute" : name === "help" ? "command" : "other",
  };
}

/** Attribute names worth completing: the family of each network interface is typed by hand. */
export function attributeNames(): string[] {
  return [...CATALOGUE.keys()];
}
