#!/bin/sh
# confluent in one file: this launcher, then a compressed archive of the runtime and the program.
# The first start unpacks the archive into a cache folder named after its hash; later starts look
# at that folder once and go on. Nothing is executed that another user could have put there.
hash=@HASH@ offset=@OFFSET@
# NAME:MODE:BYTES; 81ed and 81a4 are files of mode 0755 and 0644.
files="@FILES@"

: "${PATH:=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}"
export PATH
case $0 in
*/*) self=$0 ;;
*) self=$(command -v -- "$0") || self=$0 ;;
esac
self=$(readlink -f -- "$self")
me=$(id -u)
reasons=

# Whether BASE holds the whole unpacked archive, all of it root's or all of it ours, and nothing of
# it open to the writing of others. 41ed and 41c0 are folders of mode 0755 and 0700. The sizes
# betray a disk that lost power while it wrote.
is_ready() { # BASE
  set -- "$1" "$1/$hash"
  for file in $files; do set -- "$@" "$2/${file%%:*}"; done
  wanted=$#
  # shellcheck disable=SC2046 # split on purpose: one word for each
  set -- $(stat -c '%u:%f:%s' -- "$@" 2>/dev/null)
  [ $# -eq "$wanted" ] || return 1
  for owner in 0 "$me"; do
    theirs=
    for file in $files; do theirs="$theirs $owner:${file#*:}"; done
    case "$*" in
    "$owner:41ed:"*" $owner:41ed:"*"$theirs" | "$owner:41c0:"*" $owner:41ed:"*"$theirs") return 0 ;;
    esac
  done
  return 1
}

fail() { # WHERE WHY
  reasons="$reasons
  $1: $2"
  return 1
}

# Unpacks beside the final place and renames: whoever sees the folder sees all of it. Of several
# first starts at once each unpacks its own and one wins.
unpack() { # BASE MODE
  [ -d "$1" ] || mkdir -p -- "${1%/*}" 2>/dev/null
  [ -d "$1" ] || mkdir -m "$2" -- "$1" 2>/dev/null || [ -d "$1" ] ||
    fail "$1" "cannot be made" || return 1
  case $(stat -c '%u:%f' -- "$1") in
  "$me:41ed" | "$me:41c0") ;;
  *) fail "$1" "must be a folder of user $me with mode 0700 or 0755" || return 1 ;;
  esac
  fresh=$(mktemp -d "$1/.new.XXXXXX" 2>/dev/null) || fail "$1" "cannot be written to" || return 1
  trap 'rm -rf -- "$fresh"' EXIT
  trap 'exit 143' HUP INT TERM
  if ! { tail -c "+$offset" -- "$self" | gzip -dc && : >"$fresh/whole"; } 2>/dev/null |
    { tar -xpf - -C "$fresh" 2>/dev/null && cat >/dev/null; } || ! [ -e "$fresh/whole" ]; then
    rm -rf -- "$fresh"
    fail "$1" "unpacking failed: the disk is full, $self is damaged, or gzip or tar is missing"
    return 1
  fi
  if ! "$fresh/confluent" --version >/dev/null 2>&1; then
    rm -rf -- "$fresh"
    fail "$1" "does not allow programs to run (noexec), or this is not the right kind of machine"
    return 1
  fi
  rm -f -- "$fresh/whole"
  mkdir -m 755 -- "$fresh/deno" && chmod 755 "$fresh"
  sync -- "$fresh/confluent" "$fresh/confluent.js" 2>/dev/null
  if [ -e "$1/$hash" ] && ! is_ready "$1"; then # damaged: out of the way with it
    mv -f -- "$1/$hash" "$fresh.old" 2>/dev/null && rm -rf -- "$fresh.old"
  fi
  mv -fT -- "$fresh" "$1/$hash" 2>/dev/null || rm -rf -- "$fresh"
  trap - EXIT HUP INT TERM
  # What earlier versions and interrupted starts left behind.
  find "$1" -mindepth 1 -maxdepth 1 ! -name "$hash" -mtime +30 -exec rm -rf -- {} + 2>/dev/null
  is_ready "$1" || fail "$1" "was unpacked, but is not as it should be"
}

choose_base() {
  base=${CONFLUENT_CACHE:-}
  if [ -n "$base" ]; then is_ready "$base" || unpack "$base" 755; return; fi
  base=/var/cache/confluent
  is_ready "$base" && return
  [ "$me" = 0 ] && unpack "$base" 755 && return
  base=${XDG_CACHE_HOME:-}
  case $base in
  /*) ;;
  *) base=${HOME:+$HOME/.cache} ;;
  esac
  if [ "$me" != 0 ] && [ -n "$base" ]; then
    base=$base/confluent
    is_ready "$base" && return
    unpack "$base" 700 && return
  fi
  base=/tmp/confluent-$me
  is_ready "$base" || unpack "$base" 700
}

if ! choose_base; then
  echo "confluent: cannot unpack itself. Tried:$reasons
Set CONFLUENT_CACHE to a folder of yours, on a disk that may run programs, with 150 MB free." >&2
  exit 1
fi
export CONFLUENT_ARGV0="$0" CONFLUENT_EXECUTABLE="$self"
export DENO_DIR="$base/$hash/deno" DENO_NO_UPDATE_CHECK=1
exec "$base/$hash/confluent" run @FLAGS@ "$base/$hash/confluent.js" "$@"
exit 1
