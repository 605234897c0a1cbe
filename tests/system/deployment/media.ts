/** Installation media of the tests, made by the tools that make real ones. */
import { works } from "../program.ts";
import { shell } from "../boot/shell.ts";

/** Whether they can be made and read here. */
export async function canMakeMedia(): Promise<boolean> {
  return await works(["bsdtar", "--version"], "bsdtar");
}

export type Tree = Readonly<Record<string, string | Uint8Array>>;

/** What a tree of Red Hat's kind is known by, and a little of what it has besides. */
export const EL_TREE: Tree = {
  ".treeinfo": "[general]\nfamily = AlmaLinux\nversion = 9.4\narch = x86_64\n",
  "images/pxeboot/vmlinuz": "the kernel",
  "images/pxeboot/initrd.img": "the initramfs",
  "BaseOS/Packages/a b(1).rpm": "a package",
  "BaseOS/repodata/ünï.xml": "<xml/>",
};

/** The same of Debian's netboot. */
export function netbootTree(kernel: string | Uint8Array, initramfs: string | Uint8Array): Tree {
  return {
    "version.info": "Debian version: 12 (bookworm)\nInstaller build: 20230607\n",
    "debian-installer/amd64/linux": kernel,
    "debian-installer/amd64/initrd.gz": initramfs,
    "debian-installer/amd64/pxelinux.cfg/default": "default install\n",
  };
}

export async function layTree(folder: string, tree: Tree): Promise<string> {
  for (const [path, content] of Object.entries(tree)) {
    const file = `${folder}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(file, content);
    else await Deno.writeFile(file, content);
  }
  return folder;
}

/** An image with the Rock Ridge names that installers' have. */
export async function makeIso(folder: string, iso: string): Promise<string> {
  await shell(`cd "$0" && bsdtar -cf "$1" --format iso9660 .`, folder, iso);
  return iso;
}

/** `netboot.tar.gz`, say. `more`: paths beside the tree, as they are. */
export async function makeTar(folder: string, tar: string, ...more: string[]): Promise<string> {
  await shell(`d=$0 t=$1; shift; bsdtar -P -czf "$t" -C "$d" . "$@"`, folder, tar, ...more);
  return tar;
}
