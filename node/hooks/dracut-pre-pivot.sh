# pre-pivot/90-confluent.sh: the system that comes next (an installer, a diskless image) knows
# its node and its collective too.
/bin/sh /opt/confluent/bin/confluent-node copy "${NEWROOT:-/sysroot}" >/dev/console 2>&1
