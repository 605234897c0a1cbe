/** The driver of IPMI: real ipmitool, and a real controller on the other end of the wire. */
import { deepEqual, equal, match, notEqual, ok as holds, rejects } from "node:assert/strict";

import { systemClock } from "../../src/io/clock.ts";
import type { NodeCommand, NodeValues } from "../../src/model/node_command.ts";
import { type Bmc, type Driver, DriverError } from "../../src/service/hardware/driver.ts";
import { createIpmiDriver } from "../../src/service/hardware/ipmi.ts";
import { bmcAt, leaveOf, type LeaveSettings } from "./ipmi_bmc.ts";
import { anyPlace, IPMI_PASSWORD, type IpmiPlace, IpmiSim } from "./ipmi_sim.ts";
import { Program, until, works } from "./program.ts";

const NEEDED = ["ipmitool", "ipmi_sim", "timeout", "setpriv"];
const MISSING: string[] = [];
for (const tool of NEEDED) {
  if (!await works(["sh", "-c", `command -v ${tool}`], tool)) MISSING.push(tool);
}
if (MISSING.length > 0) console.log(`skipped: IPMI, because there is no ${MISSING.join(", no ")}`);

const HERE = new URL(".", import.meta.url).pathname;

class Stage {
  readonly folder: string;
  readonly #sims: IpmiSim[] = [];
  readonly #drivers: Driver[] = [];
  #folders = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  async sim(place?: IpmiPlace): Promise<IpmiSim> {
    const sim = await IpmiSim.start(`${this.folder}/sim${this.#folders++}`, place);
    this.#sims.push(sim);
    return sim;
  }

  /** A folder with an `ipmitool` that does this instead, before those of PATH. */
  async pathWith(script: string): Promise<string> {
    const folder = `${this.folder}/bin`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/ipmitool`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return `${folder}:${Deno.env.get("PATH")}`;
  }

  /** The command line of a member of its own; what it leaves behind goes with the stage. */
  get member(): string[] {
    const deno = [Deno.execPath(), "run", "-A", "--no-check"];
    return ["env", `TMPDIR=${this.folder}`, ...deno, `${HERE}/ipmi_child.ts`];
  }

  driver(path?: string): Driver {
    const driver = createIpmiDriver({
      clock: systemClock,
      ...(path === undefined ? {} : { path }),
    });
    this.#drivers.push(driver);
    return driver;
  }

  async end(): Promise<void> {
    for (const driver of this.#drivers) await driver.close();
    for (const sim of this.#sims) await sim.end();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function ipmiTest(name: string, act: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name: `IPMI: ${name}`,
    ignore: MISSING.length > 0,
    async fn(): Promise<void> {
      const stage = new Stage(await Deno.makeTempDir({ prefix: "ipmi-" }));
      try {
        await act(stage);
      } finally {
        await stage.end();
      }
    },
  });
}

function addressOf({ place: { host, port } }: IpmiSim): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Asks the simulated controller. */
async function ask(
  driver: Driver,
  sim: IpmiSim,
  command: NodeCommand,
  settings: LeaveSettings = {},
  more: Partial<Bmc> = {},
): Promise<NodeValues> {
  return await driver.run(bmcAt(addressOf(sim), more), command, leaveOf(settings));
}

async function failsWith(
  errorcode: number,
  message: RegExp,
  asked: Promise<NodeValues>,
): Promise<void> {
  await rejects(asked, (error) => {
    holds(error instanceof DriverError, String(error));
    match(error.message, message);
    equal(error.errorcode, errorcode, error.message);
    equal(error.message.includes(IPMI_PASSWORD), false);
    return true;
  });
}

/** Command lines of processes in which the text is. */
async function processesWith(text: string): Promise<{ pid: number; line: string }[]> {
  const found = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || name === String(Deno.pid)) continue;
    try {
      const line = (await Deno.readTextFile(`/proc/${name}/cmdline`)).replaceAll("\0", " ");
      if (line.includes(text)) found.push({ pid: Number(name), line });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

ipmiTest("power is switched, booted and reset, and what is off is never reset", async (stage) => {
  const sim = await stage.sim(), driver = stage.driver();
  const power = (set?: "on" | "off" | "boot" | "reset" | "shutdown"): Promise<NodeValues> =>
    ask(driver, sim, set === undefined ? { path: "power/state" } : { path: "power/state", set });
  deepEqual(await power(), { state: { value: "off" } });
  deepEqual(await power("reset"), { state: { value: "off" } });
  deepEqual(await sim.told(), []);
  deepEqual(await power("boot"), { state: { value: "on" }, oldstate: { value: "off" } });
  deepEqual(await sim.told(), ["power 1"]);
  deepEqual(await power("boot"), { state: { value: "reset" }, oldstate: { value: "on" } });
  deepEqual(await sim.told(), ["reset 1"]);
  deepEqual(await power("reset"), { state: { value: "reset" } });
  deepEqual(await sim.told(), ["reset 1"]);
  deepEqual(await power("on"), { state: { value: "on" } });
  deepEqual(await sim.told(), []);
  deepEqual(await power("off"), { state: { value: "off" } });
  deepEqual(await sim.told(), ["power 0"]);
  deepEqual(await power("on"), { state: { value: "on" } });
  deepEqual(await power("shutdown"), { state: { value: "off" } });
  deepEqual((await sim.told()).at(-1), "shutdown 1");
  equal(await sim.power(), "0");
});

ipmiTest("the boot device is set, and what IPMI has not is refused", async (stage) => {
  const sim = await stage.sim(), driver = stage.driver();
  const network: NodeCommand = { path: "boot/nextdevice", set: { nextdevice: "network" } };
  deepEqual(await ask(driver, sim, network), {
    nextdevice: { value: "network" },
    bootmode: { value: "uefi" },
    persistent: { value: false },
  });
  deepEqual(await sim.told(), ["boot pxe"]);
  const set = { nextdevice: "cd", bootmode: "uefi", persistent: true } as const;
  deepEqual(await ask(driver, sim, { path: "boot/nextdevice", set }), {
    nextdevice: { value: "cd" },
    bootmode: { value: "uefi" },
    persistent: { value: true },
  });
  deepEqual(await sim.told(), ["boot cdrom"]);
  deepEqual(await ask(driver, sim, { path: "boot/nextdevice" }), {
    nextdevice: { value: "default" },
    bootmode: { value: "unspecified" },
    persistent: { value: true },
  });
  const usb: NodeCommand = { path: "boot/nextdevice", set: { nextdevice: "usb" } };
  await failsWith(501, /no boot device usb; it has network/, ask(driver, sim, usb));
  deepEqual(await sim.told(), []);
});

ipmiTest("the light is put on and out, and does not blink", async (stage) => {
  const sim = await stage.sim(), driver = stage.driver();
  const on = await ask(driver, sim, { path: "identify", set: "on" });
  deepEqual(on, { identify: { value: "on" } });
  deepEqual(await sim.told(), ["identify 255 1"]);
  const off = await ask(driver, sim, { path: "identify", set: "off" });
  deepEqual(off, { identify: { value: "off" } });
  deepEqual(await sim.told(), ["identify 0 0"]);
  deepEqual(await ask(driver, sim, { path: "identify" }), { identify: { value: "" } });
  await failsWith(501, /no blinking/, ask(driver, sim, { path: "identify", set: "blink" }));
});

ipmiTest("health is that of the worst sensor, and the bad ones are named", async (stage) => {
  const sim = await stage.sim(), driver = stage.driver();
  const health = (): Promise<NodeValues> => ask(driver, sim, { path: "health/hardware" });
  const isNow = async (wanted: string): Promise<NodeValues> =>
    await until(`its health is ${wanted}`, async () => {
      const values = await health();
      return JSON.stringify(values.health) === `{"value":"${wanted}"}` ? values : undefined;
    });
  deepEqual(await isNow("ok"), { health: { value: "ok" }, sensors: [] });
  await sim.setTemperature(75);
  deepEqual((await isNow("warning")).sensors, [{
    name: "CPU Temp",
    value: 75,
    units: "degrees C",
    states: ["Above non-critical threshold"],
    state_ids: [],
    health: "warning",
    type: "Temperature",
  }]);
  await sim.setTemperature(85);
  await isNow("critical");
  await sim.setTemperature(95);
  await isNow("failed");
});

ipmiTest("wrong credentials are told from silence, and nothing is done", async (stage) => {
  const sim = await stage.sim(), driver = stage.driver();
  const on: NodeCommand = { path: "power/state", set: "on" };
  const asked = (more: Partial<Bmc>): Promise<NodeValues> => ask(driver, sim, on, {}, more);
  await failsWith(502, /does not take the password/, asked({ password: "wrong" }));
  await failsWith(502, /does not take the password/, asked({ password: "" }));
  await failsWith(502, /does not know the user/, asked({ user: "nobody" }));
  await failsWith(502, /secret.ipmikg/, asked({ kg: "a key it has not" }));
  await failsWith(502, /password is too long/, asked({ password: "x".repeat(21) }));
  await failsWith(502, /user is too long/, asked({ user: "x".repeat(17) }));
  await failsWith(502, /line's end/, asked({ password: "a\nb" }));
  await failsWith(409, /wanted a host, or host:port/, asked({ address: "a:b:c]" }));
  await failsWith(504, /no address is known/, asked({ address: "no-such-host.invalid" }));
  deepEqual(await sim.told(), []);
  deepEqual(await asked({}), { state: { value: "on" } });
});

ipmiTest("a silent controller ends in time and keeps no other waiting", async (stage) => {
  const [mute, other] = await Promise.all([stage.sim(), stage.sim()]), driver = stage.driver();
  mute.silence();
  const read: NodeCommand = { path: "power/state" };
  const began = performance.now();
  const silence = failsWith(504, /does not answer/, ask(driver, mute, read));
  const values = await ask(driver, other, read);
  deepEqual(values, { state: { value: "off" } });
  holds(performance.now() - began < 4_000, "the other was answered meanwhile");
  await silence;
  // What did not answer is given less time, until it does.
  const again = performance.now();
  const change: NodeCommand = { path: "power/state", set: "on" };
  await failsWith(504, /does not answer/, ask(driver, mute, change));
  holds(performance.now() - again < 4_000, "the second time it was waited for once only");
  const late = ask(driver, mute, read, { withinMs: 700 });
  await failsWith(504, /did not answer in time|no time left|does not answer/, late);
  mute.speak();
  deepEqual(await ask(driver, mute, read), { state: { value: "off" } });
});

ipmiTest("ports and IPv6 addresses of hardwaremanagement.manager are taken", async (stage) => {
  const driver = stage.driver();
  const usual = await stage.sim(anyPlace(623));
  const read: NodeCommand = { path: "power/state" };
  const values = await driver.run(bmcAt(usual.place.host), read, leaveOf());
  deepEqual(values, { state: { value: "off" } });
  const v6 = await stage.sim({ host: "::1", port: 20_000 + Deno.pid % 10_000 });
  deepEqual(await ask(driver, v6, read), { state: { value: "off" } });
});

ipmiTest(
  "without ipmitool it is said how to get it, and it is found once it is there",
  async (stage) => {
    const sim = await stage.sim(), driver = stage.driver(`${stage.folder}/bin:/nowhere`);
    const read: NodeCommand = { path: "power/state" };
    await failsWith(501, /apt install ipmitool, or dnf install ipmitool/, ask(driver, sim, read));
    await Deno.mkdir(`${stage.folder}/bin`);
    for (const tool of ["ipmitool", "timeout", "setpriv", "true"]) {
      const { stdout } = await new Deno.Command("which", { args: [tool] }).output();
      const there = new TextDecoder().decode(stdout).trim();
      await Deno.symlink(there, `${stage.folder}/bin/${tool}`);
    }
    deepEqual(await ask(driver, sim, read), { state: { value: "off" } });
  },
);

ipmiTest(
  "a change needs a lease that is long enough, and nothing is asked without",
  async (stage) => {
    const sim = await stage.sim(), driver = stage.driver();
    const on: NodeCommand = { path: "power/state", set: "on" };
    const short = ask(driver, sim, on, { leaseMs: 1_900 });
    await failsWith(503, /lease ends too soon; nothing was done/, short);
    deepEqual(await ask(driver, sim, { path: "power/state" }, { leaseMs: 0 }), {
      state: { value: "off" },
    });
    // As if it were stopped for a while when it is about to begin.
    const stopped = ask(driver, sim, on, { looks: [3_000, -1] });
    await failsWith(504, /may have been done/, stopped);
    deepEqual(await sim.told(), []);
    const revoked = AbortSignal.abort();
    await failsWith(503, /acts on it no longer/, ask(driver, sim, on, { revoked }));
    deepEqual(await sim.told(), []);
  },
);

ipmiTest(
  "a child lives no longer than the lease, also where the member is stopped",
  async (stage) => {
    const sleep = `sleep 600.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    // It reports to be off, and takes for ever to change that.
    const path = await stage.pathWith(`cat >/dev/null; case "$*" in
*"raw 0x00 0x01") echo " 00 00 00" ;;
*) exec ${sleep} ;;
esac`);
    const on: NodeCommand = { path: "power/state", set: "on" };
    const driver = stage.driver(path);
    const began = performance.now();
    const asked = driver.run(bmcAt("a"), on, leaveOf({ leaseMs: 2_500 }));
    await failsWith(504, /power on may have been done: it did not answer in time/, asked);
    const tookMs = performance.now() - began;
    holds(tookMs > 2_000 && tookMs < 3_500, `${tookMs} ms`);
    deepEqual(await processesWith(sleep), []);

    const member = new Program([
      ...stage.member,
      ...[path, "a", JSON.stringify(on)],
    ]);
    await until("the change is under way", async () => (await processesWith(sleep))[0]);
    member.signal("SIGSTOP");
    await until("its child is gone", async () => {
      return (await processesWith(sleep)).length === 0 || undefined;
    }, 4_000);
    member.signal("SIGCONT");
    await member.line(/504 .* may have been done/);
    await member.ended();
  },
);

