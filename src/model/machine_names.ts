/** What a machine is told from others by, and how it is spelled so that it compares equal. */
import { macOf } from "./hardware_address.ts";
import { ipv4Of } from "./ipv4.ts";

/** The attribute that holds the SMBIOS UUID of a machine. */
export const UUID = "id.uuid";

/** Whether the attribute holds the hardware address of a port of the node. */
export function isHardwareAddress(attribute: string): boolean {
  return attribute.startsWith("net.") && attribute.endsWith(".hwaddr");
}

/** The interface of an attribute `net.NAME.LEAF`, and the last part of its name; `net.LEAF` is of
 * that without a name. Undefined for any other attribute. */
export function netAttributeOf(
  attribute: string,
): { readonly name: string; readonly leaf: string } | undefined {
  const [, name = "", leaf] = /^net\.(?:(.+)\.)?([^.]+)$/.exec(attribute) ?? [];
  return leaf === undefined ? undefined : { name, leaf };
}

/** Those of the attributes that are `net.LEAF` or `net.NAME.LEAF`. */
export function netAttributes(names: Iterable<string>, leaf: string): string[] {
  return Array.from(names).filter((name) => name.startsWith("net.") && name.endsWith(`.${leaf}`));
}

/** How the values of such an attribute are spelled; nothing for one that makes no sense. */
export function spellingOf(attribute: string): (text: string) => string | undefined {
  if (attribute === UUID) return (text) => text.trim().toLowerCase();
  if (isHardwareAddress(attribute)) return macOf;
  return (text) => {
    const [address = ""] = text.trim().split("/");
    return ipv4Of(address) === undefined ? undefined : address;
  };
}
