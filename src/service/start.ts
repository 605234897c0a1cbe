/** How a member comes to run: for the first time, again, by a token, or after a lost disk. */
import { toHex } from "../base/bytes.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { memberId } from "../model/member.ts";
import { memberName } from "../model/node_name.ts";
import { decodeToken } from "../wire/token.ts";
import { joinerAddresses } from "./addresses.ts";
import { overFiles } from "./folder_faults.ts";
import { askBack, enrol } from "./enrolment.ts";
import {
  clearUnfinished,
  createIdentity,
  identityFolder,
  newIdentityFolder,
  readBeginning,
  readIdentity,
  readKept,
  settleIdentity,
} from "./identity.ts";
import type { LifeOptions, Surroundings } from "./member_life.ts";
import type { JoinAnswer } from "./member_service.ts";
import type { JoinOptions, Tell } from "./programs.ts";
import { RunningMember } from "./running_member.ts";

export interface StartOptions extends LifeOptions {
  /** As typed; a member that has a name refuses another. */
  readonly name: string | undefined;
  /** Taken where none was typed. */
  readonly hostName: string;
}

/** A member that joined, and what the collective says of it. */
export interface Joined {
  readonly member: RunningMember;
  readonly answer: JoinAnswer;
}

/** Opens the member of the data folder; a folder that is new becomes a collective of one. */
export async function startMember(
  options: StartOptions,
  surroundings: Surroundings,
): Promise<Outcome<RunningMember>> {
  return await overFiles(options.data, () => start(options, surroundings));
}

async function start(
  options: StartOptions,
  surroundings: Surroundings,
): Promise<Outcome<RunningMember>> {
  const settled = await settleIdentity(options.data, options.lock);
  if (!settled.ok) return settled;
  const folder = identityFolder(options.data);
  await clearUnfinished(folder);
  const identity = await readIdentity(folder);
  if (identity === undefined) {
    const free = await nobodyWaits(options.data);
    if (!free.ok) return free;
    const founded = await found(folder, options, surroundings);
    if (!founded.ok) return founded;
  } else if (options.name !== undefined && options.name !== identity.name) {
    return refused(
      "conflict",
      `cannot start as ${options.name}: the member in ${options.data} is ${identity.name}; leave ` +
        "--name out, or choose another folder with --data",
    );
  }
  const member = new RunningMember(options, surroundings);
  const opened = await member.open();
  return opened.ok ? ok(member) : opened;
}

/** Whoever proved a token may be listed already: it must not become somebody else unasked. */
async function nobodyWaits(data: string): Promise<Outcome<void>> {
  const folder = newIdentityFolder(data);
  await clearUnfinished(folder);
  const begun = await readIdentity(folder);
  if (begun === undefined || await readBeginning(folder) === undefined) return ok();
  return refused(
    "conflict",
    `cannot start anew in ${data}: a join as ${begun.name} was begun here and did not end; run ` +
      `\`confluent join\` with the same token again, or remove ${folder} to give it up`,
  );
}

async function found(
  folder: string,
  { name, hostName }: StartOptions,
  { random, log }: Surroundings,
): Promise<Outcome<void>> {
  const valid = memberName(name ?? hostName);
  if (!valid.ok) {
    return refused("invalid", `${valid.refusal.message}; choose a name with --name`);
  }
  const id = memberId(toHex(random.bytes(8)));
  const chain = [{ epoch: 0, random: toHex(random.bytes(16)) }];
  await createIdentity(folder, { id, name: valid.value }, { kind: "founding", chain });
  log.info(`first start: ${valid.value} is a collective of one`);
  return ok();
}

/**
 * Makes this server a member by the token. What it holds already stays as it is until the
 * collective has admitted it; `replace` is needed to put nodes of its own aside.
 */