ipmiTest("a child dies with the member, and the password is on no command line", async (stage) => {
  const sim = await stage.sim();
  sim.silence();
  const address = addressOf(sim);
  const member = new Program([
    ...stage.member,
    ...[Deno.env.get("PATH") ?? "", address, '{"path":"power/state"}'],
  ]);
  const words = `-H ${sim.place.host} -p ${sim.place.port}`;
  const child = await until("the child runs", async () => {
    const all = await processesWith(words);
    return all.find(({ line }) => line.startsWith("ipmitool") || /^\S*\/ipmitool/.test(line));
  });
  deepEqual(await processesWith(IPMI_PASSWORD), []);
  const environment = await Deno.readTextFile(`/proc/${child.pid}/environ`);
  equal(environment.includes(IPMI_PASSWORD), false);
  notEqual(child.pid, member.pid);
  await member.kill();
  await until("the child is gone", async () => {
    return (await processesWith(words)).length === 0 || undefined;
  }, 500);
});

ipmiTest(
  "a flood is cut, nonsense is none of an answer, and a crash may have changed it",
  async (stage) => {
    const read: NodeCommand = { path: "power/state" };
    const flood = stage.driver(await stage.pathWith("yes 00; :"));
    await failsWith(502, /more than 262144 bytes/, flood.run(bmcAt("a"), read, leaveOf()));
    const nonsense = stage.driver(await stage.pathWith("echo hello"));
    await failsWith(502, /makes no sense: hello/, nonsense.run(bmcAt("a"), read, leaveOf()));
    const crash = stage.driver(
      await stage.pathWith('case "$*" in *"raw 0x00 0x01") echo " 00 00 00";; *) exit 134;; esac'),
    );
    const on: NodeCommand = { path: "power/state", set: "on" };
    const asked = crash.run(bmcAt("a"), on, leaveOf());
    await failsWith(504, /power on may have been done: ipmitool ended with 134/, asked);
  },
);

