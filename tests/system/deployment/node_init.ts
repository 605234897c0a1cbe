/**
 * What an initramfs of the tests starts that becomes a deployed machine: the least that a
 * distribution's does, and nothing that names a node or a server. One kernel argument, of its
 * profile, says what it is to be:
 *
 * - `installer`: writes the disk that the profile brings, keeps there what it is, and starts anew.
 * - `diskless`: stays as it is.
 * - `installed`, on the disk: the system's first start.
 */
import { KEPT_PARTITION } from "./disk_image.ts";

/** What it prints when it starts: the kernel's command line. */
export const STARTED = /NODE-STARTED cmdline=\[([^\]]*)\] end/;
/** Its last word where all went well, with what it became. */
export const ENDED = /NODE-ENDED (staged|booted|complete) end/;

export const NODE_INIT = `#!/bin/busybox sh
export PATH=/bin:/sbin:/opt/confluent/bin HOME=/
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp /run /etc /sbin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
while read -r module; do insmod "/modules/$module"; done < /modules/order
ip link set lo up
arguments=" $(cat /proc/cmdline) "
echo
echo "NODE-STARTED cmdline=[$arguments] end"
ended() { echo "NODE-ENDED $1 end"; sync; poweroff -f; }
failed() { echo "NODE-FAILED $1 end"; sync; poweroff -f; }
install() {
  echo "NODE-FETCHES end"
  confluent-node fetch "os/$(profile)/disk.img.gz" /tmp/disk.img.gz || failed "no disk"
  gunzip -c /tmp/disk.img.gz > /dev/vda && rm /tmp/disk.img.gz && blockdev --rereadpt /dev/vda
  confluent-node scripts post || failed "post scripts"
  mkdir /kept && confluent-node carry /kept && cd /kept || failed "nothing to keep"
  find . | cpio -o -H newc > ${KEPT_PARTITION} || failed "nowhere to keep it"
  confluent-node status staged || failed "not told"
  ended staged
}
profile() { sed -n 's/^profile: *//p' /etc/confluent/confluent.deploycfg; }
case $arguments in
  *" installed "*)
    cd / && cpio -idmu < ${KEPT_PARTITION} || failed "nothing kept"
    confluent-node firstboot || failed "first start"
    ended complete ;;
  *" installer "*)
    . /opt/confluent/begin || failed "not begun"
    install ;;
  *" diskless "*)
    . /opt/confluent/begin || failed "not begun"
    confluent-node scripts onboot || failed "scripts"
    confluent-node status booted || failed "not told"
    ended booted ;;
esac
failed "nothing to do"
`;