export async function startAsJoiner(
  options: StartOptions,
  join: JoinOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined>> {
  return await overFiles(options.data, () => joinFirst(options, join, surroundings, tell));
}

async function joinFirst(
  options: StartOptions,
  join: JoinOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined>> {
  const token = decodeToken(join.token.trim());
  if (!token.ok) return token;
  const { id, name } = token.value;
  if (options.name !== undefined && options.name !== name) {
    return refused(
      "invalid",
      `cannot join as ${options.name}: the token is for ${name}; leave --name out, or ask for ` +
        `another with \`confluent invite ${options.name}\``,
    );
  }
  const settled = await settleIdentity(options.data, options.lock);
  if (!settled.ok) return settled;
  const held = await readIdentity(identityFolder(options.data));
  if (held !== undefined && held.invitation !== id) {
    const answer = await joinInPlace(options, join, surroundings, tell);
    if (answer !== undefined) return answer;
  } else if (held === undefined) {
    const enrolled = await enrolAnew(options, join, surroundings, tell);
    if (!enrolled.ok) return enrolled;
  } else tell(`${name} was admitted by this token before; going on from there`);
  return await startAndWait({ ...options, name }, surroundings, tell);
}

/** A member that gives itself up; undefined where it cannot even be opened, and need not be. */
async function joinInPlace(
  options: StartOptions,
  { token, server, replace }: JoinOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined> | undefined> {
  const opened = await startMember({ ...options, name: undefined }, surroundings);
  if (opened.ok) {
    const member = opened.value;
    const answer = await member.join({ token, server, replace }, tell);
    if (answer.ok) return ok({ member, answer: answer.value });
    await member.close();
    return answer;
  }
  if (!replace) return opened;
  tell(`what is in ${options.data} cannot be opened and is put aside: ${opened.refusal.message}`);
  const enrolled = await enrolAnew(
    options,
    { token, server, replace, noServe: false },
    surroundings,
    tell,
  );
  return enrolled.ok ? undefined : enrolled;
}

async function enrolAnew(
  options: StartOptions,
  { token, server }: JoinOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<void>> {
  const { data, lock, advertise, peer } = options;
  const enrolled = await enrol(
    data,
    token,
    server,
    { addresses: (local) => joinerAddresses(advertise, peer, local, surroundings.hostAddresses()) },
    surroundings,
    tell,
  );
  return enrolled.ok ? await settleIdentity(data, lock) : enrolled;
}

async function startAndWait(
  options: StartOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined>> {
  const started = await startMember(options, surroundings);
  if (!started.ok) return started;
  const member = started.value;
  const answer = await member.membership(tell);
  if (answer.ok) return ok({ member, answer: answer.value });
  await member.close();
  return answer;
}

/** Comes back under a new id and key, proven by the old key; its old store is put aside. */
export async function startAgain(
  options: StartOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined>> {
  return await overFiles(options.data, () => rejoin(options, surroundings, tell));
}

async function rejoin(
  options: StartOptions,
  surroundings: Surroundings,
  tell: Tell,
): Promise<Outcome<Joined>> {
  const settled = await settleIdentity(options.data, options.lock);
  if (!settled.ok) return settled;
  const folder = identityFolder(options.data);
  const identity = await readIdentity(folder);
  const kept = await readKept(folder);
  if (identity === undefined || kept === undefined) {
    return refused(
      "not-found",
      `cannot rejoin: ${folder} does not say who this member was and whom it knew; ask at a ` +
        "member for a token with `confluent invite NAME --replace`",
    );
  }
  const { data, lock, advertise, hints, peer } = options;
  const asked = await askBack(
    data,
    identity,
    kept,
    hints,
    (local) => joinerAddresses(advertise, peer, local, surroundings.hostAddresses()),
    surroundings,
    tell,
  );
  if (!asked.ok) {
    const { kind, message } = asked.refusal;
    if (kind !== "no-quorum" && kind !== "unavailable") return asked;
    return refused(
      kind,
      `${message}; where a majority is lost for ever, run \`confluent collective force-quorum\` ` +
        "on the survivor, then join here with a token of it",
    );
  }
  const adopted = await settleIdentity(data, lock);
  if (!adopted.ok) return adopted;
  return await startAndWait({ ...options, name: undefined }, surroundings, tell);
}
