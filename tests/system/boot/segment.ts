/**
 * A network made of namespaces, which nothing outside them sees. It is gone when the test's process
 * is: namespaces live as long as the process that holds each, and the kernel ends those with it.
 *
 *     world: bridge near --- s1 10.77.0.11/16, s2 10.77.0.12/16 ...   servers
 *                        --- c1, c2 ...                               clients, no address yet
 *                        --- taps of machines
 *                        --- r1 10.77.0.50/16   a router, and 10.78.0.1/24 on
 *            bridge far  --- r1
 *                        --- q1, q2 ...                               clients behind the router
 */
import { equal } from "node:assert/strict";

import { type Ended, Program } from "../program.ts";

/** The router's addresses, on its two sides. */
export const ROUTER = { near: "10.77.0.50", far: "10.78.0.1" };
const NEAR_BITS = 16;
const FAR_BITS = 24;
/** Where a member of the segment has its network. */
export const INTERFACE = "eth0";
const RUN_MS = 60_000;

export type Side = "near" | "far";

export interface SegmentShape {
  readonly servers: number;
  readonly clients?: number;
  /** Behind the router, which is there where there are any. */
  readonly farClients?: number;
}

/** The address of s1, s2 and so on. */
export function serverAddress(number: number): string {
  return `10.77.0.${10 + number}`;
}

/** The hardware address of c1, q1 and so on. */
export function clientMac(name: string): string {
  const [kind, number] = [name[0] === "q" ? "0f" : "0c", Number(name.slice(1))];
  return `02:77:00:00:${kind}:${number.toString(16).padStart(2, "0")}`;
}

