#!/bin/sh
# Before Ubuntu's installer begins: puts the answers that are this node's own into its file. More goes
# into files of pre.d, which run after this in the order of their names.
cfg=/etc/confluent/confluent.deploycfg
answers=/autoinstall.yaml

value() {
  sed -n -e "s/^$1: *//p" "$cfg" | sed -e 1q | sed -e 's/^null$//' -e "s/^[\"']\(.*\)[\"']\$/\1/"
}

answer() { # WORD VALUE
  sed -i -e "s|\b$1\b|$2|" "$answers"
}

locale=$(value locale) keymap=$(value keymap) timezone=$(value timezone) password=$(value rootpassword)
answer LOCALE "${locale:-C.UTF-8}"
answer KEYMAP "${keymap:-us}"
answer TIMEZONE "${timezone:-Etc/UTC}"
# No password has this hash: root comes in by key alone.
answer ROOTPASSWORD "${password:-!}"
