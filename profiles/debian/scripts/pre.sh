#!/bin/sh
# Before debian-installer asks anything: gives it the answers that are this node's own. More goes into
# files of pre.d, which run after this in the order of their names.
cfg=/etc/confluent/confluent.deploycfg

value() {
  sed -n -e "s/^$1: *//p" "$cfg" | sed -e 1q | sed -e 's/^null$//' -e "s/^[\"']\(.*\)[\"']\$/\1/"
}

answer() { # QUESTION VALUE
  if [ -n "$2" ]; then debconf-set "$1" "$2"; fi
}

password=$(value rootpassword)
answer passwd/root-password-crypted "${password:-!}"
answer time/zone "$(value timezone)"
answer debian-installer/locale "$(value locale)"
answer keyboard-configuration/xkb-keymap "$(value keymap)"
