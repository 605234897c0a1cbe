/**
 * `collective force-quorum`: a majority is gone for ever, and this member goes on alone. While the
 * two sides cannot talk nothing can stop both from serving; so every lost member must be named as
 * switched off or destroyed, every other must answer and be no further than this one, and the
 * leases that may still run are waited for. A member whose own store was cut does not count itself:
 * alone it goes on with what the store holds.
 */
import { toHex } from "../base/bytes.ts";
import { fingerprintOf } from "../base/crypto.ts";
import { LEASE_MARGIN_MS, LEASE_MS, MAX_CHAIN_LENGTH } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import type { Store } from "../io/store.ts";
import { endpointOf } from "../model/address.ts";
import { findMember, majorityOf, type Member, pinsOf, votersOf } from "../model/member.ts";
import { Conversation } from "./conversation.ts";
import { surveyed } from "./enrolment.ts";
import { overFiles } from "./folder_faults.ts";
import { type Identity, identityFolder, keep, readIdentity } from "./identity.ts";
import { loadStore } from "./load_store.ts";
import type { Loaded } from "./machine/loading.ts";
import { forcedRecords } from "./machine/forcing.ts";
import type { Surroundings } from "./member_life.ts";
import type { Programs, Tell } from "./programs.ts";

type Confirm = Parameters<Programs["forceQuorum"]>[2];

/** A store, and how many commits that were in it are not. */
export type CutStore = Store & { readonly missing: number };

/** `openStore` opens that of the data folder, cut or not, and holds its lock until it is closed. */
export async function forceQuorum(
  data: string,
  openStore: () => Promise<Outcome<CutStore>>,
  lost: readonly string[],
  surroundings: Surroundings,
  confirm: Confirm,
  tell: Tell,
): Promise<Outcome<void>> {
  return await overFiles(data, async () => {
    // First, so that no store is made in a folder that has no member.
    const identity = await readIdentity(identityFolder(data));
    if (identity === undefined) return refused("not-found", `there is no member in ${data}`);
    const opened = await openStore();
    if (!opened.ok) return opened;
    const store = opened.value;
    try {
      return await force({ data, identity, store }, lost, surroundings, confirm, tell);
    } finally {
      await store.close();
    }
  });
}

interface Survivor {
  readonly data: string;
  readonly identity: Identity;
  readonly store: CutStore;
}

async function force(
  { data, identity, store }: Survivor,
  lost: readonly string[],
  surroundings: Surroundings,
  confirm: Confirm,
  tell: Tell,
): Promise<Outcome<void>> {
  const loaded = await loadStore(store);
  if (loaded === undefined) return refused("not-found", `the store in ${data} is empty`);
  if (loaded.meta.chain.length >= MAX_CHAIN_LENGTH) {
    return refused("conflict", `the quorum was forced ${MAX_CHAIN_LENGTH - 1} times already`);
  }
  const isCut = store.missing > 0 || loaded.lives.lostAt !== undefined;
  const survivors = survivorsOf(loaded, lost, isCut);
  if (!survivors.ok) return survivors;
  const running = await whoRuns(loaded, lost, identity, surroundings, tell);
  if (running !== undefined) return running;
  const ahead = await survey(survivors.value, identity, loaded, surroundings, tell);
  if (!ahead.ok) return ahead;
  const words = warning(loaded, identity.name, lost, survivors.value, store.missing);
  if (!await confirm(words, lost.length === 0 ? [identity.name] : lost)) {
    return refused("conflict", "nothing was changed");
  }
  tell(`waiting ${(LEASE_MS + LEASE_MARGIN_MS) / 1000} s, until no lease of theirs can run`);
  await new Promise<void>((resolve) => {
    surroundings.clock.after(LEASE_MS + LEASE_MARGIN_MS, resolve);
  });
  const random = toHex(surroundings.random.bytes(16));
  const { wallMs } = surroundings.clock.now();
  const { puts, chain, roster } = forcedRecords(loaded, random, wallMs);
  const done = await store.commit({ puts, deletes: [] });
  if (done.result !== "done") {
    return refused("unavailable", `cannot write to the store: ${done.message}`);
  }
  await keep(identity.folder, { chain, roster });
  tell(
    `${identity.name} is the only member now; the last index it has is ${loaded.log.last}: ` +
      (lost.length === 0
        ? "what its store lost is gone"
        : "writes that only the lost members acknowledged may be missing"),
  );
  tell("start the service; bring every other server back with `confluent invite NAME` here and");
  tell("`confluent join --replace TOKEN` there");
  return ok();
}

