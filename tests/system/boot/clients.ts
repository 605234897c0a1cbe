/**
 * The DHCP clients that real systems run, at members of a segment. Each starts with an interface
 * that has no address, and gives what it was told, or undefined where nobody told it anything.
 */
import { type Program, until } from "../program.ts";
import { INTERFACE, type Segment } from "./segment.ts";

/** What a client was told. Nothing stands as "". */
export interface Lease {
  /** The client's own word for how it came by it. */
  readonly why: string;
  readonly address: string;
  readonly mask: string;
  readonly router: string;
  readonly dns: string;
  readonly domain: string;
  readonly leaseS: number;
  readonly serverId: string;
  readonly hostname: string;
}

/** The script that udhcpc, dhclient and dhcpcd call with what they were told. */
const TOLD = `#!/bin/sh
case "\${reason:-$1}" in
  bound|renew|BOUND|REBOOT|RENEW|REBIND)
    address=\${ip:-$new_ip_address} mask=\${subnet:-$new_subnet_mask}
    router=\${router:-$new_routers}
    busybox ip addr replace "$address/$mask" dev "$interface"
    [ -z "$router" ] || busybox ip route replace default via "\${router%% *}" dev "$interface" || :
    printf 'TOLD'
    printf '\\t%s' "\${reason:-$1}" "$address" "$mask" "$router" \\
      "\${dns:-$new_domain_name_servers}" "\${domain:-$new_domain_name}" \\
      "\${lease:-$new_dhcp_lease_time}" "\${serverid:-$new_dhcp_server_identifier}" \\
      "\${hostname:-$new_host_name}"
    echo ;;
  TIMEOUT) exit 1 ;; # what it remembers is no answer
esac
exit 0
`;

async function told(segment: Segment): Promise<string> {
  const path = `${segment.folder}/told`;
  await Deno.writeTextFile(path, TOLD, { mode: 0o755 });
  return path;
}

function leasesOf(program: Program): Lease[] {
  return program.out.filter((line) => line.startsWith("TOLD\t")).map((line) => {
    const [why, address, mask, router, dns, domain, lease, serverId, hostname] = line.split("\t")
      .slice(1);
    return {
      why: why ?? "",
      address: address ?? "",
      mask: mask ?? "",
      router: router ?? "",
      dns: dns ?? "",
      domain: domain ?? "",
      leaseS: Number(lease),
      serverId: serverId ?? "",
      hostname: hostname ?? "",
    };
  });
}

/** Its newest lease, once it has so many; undefined where it ends before. */
async function leaseOf(program: Program, count = 1): Promise<Lease | undefined> {
  return await until(`a client has lease ${count}`, () => {
    const leases = leasesOf(program);
    if (leases.length >= count) return Promise.resolve({ lease: leases.at(-1) });
    return Promise.resolve(program.hasEnded ? { lease: undefined } : undefined);
  }).then(({ lease }) => lease);
}

async function forget(segment: Segment, member: string): Promise<void> {
  await segment.done(member, "ip", "-4", "addr", "flush", "dev", INTERFACE);
}

/** Busybox's client, which goes on running. */
export class Udhcpc {
  readonly #program: Program;
  #leases = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** It asks six times, once a second. `more`: arguments. */
  static async start(
    segment: Segment,
    member: string,
    ...more: readonly string[]
  ): Promise<{ client: Udhcpc; lease: Lease | undefined }> {
    await forget(segment, member);
    const program = segment.start(
      member,
      ...["busybox", "udhcpc", "-f", "-n", "-i", INTERFACE, "-s", await told(segment)],
      ...["-t", "6", "-T", "1", ...more],
    );
    const client = new Udhcpc(program);
    return { client, lease: await client.#next() };
  }

  async #next(): Promise<Lease | undefined> {
    return await leaseOf(this.#program, ++this.#leases);
  }

  /** Asks the server it knows for more time. */
  async renew(): Promise<Lease | undefined> {
    this.#program.signal("SIGUSR1");
    return await this.#next();
  }

  /** Gives its address back and ends. */
  async release(): Promise<void> {
    this.#program.signal("SIGUSR2");
    await this.#program.word(/sending release|entering released state/);
    await this.#program.kill("SIGTERM");
  }

  async end(): Promise<void> {
    await this.#program.kill();
  }
}

/** One lease by busybox's client. */
export async function udhcpc(
  segment: Segment,
  member: string,
  ...more: readonly string[]
): Promise<Lease | undefined> {
  const { client, lease } = await Udhcpc.start(segment, member, ...more);
  await client.end();
  return lease;
}

/** ISC's client. It remembers its lease: from the second time on it asks for that (INIT-REBOOT). */
export class Dhclient {
  readonly #segment: Segment;
  readonly #member: string;

