/** Completions for zsh: each command completes its options and words. */
import {
  attributeNames,
  type CommandOutline,
  linkedCommands,
  PROFILES_PRINTED,
  type WordKind,
} from "./outline.ts";

export function zshCompletions(commands: readonly CommandOutline[]): string {
  const top = commands.filter(({ path }) => /^[a-z]+$/.test(path));
  const linked = linkedCommands(commands).map(({ path }) => path).join(" ");
  return `#compdef confluent ${linked}
# confluent completions for zsh: source <(confluent completions zsh)
__confluent_nodes() { compadd -- \${(f)"$(confluent nodelist 2>/dev/null)"} }
__confluent_groups() { compadd -- \${(f)"$(confluent nodegrouplist 2>/dev/null)"} }
__confluent_profiles() { compadd -- \${(f)"$(${PROFILES_PRINTED})"} }
__confluent_attributes() { compadd -- ${attributeNames("nodes")} }
__confluent_groupAttributes() { compadd -- ${attributeNames("groups")} }
__confluent_commands() { compadd -- ${top.map(({ path }) => path).join(" ")} }
${commands.map(functionOf).join("\n")}
__confluent() {
  local called=\${words[1]:t}
  if (( $+functions[__confluent_$called] )); then __confluent_$called; else __confluent_; fi
}
if (( $+functions[compdef] )); then
  compdef __confluent confluent ${linked}
fi
`;
}

function nameOf(path: string): string {
  return `__confluent_${path.replace(/[ -]/g, "_")}`;
}

function functionOf({ path, options, commands, first, later }: CommandOutline): string {
  const specs = options.flatMap(({ flags, takesValue, choices, kind, words }) =>
    flags.map((flag) => {
      const value = choices.length > 0
        ? `:value:(${choices.join(" ")})`
        : `:value:${kind === undefined ? "_files" : `__confluent_${kind}s`}`;
      return `'${flag}[${quoted(words)}]${takesValue ? value : ""}'`;
    })
  );
  if (commands.length === 0) {
    const all = [...specs, ...wordSpec("1", first), ...wordSpec("*", later)];
    return `${nameOf(path)}() { _arguments -s -S ${["'--help[print help]'", ...all].join(" ")} }`;
  }
  const next = commands.map((name) =>
    `${name}) ${nameOf(path === "" ? name : `${path} ${name}`)} ;;`
  );
  return `${nameOf(path)}() {
  local state line
  _arguments -s -S -C ${specs.join(" ")} '1:command:(${commands.join(" ")})' '*::word:->rest'
  case $state in rest) case $line[1] in ${next.join(" ")} esac ;; esac
}`;
}

function wordSpec(at: string, kind: WordKind): string[] {
  if (typeof kind === "object") return [`'${at}:word:(${kind.oneOf.join(" ")})'`];
  return kind === "other" ? [] : [`'${at}:${kind}:__confluent_${kind}s'`];
}

function quoted(words: string): string {
  return words.replace(/[[\]\\:]/g, "\\$&").replace(/'/g, "'\\''");
}
