/** Whether a controller's certificate is taken, by what is pinned and by the node's policy. */

/** What is to be found of a certificate before anything secret is said to who showed it. */
export interface Shown {
  /** Of its SHA-256, `sha256$` and 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** Whether a certificate authority of this host vouches for it under the name it should have. */
  readonly isVouchedFor: boolean;
}

/** What a node demands of the certificate of its controller; see the port of drivers. */
export interface Demand {
  readonly policy: "tofu" | "manual" | "ca" | "ca-only";
  readonly pinned: string | undefined;
}

/** `pin`: it is taken if it is kept from now on. */
export type Trust =
  | { readonly verdict: "trusted" }
  | { readonly verdict: "pin" }
  | { readonly verdict: "refused"; readonly why: string };

const TRUSTED: Trust = { verdict: "trusted" };
const HOW_TO_PIN = "set pubkeys.tls_hardwaremanager to it if that is right";

/** How a fingerprint in hexadecimal is kept and told. */
export function pinOf(fingerprintHex: string): string {
  return `sha256$${fingerprintHex.toLowerCase()}`;
}

/** Whether certificate authorities are asked at all. */
export function asksAuthorities({ policy }: Demand): boolean {
  return policy === "ca" || policy === "ca-only";
}

/**
 * `ca-only` looks at nothing but authorities; `ca` takes what they vouch for, and else what is
 * pinned; the others take what is pinned, and `tofu` the first it sees where nothing is.
 */
export function judgeCertificate(shown: Shown, demand: Demand): Trust {
  const { fingerprint, isVouchedFor } = shown, { policy, pinned } = demand;
  if (asksAuthorities(demand) && isVouchedFor) return TRUSTED;
  if (policy === "ca-only") {
    return refusedFor(`no authority vouches for its certificate ${fingerprint} (policy ca-only)`);
  }
  if (pinned !== undefined) {
    if (pinned.toLowerCase() === fingerprint) return TRUSTED;
    const seen = `its certificate is ${fingerprint}, pinned is ${pinned}`;
    return refusedFor(`${seen}: it was changed, or something else answers; ${HOW_TO_PIN}`);
  }
  if (policy === "tofu") return { verdict: "pin" };
  const why = policy === "ca"
    ? "no authority vouches for its certificate"
    : "none is pinned (policy manual), it shows";
  return refusedFor(`${why} ${fingerprint}; ${HOW_TO_PIN}`);
}

/** Of a controller without TLS, which shows none: taken where no certificate is asked for. */
export function judgeWithoutTls({ policy, pinned }: Demand): Trust {
  if (pinned !== undefined) {
    return refusedFor(
      "its address says http://, and pubkeys.tls_hardwaremanager is set: clear one",
    );
  }
  if (policy === "tofu") return TRUSTED;
  return refusedFor(`its address says http://, and pubkeys.addpolicy is ${policy}: it takes TLS`);
}

function refusedFor(why: string): Trust {
  return { verdict: "refused", why };
}
