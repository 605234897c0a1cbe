import { deepEqual, equal, fail, match } from "node:assert/strict";
import fc from "fast-check";

import { MAX_MEMBERS, MAX_REMOVED_KEPT } from "../../src/base/limits.ts";
import { fingerprintOf, sign } from "../../src/base/crypto.ts";
import { changeRoster, namesOf } from "../../src/collective/roster_change.ts";
import {
  type Member,
  type MemberId,
  memberId,
  type MemberRole,
  pinsOf,
  type Roster,
  votersOf,
} from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { rotationWords } from "../../src/collective/rotation.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import type { RosterChange } from "../../src/wire/peer.ts";
import { certificateDer } from "../../src/wire/pem.ts";

const INDEX = 50;

function id(number: number): MemberId {
  return memberId(String(number).padStart(16, "0"));
}

function member(number: number, role: MemberRole = "voter", name = `n${number}`): Member {
  const fingerprint = String(number).padStart(64, "0");
  return {
    id: id(number),
    name,
    fingerprint,
    addresses: [`${name}:13001`],
    role,
    support: SUPPORT,
  };
}

function rosterOf(...members: readonly Member[]): Roster {
  return { level: 1, members, removed: [] };
}

function admitting(member: Member, replaces?: MemberId): RosterChange {
  return { change: "admit", member, replaces };
}

