/** What each command asks of a controller by Redfish, and what is told of its answers. */
import {
  POWER_LOOK_MAX_MS,
  POWER_LOOK_MIN_MS,
  POWER_TELL_MS,
  POWER_WAIT_MS,
} from "../../base/limits.ts";
import { bootOf, bootPlan } from "../../hardware/redfish_boot.ts";
import { linkAt, textAt } from "../../hardware/redfish_document.ts";
import { hasUuid, isMachine, systemPathsOf } from "../../hardware/redfish_finding.ts";
import { healthValues } from "../../hardware/redfish_health.ts";
import {
  chassisPathOf,
  hasLight,
  identifyValues,
  lightPatch,
} from "../../hardware/redfish_identify.ts";
import {
  chooseWord,
  powerOf,
  powerPlan,
  type PowerState,
  resetActionOf,
  resetWordsOf,
} from "../../hardware/redfish_power.ts";
import type { Clock } from "../../io/clock.ts";
import type {
  BootDeviceGoal,
  IdentifyGoal,
  NodeCommand,
  NodeValues,
  PowerGoal,
} from "../../model/node_command.ts";
import { type Bmc, DriverError } from "./driver.ts";
import type { Ends } from "./ends.ts";
import type { Conversation, Read } from "./redfish_conversation.ts";
import { nonsense, unable } from "./redfish_errors.ts";
import { rest } from "./unless.ts";

/** One command under way. */
export interface Talk {
  readonly conversation: Conversation;
  readonly bmc: Bmc;
  readonly clock: Clock;
  readonly ends: Ends;
  readonly deadlineMs: number;
}

/** Throws {@link DriverError} alone. */
export async function carryOutByRedfish(talk: Talk, command: NodeCommand): Promise<NodeValues> {
  switch (command.path) {
    case "power/state":
      return command.set === undefined ? await readPower(talk) : await setPower(talk, command.set);
    case "boot/nextdevice":
      return command.set === undefined ? await readBoot(talk) : await setBoot(talk, command.set);
    case "health/hardware":
      return healthValues((await readSystem(talk)).document);
    case "identify":
      return command.set === undefined ? await readLight(talk) : await setLight(talk, command.set);
  }
}

interface System extends Read {
  readonly path: string;
}

/** The machine's document. Where it is not where it was, it is looked for anew. */
async function readSystem({ conversation, bmc }: Talk): Promise<System> {
  const { controller } = conversation;
  const known = controller.systemPaths.get(bmc.uuid);
  if (known !== undefined) {
    try {
      return { path: known, ...await conversation.read(known) };
    } catch (error) {
      if (!(error instanceof DriverError) || error.errorcode !== 404) throw error;
      controller.systemPaths.delete(bmc.uuid);
    }
  }
  const found = await findSystem(conversation, bmc);
  controller.systemPaths.set(bmc.uuid, found.path);
  controller.resetWords.clear();
  return found;
}

async function findSystem(conversation: Conversation, bmc: Bmc): Promise<System> {
  // A controller that shows its root to nobody tells where machines are once somebody is known.
  const systemsPath = conversation.controller.systemsPath ??
    linkAt((await conversation.read("/redfish/v1/")).document, "Systems") ?? "/redfish/v1/Systems";
  const paths = systemPathsOf((await conversation.read(systemsPath)).document);
  const systems: System[] = [];
  for (const path of paths) systems.push({ path, ...await conversation.read(path) });
  const machines = systems.filter(({ document }) => isMachine(document));
  const [first] = [...machines, ...systems];
  if (first === undefined) throw nonsense(`GET ${systemsPath}`, "no system at all", bmc);
  return machines.length > 1 ? whichOf(machines, bmc) : first;
}

/** To take the first would switch a machine that is another node's. */
function whichOf(machines: readonly System[], bmc: Bmc): System {
  const { uuid } = bmc;
  const machine = machines.find(({ document }) => uuid !== undefined && hasUuid(document, uuid));
  if (machine !== undefined) return machine;
  const what = `it controls more than one machine (${machines.map(({ path }) => path).join(", ")})`;
  const why = uuid === undefined ? "is not set" : `is ${uuid}, which is none of them`;
  throw unable(`${what}, and id.uuid, which would say which of them the node is, ${why}`, bmc);
}

function stateOf({ document, path }: System, bmc: Bmc): PowerState {
  const state = powerOf(document);
  if (state !== undefined) return state;
  const told = textAt(document, "PowerState");
  const what = told === undefined ? "no PowerState" : `a PowerState that means nothing: ${told}`;
  throw nonsense(`GET ${path}`, what, bmc);
}

