/** What runs in a node, without the node: its initramfs as a root of its own, at the place c1. */
import type { Program } from "../program.ts";
import type { BootSite } from "../boot/boot_site.ts";
import { clientMac, serverAddress } from "../boot/segment.ts";
import { shell } from "../boot/shell.ts";

const BUILD = new URL("../../../node/build.sh", import.meta.url).pathname;
/** Where it is. */
const PLACE = "c1";
/** What it takes. */
export const NODE_ROOT_TOOLS = ["musl-gcc", "curl", "cpio", "gzip", "busybox", "strace"];

/** Puts busybox, the libraries that it needs and its commands into the folder `$0`. */
export const BUSYBOX = `mkdir -p "$0" && cd "$0"
mkdir -p bin sbin etc proc sys dev tmp run root
cp "$(command -v busybox)" bin/busybox
for library in $(ldd bin/busybox | sed -nE 's/.*[[:blank:]](\\/[^ ]+) \\(.*/\\1/p'); do
  mkdir -p ".\${library%/*}"; cp "$library" ".$library"
done
chroot . /bin/busybox --install -s /bin
echo 'root:x:0:0:root:/:/bin/sh' > etc/passwd`;

/** Unpacks `$1` into `$0` as the kernel does: what has no folder is passed over. */
const UNPACK = `cd "$0"; gunzip -c "$1" | cpio -imu --quiet 2>/dev/null || :`;

/** Real programs of an initramfs empty /dev before they leave it: what they have of this host is no
 * more than a few nodes on a file system of their own, and to read. */
export const OWN_DEVICES = `mkdir -p proc sys dev
mount -t proc none proc; mount --rbind /sys sys; mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 none dev; ln -s /proc/self/fd/2 dev/console
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/tty c 5 0
mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9; mkdir dev/pts`;

/** Nobody but the kernel of this host keeps its time, whatever nodes are told. */
export const UNTIMED = "setpriv --bounding-set -sys_time --inh-caps -sys_time";

export class NodeRoot {
  readonly folder: string;
  readonly #site: BootSite;

  private constructor(site: BootSite) {
    this.#site = site;
    this.folder = `${site.segment.folder}/node`;
  }

  /** That of c1, which is the node n1: with busybox alone, or as it lies in the folder `base`. */
  static async make(site: BootSite, base?: string): Promise<NodeRoot> {
    const root = new NodeRoot(site);
    if (base !== undefined) await shell(`cp -a "$1" "$0"`, root.folder, base);
    else await shell(BUSYBOX, root.folder);
    const addons = `${site.segment.folder}/addons.cpio`;
    await shell(`sh "$0" --out "$1"`, BUILD, addons);
    await shell(UNPACK, root.folder, addons);
    const url = `http://${serverAddress(1)}/confluent-public/site/site.cpio`;
    await site.segment.sh("s1", `cd ${root.folder} && curl -sSf ${url} | cpio -idm --quiet`);
    return root;
  }

  /** Runs lines of shell in it; the console is its stderr. Every program that they start, with its
   * arguments and environment, stands in `traced`. */
  start(lines: string, below = ""): Program {
    const inside = `export PATH=/bin:/sbin:/opt/confluent/bin HOME=/\n${lines}`;
    const mounts = `cd ${this.folder}${below}; ${OWN_DEVICES}`;
    const command = `${UNTIMED} chroot . /bin/sh -c "$0"`;
    const trace = `strace -f -v -s 4096 -e trace=execve -A -o ${this.traced}`;
    // Mounts and processes of its own, which end with it.
    return this.#site.segment.start(
      PLACE,
      ...["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"],
      ...["sh", "-ec", `${mounts}\nexec ${trace} ${command}`, inside],
    );
  }

  get traced(): string {
    return `${this.#site.segment.folder}/traced`;
  }

  async text(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/${path}`);
  }
}

/** Defines n1, which is at c1, with the profile pending. */
export async function defineNode(site: BootSite, profile: string): Promise<void> {
  const files = { kernel: "/etc/hostname", initramfs: "/etc/hostname" };
  await site.profile(profile, files, "quiet");
  await site.node("n1", { "net.hwaddr": clientMac(PLACE), "net.ipv4_address": "10.77.1.51/16" });
  await site.deploy("n1", profile);
}