ipmiTest("an operator is spoken to as one, and K_g goes by the environment", async (stage) => {
  const driver = stage.driver(
    await stage.pathWith(`cat >/dev/null
case "$*" in
*" -K -L OPERATOR "*) test "$IPMI_KGKEY" = kgkg && echo " 01 00 60" ;;
*) echo "RAKP 2 message indicates an error : unauthorized role or privilege level requested
Error: Unable to establish IPMI v2 / RMCP+ session" >&2; exit 1 ;;
esac`),
  );
  const read: NodeCommand = { path: "identify" };
  const values = await driver.run(bmcAt("a", { kg: "kgkg" }), read, leaveOf());
  deepEqual(values, { identify: { value: "on" } });
});

ipmiTest("one at a time for each controller, and closing ends what is under way", async (stage) => {
  const log = `${stage.folder}/log`;
  const script = `cat >/dev/null; echo in >>${log}; sleep 0.2; echo out >>${log}; echo " 01 00 00"`;
  const driver = stage.driver(await stage.pathWith(script));
  const read: NodeCommand = { path: "power/state" };
  const asked = (address: string): Promise<NodeValues> =>
    driver.run(bmcAt(address), read, leaveOf());
  await Promise.all(Array.from({ length: 5 }, () => asked("a")));
  equal(await Deno.readTextFile(log), "in\nout\n".repeat(5));
  await Promise.all(["b", "c", "d"].map(asked));
  notEqual(await Deno.readTextFile(log), "in\nout\n".repeat(8));

  const sleep = `sleep 600.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const slow = stage.driver(await stage.pathWith(`cat >/dev/null; exec ${sleep}`));
  const waiting = Array.from({ length: 3 }, () => slow.run(bmcAt("a"), read, leaveOf()));
  const ends = waiting.map((each) => failsWith(503, /this member is stopping/, each));
  await until("a child runs", async () => (await processesWith(sleep))[0]);
  await slow.close();
  await Promise.all(ends);
});
