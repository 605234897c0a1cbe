/** Certificates as text (RFC 7468, section 5). */
import { MalformedError } from "../base/bytes.ts";

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;

/** The DER form of the first certificate in `pem`; {@link MalformedError} where there is none. */
export function certificateDer(pem: string): Uint8Array {
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) throw new MalformedError("no PEM certificate in the text");
  try {
    return Uint8Array.fromBase64(body);
  } catch {
    throw new MalformedError("the PEM certificate is not valid base64");
  }
}
