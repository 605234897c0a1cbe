/** Completions for fish: one line for each thing that may be typed. */
import { attributeNames, type CommandOutline, type WordKind } from "./outline.ts";

export function fishCompletions(commands: readonly CommandOutline[]): string {
  const top = commands.filter(({ path }) => /^[a-z]+$/.test(path));
  const lines = commands.flatMap((command) => {
    const within = linesFor("confluent", conditionOf(command), command);
    return top.includes(command) ? [...within, ...linesFor(command.path, "", command)] : within;
  });
  return `# confluent completions for fish: confluent completions fish | source
function __confluent_nodes; confluent nodelist 2>/dev/null; end
function __confluent_attributes; printf '%s\\n' ${attributeNames().join(" ")}; end
function __confluent_commands; printf '%s\\n' ${top.map(({ path }) => path).join(" ")}; end
function __confluent_at # the words of the command that was typed so far, without options
  set -l typed (commandline -opc | string match -v -- '-*')
  set -l path (string join ' ' $typed[2..])
  string match -q -- "$argv[1]*" "$path"
end
${lines.join("\n")}
`;
}

function conditionOf({ path, commands }: CommandOutline): string {
  const known = commands.length === 0
    ? ""
    : `; and not __fish_seen_subcommand_from ${commands.join(" ")}`;
  return path === ""
    ? `not __fish_seen_subcommand_from ${commands.join(" ")}`
    : `__confluent_at '${path}'${known}`;
}

function linesFor(program: string, condition: string, outline: CommandOutline): string[] {
  const { options, commands, first, later } = outline;
  const start = `complete -c ${program} -f${condition === "" ? "" : ` -n "${condition}"`}`;
  const flagLines = options.map(({ flags, takesValue, choices, words }) => {
    const names = flags.map((flag) =>
      flag.startsWith("--") ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`
    );
    const value = !takesValue
      ? ""
      : choices.length > 0
      ? ` -x -a '${choices.join(" ")}'`
      : " -r -F";
    return `${start}${names.join("")}${value} -d '${words.replace(/['\\]/g, "\\$&")}'`;
  });
  const commandLine = commands.length === 0 ? [] : [`${start} -a '${commands.join(" ")}'`];
  const wordLines = [...new Set([first, later].flatMap(wordsOf))]
    .map((words) => `${start} -a '${words}'`);
  return [...flagLines, ...commandLine, ...wordLines];
}

function wordsOf(kind: WordKind): string[] {
  if (typeof kind === "object") return [kind.oneOf.join(" ")];
  return kind === "other" ? [] : [`(__confluent_${kind}s)`];
}
