/** What the self-service API has of the collective's CAs. */
import type { Outcome } from "../base/outcome.ts";

export interface Authority {
  /** The certificate, PEM, for a request (PKCS#10, PEM): for these names and addresses, the first
   * of them its subject, and so many days. `invalid` where the request makes no sense. */
  signTls(request: string, names: readonly string[], days: number): Promise<Outcome<string>>;
  /** The certificate of a host, one line, for its public key, one line: for these principals, of
   * which the first is its name. `invalid` where the key makes no sense. */
  signSsh(publicKey: string, principals: readonly string[]): Promise<Outcome<string>>;
}
