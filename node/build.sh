#!/bin/sh
# Makes addons.cpio, what the collective adds to any initramfs: build.sh [--out FILE]
#
# A gzip-compressed archive that the kernel unpacks over the distribution's own initramfs: all of
# /opt/confluent, and a hook for each kind of initramfs. It is the same for every node and holds
# no secret. The same tree and the same curl give the same bytes. Needs musl-gcc, curl, cpio, gzip.
set -eu

root=$(cd "$(dirname "$0")" && pwd)
out=$root/../dist/addons.cpio
while [ $# -gt 0 ]; do
  case $1 in
    --out)
      mkdir -p "$(dirname "$2")"
      out=$(realpath "$2")
      shift 2
      ;;
    *)
      echo "build.sh: unknown argument \"$1\"" >&2
      exit 2
      ;;
  esac
done

missing=$(
  while read -r command package; do
    command -v "$command" >/dev/null || echo "$command (package $package)"
  done <<'END'
musl-gcc musl-tools
curl curl
cpio cpio
gzip gzip
ldd libc-bin
END
  [ "$(uname -m)" = x86_64 ] || echo "machine of kind x86_64: nodes of others are not served"
)
if [ -n "$missing" ]; then
  echo "$missing" | sed 's/^/build.sh: no addons.cpio, because there is no /' >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
cd "$root"

compile() { # SOURCE FILE
  musl-gcc -std=c99 -Wall -Wextra -Werror -Os -static -s -Wl,--build-id=none -o "$2" "$1"
}

# ---- /opt/confluent
tree=$work/tree
opt=$tree/opt/confluent
mkdir -p "$opt/bin" "$opt/lib" "$opt/hooks"
compile search.c "$opt/bin/confluent-search"
compile run_curl.c "$opt/bin/curl"
install -m 755 confluent-node "$opt/bin/confluent-node"
install -m 644 configuration.sh installed.sh "$opt/lib/"
install -m 755 udhcpc.sh "$opt/lib/udhcpc.sh"
install -m 755 hooks/begin "$opt/begin"
install -m 755 hooks/dracut hooks/initramfs-tools "$opt/hooks/"
# curl, its loader, and the libraries that it names and those name.
install -m 755 "$(command -v curl)" "$opt/lib/curl"
ldd "$(command -v curl)" >"$work/libraries"
while read -r name arrow path _; do
  case $name$arrow in
    */ld-linux*) install -m 755 "$name" "$opt/lib/ld.so" ;;
    *'=>') install -m 644 "$path" "$opt/lib/$name" ;;
  esac
done <"$work/libraries"

# ---- hooks. Their folders are not in the archive: where one is missing the kernel passes over
# the file, and where /lib is a link, a folder of that name would take its place.
hook() { # FILE PLACE MODE
  mkdir -p "$tree/${2%/*}"
  install -m "$3" "hooks/$1" "$tree/$2"
}
hook initramfs-tools-conf conf/conf.d/confluent 644
hook debian-installer lib/debian-installer-startup.d/S29confluent 755
for folder in lib var/lib; do # newer versions of dracut have theirs under /var
  hook dracut-cmdline.sh $folder/dracut/hooks/cmdline/00-confluent.sh 644
  hook dracut-pre-pivot.sh $folder/dracut/hooks/pre-pivot/90-confluent.sh 644
done

# ---- the archive
when=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct -- . 2>/dev/null || :)}
find "$tree" -exec touch -h -d "@${when:-0}" {} +
cd "$tree"
{
  find opt | LC_ALL=C sort
  find . -path ./opt -prune -o -type f -printf '%P\n' | LC_ALL=C sort
} >"$work/names"
cpio -o -H newc --reproducible -R 0:0 --quiet <"$work/names" >"$work/archive"
gzip -9 -n <"$work/archive" >"$work/addons.cpio"
mkdir -p "$(dirname "$out")"
mv -f "$work/addons.cpio" "$out"
echo "$(realpath "$out"): $(($(stat -c %s "$out") / 1024)) KiB"
