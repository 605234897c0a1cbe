/**
 * The other side of the desk: how a server becomes a member. The new identity is prepared beside
 * the one in force (`identity.new`) and is on disk, key and all, before anybody hears of it, so
 * that whatever step this process dies at, the same token or the same command goes on from there.
 */
import { encodeFields, fingerprintOf, sign } from "../base/crypto.ts";
import { toHex } from "../base/bytes.ts";
import { ADMISSION_MS, HANDSHAKE_MS } from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, type RefusalKind, type Refused, refused } from "../base/outcome.ts";
import { invitationKey, isProof, type ProofFields, proofOf } from "../collective/invitation.ts";
import { type Endpoint, endpointText, type Link, type LinkIdentity } from "../io/link.ts";
import { endpointOf } from "../model/address.ts";
import { type CollectiveChain, compareChains } from "../model/collective_chain.ts";
import { type Member, memberId, pinsOf } from "../model/member.ts";
import { certificateDer } from "../wire/pem.ts";
import { decodeToken, type Token } from "../wire/token.ts";
import type { HelloMessage } from "../wire/hello.ts";
import { Conversation } from "./conversation.ts";
import {
  clearUnfinished,
  createIdentity,
  type Identity,
  keep,
  type Kept,
  newIdentityFolder,
  readIdentity,
  writeBeginning,
} from "./identity.ts";
import type { LifeOptions, Surroundings } from "./member_life.ts";
import type { Tell } from "./programs.ts";
import { removeIfThere } from "../io/files.ts";

/** What the new key signs: that it takes the place of the old one, at this server. */
export function rejoinWords(old: Uint8Array, next: Uint8Array, server: Uint8Array): Uint8Array {
  return encodeFields("confluent rejoin v1", old, next, server);
}

/** Where this server itself will be reached: the addresses as told to the others. */
export type OwnAddresses = (local: Endpoint) => string[];

/** The server that wants to become a member. */
export interface Joiner {
  readonly addresses: OwnAddresses;
  /** The collective that it is a member of, which it cannot join again. */
  readonly chain?: CollectiveChain | undefined;
}

/** Why it came to nothing at this address; `isFinal` where no other address can do better. */
interface Failed {
  readonly refusal: Refused;
  readonly isFinal: boolean;
}

/**
 * Has `identity.new` in `data` admitted by the token. Tried at `server` first, then at the
 * addresses in the token, until one answers.
 */
