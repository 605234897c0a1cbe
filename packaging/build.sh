#!/usr/bin/env bash
# Makes dist/confluent_VERSION_ARCH.deb and dist/confluent-VERSION-1.ARCH.rpm:
# build.sh [--executable FILE] [--out DIR]. Both hold the same tree: the one executable, its unit,
# its account, its folders. A kind whose tool is missing is left out, and that is said.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
executable=$root/dist/confluent out=$root/dist
while [ $# -gt 0 ]; do
  case $1 in
    --executable) executable=$(realpath "$2"); shift 2 ;;
    --out) mkdir -p "$2"; out=$(realpath "$2"); shift 2 ;;
    *) echo "build.sh: unknown argument \"$1\"" >&2; exit 2 ;;
  esac
done
cd "$root"
[ -x "$executable" ] || { echo "build.sh: there is no $executable; run compile.sh" >&2; exit 1; }

version=$(sed -nE 's/^ *"version": *"([^"]+)".*/\1/p' deno.json | head -n 1)
case $(uname -m) in
  x86_64) deb_arch=amd64 ;;
  aarch64) deb_arch=arm64 ;;
  *) echo "build.sh: no packages for $(uname -m)" >&2; exit 1 ;;
esac
summary="Collective of bare-metal management servers in which none is the head"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# ---- the tree that both hold
tree=$work/tree
install -D -m 755 "$executable" "$tree/usr/bin/confluent"
for name in nodelist nodeattrib nodedefine noderename noderemove \
  nodepower nodesetboot nodeboot nodehealth nodeidentify nodedeploy \
  nodegrouplist nodegroupattrib nodegroupdefine nodegrouprename nodegroupremove \
  osdeploy; do
  ln -s confluent "$tree/usr/bin/$name"
done
install -D -m 644 packaging/confluent.service "$tree/usr/lib/systemd/system/confluent.service"
install -D -m 644 packaging/confluent.sysusers "$tree/usr/lib/sysusers.d/confluent.conf"
install -D -m 644 packaging/confluent.tmpfiles "$tree/usr/lib/tmpfiles.d/confluent.conf"
install -D -m 644 LICENSE "$tree/usr/share/doc/confluent/copyright"
install -D -m 644 CHANGELOG.md "$tree/usr/share/doc/confluent/CHANGELOG.md"

# ---- what runs on the target; no step may fail where there is no systemd (containers)
cat >"$work/installed" <<'EOF'
command -v systemd-sysusers >/dev/null && systemd-sysusers confluent.conf || :
command -v systemd-tmpfiles >/dev/null && systemd-tmpfiles --create confluent.conf || :
# Unpack once, as root, for every user of this machine.
/usr/bin/confluent version >/dev/null || :
[ -d /run/systemd/system ] && systemctl daemon-reload || :
EOF
cat >"$work/upgraded" <<'EOF'
[ -d /run/systemd/system ] && systemctl try-restart confluent.service || :
EOF
cat >"$work/leaving" <<'EOF'
[ -d /run/systemd/system ] && systemctl disable --now confluent.service || :
EOF
cat >"$work/gone" <<'EOF'
rm -rf /var/cache/confluent
[ -d /run/systemd/system ] && systemctl daemon-reload || :
EOF

script() { # FILE CONDITION STEPS...: a maintainer script of Debian
  local file=$1 condition=$2
  shift 2
  { echo '#!/bin/sh'; echo "$condition || exit 0"; cat "$@"; echo 'exit 0'; } >"$file"
  chmod 755 "$file"
}

build_deb() {
  local control=$work/deb/DEBIAN
  mkdir -p "$control"
  cp -a "$tree/." "$work/deb/"
  cat >"$control/control" <<EOF
Package: confluent
Version: $version
Architecture: $deb_arch
Maintainer: The confluent authors <confluent@localhost>
Installed-Size: $(du -sk "$tree" | cut -f 1)
Depends: libc6, gzip, tar
Recommends: curl, ipmitool, ipxe, libarchive-tools
Suggests: grub-efi-amd64-bin
Section: admin
Priority: optional
Description: $summary
 Keeps the description of every managed machine on several servers, boots and
 controls those machines, and goes on while any minority of servers is lost.
EOF
  # $1 and $2 are the maintainer script's own arguments.
  # shellcheck disable=SC2016
  {
    script "$control/postinst" '[ "$1" = configure ]' "$work/installed"
    sed -i '$d' "$control/postinst"
    { echo '[ -n "$2" ] || exit 0'; cat "$work/upgraded"; echo 'exit 0'; } >>"$control/postinst"
    script "$control/prerm" '[ "$1" = remove ]' "$work/leaving"
    script "$control/postrm" '[ "$1" != upgrade ]' "$work/gone"
  }
  # The executable is compressed already; the rest is small.
  dpkg-deb --root-owner-group -Zxz -z1 --build "$work/deb" \
    "$out/confluent_${version}_$deb_arch.deb" >/dev/null
}

build_rpm() {
  cat >"$work/confluent.spec" <<EOF
Name: confluent
Version: ${version//-/\~}
Release: 1
Summary: $summary
License: Apache-2.0
Requires: gzip tar
Recommends: bsdtar curl ipmitool ipxe-bootimgs
AutoReqProv: no
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _build_id_links none
%global _binary_payload w1.gzdio

%description
Keeps the description of every managed machine on several servers, boots and
controls those machines, and goes on while any minority of servers is lost.

%install
cp -a $tree/. %{buildroot}/

%files
%defattr(-,root,root,-)
/usr/bin/*
/usr/lib/systemd/system/confluent.service
/usr/lib/sysusers.d/confluent.conf
/usr/lib/tmpfiles.d/confluent.conf
/usr/share/doc/confluent

%post
$(cat "$work/installed")
if [ "\$1" -gt 1 ]; then
$(cat "$work/upgraded")
fi

%preun
if [ "\$1" = 0 ]; then
$(cat "$work/leaving")
fi

%postun
if [ "\$1" = 0 ]; then
$(cat "$work/gone")
fi
EOF
  if ! rpmbuild -bb --quiet --define "_topdir $work/rpm" --define "_rpmdir $work/rpms" \
    --define "_tmppath $work" --buildroot "$work/buildroot" "$work/confluent.spec" \
    >"$work/log" 2>&1; then
    cat "$work/log" >&2
    return 1
  fi
  mv "$work"/rpms/*/*.rpm "$out/"
}

if command -v dpkg-deb >/dev/null; then build_deb; else echo "no .deb: dpkg-deb is missing" >&2; fi
if command -v rpmbuild >/dev/null; then build_rpm; else echo "no .rpm: rpmbuild is missing" >&2; fi
(cd "$out" && ls -sh -- *.deb *.rpm 2>/dev/null) || :
