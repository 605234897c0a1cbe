/**
 * The records that make one member the only one of its collective, written over its store while
 * nothing runs: a roster of itself alone as the last entry of its log, and one more link in the
 * collective's chain, by which the two sides know each other apart for ever.
 */
import { MAX_REMOVED_KEPT } from "../../base/limits.ts";
import { hlcAfter } from "../../base/hlc.ts";
import type { StoreRecord } from "../../io/store.ts";
import type { CollectiveChain } from "../../model/collective_chain.ts";
import { findMember, pinsOf, type Roster } from "../../model/member.ts";
import { encodeBody, type Entry } from "../../wire/entry.ts";
import {
  encodeLives,
  encodeMeta,
  encodeSegment,
  LIVES_KEY,
  META_KEY,
  segmentKey,
} from "../../wire/record.ts";
import type { Loaded } from "./loading.ts";

export interface Forced {
  readonly puts: StoreRecord[];
  readonly chain: CollectiveChain;
  readonly roster: Roster;
}

/** What to write over the records that the member was loaded from. Its whole log then counts as
 * committed. */
export function forcedRecords(
  { meta, lives, log, disk }: Loaded,
  random: string,
  wallMs: number,
): Forced {
  const index = log.last + 1;
  const { roster: before } = log.roster;
  const self = findMember(before, meta.self);
  const others = before.members.filter((member) => member !== self)
    .map((member) => {
      const { id, name, addresses } = member;
      return { id, name, fingerprints: pinsOf(member), addresses, index };
    });
  const roster: Roster = {
    level: before.level,
    members: self === undefined ? [] : [{ ...self, role: "voter" }],
    removed: [...before.removed, ...others].slice(-MAX_REMOVED_KEPT),
  };
  const term = Math.max(meta.term, log.lastTerm) + 1;
  const hlc = hlcAfter(wallMs, log.at(log.last)?.hlc ?? 0);
  const body = encodeBody({ operations: [{ kind: "roster", roster }] });
  const entries: Entry[] = [{ index, term, hlc, body }];
  const epoch = (meta.chain.at(-1)?.epoch ?? 0) + 1;
  const chain = [...meta.chain, { epoch, random }];
  return {
    chain,
    roster,
    puts: [
      { key: META_KEY, value: encodeMeta({ ...meta, chain, term, vote: meta.self }) },
      // What it may have lost is lost for all, if it is the one that the collective goes on with.
      { key: LIVES_KEY, value: encodeLives({ ...lives, lostAt: undefined }) },
      {
        key: segmentKey(disk.nextSegment),
        value: encodeSegment({ entries, verdictsFrom: 0, verdicts: [] }),
      },
    ],
  };
}
