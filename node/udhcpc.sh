#!/bin/sh
# What udhcpc calls with what it was given: an initramfs has often no script of its own for that.
[ "$1" = bound ] || exit 0
# shellcheck disable=SC2154 # udhcpc's
ip addr add "$ip/${mask:-24}" dev "$interface"
# shellcheck disable=SC2154
for gateway in $router; do
  ip route add default via "$gateway" dev "$interface"
  break
done
