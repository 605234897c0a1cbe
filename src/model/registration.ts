/**
 * Whether a node is granted a key that it asks for. Whoever is granted one is the node to all
 * members from then on, so this is where it is decided:
 *
 * 1. With the HMAC by the node's one-time token: from anywhere. With a false one: never.
 * 2. Without it the asker must be on a network of this member, or in `trusted.subnets`;
 * 3. the node must be armed, which a grant ends;
 * 4. the source port must be below 1024, which on the machine itself takes its administrator;
 * 5. on a network of this member its hardware address must be one of the node's.
 *
 * A claim is *second* where a key was granted before and the node is not armed: either the node
 * lost its key, or somebody is not who it was.
 */
import type { Arming } from "./arming.ts";
import type { GrantHow } from "./grant.ts";

/** What is known of one who asks. */
export interface Registering {
  readonly address: string;
  readonly port: number;
  /** On a network of this member, so that the kernel knows its hardware address. */
  readonly isLocal: boolean;
  /** In the node's `trusted.subnets`. */
  readonly isTrusted: boolean;
  /** The hardware addresses that its address has on links of this member. */
  readonly macs: readonly string[];
  /** Those of them that are the node's. */
  readonly nodeMacs: ReadonlySet<string>;
  /** How its HMAC is: of the node's token, or of another; `spent`: the node has no token. */
  readonly hmac: "none" | "right" | "wrong" | "spent";
  readonly arming: Arming;
  /** Whether the node was granted a key before. */
  readonly wasGranted: boolean;
}

/** What becomes of it, with the reason, for people. */
export type RegistrationVerdict =
  | { readonly may: true; readonly how: GrantHow }
  | { readonly may: false; readonly why: string; readonly isSecond: boolean };

/** A port below it is one that only the administrator of a machine may use (ip(7)). */
const FIRST_UNPRIVILEGED_PORT = 1024;

/** See above. */
export function judgeRegistration(asked: Registering): RegistrationVerdict {
  const { address, port, arming, hmac, wasGranted } = asked;
  const no = (why: string, isSecond = false): RegistrationVerdict => (
    { may: false, why, isSecond }
  );
  if (hmac === "right") return { may: true, how: "token" };
  if (hmac === "wrong") return no("its HMAC was made with another token");
  if (hmac === "spent") return no("its token was used already, or there was none", wasGranted);
  if (!asked.isLocal && !asked.isTrusted) {
    return no(`${address} is on no network of this member, nor in trusted.subnets of the node`);
  }
  if (arming.is === "never") {
    return no("it is not armed (deployment.apiarmed); `nodedeploy` arms it", wasGranted);
  }
  if (arming.is === "over") {
    return no("its arming is over (deployment.apiarmed); arm it anew", wasGranted);
  }
  if (port >= FIRST_UNPRIVILEGED_PORT) {
    return no(`it asks from port ${port}: wanted one below ${FIRST_UNPRIVILEGED_PORT}`);
  }
  if (asked.isLocal) {
    if (asked.macs.length === 0) return no(`no hardware address is known of ${address}`);
    const other = asked.macs.find((mac) => !asked.nodeMacs.has(mac));
    if (other !== undefined) return no(`${address} has ${other}, which is no net.*hwaddr of it`);
  }
  return { may: true, how: "port" };
}
