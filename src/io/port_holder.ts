/** Who has a port, for people who want to know why it cannot be had. */
import { MAX_DESCRIPTORS_SEARCHED } from "../base/boot_limits.ts";
import type { Ipv4 } from "../model/ipv4.ts";

/** The same holder need not be searched for again while it lives. */
let last: { readonly inode: string; readonly folder: string; readonly name: string } | undefined;

/** As `dnsmasq (process 812)`; says so where nobody can be named. `address` 0 means all. */
export function portHolder(port: number, address: Ipv4, protocol: "tcp" | "udp" = "udp"): string {
  const inodes = socketsOf(port, address, protocol);
  if (last !== undefined && inodes.has(last.inode) && nameOf(last.folder) === last.name) {
    return holderText(last.folder, last.name);
  }
  const found = inodes.size === 0 ? undefined : processWith(inodes);
  if (found === undefined) return "another process, which this one may not see,";
  last = found;
  return holderText(found.folder, found.name);
}

function holderText(folder: string, name: string): string {
  return `${name} (process ${folder.slice("/proc/".length)})`;
}

/** As the kernel numbers the states of TCP. */
const LISTENING = "0A";

/** The inodes of this network namespace's sockets with that port; of TCP, those that listen. */
function socketsOf(port: number, address: Ipv4, protocol: "tcp" | "udp"): Set<string> {
  const inodes = new Set<string>();
  for (const table of [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]) {
    for (const line of textOf(table).split("\n").slice(1)) {
      const columns = line.trim().split(/\s+/);
      const [local = "", digits = ""] = (columns[1] ?? "").split(":");
      if (protocol === "tcp" && columns[3] !== LISTENING) continue;
      if (parseInt(digits, 16) === port && meets(local, address)) inodes.add(columns[9] ?? "");
    }
  }
  return inodes;
}

/** Whether sockets bound to both cannot be. Addresses are words of the kernel's byte order. */
function meets(local: string, address: Ipv4): boolean {
  if (address === 0 || /^0+$/.test(local)) return true;
  const octets = local.slice(-8).match(/../g) ?? [];
  return parseInt(octets.reverse().join(""), 16) === address;
}

/** Another process where there is one: this one may have the port of another version of IP. */
function processWith(
  inodes: ReadonlySet<string>,
): { inode: string; folder: string; name: string } | undefined {
  let looks = 0;
  const own = String(Deno.pid);
  const processes = listed("/proc").filter((name) => name !== own);
  for (const process of [...processes, own]) {
    if (!/^\d+$/.test(process)) continue;
    const folder = `/proc/${process}`;
    for (const descriptor of listed(`${folder}/fd`)) {
      if (++looks > MAX_DESCRIPTORS_SEARCHED) return undefined;
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/fd/${descriptor}`))?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      return { inode, folder, name: nameOf(folder) };
    }
  }
  return undefined;
}

function nameOf(folder: string): string {
  return textOf(`${folder}/comm`).trim();
}

/** Processes end, and those of others may not be looked into: there is nothing then. */
function listed(folder: string): string[] {
  return unlessUnseen(() => Array.from(Deno.readDirSync(folder), ({ name }) => name)) ?? [];
}

function linkOf(path: string): string {
  return unlessUnseen(() => Deno.readLinkSync(path)) ?? "";
}

function textOf(path: string): string {
  return unlessUnseen(() => Deno.readTextFileSync(path)) ?? "";
}

function unlessUnseen<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
