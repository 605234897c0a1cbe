/** Claims for keys of nodes that others hold, for people, a line each with its remedy. */
import { type Claim, type Grant, grantOf, openClaims } from "../model/grant.ts";
import type { Rows } from "../model/rows.ts";

/** Those that somebody should look at, as of that time, in milliseconds since 1970. */
export function claimNotices(state: Pick<Rows, "value" | "exists">, wallMs: number): string[] {
  return openClaims(state, wallMs).map((claim) => noticeOf(claim, grantOf(state, claim.node)));
}

function noticeOf(claim: Claim, grant: Grant | undefined): string {
  const { node } = claim;
  const before = grant === undefined ? "" : `, which was granted to ${whoOf(grant)}`;
  return `${node}: a second claim for its key from ${whoOf(claim)}${before}; if it is the node, ` +
    "which lost its key, let it have another: " +
    `\`nodeattrib ${node} deployment.apiarmed=once\`; else find out what machine it is`;
}

function whoOf({ address, mac, atMs, member }: Omit<Claim, "node">): string {
  const known = mac === "" ? "" : ` (${mac})`;
  return `${address}${known} at ${new Date(atMs).toISOString()}, at ${member}`;
}
