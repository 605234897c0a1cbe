/** The names and addresses by which a node is known: in lists of who trusts whom, and in its
 * certificates. */
import { V4, V6 } from "../ip_version.ts";
import { hostnamesOf, type NodeNetwork } from "./node_network.ts";

/** By which every host knows itself, in the lists of confluent 4.0. */
export const OWN_NAMES: readonly string[] = [
  "127.0.0.1",
  "::1",
  "localhost",
  "localhost.localdomain",
];

/** What a node is called. */
export interface NodeNames {
  /** Its own name first; each with the domain too, where that is not in it. */
  readonly names: readonly string[];
  /** Of its networks, as they are told. */
  readonly addresses: readonly string[];
}

/** Of a node with these attributes; see {@link NodeNames}. */
export function nodeNames(
  node: string,
  domain: string,
  networks: readonly NodeNetwork[],
): NodeNames {
  const names = [node, ...networks.flatMap(hostnamesOf)];
  const addresses = networks.flatMap(({ v4, v6 }) => [
    ...v4.address === undefined ? [] : [V4.text(v4.address)],
    ...v6.address === undefined ? [] : [V6.text(v6.address)],
  ]);
  return {
    names: [...new Set(names.flatMap((name) => withDomain(name, domain)))],
    addresses: [...new Set(addresses)],
  };
}

/** Whether it may stand in a list of who is trusted: a line's end in it would be one more name
 * there, and to SSH `+`, `*` and `!` mean others than this host. */
export function isHostName(name: string): boolean {
  return /^\w[\w.:-]{0,252}$|^::[\da-f:.]*$/i.test(name);
}

/** The name, and its full name. */
export function withDomain(name: string, domain: string): string[] {
  const isFull = domain === "" || name === domain || name.endsWith(`.${domain}`);
  return isFull ? [name] : [name, `${name}.${domain}`];
}
