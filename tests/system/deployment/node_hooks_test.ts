/** The hooks of each kind of initramfs, called by that kind's own programs where they are there. */
import { deepEqual, equal, match } from "node:assert/strict";

import { type BootSite, bootTest } from "../boot/boot_site.ts";
import { BUSYBOX, defineNode, NODE_ROOT_TOOLS, NodeRoot } from "./node_root.ts";
import { shell } from "../boot/shell.ts";

const PROFILE = "hooked";

/** A file that the profile brings for an installer. */
async function bring(site: BootSite, name: string, lines: string): Promise<void> {
  await Deno.mkdir(`${site.content}/public/os/${PROFILE}`, { recursive: true });
  await Deno.writeTextFile(`${site.content}/public/os/${PROFILE}/${name}`, `${lines}\n`);
}

/** The devices of this host are none of an initramfs's business: `$0` is its root. */
const NO_DEVICES = `cd "$0"
for program in mount udevadm run-init systemd-udevd; do
  for place in $(find bin sbin usr -name $program ! -type d); do
    rm "$place"; printf '#!/bin/sh\\necho %s "$@"\\n' $program >"$place"; chmod 755 "$place"
  done
done`;

/** An initramfs as Debian makes it, for a kernel without modules. */
const INITRAMFS_TOOLS = `
mount -t tmpfs none /boot; echo CONFIG_RD_GZIP=y >/boot/config-0
cp -r /etc/initramfs-tools "$0.conf"
sed -i -e 's/^MODULES=.*/MODULES=list/' -e 's/^COMPRESS=.*/COMPRESS=gzip/' "$0.conf/initramfs.conf"
[ -d /lib/modules ] || { mkdir /lib/modules; trap 'umount /lib/modules; rmdir /lib/modules' EXIT; }
mount -t tmpfs none /lib/modules
mkdir /lib/modules/0; : >/lib/modules/0/modules.order; : >/lib/modules/0/modules.builtin
mkinitramfs -d "$0.conf" -o "$0.img" 0 >&2
mkdir "$0"; cd "$0"; gunzip -c "$0.img" | cpio -idm --quiet
: >scripts/init-top/ORDER; : >scripts/init-bottom/ORDER`;

async function separately(script: string, folder: string): Promise<void> {
  await shell(`unshare --mount --propagation private sh -ec "$1" "$0"`, folder, script);
}

/** What `mountroot` does for them. */
const ROOT = `mkdir -p "$rootmnt/sbin" "$rootmnt/dev"; ln -s /bin/sh "$rootmnt/sbin/init"
ln -s /proc/self/fd/2 "$rootmnt/dev/console"`;
/** With which a diskless profile says what the next root is. */
const NEXT_ROOT = `echo "RAN pre.sh"; echo BOOT=ram >/conf/param.conf
cat >/scripts/ram <<'END'
mountroot() {
${ROOT}
}
END`;

/** The same, said when the initramfs was made. */
const MADE_BEFORE = NEXT_ROOT.replace("/conf/param.conf", "conf/conf.d/boot")
  .replace("/scripts/ram", "scripts/ram");

/** What its init tells until it hands over; `more` is done to the initramfs before. */
async function startsByInitramfsTools(
  site: BootSite,
  more = ":",
): Promise<{ readonly root: NodeRoot; readonly told: string }> {
  const base = `${site.segment.folder}/initramfs`;
  await separately(INITRAMFS_TOOLS, base);
  await shell(`${NO_DEVICES}\n${more}`, base);
  const root = await NodeRoot.make(site, base);
  const { code, out, err } = await root.start("/init").ended();
  equal(code, 0, out + err);
  match(out + err, /run-init \/root \/sbin\/init/);
  return { root, told: out + err };
}

const DEBIAN = [...NODE_ROOT_TOOLS, "mkinitramfs"];

await bootTest(
  "initramfs-tools: a diskless profile says what the next root is, which knows the collective",
  { members: 1, clients: 1, tools: DEBIAN },
  async (site) => {
    await site.script(PROFILE, "pre.sh", NEXT_ROOT);
    await defineNode(site, PROFILE);
    const { root, told } = await startsByInitramfsTools(site);
    match(told, /^RAN pre\.sh$/m);
    match(await root.text("root/etc/confluent/confluent.info"), /^NODENAME: n1$/m);
    match(await root.text("root/etc/confluent/ca.pem"), /BEGIN CERTIFICATE/);
  },
);

