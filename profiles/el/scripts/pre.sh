#!/bin/sh
# Before Anaconda begins: writes the lines of the kickstart that are this node's own. More goes into
# files of pre.d, which run after this in the order of their names and may add to the same file.
cfg=/etc/confluent/confluent.deploycfg
out=/tmp/confluent.ks

value() {
  sed -n -e "s/^$1: *//p" "$cfg" | sed -e 1q | sed -e 's/^null$//' -e "s/^[\"']\(.*\)[\"']\$/\1/"
}

say() { # COMMAND VALUE [MORE...]
  if [ -n "$2" ]; then echo "$@" >>"$out"; fi
}

: >"$out"
chmod 600 "$out"
password=$(value rootpassword)
if [ -n "$password" ]; then say rootpw --iscrypted "$password"; else say rootpw --lock; fi
say lang "$(value locale)"
say keyboard "$(value keymap)"
say timezone "$(value timezone)" --utc

# The first disk that is neither removable nor read only, whole.
disk=$(lsblk -dnro NAME,TYPE,RM,RO | sed -n -e '/ disk 0 0$/{s/ .*//p;q;}')
if [ -z "$disk" ]; then
  echo "there is no disk to install to" >&2
  exit 1
fi
say ignoredisk "--only-use=$disk"
say zerombr yes
say clearpart --all --initlabel "--drives=$disk"
say autopart --type=plain --nohome

# Packages come from the member that serves this node, unless the kernel was told otherwise.
if ! grep -q 'inst\.repo=' /proc/cmdline /etc/cmdline.d/*.conf 2>/dev/null; then
  server=$(value deploy_server)
  [ -n "$server" ] || server="[$(value deploy_server_v6)]"
  url="$(value protocol)://$server/confluent-public/os/$(value profile)/distribution/"
  case $url in
    https:*) say url "--url=$url" --sslcacert=/etc/confluent/ca.pem ;;
    *) say url "--url=$url" ;;
  esac
fi
