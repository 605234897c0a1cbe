/** Where a node's controller is reached, as `hardwaremanagement.manager` says it. */
import { endpointOf } from "../model/address.ts";

/** Where to connect, and whether TLS is spoken there. */
export interface BmcAddress {
  /** A name, an IPv4 or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

const HTTPS_PORT = 443;
const HTTP_PORT = 80;

/**
 * `host`, `host:port`, `[v6]:port` or a bare IPv6 address, with `https://` or nothing in front:
 * TLS. `http://` alone means that passwords may travel in clear. Undefined for anything else, a
 * path among it.
 */
export function bmcAddressOf(text: string): BmcAddress | undefined {
  const [, scheme, rest] = /^(?:(https?):\/\/)?([^/\s]+)\/?$/i.exec(text) ?? [];
  if (rest === undefined || rest.includes("@")) return undefined;
  const isTls = scheme?.toLowerCase() !== "http";
  const endpoint = endpointOf(rest, isTls ? HTTPS_PORT : HTTP_PORT);
  if (endpoint === undefined || endpoint.port === 0) return undefined;
  return { ...endpoint, isTls };
}

/** The authority of a URL, and the value of `Host`: the port stands there where it is unusual. */
export function authorityOf({ host, port, isTls }: BmcAddress): string {
  const name = host.includes(":") ? `[${host.replace(/%.*$/, "")}]` : host;
  return port === (isTls ? HTTPS_PORT : HTTP_PORT) ? name : `${name}:${port}`;
}
