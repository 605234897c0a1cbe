#!/usr/bin/env bash
# Makes the one executable: compile.sh [--out FILE] [--main FILE] [--unpacking]
#
#   --out FILE    what to make (dist/confluent)
#   --main FILE   the program's entry (main.ts); tests pass a stand-in
#   --unpacking   do not try `deno compile`; make the file that unpacks itself
#
# The program is bundled to one JavaScript file first. `deno compile` then puts it behind Deno's
# small runtime, where that can be downloaded (or DENORT_BIN names one); the result must run. Else
# the reason is printed, and a file is made that carries all of Deno and unpacks itself once.
set -euo pipefail

readonly DENO_VERSION=2.9.5
# Everything is allowed: the program calls the C library for raw sockets, which no path or host
# can limit, and reads /proc and /sys, which Deno opens to nothing less.
# A request's signal is aborted where the client goes away, not whenever it was answered.
# V8's young generation would take 64 MB of a member's memory; with a quarter of that writes are as
# fast (docs/BENCHMARKS.md).
readonly FLAGS=(--quiet --no-config --no-lock --no-prompt
  --cached-only --unstable-kv --unstable-no-legacy-abort --allow-all
  --v8-flags=--max-semi-space-size=8)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
main=main.ts out=dist/confluent unpacking=
invoked_from=$PWD
absolute() { case $1 in /*) echo "$1" ;; *) echo "$invoked_from/$1" ;; esac; }
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$(absolute "$2"); shift 2 ;;
    --main) main=$(absolute "$2"); shift 2 ;;
    --unpacking) unpacking=1; shift ;;
    *) echo "compile.sh: unknown argument \"$1\"" >&2; exit 2 ;;
  esac
done
cd "$root"
if [ ! -f "$main" ]; then
  echo "compile.sh: there is no $main to compile" >&2
  exit 1
fi

# The real Deno binary, not a script in front of it.
find_deno() {
  local candidate
  for candidate in "${DENO:-}" deno; do
    command -v "${candidate:-/none}" >/dev/null || continue
    "$candidate" eval 'if (Deno.version.deno !== Deno.args[0]) Deno.exit(1);
      console.log(Deno.execPath())' "$DENO_VERSION" 2>/dev/null && return
  done
  npx -y "deno@$DENO_VERSION" eval 'console.log(Deno.execPath())'
}
deno=$(find_deno)
export DENO_NO_UPDATE_CHECK=1 NO_COLOR=1

mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$(dirname "$out")/.compile.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ---- what runs on nodes, where this machine can make it; beside the program it is found
beside=()
if why=$(sh node/build.sh --out "$work/addons.cpio" 2>&1); then
  beside=(addons.cpio)
else
  echo "compile.sh: made without what runs on nodes: ${why#build.sh: }" >&2
fi

# ---- one JavaScript file, which says from which commit it was made
"$deno" bundle --quiet --frozen --platform deno --output "$work/bundle.js" "$main"
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -- main.ts src deno.json 2>/dev/null)" ] || commit+=+
when=$(git log -1 --format=%ct 2>/dev/null || echo 0)
{
  echo "globalThis.confluentBuild = { commit: \"$commit\", deno: \"$DENO_VERSION\" };"
  cat "$work/bundle.js"
} >"$work/confluent.js"
wanted=$("$deno" run "${FLAGS[@]}" "$work/confluent.js" version)

# ---- (a) behind Deno's own small runtime
compile() {
  local include=()
  [ "${#beside[@]}" = 0 ] || include=(--include "$work/addons.cpio")
  # Comments of libraries name types that are not there; the program's own were checked already.
  if ! "$deno" compile "${FLAGS[@]}" --no-check "${include[@]}" --output "$work/compiled" \
    "$work/confluent.js" \
    >"$work/log" 2>&1; then
    # The first line of the error and the last of its causes, without the hosts they name.
    # shellcheck disable=SC2016 # a sed script
    reason="deno compile failed: $(sed -nE '/^error: /{s/^error: //;s/ to temporary.*//;p}
      /^ +[0-9]+: [^<]/{s/^ +[0-9]+: //;h};${g;p}' "$work/log" | paste -sd '|' | sed 's/|/: /')"
    return 1
  fi
  local got
  got=$(env -i "$work/compiled" version 2>&1) || true
  if [ "$got" != "$wanted" ]; then
    reason="the compiled file does not run: version printed \"$(head -n 1 <<<"$got")\""
    return 1
  fi
}

# ---- (b) a launcher, then all of Deno and the program, compressed
pack() {
  mkdir "$work/payload"
  install -m 755 "$deno" "$work/payload/confluent"
  install -m 644 "$work/confluent.js" "$work/payload/confluent.js"
  [ "${#beside[@]}" = 0 ] || install -m 644 "$work/addons.cpio" "$work/payload/addons.cpio"
  local name names=(confluent confluent.js "${beside[@]}") files=
  for name in "${names[@]}"; do
    files+="${files:+ }$name:$(stat -c %f:%s "$work/payload/$name")"
  done
  tar -C "$work/payload" --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$when" \
    -cf - "${names[@]}" | gzip -6 -n >"$work/payload.gz"
  # The folder name also depends on the launcher, so that no version meets another's layout.
  local hash offset=0 before=
  hash=$(cat packaging/launcher.sh "$work/payload.gz" | sha256sum | cut -c 1-32)
  # The header holds its own length: fill in until it settles.
  while [ "$offset" != "$before" ]; do
    before=$offset
    sed -e "s/@HASH@/$hash/" -e "s/@OFFSET@/$offset/" -e "s/@FLAGS@/${FLAGS[*]}/" \
      -e "s/@FILES@/$files/" \
      packaging/launcher.sh >"$work/header"
    offset=$(($(stat -c %s "$work/header") + 1))
  done
  cat "$work/header" "$work/payload.gz" >"$work/compiled"
  chmod 755 "$work/compiled"
  local got
  got=$(env -i CONFLUENT_CACHE="$work/cache" "$work/compiled" version)
  if [ "$got" != "$wanted" ]; then
    echo "compile.sh: the file made prints \"$got\" for version, not \"$wanted\"" >&2
    exit 1
  fi
}

reason="asked to"
if [ -n "$unpacking" ] || ! compile; then
  echo "compile.sh: making the file that unpacks itself: $reason" >&2
  pack
fi
mv -f "$work/compiled" "$out"
echo "$out: $(($(stat -c %s "$out") / 1000000)) MB, $(head -n 1 <<<"$wanted")"