  constructor(segment: Segment, member: string) {
    this.#segment = segment;
    this.#member = member;
  }

  /** It tries for 15 s. */
  async lease(): Promise<Lease | undefined> {
    await forget(this.#segment, this.#member);
    const program = await this.#start("-1", "-d");
    const lease = await leaseOf(program);
    await program.kill();
    return lease;
  }

  /** Gives back what it holds. */
  async release(): Promise<void> {
    await (await this.#start("-r", "-d")).ended();
  }

  async #start(...flags: readonly string[]): Promise<Program> {
    const stem = `${this.#segment.folder}/dhclient-${this.#member}`;
    await Deno.writeTextFile(`${stem}.conf`, DHCLIENT_CONF);
    return this.#segment.start(
      this.#member,
      ...["dhclient", "-4", "-v", ...flags, "-cf", `${stem}.conf`, "-lf", `${stem}.leases`],
      ...["-pf", `${stem}.pid`, "-sf", await told(this.#segment), INTERFACE],
    );
  }
}

const DHCLIENT_CONF = "timeout 15;\ninitial-interval 1;\nreboot 5;\n" +
  "request subnet-mask, routers, domain-name-servers, domain-name, host-name;\n";

/** One lease by dhcpcd, which takes 5 s to see that nobody else has the address. */
export async function dhcpcd(segment: Segment, member: string): Promise<Lease | undefined> {
  await forget(segment, member);
  // It keeps leases and sockets in fixed places, which the member has for itself.
  await segment.sh(
    member,
    "mkdir -p /var/lib/dhcpcd /run/dhcpcd; mountpoint -q /var/lib/dhcpcd || " +
      "mount -t tmpfs none /var/lib/dhcpcd",
  );
  const program = segment.start(
    member,
    ...["dhcpcd", "-4", "-1", "-B", "-p", "-t", "20", "--noipv4ll", "-f", "/dev/null"],
    ...["-c", await told(segment)],
    ...["-o", "routers,domain_name_servers,domain_name,host_name", INTERFACE],
  );
  const lease = await leaseOf(program);
  await program.kill();
  return lease;
}

/**
 * One lease by systemd's client, without systemd: with /sys read-only it takes links as they are.
 * It gives the lease back when it ends.
 */
export async function networkd(segment: Segment, member: string): Promise<Lease | undefined> {
  await forget(segment, member);
  const program = segment.start(member, "unshare", "--mount", "bash", "-ec", NETWORKD);
  const lease = await leaseOf(program);
  await program.ended();
  return lease;
}

const NETWORKD = `
mount -o bind,remount,ro /sys
mkdir -p /run/systemd/network /run/systemd/netif/{links,leases,lldp} /run/dbus
chown -R systemd-network: /run/systemd/netif || :
printf '[Match]\\nName=${INTERFACE}\\n[Network]\\nDHCP=ipv4\\nIPv6AcceptRA=no\\n' \
  > /run/systemd/network/10-segment.network
/lib/systemd/systemd-networkd & client=$!
for i in $(seq 150); do
  if grep -qs '^ADDRESS=' /run/systemd/netif/leases/*; then break; fi
  sleep 0.1
done
if grep -qs '^ADDRESS=' /run/systemd/netif/leases/*; then
  unset HOSTNAME
  . <(sed -nE "s/^([A-Z0-9_]+)=(.*)/\\1='\\2'/p" /run/systemd/netif/leases/*)
  printf 'TOLD\\tlease\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\t%s\\n' "$ADDRESS" "$NETMASK" "$ROUTER" \
    "$DNS" "$DOMAINNAME" "$LIFETIME" "$SERVER_ADDRESS" "$HOSTNAME"
fi
kill $client
wait $client || :
`;