export class Segment {
  /** For files of this segment; removed with it. */
  readonly folder: string;
  readonly #holders = new Map<string, Program>();
  readonly #programs: Program[] = [];
  #taps = 0;
  #links = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(shape: SegmentShape): Promise<Segment> {
    const segment = new Segment(await Deno.makeTempDir({ prefix: "confluent-segment-" }));
    try {
      await segment.#build(shape);
    } catch (error) {
      await segment.end();
      throw error;
    }
    return segment;
  }

  async #build({ servers, clients = 0, farClients = 0 }: SegmentShape): Promise<void> {
    await this.#hold("world");
    await this.#bridge("near");
    await this.sh("world", CUTS);
    for (let i = 1; i <= servers; i++) {
      await this.#plug(`s${i}`, "near", `02:77:00:00:05:${i.toString(16).padStart(2, "0")}`);
      await this.#address(`s${i}`, INTERFACE, `${serverAddress(i)}/${NEAR_BITS}`);
    }
    for (let i = 1; i <= clients; i++) await this.#plug(`c${i}`, "near", clientMac(`c${i}`));
    if (farClients > 0) await this.#buildFar(servers, farClients);
  }

  async #buildFar(servers: number, clients: number): Promise<void> {
    await this.#bridge("far");
    await this.#plug("r1", "near", "02:77:00:00:01:01");
    await this.#wire("r1", "eth1", "r1-far", "far", "02:77:00:00:01:02");
    await this.#address("r1", INTERFACE, `${ROUTER.near}/${NEAR_BITS}`);
    await this.#address("r1", "eth1", `${ROUTER.far}/${FAR_BITS}`);
    await this.sh("r1", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    for (let i = 1; i <= servers; i++) {
      await this.done(`s${i}`, "ip", "route", "add", "10.78.0.0/24", "via", ROUTER.near);
    }
    for (let i = 1; i <= clients; i++) await this.#plug(`q${i}`, "far", clientMac(`q${i}`));
  }

  /** What stands in front of a command line to run it at a member. */
  at(member: string): readonly string[] {
    const holder = this.#holders.get(member);
    if (holder === undefined) throw new Error(`the segment has no ${member}`);
    return ["nsenter", "-t", String(holder.pid), "-n", "-m", "--"];
  }

  /** Starts a program at a member; it ends with the segment at the latest. */
  start(member: string, ...command: readonly string[]): Program {
    const program = new Program([...this.at(member), ...command]);
    this.#programs.push(program);
    return program;
  }

  async run(member: string, ...command: readonly string[]): Promise<Ended> {
    return await this.start(member, ...command).ended(RUN_MS);
  }

  /** Runs what must succeed: its stdout. */
  async done(member: string, ...command: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(member, ...command);
    equal(code, 0, `${member}: ${command.join(" ")}: ${err}`);
    return out;
  }

  /** The same of a few lines of shell, which end at the first that fails. */
  async sh(member: string, script: string): Promise<string> {
    return await this.done(member, "sh", "-ec", script);
  }

  /** Nothing passes between a member and the others; its link stays up. */
  async cut(member: string): Promise<void> {
    await this.done("world", "nft", `add element bridge cuts members { ${member} }`);
  }

  async heal(member: string): Promise<void> {
    await this.done("world", "nft", `delete element bridge cuts members { ${member} }`);
  }

  /** From now on no frame passes that fits, as nft says it: `udp dport 69`. */
  async drop(match: string): Promise<void> {
    await this.done("world", "nft", `add rule bridge cuts dropping ${match} drop`);
  }

  /** All of those pass again. */
  async passAll(): Promise<void> {
    await this.done("world", "nft", "flush chain bridge cuts dropping");
  }

  /** What goes out of a port of a bridge, to a machine say, goes so fast at most: `16mbit`. */
  async slow(port: string, rate: string): Promise<void> {
    const limit = `rate ${rate} burst 32kb latency 100ms`;
    await this.sh("world", `tc qdisc replace dev ${port} root tbf ${limit}`);
  }

  /** The cable of a member: it sees that it was pulled. */
  async pull(member: string): Promise<void> {
    await this.done("world", "ip", "link", "set", member, "down");
  }

  async plugIn(member: string): Promise<void> {
    await this.done("world", "ip", "link", "set", member, "up");
  }

  /** Another link of a member, which has no address but that of the link. */
  async link(member: string, name: string, side: Side): Promise<void> {
    const number = (++this.#links).toString(16).padStart(2, "0");
    await this.#wire(member, name, `${member}-${name}`, side, `02:77:00:00:06:${number}`);
  }

  async unlink(member: string, name: string): Promise<void> {
    await this.done("world", "ip", "link", "delete", `${member}-${name}`);
  }

  /** A tap for a machine that runs in `world`: its name. */
  async tap(side: Side = "near"): Promise<string> {
    const name = `t${++this.#taps}`;
    await this.sh("world", `ip tuntap add ${name} mode tap; ip link set ${name} master ${side} up`);
    return name;
  }

  /**
   * Advertises a router of IPv6 that leads nowhere. iPXE waits some 16 s for one, and asks by IPv4
   * no sooner.
   */
  async advertise(): Promise<void> {
    await this.sh("world", `ip -6 addr add fd77::1/64 dev near nodad`);
    const program = this.start(
      "world",
      ...["dnsmasq", "-k", "-C", "/dev/null", "--port=0", "--user=root", "--interface=near"],
      ...["--enable-ra", "--dhcp-range=fd77::,ra-only", "--ra-param=near,4", "--leasefile-ro"],
      ...["--log-facility=-", "--pid-file="],
    );
    await program.word(/router advertisement on fd77::/);
  }

  /** Ends what runs and removes all of it; what cannot be ended does not keep the rest. */
  async end(): Promise<void> {
    for (const program of this.#programs) if (!program.hasEnded) await program.kill();
    // Some clients leave a daemon behind that is no child of ours.
    const networks = new Set([...this.#holders.values()].map(({ pid }) => networkOf(pid)));
    const holders = [...this.#holders.values()];
    for (const pid of processesIn(networks)) {
      if (!holders.some((holder) => holder.pid === pid)) Deno.kill(pid, "SIGKILL");
    }
    await Promise.all(holders.map((holder) => holder.kill()));
    this.#holders.clear();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** A namespace, of network and mounts: what it has in /sys and /run is its own. */
  async #hold(member: string): Promise<void> {
    const script = "mount -t sysfs none /sys; mount -t tmpfs none /run; ip link set lo up; " +
      "echo ready; exec sleep infinity";
    const separate = ["unshare", "--net", "--mount", "--propagation", "private"];
    const holder = new Program([...separate, "sh", "-ec", script]);
    this.#holders.set(member, holder);
    await holder.line(/^ready$/);
  }

  async #bridge(side: Side): Promise<void> {
    const shape = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0";
    await this.sh("world", `ip link add name ${side} ${shape}; ip link set ${side} up`);
  }

  /** A member with one link to a bridge, whose port has the member's name. */
  async #plug(member: string, side: Side, mac: string): Promise<void> {
    await this.#hold(member);
    await this.#wire(member, INTERFACE, member, side, mac);
  }

  async #wire(member: string, name: string, port: string, side: Side, mac: string): Promise<void> {
    const holder = this.#holders.get(member);
    const peer = `peer name ${name} netns ${holder?.pid} address ${mac}`;
    // Left to hardware that is not there, checksums are wrong for who reads whole frames.
    const honest = (device: string): string =>
      `ethtool -K ${device} tx off gso off tso off gro off >/dev/null 2>&1`;
    await this.sh(
      "world",
      `ip link add name ${port} type veth ${peer}; ${honest(port)}; ` +
        `ip link set ${port} master ${side} up`,
    );
    await this.sh(member, `${honest(name)}; ip link set ${name} up`);
  }

  async #address(member: string, name: string, address: string): Promise<void> {
    await this.done(member, "ip", "addr", "add", address, "brd", "+", "dev", name);
  }
}

const CUTS = `nft '
  add table bridge cuts
  add set bridge cuts members { type ifname; }
  add chain bridge cuts passing { type filter hook forward priority 0; }
  add chain bridge cuts dropping { type filter hook forward priority 1; }
  add rule bridge cuts passing iifname @members drop
  add rule bridge cuts passing oifname @members drop
'`;

/** The network namespace of a process, as the kernel names it; nothing where it is gone. */
function networkOf(pid: number | string): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ""; // it has ended, or is the kernel's
  }
}

function processesIn(networks: ReadonlySet<string>): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => name)
    .filter((name) => /^\d+$/.test(name) && networks.has(networkOf(name)))
    .map(Number);
}

/** Whether there is what a segment needs, and `more`: tools and files. Where not, says so. */
export async function canMakeSegments(...more: readonly string[]): Promise<boolean> {
  const lacking: string[] = [];
  if (Deno.uid() !== 0) lacking.push("root");
  for (
    const tool of [
      "ip",
      "tc",
      "nft",
      "ethtool",
      "nsenter",
      "unshare",
      "tcpdump",
      "busybox",
      ...more,
    ]
  ) {
    const args = ["-c", `[ -e "$0" ] || command -v "$0"`, tool];
    const { success } = await new Deno.Command("sh", { args, stdout: "null" }).output();
    if (!success) lacking.push(tool);
  }
  if (lacking.length > 0) console.log(`left out: boot tests lack ${lacking.join(", ")}`);
  return lacking.length === 0;
}