async function readPower(talk: Talk): Promise<NodeValues> {
  return { state: { value: stateOf(await readSystem(talk), talk.bmc) } };
}

/** `oldstate` is told of `boot` alone, as by confluent 4.0. */
async function setPower(talk: Talk, goal: PowerGoal): Promise<NodeValues> {
  const system = await readSystem(talk);
  const before = stateOf(system, talk.bmc);
  const plan = powerPlan(goal, before);
  const oldstate = goal === "boot" ? { oldstate: { value: before } } : {};
  if (plan.kind === "nothing") return { state: { value: plan.state }, ...oldstate };
  const { path, words, wordsPath } = resetActionOf(system.document, system.path);
  const known = words ?? await askWords(talk, wordsPath);
  const word = chooseWord(plan.words, known);
  if (word === undefined) {
    throw unable(`it cannot ${goal}: it knows ${known}, not ${plan.words.join(" or ")}`, talk.bmc);
  }
  await talk.conversation.change({ method: "POST", path, body: { ResetType: word } });
  if (plan.becomes !== undefined) await awaitPower(talk, goal, plan.becomes);
  return { state: { value: plan.told }, ...oldstate };
}

async function askWords(
  { conversation }: Talk,
  path: string | undefined,
): Promise<readonly string[] | undefined> {
  const { controller } = conversation;
  if (path === undefined) return undefined;
  const known = controller.resetWords.get(path);
  if (known !== undefined) return known;
  const words = resetWordsOf((await conversation.read(path)).document);
  controller.resetWords.set(path, words);
  return words;
}

/**
 * Until the machine is seen in that state, as confluent 4.0 waits. Whoever asked is told in time
 * where it is not: the controller took it, and it may yet come to pass.
 */
async function awaitPower(talk: Talk, goal: PowerGoal, wanted: PowerState): Promise<void> {
  const { clock, deadlineMs, ends, bmc } = talk;
  const begunMs = clock.now().monoMs;
  const untilMs = Math.min(begunMs + POWER_WAIT_MS, deadlineMs - POWER_TELL_MS);
  let seen = "nobody has looked since";
  for (let pauseMs = POWER_LOOK_MIN_MS;; pauseMs = Math.min(2 * pauseMs, POWER_LOOK_MAX_MS)) {
    try {
      const state = stateOf(await readSystem(talk), bmc);
      if (state === wanted) return;
      seen = `the machine is still ${state}`;
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      seen = error.message; // it may be busy with just this
    }
    if (ends.asking.aborted || clock.now().monoMs + pauseMs > untilMs) break;
    talk.conversation.pause();
    // What ends the rest is seen above, by the next look.
    await rest(clock, pauseMs, ends.asking).catch((error: unknown) =>
      seen += ` (${String(error)})`
    );
  }
  const afterMs = Math.round(clock.now().monoMs - begunMs);
  const took = `BMC ${bmc.address} took "${goal}", but after ${afterMs} ms ${seen}`;
  throw new DriverError(504, `${took}; it may yet be ${wanted}`);
}

async function readBoot(talk: Talk): Promise<NodeValues> {
  const values = bootOf((await readSystem(talk)).document);
  if (values !== undefined) return values;
  throw unable("it does not say what the machine boots from", talk.bmc);
}

async function setBoot(talk: Talk, goal: BootDeviceGoal): Promise<NodeValues> {
  const { path, document, etag } = await readSystem(talk);
  const plan = bootPlan(goal, document);
  if (!plan.ok) throw unable(plan.refusal.message, talk.bmc);
  const { patch: body, values } = plan.value;
  await talk.conversation.change({ method: "PATCH", path, body, etag });
  return values;
}

/** What has the light: the system, else the first chassis it stands in. */
async function findLight(talk: Talk): Promise<System> {
  const system = await readSystem(talk);
  const path = hasLight(system.document) ? undefined : chassisPathOf(system.document);
  const light = path === undefined ? system : { path, ...await talk.conversation.read(path) };
  if (hasLight(light.document)) return light;
  throw unable("it has no light that shows where the machine stands", talk.bmc);
}

async function readLight(talk: Talk): Promise<NodeValues> {
  return identifyValues((await findLight(talk)).document);
}

async function setLight(talk: Talk, goal: IdentifyGoal): Promise<NodeValues> {
  const { path, document, etag } = await findLight(talk);
  const body = lightPatch(goal, document);
  if (body === undefined) throw unable("its light can be on or off, but not blink", talk.bmc);
  await talk.conversation.change({ method: "PATCH", path, body, etag });
  return { identify: { value: goal } };
}
