/** The port to names of hosts, as the system resolves them: its hosts file first. */
import { lookup } from "node:dns/promises";

import { type Ipv4, ipv4Of } from "../model/ipv4.ts";

/** The IPv4 address of the name; undefined where it has none, or nobody can tell. */
export async function lookUpIpv4(name: string): Promise<Ipv4 | undefined> {
  try {
    return ipv4Of((await lookup(name, { family: 4 })).address);
  } catch {
    return undefined; // no such name, or no name server answers: the same to whoever asks
  }
}
