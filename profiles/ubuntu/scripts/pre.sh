#!/bin/sh
# Before Ubuntu's installer begins, by early-commands of autoinstall: puts the answers that are this
# node's own into its file. More goes into files of pre.d, which run after this in the order of
# their names.
answers=/autoinstall.yaml

answer() { # WORD KEY OTHERWISE
  value=$(/opt/confluent/bin/confluent-node value "$2")
  sed -i -e "s|\b$1\b|${value:-$3}|" "$answers"
}

answer LOCALE locale C.UTF-8
answer KEYMAP keymap us
answer TIMEZONE timezone Etc/UTC
# No password has this hash: root comes in by key alone.
answer ROOTPASSWORD rootpassword '!'
