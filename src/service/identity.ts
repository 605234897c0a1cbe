/**
 * Who a member is, in files beside its store, so that a lost store does not make it a stranger:
 *
 *     identity/member.json        its id and name
 *     identity/key.pem            its key, 0600
 *     identity/certificate.pem    its certificate: what the others pinned
 *     identity/next-key.pem, next-certificate.pem
 *                                 those it rotates to, until the roster lists them
 *     identity/roster.json        the newest roster it knew: whom it pins before its log says so
 *     identity/beginning.json     only until its first records are on disk: how to make them
 *
 * The folder changes as a whole: a new identity is made as `identity.new`, and where it takes the
 * place of an older one it is `identity.next` while the old one and its store are put aside. Each
 * step may be the last before a power cut; `settleIdentity` goes on from any of them, from the
 * moment on that the collective's answer is on disk.
 */
import { z } from "zod";

import { MalformedError } from "../base/bytes.ts";
import { fingerprintOf, sign, verify } from "../base/crypto.ts";
import { expiryOf, makeIdentity } from "../io/certificate.ts";
import {
  isThere,
  readFileIfThere,
  removeIfThere,
  renameDurably,
  writeFileDurably,
} from "../io/files.ts";
import type { LinkIdentity } from "../io/link.ts";
import type { FolderLock } from "../io/lock.ts";
import { setAsideStore } from "../io/store_recovery.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";
import { type MemberId, memberId, type Roster } from "../model/member.ts";
import { certificateDer } from "../wire/pem.ts";
import { rosterFromText, rosterText } from "../wire/roster.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { overFiles, understand } from "./folder_faults.ts";

/** A key, its certificate, and what the others know it by. */
export interface OwnCertificate {
  readonly fingerprint: string;
  readonly link: LinkIdentity;
}

/** Who a member is. */
export interface Identity extends OwnCertificate {
  readonly folder: string;
  readonly id: MemberId;
  readonly name: string;
  /** The invitation it came by, so that a second try with the same token is the same joiner. */
  readonly invitation: string | undefined;
  /** What it rotates to. The others may list it already without this member having heard. */
  readonly next: OwnCertificate | undefined;
}

/** How the first records of an empty store are to be made. */
export interface Beginning {
  readonly kind: "founding" | "joining";
  readonly chain: CollectiveChain;
  /** Joining: the certificate that proved the invitation, before it was asked to redeem it. */
  readonly server?: string | undefined;
}

/** What stands before the names of the files that a member rotates to. */
const NEXT = "next-";
type Stem = "" | typeof NEXT;

const memberFile = z.object({
  id: z.string().transform(memberId),
  name: z.string(),
  invitation: z.string().optional(),
});
const beginningFile = z.object({
  kind: z.enum(["founding", "joining"]),
  chain: z.array(z.object({ epoch: z.int(), random: z.string() })),
  server: z.string().optional(),
});
const keptFile = z.object({ chain: beginningFile.shape.chain, roster: z.string() });

/** The folder of the identity in force. */
export function identityFolder(data: string): string {
  return `${data}/identity`;
}

/** Where a new identity is prepared before it takes the place of the one in force. */
export function newIdentityFolder(data: string): string {
  return `${data}/identity.new`;
}

/** Makes an identity in `folder`, which must not be there. */
export async function createIdentity(
  folder: string,
  who: { readonly id: MemberId; readonly name: string; readonly invitation?: string | undefined },
  beginning: Beginning | undefined,
): Promise<Identity> {
  const { id, name, invitation } = who;
  const link = await makeIdentity(name);
  await Deno.mkdir(folder, { mode: 0o700 });
  await writePair(folder, "", link);
  if (beginning !== undefined) await writeBeginning(folder, beginning);
  // Last: a folder without it is one whose making was cut short.
  await writeFileDurably(`${folder}/member.json`, `${JSON.stringify({ id, name, invitation })}\n`);
  return { folder, id, name, invitation, ...own(link), next: undefined };
}

function own(link: LinkIdentity): OwnCertificate {
  return { link, fingerprint: fingerprintOf(certificateDer(link.certificatePem)) };
}

/** The key first: a pair without its certificate is one whose making was cut short. */
async function writePair(folder: string, stem: Stem, link: LinkIdentity): Promise<void> {
  await writeFileDurably(`${folder}/${stem}key.pem`, link.keyPem);
  await writeFileDurably(`${folder}/${stem}certificate.pem`, link.certificatePem);
}

/**
 * What `identity` rotates to, made where it is not there yet. One that was made is never thrown
 * away: whether the others list it is known only once the roster says so.
 */
export async function prepareNext({ folder, name, next }: Identity): Promise<OwnCertificate> {
  if (next !== undefined) return next;
  const link = await makeIdentity(name);
  await writePair(folder, NEXT, link);
  return own(link);
}

/** The roster lists what the member rotates to: it takes the place of the old key, for good. */
export async function adoptNext(folder: string): Promise<void> {
  await renameDurably(`${folder}/${NEXT}key.pem`, `${folder}/key.pem`);
  await renameDurably(`${folder}/${NEXT}certificate.pem`, `${folder}/certificate.pem`);
}

