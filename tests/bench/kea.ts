/** Kea's DHCPv4 server with a reservation for each machine, and its own load client, perfdhcp. */
import { run, Running, until } from "./processes.ts";
import { GATEWAY, type SimulatedMachine } from "./simulated_machines.ts";
import type { World } from "./world.ts";

export const KEA_PACKAGES: readonly string[] = ["kea-admin", "kea-dhcp4-server", "iproute2"];

const READY_MS = 60_000;
const LEASE_SECONDS = 86_400;

/** All but the reservations is Kea's default: one thread, raw sockets, leases appended to a
 * file. */
export class Kea {
  readonly host: string;
  readonly #process: Running;

  private constructor(host: string, process: Running) {
    this.host = host;
    this.#process = process;
  }

  /** Runs `work` with one that has no leases yet. */
  static async during<T>(
    world: World,
    place: number,
    parent: string,
    machines: readonly SimulatedMachine[],
    work: (kea: Kea) => Promise<T>,
  ): Promise<T> {
    const folder = await Deno.makeTempDir({ dir: parent, prefix: "kea-" });
    const path = `${folder}/kea.json`;
    await Deno.writeTextFile(path, JSON.stringify(configuration(folder, machines)));
    const process = new Running([
      ...[...world.inside(place), "env", `KEA_PIDFILE_DIR=${folder}`],
      ...[`KEA_LOCKFILE_DIR=${folder}`, "KEA_LOGGER_DESTINATION=stderr", "kea-dhcp4", "-c", path],
    ]);
    try {
      await until("Kea listens", READY_MS, async () => {
        if (process.hasEnded) throw new Error(`Kea has ended; it said:\n${process.said()}`);
        return await run(...world.inside(place), "ss", "-Hlun", "sport = :67") !== "";
      });
      return await work(new Kea(world.host(place), process));
    } finally {
      await process.end("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    }
  }

  get pid(): number {
    return this.#process.pid;
  }
}

function configuration(folder: string, machines: readonly SimulatedMachine[]): unknown {
  const reservations = machines.map(({ name, mac, address }) => ({
    "hw-address": mac,
    "ip-address": address,
    "hostname": name,
  }));
  const subnet = {
    "subnet": "10.79.0.0/16",
    "interface": "eth0",
    "option-data": [{ name: "routers", data: GATEWAY }],
    reservations,
  };
  const output = [{ output: "stderr" }];
  return {
    Dhcp4: {
      "interfaces-config": { interfaces: ["eth0"] },
      "lease-database": { type: "memfile", persist: true, name: `${folder}/leases.csv` },
      "host-reservation-identifiers": ["hw-address"],
      "reservations-in-subnet": true,
      "reservations-out-of-pool": true,
      "valid-lifetime": LEASE_SECONDS,
      "subnet4": [subnet],
      "loggers": [{ name: "kea-dhcp4", severity: "WARN", output_options: output }],
    },
  };
}

/** What came of asking at a rate. */
export interface Asked {
  /** Exchanges begun, and ended: DISCOVER, OFFER, REQUEST and ACK. */
  readonly begun: number;
  readonly ended: number;
  readonly offerMs: number;
  readonly ackMs: number;
}

/** Exchanges by that many machines, so many a second for a time; a packet that takes a second is
 * lost. perfdhcp speaks as a relay does, from one address to another. */
export async function perfdhcp(
  from: string,
  to: string,
  machines: number,
  rate: number,
  seconds: number,
): Promise<Asked> {
  const times = ["-p", String(seconds), "-W", "1000000", "-d", "1"];
  const load = ["-r", String(rate), "-R", String(machines)];
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig", "KILL", "perfdhcp", "-4", "-l", from, ...load, ...times, to],
    ...{ stdin: "null", stderr: "piped", stdout: "piped" },
  });
  const { stdout, stderr } = await child.output();
  const text = new TextDecoder();
  // It fails where packets were lost.
  return told(text.decode(stdout)) ?? reject(`perfdhcp: ${text.decode(stderr)}`);
}

function told(said: string): Asked | undefined {
  const [, offers, acks] = said.split(/\*\*\*Statistics for: .*\*\*\*/);
  if (offers === undefined || acks === undefined) return undefined;
  const read = (part: string, what: string): number =>
    Number(new RegExp(`^${what}: ([\\d.]+)`, "m").exec(part)?.[1] ?? Number.NaN);
  return {
    begun: read(offers, "sent packets"),
    ended: read(acks, "received packets"),
    offerMs: read(offers, "avg delay"),
    ackMs: read(acks, "avg delay"),
  };
}

function reject(why: string): never {
  throw new Error(why);
}
