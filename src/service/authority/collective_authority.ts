/** What the collective's own CA does for the surfaces; authority.ts keeps the promises. */
import type { Outcome } from "../../base/outcome.ts";

export interface CollectiveAuthority {
  /** The id by which nodes know the collective: what `GET /uuid` tells. */
  readonly uuid: string;
  /** The collective's CAs in PEM, old ones first, the same at all members; none before one is
   * made. */
  certificates(): readonly string[];
  /** The line of the key that signs hosts' keys of SSH; undefined before it is made. */
  readonly sshPublic: string | undefined;
  /**
   * A server's certificate in PEM for the key that a request (PKCS #10 in PEM) proves, good for so
   * many days, and no longer than the CA itself; of the request nothing else is kept. The first of
   * the names is the node's, the others are names and addresses that it goes by. `invalid` says
   * what is wrong with the request, a name or the days; `unavailable` that the CA is not here.
   */
  signTls(request: string, names: readonly string[], days: number): Promise<Outcome<string>>;
  /** The line of a host's certificate of SSH for the key in the line `key`; without days it is good
   * for ever. Names and refusals as above. */
  signSsh(key: string, names: readonly string[], days?: number): Promise<Outcome<string>>;
}
