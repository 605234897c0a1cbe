import { deepEqual, equal, match, throws } from "node:assert/strict";
import fc from "fast-check";

import { ByteReader, ByteWriter, MalformedError, toHex } from "../../src/base/bytes.ts";
import { MAX_CHAIN_LENGTH, MAX_MEMBERS, MAX_REMOVED_KEPT } from "../../src/base/limits.ts";
import { EMPTY_ROSTER, type Member, memberId, type RemovedMember } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import {
  readChain,
  readMember,
  readMemberId,
  readRoster,
  rosterFromText,
  rosterText,
  writeChain,
  writeMember,
  writeRoster,
} from "../../src/wire/roster.ts";
import { codecLaws, codecOf, malformed } from "./codec_laws.ts";
import { CHAIN, MEMBER, ROSTER } from "./generated.ts";

const MEMBERS = codecOf(writeMember, readMember);
const ROSTERS = codecOf(writeRoster, readRoster);
const CHAINS = codecOf(writeChain, readChain);

codecLaws("a member", MEMBER, MEMBERS);
codecLaws("a roster", ROSTER, ROSTERS);
codecLaws("a chain", CHAIN, CHAINS);

function idOf(number: number): Member["id"] {
  return memberId(number.toString(16).padStart(16, "0"));
}

function member(number: number): Member {
  return {
    id: idOf(number),
    name: `n${number}`,
    fingerprint: "",
    addresses: [],
    role: "voter",
    support: SUPPORT,
  };
}

function removed(number: number): RemovedMember {
  return { id: idOf(number), name: `n${number}`, fingerprints: [], addresses: [], index: number };
}

Deno.test("a roster holds MAX_MEMBERS and remembers MAX_REMOVED_KEPT, and no more", () => {
  const members = Array.from({ length: MAX_MEMBERS }, (_, i) => member(i));
  const gone = Array.from({ length: MAX_REMOVED_KEPT }, (_, i) => removed(i));
  const full = { level: 1, members, removed: gone };
  deepEqual(ROSTERS.decode(ROSTERS.encode(full)), full);
  const crowded = { level: 1, members: [...members, member(999)], removed: gone };
  equal(malformed(ROSTERS, ROSTERS.encode(crowded)), "a roster of 65 members");
  malformed(ROSTERS, ROSTERS.encode({ level: 1, members, removed: [...gone, removed(999)] }));
});

Deno.test("a chain holds MAX_CHAIN_LENGTH links and no more", () => {
  const chain = Array.from({ length: MAX_CHAIN_LENGTH + 1 }, (_, epoch) => ({
    epoch,
    random: "0".repeat(32),
  }));
  deepEqual(CHAINS.decode(CHAINS.encode(chain.slice(1))), chain.slice(1));
  equal(malformed(CHAINS, CHAINS.encode(chain)), "a chain of 65 links");
});

Deno.test("a member id that is none is malformed, and shown by its beginning", () => {
  const read = codecOf<string>((writer, text) => writer.text(text), readMemberId);
  equal(read.decode(read.encode("0123456789abcdef")), "0123456789abcdef");
  for (const text of ["", "0123456789ABCDEF", "0123456789abcdef0"]) {
    equal(malformed(read, read.encode(text)), `"${text}" is not a member id`);
  }
  match(malformed(read, read.encode("x".repeat(1000))), /^"x{32}" is not a member id$/);
});

/** Behind the role stand three numbers, whether there was a certificate before, and staleness. */
const ROLE_FROM_END = 6;

Deno.test("a role that is not known is malformed", () => {
  const bytes = MEMBERS.encode(member(1));
  const roles = [0, 1, 2].map((role) => {
    bytes[bytes.length - ROLE_FROM_END] = role;
    return MEMBERS.decode(bytes).role;
  });
  deepEqual(roles, ["voter", "learner", "nonvoting"]);
  bytes[bytes.length - ROLE_FROM_END] = 3;
  equal(malformed(MEMBERS, bytes), "a role that is not known");
});

Deno.test("the roster in its cell is the same bytes, in hexadecimal", () => {
  equal(rosterText(EMPTY_ROSTER), "000000");
  deepEqual(rosterFromText("000000"), EMPTY_ROSTER);
  fc.assert(fc.property(ROSTER, (roster) => {
    const writer = new ByteWriter();
    writeRoster(writer, roster);
    equal(rosterText(roster), toHex(writer.finish()));
    deepEqual(rosterFromText(rosterText(roster)), roster);
  }));
});

Deno.test("a cell that holds no roster is malformed", () => {
  const text = rosterText({ level: 1, members: [member(1)], removed: [] });
  for (const wrong of ["", "0000", "000", "zz", "00000000", text.slice(0, -2), `${text}00`]) {
    throws(() => rosterFromText(wrong), MalformedError, wrong);
  }
});

Deno.test("a roster within more bytes is read to its own end only", () => {
  fc.assert(fc.property(ROSTER, CHAIN, (roster, chain) => {
    const writer = new ByteWriter();
    writeRoster(writer, roster);
    writeChain(writer, chain);
    const reader = new ByteReader(writer.finish());
    deepEqual([readRoster(reader), readChain(reader)], [roster, chain]);
    reader.end();
  }));
});

Deno.test("a roster of a higher feature level is not guessed at, whatever follows", () => {
  const level = SUPPORT.level + 1;
  const frame = new ByteWriter().uint(level).raw(Uint8Array.of(1, 2, 3)).finish();
  equal(
    malformed(ROSTERS, frame),
    `a roster of feature level ${level}, known is ${SUPPORT.level}: upgrade this member`,
  );
});
