/**
 * The roster and the collective's chain as bytes, and the roster as the text of its cell. The
 * roster begins with the feature level, which says what fields follow: a later program may add
 * some with a level of its own, and writes them only once the collective is there.
 */
import { ByteReader, ByteWriter, fromHex, MalformedError, toHex } from "../base/bytes.ts";
import { MAX_CHAIN_LENGTH, MAX_MEMBERS, MAX_REMOVED_KEPT } from "../base/limits.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import {
  type Former,
  type Member,
  memberId,
  type MemberRole,
  type Roster,
  type Statement,
} from "../model/member.ts";
import { SUPPORT, type Support } from "../model/support.ts";

const ROLES: readonly MemberRole[] = ["voter", "learner", "nonvoting"];

export function writeRoster(writer: ByteWriter, roster: Roster): void {
  writer.uint(roster.level);
  writer.list(roster.members, (member) => writeMember(writer, member));
  writer.list(roster.removed, (gone) => {
    writer.text(gone.id).text(gone.name);
    writer.list(gone.fingerprints, (fingerprint) => writer.text(fingerprint));
    writer.list(gone.addresses, (address) => writer.text(address)).uint(gone.index);
  });
}

export function readRoster(reader: ByteReader): Roster {
  const level = reader.uint();
  if (level > SUPPORT.level) {
    throw new MalformedError(
      `a roster of feature level ${level}, known is ${SUPPORT.level}: upgrade this member`,
    );
  }
  const members = reader.list(() => readMember(reader));
  const removed = reader.list(() => ({
    id: readMemberId(reader),
    name: reader.text(),
    fingerprints: reader.list(() => reader.text()),
    addresses: reader.list(() => reader.text()),
    index: reader.uint(),
  }));
  if (members.length > MAX_MEMBERS || removed.length > MAX_REMOVED_KEPT) {
    throw new MalformedError(`a roster of ${members.length} members`);
  }
  return { level, members, removed };
}

/** The roster as the value of its cell. */
export function rosterText(roster: Roster): string {
  const writer = new ByteWriter();
  writeRoster(writer, roster);
  return toHex(writer.finish());
}

/** The roster out of its cell's value; {@link MalformedError} for anything else. */
export function rosterFromText(text: string): Roster {
  const reader = new ByteReader(fromHex(text));
  const roster = readRoster(reader);
  reader.end();
  return roster;
}

/** A member id out of bytes, checked. */
export function readMemberId(reader: ByteReader): Member["id"] {
  const text = reader.text();
  try {
    return memberId(text);
  } catch {
    throw new MalformedError(`"${text.slice(0, 32)}" is not a member id`);
  }
}

export function writeMember(writer: ByteWriter, member: Member): void {
  writer.text(member.id).text(member.name).text(member.fingerprint);
  writer.list(member.addresses, (address) => writer.text(address));
  writer.byte(ROLES.indexOf(member.role));
  writeSupport(writer, member.support);
  writer.optional(member.former, (former) => {
    writeStatement(writer, former);
    writer.bool(former.isPinned);
  });
  writer.bool(member.isStale === true);
}

export function readMember(reader: ByteReader): Member {
  const id = readMemberId(reader);
  const name = reader.text();
  const fingerprint = reader.text();
  const addresses = reader.list(() => reader.text());
  const role = ROLES[reader.byte()];
  if (role === undefined) throw new MalformedError("a role that is not known");
  const support = readSupport(reader);
  const former = reader.optional((): Former => ({
    ...readStatement(reader),
    isPinned: reader.bool(),
  }));
  const isStale = reader.bool();
  return {
    id,
    name,
    fingerprint,
    addresses,
    role,
    support,
    ...former === undefined ? {} : { former },
    ...isStale ? { isStale } : {},
  };
}

export function writeSupport(writer: ByteWriter, { fewest, most, level }: Support): void {
  writer.uint(fewest).uint(most).uint(level);
}

export function readSupport(reader: ByteReader): Support {
  return { fewest: reader.uint(), most: reader.uint(), level: reader.uint() };
}

export function writeStatement(writer: ByteWriter, { certificate, signature }: Statement): void {
  writer.bytes(certificate).bytes(signature);
}

export function readStatement(reader: ByteReader): Statement {
  return { certificate: reader.bytes(), signature: reader.bytes() };
}

export function writeChain(writer: ByteWriter, chain: CollectiveChain): void {
  writer.list(chain, (link) => writer.uint(link.epoch).text(link.random));
}

export function readChain(reader: ByteReader): CollectiveChain {
  const chain = reader.list(() => ({ epoch: reader.uint(), random: reader.text() }));
  if (chain.length > MAX_CHAIN_LENGTH) throw new MalformedError(`a chain of ${chain.length} links`);
  return chain;
}