/** Where a power cut came between the two steps of the above, the second is done now. */
async function endAdoption(folder: string): Promise<void> {
  const certificate = `${folder}/${NEXT}certificate.pem`;
  if (!await isThere(certificate) || await isThere(`${folder}/${NEXT}key.pem`)) return;
  await renameDurably(certificate, `${folder}/certificate.pem`);
}

async function readNext(folder: string): Promise<OwnCertificate | undefined> {
  if (!await isThere(`${folder}/${NEXT}certificate.pem`)) return undefined;
  return own(await readLinkIdentity(folder, NEXT));
}

/** The identity in `folder`; undefined where none was completed there. {@link DamageError} where
 * its files do not belong together or are not what they should be. */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const text = await readFileIfThere(`${folder}/member.json`);
  if (text === undefined) return undefined;
  const path = `${folder}/member.json`;
  const { id, name, invitation } = understand(path, () => memberFile.parse(JSON.parse(text)));
  await endAdoption(folder);
  const link = await readLinkIdentity(folder, "");
  return { folder, id, name, invitation, ...own(link), next: await readNext(folder) };
}

async function readLinkIdentity(folder: string, stem: Stem): Promise<LinkIdentity> {
  const [keyPem, certificatePem] = await Promise.all(["key", "certificate"].map(async (name) => {
    return await readFileIfThere(`${folder}/${stem}${name}.pem`) ?? "";
  })) as [string, string];
  const certificate = understand(`${folder}/${stem}certificate.pem`, () => {
    expiryOf(certificatePem);
    return certificateDer(certificatePem);
  });
  understand(`${folder}/${stem}key.pem`, () => {
    const signature = sign(keyPem, certificate);
    if (verify(certificate, certificate, signature)) return;
    throw new MalformedError("it is not the key of the certificate beside it");
  });
  return { keyPem, certificatePem };
}

export async function readBeginning(folder: string): Promise<Beginning | undefined> {
  const path = `${folder}/beginning.json`;
  const text = await readFileIfThere(path);
  if (text === undefined) return undefined;
  return understand(path, () => beginningFile.parse(JSON.parse(text)));
}

export async function writeBeginning(folder: string, beginning: Beginning): Promise<void> {
  await writeFileDurably(`${folder}/beginning.json`, `${JSON.stringify(beginning)}\n`);
}

/** The first records are on disk: from here on an empty store is a lost one. */
export async function endBeginning(folder: string): Promise<void> {
  await removeIfThere(`${folder}/beginning.json`);
}

/** What a member that lost its store still knows of its collective. */
export interface Kept {
  readonly chain: CollectiveChain;
  readonly roster: Roster;
}

/** The newest roster that was kept; undefined where none was. */
export async function readKept(folder: string): Promise<Kept | undefined> {
  const path = `${folder}/roster.json`;
  const text = await readFileIfThere(path);
  if (text === undefined) return undefined;
  return understand(path, () => {
    const { chain, roster } = keptFile.parse(JSON.parse(text));
    return { chain, roster: rosterFromText(roster) };
  });
}

export async function keep(folder: string, { chain, roster }: Kept): Promise<void> {
  // The members once more in words: whoever looks for an address finds it here.
  const members = roster.members.map(({ name, addresses }) => `${name} ${addresses.join(" ")}`);
  const text = JSON.stringify({ members, chain, roster: rosterText(roster) }, undefined, 2);
  await writeFileDurably(`${folder}/roster.json`, `${text}\n`);
}

/**
 * Lets `identity.new` take over where it was admitted, which the roster it keeps tells, and goes
 * on with a take-over that was cut short: the old identity and its store are put aside. Does
 * nothing where there is no such thing.
 */
export async function settleIdentity(data: string, lock: FolderLock): Promise<Outcome<void>> {
  const next = `${data}/identity.next`, current = identityFolder(data);
  const fresh = newIdentityFolder(data);
  if (!await isThere(next)) {
    if (!await isThere(`${fresh}/roster.json`)) return ok();
    await renameDurably(fresh, next);
  }
  // Also one without an identity beside it: the newcomer must not take it for its own.
  const aside = await setAsideStore(data, lock);
  if (!aside.ok) return aside;
  if (await isThere(current)) {
    await renameDurably(current, await freeName(`${current}.aside`));
  }
  await renameDurably(next, current);
  return ok();
}

async function freeName(stem: string): Promise<string> {
  for (let number = 1;; number++) {
    if (!await isThere(`${stem}-${number}`)) return `${stem}-${number}`;
  }
}

/** Removes what is left of an identity whose making was cut short. */
export async function clearUnfinished(folder: string): Promise<void> {
  if (await isThere(`${folder}/member.json`)) return;
  await removeIfThere(folder);
}

/** The token that lets the local administrator in over TCP; made where there is none. */
export async function bootstrapToken(data: string, random: () => string): Promise<Outcome<string>> {
  return await overFiles(data, async () => {
    const path = `${data}/token`;
    const kept = (await readFileIfThere(path))?.trim();
    if (kept !== undefined && kept !== "") return ok(kept);
    const token = random();
    await writeFileDurably(path, `${token}\n`);
    return ok(token);
  });
}
