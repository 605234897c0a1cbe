/** Where a member is dialed: `host:port`, the port that of members where it is left out. */
import { MAX_NAME_LENGTH } from "../base/limits.ts";

export const PEER_PORT = 13001;

export interface Address {
  /** A name, an IPv4 or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** With the interface behind it where it is of a link (`fe80::1%eth0`). */
const V6 = "[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:%[\\w.-]+)?";
const FORM = new RegExp(`^(?:\\[([0-9a-fA-F:.%\\w-]+)\\]|([^[\\]:\\s]+)|(${V6}))$`);

/** The address of `host`, `host:port`, `[v6]:port` or a bare IPv6; undefined for anything else. */
export function endpointOf(text: string, defaultPort = PEER_PORT): Address | undefined {
  const port = /^(.*[^:]|):(\d{1,5})$/.exec(text);
  const isBareV6 = (text.match(/:/g)?.length ?? 0) > 1 && !text.startsWith("[");
  const hostText = port !== null && !isBareV6 ? port[1] ?? "" : text;
  const number = port !== null && !isBareV6 ? Number(port[2]) : defaultPort;
  const match = FORM.exec(hostText);
  const host = match?.[1] ?? match?.[2] ?? match?.[3];
  if (host === undefined || host.length > MAX_NAME_LENGTH || number > 65_535) return undefined;
  return { host, port: number };
}
