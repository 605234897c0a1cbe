/** What both ends of a TLS link have in common. */
import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";

import { plainAddress } from "../model/ip_address.ts";
import { certificateDer } from "../wire/pem.ts";
import type { Endpoint, LinkIdentity } from "./link.ts";

/**
 * `rejectUnauthorized` is off since certificates are self-signed and the roster alone says which
 * count. TLS still proves that the far end holds the key of the certificate it shows.
 */
export const TLS_RULES = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  rejectUnauthorized: false,
} as const;

/** An identity as TLS takes it. */
export interface Credentials {
  readonly certificate: Uint8Array;
  readonly secureContext: SecureContext;
}

export function credentialsOf({ certificatePem, keyPem }: LinkIdentity): Credentials {
  return {
    certificate: certificateDer(certificatePem),
    secureContext: createSecureContext({ cert: certificatePem, key: keyPem, ...TLS_RULES }),
  };
}

/** DER of what the far end showed. An end that showed none has shaken hands all the same. */
export function peerCertificateOf(tls: TLSSocket): Uint8Array | undefined {
  const raw: Uint8Array | undefined = tls.getPeerCertificate(true).raw;
  return raw === undefined || raw.length === 0 ? undefined : new Uint8Array(raw);
}

/** The near and the far end of a connection. */
export function endsOf(connection: Deno.TcpConn): [local: Endpoint, remote: Endpoint] {
  return [plainEndpoint(connection.localAddr), plainEndpoint(connection.remoteAddr)];
}

function plainEndpoint({ hostname, port }: Deno.NetAddr): Endpoint {
  return { host: plainAddress(hostname), port };
}
