#!/bin/sh
# Before Anaconda begins, by %pre of the kickstart: writes the lines that are this node's own. More
# goes into files of pre.d, which run after this in the order of their names and may add to the
# same file.
out=/tmp/confluent.ks
node() { /opt/confluent/bin/confluent-node "$@"; }

say() { # WORDS VALUE: nothing where there is no value
  [ -z "$2" ] || echo "$1$2"
}

# The first disk that is neither removable nor read only; compressed memory is none.
disk=$(lsblk -dnro NAME,TYPE,RM,RO | sed -n -e '/^zram/d' -e '/ disk 0 0$/{s/ .*//p;q;}')
if [ -z "$disk" ]; then
  echo "there is no disk to install to" >&2
  exit 1
fi

# Packages come from the member that serves this node, unless the kernel was told otherwise.
source_of_packages() {
  cat /proc/cmdline /run/install/cmdline /run/install/cmdline.d/*.conf 2>/dev/null |
    grep -q 'inst\.repo=' && return
  server=$(node value deploy_server)
  [ -n "$server" ] || server="[$(node value deploy_server_v6)]"
  public=$(node value protocol)://$server/confluent-public
  echo "url --url=$public/os/$(node value profile)/distribution/"
}

umask 077
{
  password=$(node value rootpassword)
  if [ -n "$password" ]; then echo "rootpw --iscrypted $password"; else echo "rootpw --lock"; fi
  domain=$(node value dnsdomain)
  echo "network --hostname=$(node name)${domain:+.$domain}"
  say "lang " "$(node value locale)"
  say "keyboard " "$(node value keymap)"
  say "timezone --utc " "$(node value timezone)"
  echo "ignoredisk --only-use=$disk"
  echo zerombr
  echo "clearpart --all --initlabel --drives=$disk"
  echo "autopart --type=plain --nohome"
  source_of_packages
} >"$out"

# Whatever fetches packages has to trust the collective.
for bundle in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt; do
  [ ! -w "$bundle" ] || cat /etc/confluent/ca.pem >>"$bundle"
done
