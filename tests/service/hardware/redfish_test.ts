/** The driver of Redfish against simulated BMCs, over real TLS: what it does where all is well. */
import assert from "node:assert/strict";

import { BOOT_DEVICES } from "../../../src/model/node_command.ts";
import type { Bmc } from "../../../src/service/hardware/driver.ts";
import { RedfishStage } from "./redfish_stage.ts";

const POWER = { path: "power/state" } as const;

Deno.test("power is read; the certificate is pinned, and one session is used again", async () => {
  await RedfishStage.play({}, async (stage) => {
    assert.deepEqual(await stage.run(POWER), { state: { value: "off" } });
    const [pinned] = stage.pinned;
    assert.match(pinned ?? "", /^sha256\$[0-9a-f]{64}$/);
    stage.first.bmc.isOn = true;
    const bmc = stage.bmc({ pinned });
    assert.deepEqual(await stage.run(POWER, bmc), { state: { value: "on" } });
    assert.equal(stage.first.bmc.logins, 1);
    assert.equal(stage.fleet.connections, 1);
    assert.equal(stage.pinned.length, 1);
    await stage.driver.close();
    assert.equal(stage.first.bmc.sessions, 0, "it logs out when it is closed");
    assert.deepEqual(stage.driver.counts, { connections: 0, controllers: 0 });
  });
});

Deno.test("power is set as confluent 4.0 sets it, and told who sets it", async () => {
  await RedfishStage.play({}, async (stage) => {
    const set = async (goal: "on" | "off" | "reset" | "boot" | "diag" | "shutdown") =>
      await stage.run({ ...POWER, set: goal });
    assert.deepEqual(await set("reset"), { state: { value: "off" } });
    assert.deepEqual(await set("shutdown"), { state: { value: "off" } });
    assert.deepEqual(await set("diag"), { state: { value: "off" } });
    assert.deepEqual(stage.actions, [], "a machine that is off is asked for none of these");
    assert.deepEqual(await set("boot"), { state: { value: "on" }, oldstate: { value: "off" } });
    assert.deepEqual(await set("on"), { state: { value: "on" } });
    assert.deepEqual(await set("boot"), { state: { value: "reset" }, oldstate: { value: "on" } });
    assert.deepEqual(await set("reset"), { state: { value: "reset" } });
    assert.deepEqual(await set("diag"), { state: { value: "on" } });
    assert.deepEqual(await set("shutdown"), { state: { value: "off" } });
    assert.deepEqual(await set("on"), { state: { value: "on" } });
    assert.deepEqual(await set("off"), { state: { value: "off" } });
    assert.deepEqual(stage.actions, [
      "reset On",
      "reset ForceRestart",
      "reset ForceRestart",
      "reset Nmi",
      "reset GracefulShutdown",
      "reset On",
      "reset ForceOff",
    ]);
    for (const { bmc, member, epoch, trueTimeMs } of stage.fleet.actions) {
      assert.deepEqual({ bmc, member, epoch }, { bmc: "bmc1", member: "m1", epoch: 7 });
      assert(Math.abs(trueTimeMs - Date.now()) < 60_000);
    }
  });
});

Deno.test("on and off are done when the machine is seen so", async () => {
  await RedfishStage.play({ traits: { powerMs: 250 } }, async (stage) => {
    const begun = performance.now();
    assert.deepEqual(await stage.run({ ...POWER, set: "on" }), { state: { value: "on" } });
    assert(performance.now() - begun >= 250);
    stage.traits = { powerMs: 60_000 };
    const error = await stage.fails({ ...POWER, set: "off" }, undefined, { withinMs: 1_500 });
    assert.equal(error.errorcode, 504);
    assert.match(error.message, /took "off", but after \d+ ms the machine is still on; it may yet/);
    assert.deepEqual(stage.actions, ["reset On", "reset ForceOff"]);
  });
});