await bootTest(
  "initramfs-tools: an installer finds its autoinstall, and runs the scripts itself",
  { members: 1, clients: 1, tools: DEBIAN },
  async (site) => {
    await bring(site, "autoinstall", "#cloud-config");
    await site.script(PROFILE, "pre.sh", NEXT_ROOT);
    await defineNode(site, PROFILE);
    const { root, told } = await startsByInitramfsTools(site, MADE_BEFORE);
    equal(await root.text("root/autoinstall.yaml"), "#cloud-config\n");
    equal(told.includes("RAN pre.sh"), false);
  },
);

/** The same as dracut makes it, with systemd. */
const DRACUT = `dracut --no-kernel --no-hostonly --no-early-microcode --gzip \
  -m "bash base dracut-systemd udev-rules" -I "$(command -v ip)" "$0.img" >&2
mkdir "$0"; cd "$0"; gunzip -c "$0.img" | cpio -idm --quiet`;

async function startsByDracut(site: BootSite): Promise<string> {
  const base = `${site.segment.folder}/initramfs`;
  await shell(DRACUT, base);
  await shell(NO_DEVICES, base);
  const root = await NodeRoot.make(site, base);
  const started = root.start(`/bin/dracut-cmdline && /bin/dracut-pre-pivot
    . /lib/dracut-lib.sh; echo "ks=$(getarg inst.ks)"; echo "repo=$(getarg inst.repo)"
    echo "ip=$(getarg ip)"; cat /etc/confluent/kickstart; ls /sysroot/etc/confluent`);
  const { code, out, err } = await started.ended();
  equal(code, 0, out + err);
  return `${out}\n${err}`;
}

const RED_HAT = [...NODE_ROOT_TOOLS, "dracut", "/usr/lib/dracut/modules.d/35network-legacy"];

await bootTest(
  "dracut: an installer is told of its kickstart, its packages and its address",
  { members: 1, clients: 1, tools: RED_HAT },
  async (site) => {
    await bring(site, "kickstart", "# a kickstart");
    await site.script(PROFILE, "pre.sh", "echo RAN pre.sh");
    await defineNode(site, PROFILE);
    const told = await startsByDracut(site);
    match(told, /^ks=file:\/etc\/confluent\/kickstart$/m);
    match(told, /^repo=https:\/\/10\.77\.0\.11\/confluent-public\/os\/hooked\/distribution$/m);
    match(told, /^ip=10\.77\.1\.51::(?:[0-9.]*):255\.255\.0\.0:n1:eth0:none$/m);
    match(told, /^# a kickstart$/m);
    match(told, /^confluent\.deploycfg$/m);
    equal(told.includes("RAN pre.sh"), false);
  },
);

await bootTest(
  "dracut: a diskless profile has its pre scripts run, and the next root knows the collective",
  { members: 1, clients: 1, tools: RED_HAT },
  async (site) => {
    await site.script(PROFILE, "pre.sh", "echo RAN pre.sh");
    await defineNode(site, PROFILE);
    const told = await startsByDracut(site);
    match(told, /^RAN pre\.sh$/m);
    match(told, /^ks=$/m);
    match(told, /^confluent\.info$/m);
  },
);

await bootTest(
  "debian-installer: the node's own answers stand behind those of the profile",
  { members: 1, clients: 1, tools: [...NODE_ROOT_TOOLS, "debconf-set-selections"] },
  async (site) => {
    await bring(site, "preseed.cfg", "d-i netcfg/choose_interface select auto");
    await defineNode(site, PROFILE);
    await site.first.done(
      "nodeattrib",
      "n1",
      "dns.domain=cluster.example",
      "dns.servers=10.77.0.1",
    );
    const base = `${site.segment.folder}/installer`;
    // The folder that its kind of initramfs has.
    await shell(`${BUSYBOX}; mkdir -p "$0/lib/debian-installer-startup.d"`, base);
    const root = await NodeRoot.make(site, base);
    // Some versions source the file, others run it.
    for (const how of [".", ""]) {
      const started = root.start(`${how} /lib/debian-installer-startup.d/S29confluent; echo on`);
      await started.line(/^on$/);
      const preseed = await root.text("preseed.cfg");
      const wanted = [
        "d-i netcfg/choose_interface select auto",
        "d-i netcfg/hostname string n1",
        "d-i netcfg/get_domain string cluster.example",
        "d-i netcfg/choose_interface select eth0",
        "d-i netcfg/get_ipaddress string 10.77.1.51",
        "d-i netcfg/get_netmask string 255.255.0.0",
        "d-i netcfg/get_nameservers string 10.77.0.1",
      ];
      deepEqual(preseed.split("\n").filter((line) => wanted.includes(line)), wanted);
      await shell(`debconf-set-selections -c "$0"`, `${root.folder}/preseed.cfg`);
    }
  },
);
