/** What each command on a node asks of its controller by IPMI, and what is told of it. */
import {
  IPMI_POWER_POLL_MS,
  MAX_SENSORS_TOLD,
  POWER_TELL_MS,
  POWER_WAIT_MS,
} from "../../base/limits.ts";
import { type ChassisStatus, powerStep, readChassisStatus } from "../../hardware/ipmi_chassis.ts";
import {
  bootFlags,
  CHASSIS_STATUS,
  chassisControl,
  GET_BOOT_FLAGS,
  identify,
  KEEP_BOOT_FLAGS,
  NOTHING_SET,
  readBootFlags,
  UNSAID_MODE,
} from "../../hardware/ipmi_request.ts";
import { badSensors, type Sensor, worstHealth } from "../../hardware/ipmi_sensors.ts";
import type {
  BootDeviceGoal,
  IdentifyGoal,
  NodeCommand,
  NodeValues,
  PowerGoal,
} from "../../model/node_command.ts";
import { DriverError } from "./driver.ts";
import type { IpmiSession } from "./ipmi_session.ts";

/** Throws nothing but {@link DriverError}. */
export async function carryOut(session: IpmiSession, command: NodeCommand): Promise<NodeValues> {
  switch (command.path) {
    case "power/state":
      return command.set === undefined
        ? told({ state: (await readStatus(session)).power })
        : await setPower(session, command.set);
    case "boot/nextdevice":
      return command.set === undefined
        ? await readBootDevice(session)
        : await setBootDevice(session, command.set);
    case "health/hardware":
      return await readHealth(session);
    case "identify":
      return command.set === undefined
        ? told({ identify: (await readStatus(session)).identify })
        : await setIdentify(session, command.set);
  }
}

function told(values: Readonly<Record<string, unknown>>): NodeValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

async function readStatus(session: IpmiSession): Promise<ChassisStatus> {
  return await session.alone(() => statusOf(session));
}

async function statusOf(session: IpmiSession): Promise<ChassisStatus> {
  const status = readChassisStatus(await session.ask(CHASSIS_STATUS));
  if (status === undefined) throw session.failed(502, "it says nothing sensible of its chassis");
  return status;
}

async function setPower(session: IpmiSession, goal: PowerGoal): Promise<NodeValues> {
  const { old, step } = await session.alone(async () => {
    const { power } = await statusOf(session);
    const step = powerStep(goal, power);
    if (step.does === "control") {
      await session.ask(chassisControl(step.control), `power ${goal}`);
    }
    return { old: power, step };
  });
  const oldstate = goal === "boot" ? { oldstate: old } : {};
  if (step.does === "nothing") return told({ state: old, ...oldstate });
  if (step.until !== undefined) await powerBecomes(session, step.until, goal);
  return told({ state: step.told, ...oldstate });
}

/** That takes seconds, and a shutdown minutes; the controller may be mute meanwhile. */
async function powerBecomes(
  session: IpmiSession,
  wanted: "on" | "off",
  goal: PowerGoal,
): Promise<void> {
  const { clock, signal } = session;
  const beganMs = clock.now().monoMs;
  const endMs = Math.min(beganMs + POWER_WAIT_MS, session.deadlineMs - POWER_TELL_MS);
  let seen = "nothing was heard of it since";
  for (;;) {
    try {
      const { power } = await readStatus(session);
      if (power === wanted) return;
      seen = `it is ${power} still`;
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
    }
    const nextMs = clock.now().monoMs + IPMI_POWER_POLL_MS;
    if (signal.aborted || nextMs > endMs || !(await pause(session))) {
      const seconds = Math.round((clock.now().monoMs - beganMs) / 1_000);
      throw session.failed(504, `it took the ${goal}; after ${seconds} s ${seen}`);
    }
  }
}

/** False where nothing is to be asked any more. */
async function pause({ clock, signal }: IpmiSession): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(IPMI_POWER_POLL_MS, () => resolve(true));
  const end = (): void => resolve(false);
  signal.addEventListener("abort", end, { once: true });
  try {
    return await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", end);
  }
}

async function readBootDevice(session: IpmiSession): Promise<NodeValues> {
  const bytes = await session.alone(() => session.ask(GET_BOOT_FLAGS));
  const flags = readBootFlags(bytes);
  if (flags === undefined) throw session.failed(502, "it says nothing sensible of its boot device");
  return told({ ...flags });
}

async function setBootDevice(session: IpmiSession, goal: BootDeviceGoal): Promise<NodeValues> {
  const request = bootFlags(goal);
  if (request === undefined) {
    const known = "network, hd, setup, default, cd and floppy";
    throw session.failed(501, `IPMI has no boot device ${goal.nextdevice}; it has ${known}`);
  }
  await session.alone(async () => {
    const kept = await session.tryToAsk(KEEP_BOOT_FLAGS);
    // Some have no such setting, and keep the flags or not as they like. Whatever else is wrong,
    // the next request meets as well.
    if (kept.is === "unknown") {
      throw session.failed(504, `${kept.why}; its boot device is as it was`);
    }
    await session.ask(request, `boot device ${goal.nextdevice}`);
  });
  const { nextdevice, bootmode = UNSAID_MODE, persistent = false } = goal;
  if (nextdevice === "default") return told(NOTHING_SET);
  return told({ nextdevice, bootmode, persistent });
}

async function setIdentify(session: IpmiSession, goal: IdentifyGoal): Promise<NodeValues> {
  if (goal === "blink") {
    throw session.failed(501, "IPMI has no blinking; it has on and off");
  }
  await session.alone(async () => {
    if (goal === "on") {
      const forced = await session.tryToAsk(identify(goal, true));
      if (forced.is === "answered") return;
      // Those of before IPMI 2.0 know only a time.
      if (forced.is !== "refused" || forced.completion === undefined) {
        throw session.because(forced, "identify on");
      }
    }
    await session.ask(identify(goal, false), `identify ${goal}`);
  });
  return told({ identify: goal });
}

async function readHealth(session: IpmiSession): Promise<NodeValues> {
  return await session.alone(async () => {
    const { faults } = await statusOf(session);
    const list = await session.list(["sdr", "elist"]);
    const sensors = [
      ...faults.map(({ name, health }): Sensor => ({ ...EMPTY, name, health, states: [name] })),
      ...list === undefined ? [UNREAD] : badSensors(list),
    ];
    return {
      ...told({ health: worstHealth(sensors.map(({ health }) => health)) }),
      sensors: sensors.slice(0, MAX_SENSORS_TOLD).map((each) => ({ ...each, state_ids: [] })),
    };
  });
}

const EMPTY: Omit<Sensor, "name" | "health"> = { value: null, units: null, states: [], type: null };
const UNREAD: Sensor = {
  ...EMPTY,
  name: "Sensors",
  health: "unknown",
  states: ["not read to their end"],
};
