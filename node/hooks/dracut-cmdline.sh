# cmdline/00-confluent.sh: dracut sources this before it looks at the kernel's arguments, so that
# what is found here counts as such. Anaconda's own hooks are 25 and later.
[ -e /etc/cmdline.d/50-confluent.conf ] || /bin/sh /opt/confluent/hooks/dracut
# shellcheck disable=SC2034 # older versions of dracut keep what they read in it
CMDLINE=
