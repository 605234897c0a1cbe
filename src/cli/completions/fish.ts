/** Completions for fish: one line for each thing that may be typed. */
import {
  attributeNames,
  type CommandOutline,
  linkedCommands,
  PROFILES_PRINTED,
  type WordKind,
} from "./outline.ts";

export function fishCompletions(commands: readonly CommandOutline[]): string {
  const top = commands.filter(({ path }) => /^[a-z]+$/.test(path));
  const linked = linkedCommands(commands);
  const lines = commands.flatMap((command) => {
    const within = linesFor("confluent", command.path, command);
    return linked.includes(command) ? [...within, ...linesFor(command.path, "", command)] : within;
  });
  return `# confluent completions for fish: confluent completions fish | source
function __confluent_nodes; confluent nodelist 2>/dev/null; end
function __confluent_groups; confluent nodegrouplist 2>/dev/null; end
function __confluent_profiles; ${PROFILES_PRINTED}; end
function __confluent_attributes; printf '%s\\n' ${attributeNames("nodes")}; end
function __confluent_groupAttributes; printf '%s\\n' ${attributeNames("groups")}; end
function __confluent_commands; printf '%s\\n' ${top.map(({ path }) => path).join(" ")}; end
function __confluent_at # any|first|later WORD...: so many words were typed, after these
  set -l typed (commandline -opc | string match -v -- '-*')
  set -l path $argv[2..]
  set -l count (count $path)
  if test $count -gt 0
    test "$typed[2..$(math $count + 1)]" = "$path"; or return 1
  end
  set -l more (math (count $typed) - 1 - $count)
  switch $argv[1]
    case first
      test $more -eq 0
    case later
      test $more -gt 0
  end
end
${lines.join("\n")}
`;
}

function linesFor(program: string, path: string, outline: CommandOutline): string[] {
  const { options, commands, first, later } = outline;
  const start = (where: "any" | "first" | "later"): string =>
    `complete -c ${program} -n "__confluent_at ${`${where} ${path}`.trim()}"`;
  const flagLines = options.map(({ flags, takesValue, choices, kind, words }) => {
    const names = flags.map((flag) =>
      flag.startsWith("--") ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`
    );
    const value = !takesValue
      ? " -f"
      : choices.length > 0
      ? ` -x -a '${choices.join(" ")}'`
      : kind !== undefined
      ? ` -x -a '(__confluent_${kind}s)'`
      : " -r -F";
    return `${start("any")}${names.join("")}${value} -d '${words.replace(/['\\]/g, "\\$&")}'`;
  });
  const wordLines = [
    ...wordsOf(first, commands).map((words) => `${start("first")} -f -a '${words}'`),
    ...wordsOf(later, []).map((words) => `${start("later")} -f -a '${words}'`),
  ];
  return [...flagLines, ...wordLines];
}

function wordsOf(kind: WordKind, commands: readonly string[]): string[] {
  if (commands.length > 0) return [commands.join(" ")];
  if (typeof kind === "object") return [kind.oneOf.join(" ")];
  return kind === "other" ? [] : [`(__confluent_${kind}s)`];
}
