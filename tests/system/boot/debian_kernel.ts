/**
 * A real kernel for machines: the one Debian ships, with initramfs of two sorts. `marker` brings
 * the network up, prints what it was started with, and ends. `node` goes on as a deployed machine
 * does, with what members add to it. Made once from the package (70 MB), and kept.
 */
import { NODE_INIT } from "../deployment/node_init.ts";
import { shell } from "./shell.ts";

/** What of it a machine is booted with. */
export interface KernelFiles {
  readonly kernel: string;
  readonly initramfs: string;
}

const META_PACKAGE = "linux-image-amd64";
/** In the order they are asked for; each after what it depends on. */
const MODULES = ["virtio_pci", "virtio_net", "e1000", "virtio_rng", "virtio_blk"];

/**
 * What the initramfs prints on the console, as one line: the kernel's command line, the hardware
 * address, and the address that it was given as a plain client.
 */
export const MARKER =
  /CONFLUENT-BOOTED cmdline=\[([^\]]*)\] mac=([0-9a-f:]+) address=([0-9./]*) end/;

const INIT = `#!/bin/busybox sh
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
while read -r module; do busybox insmod "/modules/$module"; done < /modules/order
busybox ip link set lo up
busybox ip link set eth0 up
busybox udhcpc -i eth0 -n -q -f -t 10 -T 1 -s /told > /dev/null 2>&1
address=$(busybox ip -4 -o addr show dev eth0 | busybox sed -n 's/.*inet \\([^ ]*\\).*/\\1/p')
mac=$(busybox cat /sys/class/net/eth0/address)
echo
echo "CONFLUENT-BOOTED cmdline=[$(busybox cat /proc/cmdline)] mac=$mac address=$address end"
busybox poweroff -f
`;

const TOLD = `#!/bin/busybox sh
[ "$1" != bound ] || busybox ip addr add "$ip/$mask" dev "$interface"
`;

const INITS = { marker: INIT, node: NODE_INIT };

/** The files; undefined, having said why, where the package cannot be had. */
export async function debianKernel(
  sort: keyof typeof INITS = "marker",
): Promise<KernelFiles | undefined> {
  const cache = `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`}` +
    "/confluent-tests";
  try {
    const depends = await shell(`apt-cache depends "$0"`, META_PACKAGE);
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
    if (name === undefined) throw new Error(`${META_PACKAGE} is not among apt's packages`);
    const folder = `${cache}/${name}-${await makingOf()}`;
    if (!await isThere(folder)) {
      await Deno.mkdir(cache, { recursive: true });
      const work = await Deno.makeTempDir({ dir: cache, prefix: "making-" });
      try {
        await make(name, work);
        await Deno.rename(`${work}/made`, folder);
      } finally {
        await Deno.remove(work, { recursive: true });
      }
    }
    return { kernel: `${folder}/kernel`, initramfs: `${folder}/${sort}` };
  } catch (error) {
    console.log(`left out: no kernel of Debian to boot: ${(error as Error).message.trim()}`);
    return undefined;
  }
}

/** Changes with what goes into the initramfs. */
async function makingOf(): Promise<string> {
  const recipe = new TextEncoder().encode(JSON.stringify([INITS, TOLD, MODULES]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", recipe));
  return digest.slice(0, 4).toHex();
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Fetches the package and leaves both files in `made`. */
async function make(name: string, work: string): Promise<void> {
  const root = `${work}/root`;
  await shell(
    `cd "$0"; mkdir made tree root root/modules root/proc root/sys root/bin root/dev
     apt-get download -qq "$1"
     dpkg-deb --fsys-tarfile *.deb | tar -x -C tree --wildcards './boot/vmlinuz*' \
       './lib/modules/*/kernel/drivers/*' './lib/modules/*/kernel/net/core/*'
     cp tree/boot/vmlinuz* made/kernel`,
    ...[work, name],
  );
  await Deno.writeTextFile(`${root}/told`, TOLD, { mode: 0o755 });
  await Deno.writeTextFile(`${root}/modules/order`, await copyModules(`${work}/tree`, root));
  await shell(
    `cd "$0/root"
     program=$(command -v busybox)
     cp "$program" bin/busybox
     for library in $(ldd "$program" | sed -nE 's/.*[[:blank:]](\\/[^ ]+) \\(.*/\\1/p'); do
       mkdir -p ".\${library%/*}"; cp "$library" ".$library"
     done
     # For curl and what else wants names for users.
     mkdir -p etc; echo 'root:x:0:0:root:/:/bin/sh' > etc/passwd`,
    work,
  );
  for (const [sort, init] of Object.entries(INITS)) {
    await Deno.writeTextFile(`${root}/init`, init, { mode: 0o755 });
    await shell(`cd "$0/root"; find . | cpio --quiet -o -H newc | gzip > "../made/$1"`, work, sort);
  }
}

/** Copies the modules and what they depend on: their names, in the order they can be put in. */
async function copyModules(tree: string, root: string): Promise<string> {
  const found = await shell(`find "$0" -name '*.ko'`, `${tree}/lib/modules`);
  const paths = new Map(found.trim().split("\n").map((path) => [moduleOf(path), path]));
  const order: string[] = [];
  const take = async (name: string): Promise<void> => {
    if (order.includes(`${name}.ko`)) return;
    const path = paths.get(name);
    if (path === undefined) throw new Error(`the package has no module ${name}`);
    // A module says itself what it needs; the package has no modules.dep.
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    // deno-lint-ignore no-control-regex
    const depends = /\x00depends=([^\x00]*)\x00/.exec(text)?.[1] ?? "";
    for (const needed of depends.split(",").filter((each) => each !== "")) await take(needed);
    await Deno.copyFile(path, `${root}/modules/${name}.ko`);
    order.push(`${name}.ko`);
  };
  for (const name of MODULES) await take(name);
  return order.map((name) => `${name}\n`).join("");
}

/** Modules are spelt with dashes or underscores, as it comes. */
function moduleOf(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(".ko", "").replaceAll("-", "_");
}