export async function enrol(
  data: string,
  text: string,
  server: string | undefined,
  joiner: Joiner,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<void>> {
  const token = decodeToken(text.trim());
  if (!token.ok) return token;
  const identity = await prepareIdentity(data, token.value, surroundings);
  const addresses = [...(server === undefined ? [] : [server]), ...token.value.addresses];
  return await tryEach(addresses, tell, surroundings, identity.link, (link) => {
    return redeemAt(link, token.value, identity, joiner, surroundings, tell);
  });
}

/** The new identity that this token's earlier try made, or a new one. */
async function prepareIdentity(
  data: string,
  { id: invitation, name }: Token,
  { random }: Surroundings,
): Promise<Identity> {
  const folder = newIdentityFolder(data);
  await clearUnfinished(folder);
  const begun = await readIdentity(folder);
  if (begun?.invitation === invitation && begun.name === name) return begun;
  await removeIfThere(folder);
  const id = memberId(toHex(random.bytes(8)));
  return await createIdentity(folder, { id, name, invitation }, undefined);
}

async function tryEach(
  addresses: readonly string[],
  tell: Tell,
  surroundings: Surroundings,
  identity: LinkIdentity,
  run: (link: Link) => Promise<Failed | undefined>,
): Promise<Outcome<void>> {
  const failures: Refused["refusal"][] = [];
  for (const address of addresses) {
    const to = endpointOf(address);
    if (to === undefined) {
      return refused("invalid", `"${address}" is not an address; wanted HOST or HOST:PORT`);
    }
    tell(`asking ${endpointText(to)}`);
    const dialed = await surroundings.links.dial(to, identity);
    const failed = dialed.ok ? await run(dialed.value) : { refusal: dialed, isFinal: false };
    if (failed === undefined) return ok();
    if (failed.isFinal) return failed.refusal;
    tell(failed.refusal.refusal.message);
    failures.push(failed.refusal.refusal);
  }
  const reasons = [...new Set(failures.map(({ message }) => message))];
  // What was said counts for more than that another could not be reached.
  const said = failures.find(({ kind }) => kind !== "unavailable");
  const message = said !== undefined && reasons.length === 1
    ? said.message
    : `no member could be asked, or none could do it now: ${reasons.join("; ")}`;
  return refused(said?.kind ?? "unavailable", message, said?.missing);
}

async function redeemAt(
  link: Link,
  token: Token,
  identity: Identity,
  joiner: Joiner,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Failed | undefined> {
  const conversation = new Conversation(link, surroundings.clock);
  const key = invitationKey(token.secret);
  const fields: ProofFields = {
    id: token.id,
    name: token.name,
    role: token.role,
    serverCertificate: link.peerCertificate,
    clientCertificate: link.ownCertificate,
  };
  const { id, index } = token;
  conversation.say({ type: "enrol", id, index, proof: proofOf("client", key, fields) });
  const answer = await conversation.next(ADMISSION_MS);
  const proven = expect(answer, "proven", token);
  // Whoever has not proved that it made this token may be anybody: its word ends nothing.
  if (!("message" in proven)) return { ...proven, isFinal: false };
  if (!isProof(proven.message.proof, "server", key, fields)) {
    link.close("false proof");
    const message = `${endpointText(link.remote)} did not prove that it made this token`;
    return { refusal: refused("unauthorized", message), isFinal: false };
  }
  link.proven();
  tell("both sides proved the token");
  const { chain } = proven.message;
  if (joiner.chain !== undefined && compareChains(joiner.chain, chain) === "same") {
    link.close("the joiner is of this collective");
    const message = `this server is of the collective that the token for ${token.name} is of; ` +
      "run `confluent join` on the server that is to become a member";
    return { refusal: refused("conflict", message), isFinal: true };
  }
  const server = fingerprintOf(link.peerCertificate);
  await writeBeginning(identity.folder, { kind: "joining", chain, server });
  conversation.say({
    type: "redeem",
    member: identity.id,
    addresses: joiner.addresses(link.local),
  });
  const failed = await admitted(conversation, identity, token);
  // The token is used up or too old for good: a later start must not wait for this join to end.
  if (failed?.refusal.refusal.kind === "forbidden") await removeIfThere(identity.folder);
  return failed;
}

/** Keeps what the collective says of itself; from here on the identity may be adopted. */
async function admitted(
  conversation: Conversation,
  identity: Identity,
  token: Token | undefined,
): Promise<Failed | undefined> {
  const answer = expect(await conversation.next(ADMISSION_MS), "admitted", token);
  if (!("message" in answer)) return answer;
  conversation.link.close("admitted");
  const { chain, roster } = answer.message;
  await keep(identity.folder, { chain, roster });
  await writeBeginning(identity.folder, { kind: "joining", chain });
  return undefined;
}

type MessageOf<T extends HelloMessage["type"]> = Extract<HelloMessage, { type: T }>;

function expect<T extends HelloMessage["type"]>(
  answer: Outcome<HelloMessage>,
  type: T,
  token: Token | undefined,
): { readonly message: MessageOf<T> } | Failed {
  if (!answer.ok) return { refusal: answer, isFinal: answer.refusal.kind === "invalid" };
  const message = answer.value;
  if (message.type === type) return { message: message as MessageOf<T> };
  if (message.type !== "refused") {
    const text = `the member answered "${message.type}" where "${type}" was due`;
    return { refusal: refused("invalid", text), isFinal: true };
  }
  const isFinal = FINAL_KINDS.has(message.kind);
  const expires = token === undefined || !isFinal ? "" : expiryHint(token);
  return { refusal: refused(message.kind, oneLine(message.message) + expires), isFinal };
}

/** What is false is false everywhere; no quorum, say, or a member that lags is so here alone, and
 * what may or may not have been done can be asked for again. */
const FINAL_KINDS: ReadonlySet<RefusalKind> = new Set(
  ["invalid", "unauthorized", "forbidden", "not-found", "conflict", "stale", "too-large"],
);

function expiryHint({ expiresAtMs }: Token): string {
  return ` (this one was good until ${new Date(expiresAtMs).toISOString()})`;
}

// ---- after a lost disk

/**
 * Has a new identity take the place of `old`, at any member of the kept roster. Where an earlier
 * try was admitted and never heard so, the members know the new key already, and that will do.
 */
export async function askBack(
  data: string,
  old: Identity,
  kept: Kept,
  hints: LifeOptions["hints"],
  own: OwnAddresses,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<void>> {
  const others = kept.roster.members.filter(({ id }) => id !== old.id);
  const addresses = others.flatMap(({ name, addresses }) => [
    ...hints.get(name) ?? [],
    ...addresses,
  ]);
  if (addresses.length === 0) {
    return refused(
      "unavailable",
      "cannot rejoin: this member knows no other; where none is left, `confluent collective " +
        "force-quorum` goes on with what a store that was cut still holds, else start anew with " +
        "an empty data folder; or ask at a member for a token with `confluent invite`",
    );
  }
  const folder = newIdentityFolder(data);
  await clearUnfinished(folder);
  const begun = await readIdentity(folder);
  if (begun !== undefined) {
    const known = await tryEach(addresses, () => {}, surroundings, begun.link, (link) => {
      return surveyAt(link, begun, kept, surroundings);
    });
    if (known.ok) return known;
    await removeIfThere(folder);
  }
  const id = memberId(toHex(surroundings.random.bytes(8)));
  const next = await createIdentity(folder, { id, name: old.name }, undefined);
  return await tryEach(addresses, tell, surroundings, old.link, (link) => {
    return rejoinAt(link, next, others, own, surroundings);
  });
}

/** Whether a member knows the new key already. */
async function surveyAt(
  link: Link,
  next: Identity,
  { chain, roster }: Kept,
  { clock }: Surroundings,
): Promise<Failed | undefined> {
  if (!isPinned(link, roster.members)) return notPinned(link);
  const answer = await surveyed(new Conversation(link, clock), chain);
  if (!answer.ok) return { refusal: answer, isFinal: false };
  await keep(next.folder, { chain, roster });
  await writeBeginning(next.folder, { kind: "joining", chain });
  return undefined;
}

/** How far a member of the same collective is, which thereby says that it knows who asks. The
 * caller knows whose link it is. */
export async function surveyed(
  conversation: Conversation,
  chain: Kept["chain"],
): Promise<Outcome<{ readonly lastTerm: number; readonly lastIndex: number }>> {
  const position = { lastTerm: 0, lastIndex: 0 };
  conversation.say({ type: "hello", chain, ...position, isSurvey: true, statement: undefined });
  const answer = expect(await conversation.next(HANDSHAKE_MS), "hello", undefined);
  conversation.link.close("asked");
  if (!("message" in answer)) return answer.refusal;
  if (compareChains(chain, answer.message.chain) === "same") return ok(answer.message);
  return refused("conflict", "it is of another collective, or was left behind by this one");
}

function isPinned(link: Link, members: readonly Member[]): boolean {
  const server = fingerprintOf(link.peerCertificate);
  return members.some((member) => pinsOf(member).includes(server));
}

function notPinned(link: Link): Failed {
  link.close("its certificate is not pinned");
  const message = `${endpointText(link.remote)} is not a member that this one knew`;
  return { refusal: refused("unauthorized", message), isFinal: false };
}

async function rejoinAt(
  link: Link,
  next: Identity,
  others: readonly Member[],
  own: OwnAddresses,
  surroundings: Surroundings,
): Promise<Failed | undefined> {
  if (!isPinned(link, others)) return notPinned(link);
  link.proven();
  const conversation = new Conversation(link, surroundings.clock);
  const certificate = certificateDer(next.link.certificatePem);
  const words = rejoinWords(link.ownCertificate, certificate, link.peerCertificate);
  conversation.say({
    type: "rejoin",
    member: next.id,
    certificate,
    signature: sign(next.link.keyPem, words),
    addresses: own(link.local),
  });
  return await admitted(conversation, next, undefined);
}