/** The listed members, this one left out, that were not named as lost. */
function survivorsOf(
  { meta, log }: Loaded,
  lost: readonly string[],
  isCut: boolean,
): Outcome<Member[]> {
  const { roster } = log.roster;
  const self = findMember(roster, meta.self);
  if (self === undefined) {
    return refused("conflict", "this member was removed; it cannot be the one that goes on");
  }
  const names = roster.members.map(({ name }) => name).sort();
  const unknown = lost.find((name) => !names.includes(name) || name === self.name);
  if (unknown !== undefined) {
    return refused(
      "invalid",
      `--lost: ${unknown} is not another member; there are ${names.join(", ")}`,
    );
  }
  const voters = votersOf(roster);
  const left = voters.filter((member) =>
    !lost.includes(member.name) && !(isCut && member === self)
  );
  if (left.length >= majorityOf(voters.length)) {
    return refused(
      "conflict",
      `with ${lost.length === 0 ? "none" : lost.join(", ")} lost, ${left.length} of ` +
        `${voters.length} voting members are left, which is a majority: start them all, and the ` +
        "collective serves again",
    );
  }
  return ok(roster.members.filter(({ id, name }) => id !== self.id && !lost.includes(name)));
}

/** Asks every survivor how far it is: whoever is furthest must be the one that goes on. */
async function survey(
  survivors: readonly Member[],
  identity: Identity,
  { meta, log }: Loaded,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<void>> {
  for (const survivor of survivors) {
    tell(`asking ${survivor.name} how far it is`);
    const position = await positionOf(survivor, identity, meta.chain, surroundings);
    if (!position.ok) {
      return refused(
        "conflict",
        `${survivor.name} does not answer (${position.refusal.message}): start its service, or ` +
          "name it with --lost if it is switched off for ever",
      );
    }
    const { lastTerm, lastIndex } = position.value;
    const isAhead = lastTerm > log.lastTerm ||
      (lastTerm === log.lastTerm && lastIndex > log.last);
    if (!isAhead) continue;
    return refused(
      "conflict",
      `${survivor.name} has more than this member (term ${lastTerm}, index ${lastIndex}; here ` +
        `term ${log.lastTerm}, index ${log.last}): run force-quorum there`,
    );
  }
  return ok();
}

/** Refused where one that was named lost answers by its own key: then it is not lost. */
async function whoRuns(
  { meta, log }: Loaded,
  lost: readonly string[],
  identity: Identity,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Refused | undefined> {
  if (lost.length === 0) return undefined;
  tell(`making sure that none of ${lost.join(", ")} answers`);
  const members = log.roster.roster.members.filter(({ name }) => lost.includes(name));
  const answers = await Promise.all(
    members.map((member) => positionOf(member, identity, meta.chain, surroundings)),
  );
  const name = members[answers.findIndex(({ ok }) => ok)]?.name;
  if (name === undefined) return undefined;
  return refused(
    "conflict",
    `${name} answers, so it is not lost: leave it out of --lost, or switch it off for ever`,
  );
}

async function positionOf(
  survivor: Member,
  identity: Identity,
  chain: Loaded["meta"]["chain"],
  { links, clock }: Surroundings,
): Promise<Outcome<{ readonly lastTerm: number; readonly lastIndex: number }>> {
  let last: Outcome<never> = refused("unavailable", "it has no address");
  for (const address of survivor.addresses) {
    const to = endpointOf(address);
    if (to === undefined) continue;
    const dialed = await links.dial(to, identity.link);
    if (!dialed.ok) {
      last = dialed;
      continue;
    }
    // Only its own word counts, whoever has its address now.
    if (!pinsOf(survivor).includes(fingerprintOf(dialed.value.peerCertificate))) {
      dialed.value.close("not the one that was asked for");
      last = refused("unavailable", `another answers at ${address}`);
      continue;
    }
    const answer = await surveyed(new Conversation(dialed.value, clock), chain);
    if (answer.ok) return answer;
    last = answer;
  }
  return last;
}

function warning(
  { log }: Loaded,
  self: string,
  lost: readonly string[],
  survivors: readonly Member[],
  missing: number,
): string[] {
  const others = survivors.map(({ name }) => name).join(", ");
  return [
    `${self} will be the only member of its collective, with all it has: index ${log.last}.`,
    ...(missing > 0
      ? [`Its store was cut: it lacks the newest ${missing} commits, for good.`]
      : []),
    ...(lost.length === 0 ? [] : [
      `${
        lost.join(", ")
      }: switched off or destroyed, for ever. If one of them still runs where this`,
      "server cannot see it, both sides will serve, and neither learns what the other is told.",
    ]),
    ...(others === "" ? [] : [`${others}: will lock itself and must join again.`]),
  ];
}
