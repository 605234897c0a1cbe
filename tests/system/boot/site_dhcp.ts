/** dnsmasq at a member of a segment: a site's own DHCP server, and its relay. */
import type { Program } from "../program.ts";
import { until } from "../program.ts";
import { INTERFACE, ROUTER, type Segment } from "./segment.ts";

const DNSMASQ = ["dnsmasq", "-k", "-C", "/dev/null", "--port=0", "--user=root", "--pid-file="];
const SAYING = ["--log-dhcp", "--log-facility=-"];

/**
 * Serves addresses of both networks of the segment: 10.77.1.100 to .200 and 10.78.0.100 to .200,
 * with router, name server 10.77.0.53 and domain site.test. `more`: further options.
 */
export async function siteDhcp(
  segment: Segment,
  member: string,
  ...more: readonly string[]
): Promise<Program> {
  const program = segment.start(
    member,
    ...[...DNSMASQ, ...SAYING, `--interface=${INTERFACE}`, "--bind-interfaces", "--no-ping"],
    ...[`--dhcp-leasefile=${segment.folder}/${member}.leases`, "--dhcp-authoritative"],
    ...["--domain=site.test", "--dhcp-option=6,10.77.0.53"],
    "--dhcp-range=set:near,10.77.1.100,10.77.1.200,255.255.0.0,5m",
    "--dhcp-range=set:far,10.78.0.100,10.78.0.200,255.255.255.0,5m",
    ...["--dhcp-option=tag:near,3,10.77.0.1", `--dhcp-option=tag:far,3,${ROUTER.far}`],
    ...more,
  );
  await listens(segment, member, program);
  return program;
}

/** ISC's relay at the router, towards a server; it adds option 82. */
export async function iscRelay(segment: Segment, ...servers: readonly string[]): Promise<Program> {
  const program = segment.start(
    "r1",
    ...["dhcrelay", "-4", "-d", "-a", "-id", "eth1", "-iu", INTERFACE, "-pf"],
    ...[`${segment.folder}/dhcrelay.pid`, ...servers],
  );
  await listens(segment, "r1", program);
  return program;
}

/** dnsmasq as relay at the router, which adds no option 82. */
export async function dnsmasqRelay(segment: Segment, server: string): Promise<Program> {
  const program = segment.start(
    "r1",
    ...[...DNSMASQ, ...SAYING, `--dhcp-relay=${ROUTER.far},${server}`],
  );
  await listens(segment, "r1", program);
  return program;
}

async function listens(segment: Segment, member: string, program: Program): Promise<void> {
  await until(`${member} listens on UDP 67`, async () => {
    if (program.hasEnded) throw new Error(`it ended; it said:\n${program.said()}`);
    const bound = await segment.done(member, "ss", "-Hlun", "sport = :67");
    return bound === "" ? undefined : true;
  });
}
