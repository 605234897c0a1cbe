/** The names and addresses at which nodes may reach this member: those of its certificate. */
import { MAX_CERTIFIED_NAMES } from "../../base/boot_limits.ts";
import { endpointOf } from "../../model/address.ts";
import { fixedName } from "../../model/collective_uuid.ts";
import { ipv6Of, ipv6Text } from "../../model/ipv6.ts";
import type { HostAddress } from "../addresses.ts";

/** The member's name first, then the fixed one; without repetitions, in canonical form. */
export function leafNames(
  name: string,
  uuid: string,
  /** `host:port`. */
  advertised: readonly string[],
  host: readonly HostAddress[],
): string[] {
  const hosts = advertised.flatMap((text) => endpointOf(text)?.host ?? []);
  const interfaces = host.map(({ address }) => address).sort();
  const all = [name, fixedName(uuid) ?? [], hosts, interfaces].flat().flatMap(canonical);
  return [...new Set(all)].slice(0, MAX_CERTIFIED_NAMES);
}

/** As certificates are read back; nothing for what cannot stand in one. */
function canonical(name: string): string[] {
  const plain = name.replace(/%.*$/, "").toLowerCase();
  if (!plain.includes(":")) return /^[\w-]+(?:\.[\w-]+)*$/.test(plain) ? [plain] : [];
  const address = ipv6Of(plain);
  return address === undefined ? [] : [ipv6Text(address)];
}
