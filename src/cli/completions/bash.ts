/** Completions for bash, without the package bash-completion. */
import {
  attributeNames,
  type CommandOutline,
  linkedCommands,
  PROFILES_PRINTED,
  type WordKind,
} from "./outline.ts";

export function bashCompletions(commands: readonly CommandOutline[]): string {
  const names = commands.map(({ path }) => path).filter((path) => /^[a-z]+$/.test(path));
  const linked = linkedCommands(commands).map(({ path }) => path);
  return `# confluent completions for bash: source <(confluent completions bash)
__confluent_words() { # PATH: what may stand in any place of it
  case "$1" in
${commands.map(words).join("\n")}
  esac
}
__confluent_values() { # PATH OPTION: true where the option takes a value, which is printed
  case "$1 $2" in
${commands.flatMap(values).join("\n")}
  *) return 1 ;;
  esac
}
__confluent_place() { # PATH INDEX: what may stand at the INDEXth word
  case "$1:$2" in
${commands.filter(({ commands }) => commands.length === 0).flatMap(places).join("\n")}
  esac
}
__confluent_nodes() { confluent nodelist 2>/dev/null; }
__confluent_groups() { confluent nodegrouplist 2>/dev/null; }
__confluent_profiles() { ${PROFILES_PRINTED}; }
__confluent_attributes() { printf '%s\\n' ${attributeNames("nodes")}; }
__confluent_groupAttributes() { printf '%s\\n' ${attributeNames("groups")}; }
__confluent_commands() { printf '%s\\n' ${names.join(" ")}; }
__confluent() {
  local word=\${COMP_WORDS[COMP_CWORD]} called=\${COMP_WORDS[0]##*/} path= count=0 i value known
  [ "$called" = confluent ] || path=$called
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    value=\${COMP_WORDS[i]}
    if [[ $value == -* ]]; then
      if __confluent_values "$path" "$value" >/dev/null; then
        ((i + 1 == COMP_CWORD)) && {
          COMPREPLY=($(compgen -W "$(__confluent_values "$path" "$value")" -- "$word"))
          [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
          return
        }
        ((i++))
      fi
    elif known=$(__confluent_words "\${path:+$path }$value") && [ -n "$known" ]; then
      path="\${path:+$path }$value"
    else
      ((count++))
    fi
  done
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(__confluent_words "$path")" -- "$word"))
  else
    COMPREPLY=($(compgen -W "$(__confluent_words "$path" | grep -v ^-; \\
      __confluent_place "$path" "$count")" -- "$word"))
  fi
}
complete -F __confluent ${["confluent", ...linked].join(" ")}
`;
}

function words({ path, options, commands }: CommandOutline): string {
  const all = [...commands, ...options.flatMap(({ flags }) => flags), "--help"];
  return `  "${path}") printf '%s\\n' ${all.join(" ")} ;;`;
}

function values({ path, options }: CommandOutline): string[] {
  return options.filter(({ takesValue }) => takesValue).map(({ flags, choices, kind }) => {
    const patterns = flags.map((flag) => `"${path} ${flag}"`).join(" | ");
    const those = kind === undefined ? `echo "${choices.join(" ")}"` : `__confluent_${kind}s`;
    return `  ${patterns}) ${those} ;;`;
  });
}

function places({ path, first, later }: CommandOutline): string[] {
  const line = (at: string, kind: WordKind): string[] => {
    const what = wordsOf(kind);
    return what === "" ? [] : [`  "${path}":${at}) ${what} ;;`];
  };
  return [...line("0", first), ...line("*", later)];
}

function wordsOf(kind: WordKind): string {
  if (typeof kind === "object") return `echo ${kind.oneOf.join(" ")}`;
  switch (kind) {
    case "other":
      return "";
    default:
      return `__confluent_${kind}s`;
  }
}
