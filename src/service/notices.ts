/** What an administrator should know or do about the collective, one line each. */
import { type Skew, wrongClocks } from "../collective/clocks.ts";
import type { QuorumVerdict } from "../collective/liveness.ts";
import { CERTIFICATE_WARN_MS } from "../base/limits.ts";
import { majorityOf, type Roster, votersOf } from "../model/member.ts";
import { dayText } from "./day_text.ts";

/** When a member's certificate ends, in milliseconds since 1970. */
export interface Expiry {
  readonly name: string;
  readonly expiresAtMs: number;
}

export interface Standing {
  readonly self: string;
  readonly roster: Roster;
  readonly verdict: QuorumVerdict;
  readonly locked: string | undefined;
  readonly cannotWrite: string | undefined;
  /** The clocks heard lately, this member's own first. */
  readonly skews: readonly Skew[];
  /** What is known of states that differ (machine/audit.ts). */
  readonly audit: readonly string[];
  /** Why learners have waited long to be promoted, as the leader knows it. */
  readonly promotionWaits: readonly string[];
  /** Those that are to hold no nodes, and how many they hold. */
  readonly drained: readonly { readonly name: string; readonly nodes: number }[];
  /** Why peers that answer cannot be talked to. */
  readonly troubles: readonly string[];
  readonly certificates: readonly Expiry[];
  /** The time of day, in milliseconds since 1970. */
  readonly wallMs: number;
}

export function noticesOf(standing: Standing): string[] {
  const { self, roster, verdict, locked, cannotWrite, skews, audit, promotionWaits } = standing;
  const notices: string[] = [];
  if (locked !== undefined) notices.push(`${self} is locked: ${locked}`);
  if (cannotWrite !== undefined) notices.push(`${self} cannot write: ${cannotWrite}`);
  const voters = votersOf(roster);
  if (!verdict.held && locked === undefined && voters.length > 0) {
    notices.push(lostText(self, voters.map(({ name }) => name), verdict.missing));
  } else if (verdict.held && voters.length === 2) {
    const names = voters.map(({ name }) => name).join(" and ");
    notices.push(
      `${names} are both needed: while one is down nothing can be changed; a third voting member ` +
        "removes that",
    );
  }
  for (const { name, role, isStale } of roster.members) {
    if (role === "learner") notices.push(`${name} does not vote yet: it is catching up`);
    if (isStale) {
      notices.push(
        `${name} was away too long: it takes all data anew when it is back; if it is gone for ` +
          `good, run \`confluent collective remove ${name}\``,
      );
    }
  }
  return [
    ...notices,
    ...audit,
    ...promotionWaits,
    ...standing.troubles,
    ...standing.drained.map(drainedText),
    ...certificateNotices(standing),
    ...skewNotices(skews),
  ];
}

function drainedText({ name, nodes }: Standing["drained"][number]): string {
  const holds = nodes === 0 ? "" : `, and still holds ${nodes}`;
  return `${name} is drained: it is given no nodes${holds}; \`confluent collective drain ${name} ` +
    "--undo` ends that";
}

/** The pin decides, whatever the date: a certificate that expired is only untidy. */
function certificateNotices({ roster, certificates, wallMs }: Standing): string[] {
  const ending = certificates.filter(({ expiresAtMs }) =>
    expiresAtMs - wallMs < CERTIFICATE_WARN_MS
  );
  return [
    ...roster.members.filter(({ former }) => former?.isPinned === true).map(({ name }) =>
      `${name} rotates its certificate: the old one is good until every member has met the new ` +
      "one; start those that are away"
    ),
    ...ending.map(({ name, expiresAtMs }) => {
      const day = dayText(expiresAtMs);
      const verb = expiresAtMs <= wallMs ? "expired" : "expires";
      return `the certificate of ${name} ${verb} on ${day}, which keeps nobody out; renew it ` +
        "there with `confluent collective rotate`";
    }),
  ];
}

function lostText(self: string, voters: readonly string[], missing: readonly string[]): string {
  const needed = majorityOf(voters.length);
  const others = missing.filter((name) => name !== self);
  if (others.length === 0) {
    return `no quorum: of ${voters.length} voting members ${self} itself does not count, and ` +
      "there is no majority without it";
  }
  const forced = `confluent collective force-quorum --lost ${others.join(",")}`;
  return `no quorum: ${
    voters.length - missing.length
  } of ${voters.length} voting members answer, ` +
    `${needed} are needed; silent: ${
      missing.join(", ")
    }. Start them again; only if they are lost ` +
    `for ever and switched off: stop the service here and run \`${forced}\``;
}

function skewNotices(skews: readonly Skew[]): string[] {
  return wrongClocks(skews).map(({ name, aheadMs }) => {
    const seconds = Math.round(Math.abs(aheadMs) / 1000);
    return `the clock of ${name} is ${seconds} s ${aheadMs > 0 ? "ahead" : "behind"}; set it right`;
  });
}
