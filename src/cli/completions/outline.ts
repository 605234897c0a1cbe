/** The command line in outline: what a shell needs to complete it. */
import type { Command } from "commander";

import { CATALOGUE, GROUP_CATALOGUE } from "../../model/attribute.ts";
import { BOOT_DEVICES, IDENTIFY_GOALS, POWER_GOALS } from "../../model/node_command.ts";

export interface OptionOutline {
  /** `--blame` and, where there is one, `-b`. */
  readonly flags: readonly string[];
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** What its value is, where the service knows those there are. */
  readonly kind: "profile" | undefined;
  readonly words: string;
}

/** What may stand where a word does. */
export type WordKind =
  | "node"
  | "group"
  | "profile"
  | "attribute"
  | "groupAttribute"
  | "command"
  | "other"
  | {
    readonly oneOf: string[];
  };

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

/** What the first words of commands on nodes and groups are. */
const FIRST: Readonly<Record<string, WordKind>> = {
  help: "command",
  nodelist: "node",
  nodeattrib: "node",
  noderemove: "node",
  noderename: "node",
  nodepower: "node",
  nodesetboot: "node",
  nodeboot: "node",
  nodehealth: "node",
  nodeidentify: "node",
  nodedeploy: "node",
  explain: "node",
  nodegroupattrib: "group",
  nodegroupremove: "group",
  nodegrouprename: "group",
  "osdeploy update": "profile",
};

/** What the words after the first are. */
const LATER: Readonly<Record<string, WordKind>> = {
  help: "command",
  nodelist: "attribute",
  nodeattrib: "attribute",
  nodedefine: "attribute",
  nodepower: { oneOf: [...POWER_GOALS, "status"] },
  nodesetboot: { oneOf: [...BOOT_DEVICES] },
  nodeboot: { oneOf: [...BOOT_DEVICES] },
  nodeidentify: { oneOf: [...IDENTIFY_GOALS] },
  nodegroupattrib: "groupAttribute",
  nodegroupdefine: "groupAttribute",
};

/** A shell's words that print the names of profiles, whatever stands above and beside them. */
export const PROFILES_PRINTED = "confluent osdeploy list 2>/dev/null | " +
  "sed -n '/:$/d; s/^[[:space:]]*\\([^[:space:]]\\{1,\\}\\).*/\\1/p'";

/** Commands whose words, but for the first, are attributes. */
export const TAKES_ATTRIBUTES: readonly string[] = Object.keys(LATER)
  .filter((name) => /^(attribute|groupAttribute)$/.test(String(LATER[name])));

/** Commands that are also links of the executable. Others have names that are taken by programs of
 * the system (`join`, `watch`), whose completions are none of ours. */
export function linkedCommands(commands: readonly CommandOutline[]): CommandOutline[] {
  return commands.filter(({ path }) => /^(node[a-z]+|osdeploy)$/.test(path));
}

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
      kind: long === "--network" ? "profile" : undefined,
      words: description,
    })),
    commands: command.commands.map((one) => one.name()),
    first: choices !== undefined ? { oneOf: [...choices] } : FIRST[path] ?? "other",
    later: LATER[path] ?? "other",
  };
}

/** Attribute names worth completing, of nodes or of groups: the family of each network interface
 * is typed by hand. */
export function attributeNames(of: "nodes" | "groups"): string {
  return [...(of === "nodes" ? CATALOGUE : GROUP_CATALOGUE).keys()].join(" ");
}
