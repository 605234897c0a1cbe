/** The first records of a store: of a member that is a collective of one, and of a joiner. */
import type { StoreRecord } from "../../io/store.ts";
import type { CollectiveChain } from "../../model/collective_chain.ts";
import type { Member, MemberId } from "../../model/member.ts";
import { encodeBody, type Entry } from "../../wire/entry.ts";
import { encodeMeta, encodeSegment, type Meta, META_KEY, segmentKey } from "../../wire/record.ts";

/** A new collective: entry 1 is its roster, committed from the start. */
export function foundingRecords(
  self: MemberId,
  members: readonly Member[],
  chain: CollectiveChain,
): StoreRecord[] {
  const level = Math.min(...members.map(({ support }) => support.level));
  const roster = { level, members, removed: [] };
  const body = encodeBody({ operations: [{ kind: "roster", roster }] });
  const entries: Entry[] = [{ index: 1, term: 1, hlc: 0, body }];
  const segment = { entries, verdictsFrom: 1, verdicts: [{ result: "applied" as const }] };
  return [
    {
      key: META_KEY,
      value: encodeMeta({ ...blank(self, chain), term: 1, vote: self }),
    },
    { key: segmentKey(0), value: encodeSegment(segment) },
  ];
}

/** A joiner starts with nothing, at index 0: a log of its own must never match another's. */
export function joiningRecords(self: MemberId, chain: CollectiveChain): StoreRecord[] {
  return [{ key: META_KEY, value: encodeMeta(blank(self, chain)) }];
}

function blank(self: MemberId, chain: CollectiveChain): Meta {
  return {
    self,
    chain,
    boot: 0,
    term: 0,
    vote: undefined,
    logStart: 0,
    logStartTerm: 0,
    checkpoint: 0,
    generation: 0,
    overlays: [],
    firstSegment: 0,
    copyFrom: [],
    heard: [],
    promises: [],
  };
}