Deno.test("whoever waits for a machine stops when this member must stop", async () => {
  await RedfishStage.play({ traits: { powerMs: 60_000 } }, async (stage) => {
    const stop = new AbortController();
    const failing = stage.fails({ ...POWER, set: "on" }, undefined, { grantSignal: stop.signal });
    while (stage.actions.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const begun = performance.now();
    stop.abort();
    const error = await failing;
    assert.equal(error.errorcode, 504);
    assert.match(error.message, /took "on"/);
    assert(performance.now() - begun < 500);
  });
});

Deno.test("words of the controller are found where it tells them, else the next best", async () => {
  for (const resetWords of ["system", "action-info", "nowhere"] as const) {
    await RedfishStage.play({ traits: { resetWords } }, async (stage) => {
      stage.traits = { knownWords: ["ForceOn", "PowerCycle"] };
      if (resetWords === "nowhere") stage.traits = { knownWords: ["On", "ForceRestart"] };
      await stage.run({ ...POWER, set: "on" });
      await stage.run({ ...POWER, set: "reset" });
      const wanted = resetWords === "nowhere" ? ["On", "ForceRestart"] : ["ForceOn", "PowerCycle"];
      assert.deepEqual(stage.actions, wanted.map((word) => `reset ${word}`));
      const error = await stage.fails({ ...POWER, set: "diag" });
      assert.equal(error.errorcode, resetWords === "nowhere" ? 502 : 501);
      assert.match(error.message, /Nmi/);
    });
  }
});

Deno.test("what to boot from is set and read, with If-Match where it is wanted", async () => {
  await RedfishStage.play({ traits: { wantsEtag: true } }, async (stage) => {
    for (const nextdevice of BOOT_DEVICES.filter((device) => device !== "floppy")) {
      const set = { nextdevice, bootmode: "uefi", persistent: nextdevice === "default" } as const;
      const told = await stage.run({ path: "boot/nextdevice", set });
      assert.deepEqual(await stage.run({ path: "boot/nextdevice" }), told, nextdevice);
      assert.deepEqual(told.nextdevice, { value: nextdevice });
    }
    const floppy = await stage.fails({ path: "boot/nextdevice", set: { nextdevice: "floppy" } });
    assert.equal(floppy.errorcode, 501);
    assert.match(floppy.message, /cannot boot from floppy/);
  });
});

Deno.test("If-Match is what the document says where no header does", async () => {
  await RedfishStage.play({ traits: { wantsEtag: true, etagIn: "document" } }, async (stage) => {
    const set = { nextdevice: "network" } as const;
    await stage.run({ path: "boot/nextdevice", set });
    assert.equal(stage.first.bmc.boot.target, "Pxe");
  });
});

Deno.test("health, and the light in each of its places", async () => {
  await RedfishStage.play({}, async (stage) => {
    const health = async () => await stage.run({ path: "health/hardware" });
    assert.deepEqual(await health(), { health: { value: "ok" }, sensors: [] });
    Object.assign(stage.first.bmc, { health: "Critical", memoryHealth: "Critical" });
    const told = await health();
    assert.deepEqual(told.health, { value: "critical" });
    assert.equal((told.sensors as readonly unknown[]).length, 1);
    for (const light of ["active", "led", "chassis"] as const) {
      stage.traits = { light };
      for (const set of ["on", "off"] as const) {
        assert.deepEqual(await stage.run({ path: "identify", set }), { identify: { value: set } });
        assert.deepEqual(await stage.run({ path: "identify" }), { identify: { value: set } });
      }
    }
    assert.deepEqual(await stage.run({ path: "identify", set: "blink" }), {
      identify: { value: "blink" },
    });
    stage.traits = { light: "active" };
    assert.equal((await stage.fails({ path: "identify", set: "blink" })).errorcode, 501);
    stage.traits = { light: "none" };
    assert.equal((await stage.fails({ path: "identify" })).errorcode, 501);
  });
});

Deno.test("a controller without sessions is spoken to by Basic, be it in clear", async () => {
  await RedfishStage.play({ traits: { hasSessions: false }, isTls: false }, async (stage) => {
    assert.match(stage.first.address, /^http:/);
    assert.deepEqual(await stage.run(POWER), { state: { value: "off" } });
    assert.deepEqual([stage.first.bmc.logins, stage.pinned.length], [0, 0]);
  });
  await RedfishStage.play({ traits: { maxSessions: 0 } }, async (stage) => {
    assert.deepEqual(await stage.run(POWER), { state: { value: "off" } });
    await stage.run(POWER);
    assert.equal(stage.first.bmc.logins, 1, "where there is no room for a session Basic stays");
  });
});

Deno.test("a session that ended is made anew; a board is not taken for the machine", async () => {
  await RedfishStage.play({ traits: { neighbour: "board" } }, async (stage) => {
    await stage.run(POWER);
    stage.first.bmc.expireSessions();
    assert.deepEqual(await stage.run({ ...POWER, set: "on" }), { state: { value: "on" } });
    assert.deepEqual([stage.first.bmc.logins, stage.first.bmc.sessions], [2, 1]);
  });
});
Deno.test("a processor of data that has power is not taken for the machine", async () => {
  await RedfishStage.play({ traits: { neighbour: "dpu" } }, async (stage) => {
    await stage.run({ ...POWER, set: "on" });
    assert(stage.first.bmc.isOn);
  });
});

Deno.test("of several machines behind one controller none is taken for the node", async () => {
  await RedfishStage.play({ traits: { neighbour: "machine" } }, async (stage) => {
    for (const command of [POWER, { ...POWER, set: "on" }] as const) {
      const { errorcode, message } = await stage.fails(command);
      assert.equal(errorcode, 501);
      assert.match(
        message,
        /more than one machine \(\/redfish\/v1\/Systems\/0, \/red.* is not set$/,
      );
      const strange = await stage.fails(command, stage.bmc({ uuid: "another" }));
      assert.match(strange.message, /is another, which is none of them$/);
    }
    assert.deepEqual(stage.actions, []);
  });
});

Deno.test("of several machines behind one controller a node is the one of its UUID", async () => {
  await RedfishStage.play({ traits: { neighbour: "machine" } }, async (stage) => {
    const of = (last: string): Bmc =>
      stage.bmc({ uuid: `5EED0000-0000-4000-8000-00000000000${last}` });
    assert.deepEqual(await stage.run(POWER, of("1")), { state: { value: "off" } });
    assert.deepEqual(await stage.run(POWER, of("0")), { state: { value: "on" } });
    await stage.run({ ...POWER, set: "on" }, of("1"));
    assert.deepEqual(stage.actions, ["reset On"]);
  });
});

Deno.test("a question is asked again where a kept connection was gone", async () => {
  await RedfishStage.play({}, async (stage) => {
    for (let round = 0; round < 5; round++) {
      await stage.run(POWER);
      stage.fleet.hangUp(); // the driver may not know it yet
    }
    assert.equal(stage.first.bmc.logins, 1);
  });
});

Deno.test("many ask one controller at once: two connections, one login", async () => {
  await RedfishStage.play({ traits: { answerMs: 5 } }, async (stage) => {
    const all = await Promise.all(Array.from({ length: 20 }, async () => await stage.run(POWER)));
    assert.equal(all.length, 20);
    assert.equal(stage.first.bmc.logins, 1);
    assert(stage.fleet.connections <= 2);
  });
});

Deno.test("connections are bounded in all: those that nobody uses make room", async () => {
  await RedfishStage.play({ count: 30, parts: { maxConnections: 4 } }, async (stage) => {
    let most = 0;
    const ask = async (at: number): Promise<void> => {
      await stage.run(POWER, stage.bmc({}, at));
      most = Math.max(most, stage.driver.counts.connections);
    };
    await Promise.all(Array.from({ length: 30 }, (_, at) => ask(at)));
    await Promise.all(Array.from({ length: 30 }, (_, at) => ask(at)));
    assert(most <= 4, `${most} connections`);
  });
});