/** The new roster; fails the test where the change was refused. */
function changed(roster: Roster, ask: RosterChange, index = INDEX): Roster {
  const outcome = changeRoster(roster, ask, index);
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

function refusal(roster: Roster, ask: RosterChange): string {
  const outcome = changeRoster(roster, ask, INDEX);
  return outcome.ok ? fail("the change was made") : `${outcome.refusal.kind}: ` +
    outcome.refusal.message;
}

const THREE = rosterOf(member(1), member(2, "learner"), member(3, "nonvoting"));

Deno.test("a newcomer is admitted behind the others, as it is", () => {
  deepEqual(changed(THREE, admitting(member(4, "learner"))), {
    level: 1,
    members: [...THREE.members, member(4, "learner")],
    removed: [],
  });
});

Deno.test("a newcomer that takes a place leaves the one before it removed", () => {
  const newcomer = member(4, "learner", "n2");
  const { members, removed } = changed(THREE, admitting(newcomer, id(2)));
  deepEqual(members, [member(1), member(3, "nonvoting"), newcomer]);
  const { name, fingerprint } = member(2);
  deepEqual(removed, [{
    id: id(2),
    name,
    fingerprints: [fingerprint],
    addresses: [],
    index: INDEX,
  }]);
});

Deno.test("a newcomer whose place is empty by now is just admitted", () => {
  const newcomer = member(4, "learner");
  deepEqual(changed(THREE, admitting(newcomer, id(9))), changed(THREE, admitting(newcomer)));
});

Deno.test("an id is one member's: another certificate is refused, in whoever's place", () => {
  const other = { ...member(2, "learner", "n9"), fingerprint: "f".repeat(64) };
  const message = "conflict: cannot admit n9: its id is taken by n2";
  equal(refusal(THREE, admitting(other)), message);
  equal(refusal(THREE, admitting(other, id(2))), message);
});

Deno.test("a name is one member's, unless the newcomer takes its place", () => {
  const namesake = member(4, "learner", "n2");
  const message = "conflict: cannot admit n2: a member of that name is listed; " +
    "remove it first, or invite with --replace";
  equal(refusal(THREE, admitting(namesake)), message);
  equal(refusal(THREE, admitting(namesake, id(3))), message);
});

Deno.test("the only voter cannot be replaced: nobody else has the data", () => {
  const newcomer = member(4, "learner", "n1");
  equal(
    refusal(THREE, admitting(newcomer, id(1))),
    "conflict: cannot replace n1: it is the only voter, so nobody else has the data",
  );
  const two = rosterOf(member(1), member(2));
  equal(changed(two, admitting(newcomer, id(1))).members.length, 2);
});

Deno.test("an id that was let go never comes back, and no certificate is listed twice", () => {
  const gone = changed(THREE, { change: "remove", id: id(2) });
  equal(
    refusal(gone, admitting(member(2, "learner"))),
    "conflict: cannot admit n2: its id was let go; it must join anew",
  );
  const { fingerprint } = member(1);
  equal(
    refusal(THREE, admitting({ ...member(9, "learner"), fingerprint })),
    "conflict: cannot admit n9: its certificate is that of n1",
  );
});

Deno.test("a collective has MAX_MEMBERS at most; a place may still change hands", () => {
  const members = Array.from({ length: MAX_MEMBERS }, (_, i) => member(i + 1));
  const full = rosterOf(...members);
  const newcomer = member(99, "learner", "n64");
  equal(
    refusal(full, admitting(member(99, "learner"))),
    "conflict: cannot admit n99: a collective has 64 members at most",
  );
  equal(changed(full, admitting(newcomer, id(64))).members.length, MAX_MEMBERS);
  const almost = rosterOf(...members.slice(1));
  equal(changed(almost, admitting(member(99, "learner"))).members.length, MAX_MEMBERS);
});

Deno.test("a learner is promoted in its place; who was invited as non-voting never is", () => {
  const { members } = changed(THREE, { change: "promote", id: id(2) });
  deepEqual(members, [member(1), member(2, "voter"), member(3, "nonvoting")]);
  equal(
    refusal(THREE, { change: "promote", id: id(3) }),
    "conflict: cannot promote n3: it was invited as non-voting",
  );
  equal(
    refusal(THREE, { change: "promote", id: id(9) }),
    "not-found: cannot promote 0000000000000009: it is not listed",
  );
});

Deno.test("who is removed is remembered with its certificate and the index", () => {
  const roster = changed(THREE, { change: "remove", id: id(3) });
  const { name, fingerprint } = member(3);
  deepEqual(roster, {
    level: 1,
    members: [member(1), member(2, "learner")],
    removed: [{ id: id(3), name, fingerprints: [fingerprint], addresses: [], index: INDEX }],
  });
});

Deno.test("the last voting member is not removed, whoever else is there", () => {
  const message = "conflict: cannot remove n1: it is the last voting member";
  equal(refusal(THREE, { change: "remove", id: id(1) }), message);
  equal(refusal(rosterOf(member(1)), { change: "remove", id: id(1) }), message);
  const two = rosterOf(member(1), member(2));
  deepEqual(changed(two, { change: "remove", id: id(1) }).members, [member(2)]);
});

Deno.test("the newest MAX_REMOVED_KEPT are remembered, the oldest first", () => {
  let roster = rosterOf(member(1));
  for (let i = 0; i < MAX_REMOVED_KEPT + 3; i++) {
    roster = changed(roster, admitting(member(1000 + i)));
    roster = changed(roster, { change: "remove", id: id(1000 + i) }, i + 1);
  }
  equal(roster.removed.length, MAX_REMOVED_KEPT);
  equal(roster.removed[0]?.index, 4);
  equal(roster.removed.at(-1)?.index, MAX_REMOVED_KEPT + 3);
  const replaced = changed(roster, admitting(member(2, "learner", "n1b"), id(9)));
  equal(replaced.removed, roster.removed);
});

Deno.test("addresses are changed in their place, and in their order", () => {
  const addresses = ["n2.example:13001", "10.0.0.2:13001"];
  const readdressed = changed(THREE, { change: "readdress", id: id(2), addresses });
  deepEqual(readdressed.members, [
    member(1),
    { ...member(2, "learner"), addresses },
    member(3, "nonvoting"),
  ]);
  const turned = addresses.toReversed();
  const again = changed(readdressed, { change: "readdress", id: id(2), addresses: turned });
  deepEqual(again.members[1]?.addresses, turned);
  equal(
    refusal(THREE, { change: "readdress", id: id(9), addresses }),
    "not-found: cannot change the addresses of 0000000000000009: it is not listed",
  );
});

const number = fc.integer({ min: 1, max: 6 });
const role = fc.constantFrom<MemberRole>("voter", "learner", "nonvoting");
const ask: fc.Arbitrary<RosterChange> = fc.oneof(
  fc.tuple(number, role, fc.option(number, { nil: undefined })).map(([of, as, place]) =>
    admitting(member(of, as), place === undefined ? undefined : id(place))
  ),
  number.map((of): RosterChange => ({ change: "promote", id: id(of) })),
  number.map((of): RosterChange => ({ change: "remove", id: id(of) })),
  fc.tuple(number, fc.array(fc.constantFrom("a:1", "b:1"), { maxLength: 2 })).map((
    [of, addresses],
  ): RosterChange => ({ change: "readdress", id: id(of), addresses })),
);

/** The invariants of a roster, after any changes in any order. */
function holdsTo(roster: Roster): void {
  equal(votersOf(roster).length > 0, true, "somebody votes");
  for (const key of ["id", "name"] as const) {
    equal(new Set(roster.members.map((of) => of[key])).size, roster.members.length, key);
  }
}

Deno.test("whatever is asked: a change may be repeated, and gives the very same roster", () => {
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 12 }), (asks) => {
      let roster = rosterOf(member(1));
      for (const [i, each] of asks.entries()) {
        const before = JSON.stringify(roster);
        const outcome = changeRoster(roster, each, i + 1);
        equal(JSON.stringify(roster), before, "the roster given stays as it was");
        if (!outcome.ok) continue;
        roster = outcome.value;
        holdsTo(roster);
        equal(changed(roster, each, 99), roster);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("names are told sorted, of those let go too, and ids where nobody knows one", () => {
  const roster = changed(THREE, { change: "remove", id: id(3) });
  deepEqual(namesOf(roster, [id(3), id(9), id(2), id(1)]), [id(9), "n1", "n2", "n3"]);
  deepEqual(namesOf(roster, []), []);
});

// ---- what its program supports

function supporting(number: number, level: number): Member {
  return { ...member(number), support: { fewest: 1, most: 1, level } };
}

Deno.test("a program too old for the level in force is not admitted, and told why", () => {
  const roster = { ...rosterOf(supporting(1, 3)), level: 3 };
  equal(
    refusal(roster, admitting(supporting(2, 2))),
    "conflict: cannot admit n2: its program supports feature level 2, and this collective is at " +
      "3; upgrade the program there",
  );
  equal(changed(roster, admitting(supporting(2, 3))).members.length, 2);
});

Deno.test("the level rises to what all support, and never falls", () => {
  const raised = (level: number, ...levels: number[]): number => {
    const roster = { ...rosterOf(...levels.map((of, i) => supporting(i + 1, of))), level };
    return changed(roster, { change: "raise" }).level;
  };
  equal(raised(1, 2, 3, 2), 2);
  equal(raised(1, 2, 3, 1), 1);
  equal(raised(2, 1), 2);
  equal(raised(1), 1);
  const same = { ...rosterOf(supporting(1, 1)), level: 1 };
  equal(changed(same, { change: "raise" }), same);
});

Deno.test("what a member supports is as it says, but not below the level in force", () => {
  const roster = { ...rosterOf(supporting(1, 2), supporting(2, 2)), level: 2 };
  const ask = (level: number): RosterChange => ({
    change: "support",
    id: id(2),
    support: { fewest: 1, most: 4, level },
  });
  deepEqual(changed(roster, ask(3)).members[1]?.support, { fewest: 1, most: 4, level: 3 });
  equal(changed(roster, { ...ask(0), support: supporting(2, 2).support } as RosterChange), roster);
  match(
    refusal(roster, ask(1)),
    /^conflict: cannot go on with n2: its program supports feature le/,
  );
  match(refusal(roster, { ...ask(3), id: id(9) } as RosterChange), /^not-found: /);
});

// ---- certificates

const [OLD, NEW, OTHER] = await Promise.all(["n2", "n2", "n3"].map(makeIdentity));
const [OLD_DER, NEW_DER] = [OLD, NEW].map((of) => certificateDer(of?.certificatePem ?? ""));
const [OLD_PRINT, NEW_PRINT] = [OLD_DER, NEW_DER].map((der) => fingerprintOf(der!));
const BEFORE = rosterOf(member(1), { ...member(2), fingerprint: OLD_PRINT! });

function rotating(now = false, keyPem = OLD?.keyPem, fingerprint = NEW_PRINT!): RosterChange {
  const signature = sign(keyPem ?? "", rotationWords(id(2), OLD_DER!, fingerprint));
  const statement = { certificate: OLD_DER!, signature };
  return { change: "rotate", id: id(2), fingerprint, statement, now };
}

Deno.test("a rotated certificate is pinned beside the old one until the others have met it", () => {
  const rotated = changed(BEFORE, rotating());
  equal(rotated.members[1]?.fingerprint, NEW_PRINT);
  deepEqual(pinsOf(rotated.members[1]!), [NEW_PRINT, OLD_PRINT]);
  equal(changed(rotated, rotating()), rotated);
  const unpin = { change: "unpin", id: id(2), fingerprint: NEW_PRINT! } as const;
  equal(changed(rotated, { ...unpin, fingerprint: OLD_PRINT! }), rotated);
  const over = changed(rotated, unpin);
  deepEqual(pinsOf(over.members[1]!), [NEW_PRINT]);
  deepEqual(over.members[1]?.former?.certificate, OLD_DER);
  equal(changed(over, unpin), over);
  equal(changed(over, { ...unpin, id: id(9) }), over);
});

Deno.test("rotated at once the old certificate is gone, statement and all", () => {
  const rotated = changed(BEFORE, rotating(true));
  deepEqual(rotated.members[1], { ...BEFORE.members[1], fingerprint: NEW_PRINT });
});

Deno.test("who is removed while it rotates is remembered by both certificates", () => {
  const { removed } = changed(changed(BEFORE, rotating()), { change: "remove", id: id(2) });
  deepEqual(removed[0]?.fingerprints, [NEW_PRINT, OLD_PRINT]);
});

Deno.test("a rotation that cannot be is refused, and says why", () => {
  const text = (ask: RosterChange, roster = BEFORE): string => refusal(roster, ask);
  match(text(rotating(false, OTHER?.keyPem)), /^unauthorized: .*old key did not sign for the new/);
  match(text(rotating(true, OTHER?.keyPem)), /^unauthorized: /);
  match(text({ ...rotating(), id: id(9) } as RosterChange), /^not-found: cannot rotate the certif/);
  const elsewhere = rosterOf(member(1), member(2));
  match(text(rotating(), elsewhere), /^conflict: .* of n2: it was rotated meanwhile; ask again$/);
  const { fingerprint } = member(1);
  match(text(rotating(false, OLD?.keyPem, fingerprint)), /^conflict: .*: n1 has the new one$/);
  const former = { certificate: NEW_DER!, signature: NEW_DER!, isPinned: true };
  const busy = rosterOf(member(1), { ...BEFORE.members[1]!, former });
  match(text(rotating(false, OLD?.keyPem, "ab".repeat(32)), busy), /the last rotation is not over/);
  equal(changed(busy, rotating(true, OLD?.keyPem, "ab".repeat(32))).members[1]?.former, undefined);
  const statement = { certificate: new Uint8Array(2049), signature: new Uint8Array(1) };
  match(
    text({ ...rotating(), statement } as RosterChange),
    /^too-large: .*2049 bytes, 2048 may be/,
  );
});
