/** The driver of Redfish against simulated BMCs that fail, over real TLS: each in its own way, each
 * with its own error, within its own time. */
import assert from "node:assert/strict";

import { CHANGE_LEASE_MS, MAX_BMC_BODY_BYTES } from "../../../src/base/limits.ts";
import type { SimulatedFault } from "../../../src/cli/sim/bmc_fault_plan.ts";
import { makeIdentity } from "../../../src/io/certificate.ts";
import { fingerprintOf } from "../../../src/base/crypto.ts";
import { DEADLINE_OVER, DriverError } from "../../../src/service/hardware/driver.ts";
import { certificateDer } from "../../../src/wire/pem.ts";
import { IDENTITY, RedfishStage } from "./redfish_stage.ts";

const POWER = { path: "power/state" } as const;
const ON = { path: "power/state", set: "on" } as const;
const PIN = `sha256$${fingerprintOf(certificateDer(IDENTITY.certificatePem))}`;
const WITHIN_MS = 400;

Deno.test("wrong credentials: 502 that names the user and never the password", async () => {
  for (const hasSessions of [true, false]) {
    await RedfishStage.play({ traits: { hasSessions } }, async (stage) => {
      const bmc = stage.bmc({ user: "ro\not", password: "guess" });
      const error = await stage.fails(ON, bmc);
      assert.equal(error.errorcode, 502);
      assert.match(error.message, /user "ro\\not"/);
      assert(!error.message.includes("guess"));
      assert(!stage.logged.join().includes("guess"));
    });
  }
});

Deno.test("many who come with wrong credentials at once try them once", async () => {
  await RedfishStage.play({ traits: { answerMs: 20 } }, async (stage) => {
    const bmc = stage.bmc({ password: "guess" });
    await Promise.all([1, 2].map(async () => await stage.fails(POWER, bmc)));
    assert.equal(stage.first.bmc.logins, 1);
  });
});

Deno.test("another certificate: 502 with both fingerprints, nothing is said to it", async () => {
  await RedfishStage.play({}, async (stage) => {
    const bmc = stage.bmc({ pinned: PIN });
    assert.deepEqual(await stage.run(POWER, bmc), { state: { value: "off" } });
    const other = await makeIdentity("other");
    stage.fleet.show(stage.first.bmc, other);
    stage.fleet.hangUp();
    const { requests } = stage.first.bmc;
    const error = await stage.fails(ON, bmc);
    assert.equal(error.errorcode, 502);
    const seen = `sha256$${fingerprintOf(certificateDer(other.certificatePem))}`;
    assert(error.message.includes(PIN) && error.message.includes(seen), error.message);
    assert.equal(stage.first.bmc.requests, requests);
    assert.deepEqual(await stage.run(POWER, stage.bmc({ pinned: seen })), {
      state: { value: "off" },
    });
  });
});

Deno.test("a kept connection does not outlive the pin it was trusted by", async () => {
  await RedfishStage.play({}, async (stage) => {
    await stage.run(POWER, stage.bmc({ pinned: PIN }));
    const error = await stage.fails(POWER, stage.bmc({ pinned: `sha256$${"0".repeat(64)}` }));
    assert.equal(error.errorcode, 502);
    await stage.run(POWER, stage.bmc());
    assert.deepEqual(stage.pinned, [PIN], "where no pin is left the first that is seen is pinned");
  });
});

Deno.test("a pin that is refused ends it: another was kept meanwhile", async () => {
  await RedfishStage.play({}, async (stage) => {
    const pin = () => Promise.reject(new DriverError(502, "another certificate was pinned"));
    const error = await stage.fails(POWER, stage.bmc(), { pin });
    assert.deepEqual([error.errorcode, error.message], [502, "another certificate was pinned"]);
    assert.equal(stage.first.bmc.requests, 0);
  });
});

Deno.test("manual and ca-only take nobody on first sight, and name the fingerprint", async () => {
  await RedfishStage.play({}, async (stage) => {
    for (const policy of ["manual", "ca", "ca-only"] as const) {
      const error = await stage.fails(POWER, stage.bmc({ policy }));
      assert.equal(error.errorcode, 502);
      assert(error.message.includes(PIN), error.message);
    }
    for (const policy of ["manual", "ca"] as const) {
      await stage.run(POWER, stage.bmc({ policy, pinned: PIN }));
    }
    assert.deepEqual(stage.pinned, []);
  });
});

Deno.test("without TLS nothing is asked where a certificate is wanted", async () => {
  await RedfishStage.play({ isTls: false }, async (stage) => {
    for (const wanted of [{ policy: "ca-only" }, { pinned: PIN }] as const) {
      const error = await stage.fails(ON, stage.bmc(wanted));
      assert.equal(error.errorcode, 502);
      assert.match(error.message, /is not trusted: its address says http:\/\//);
    }
    assert.equal(stage.first.bmc.requests, 0);
  });
});

const FAULTS: readonly (readonly [SimulatedFault, number, RegExp])[] = [
  ["silent", 504, /no answer came within 400 ms/],
  ["closes", 502, /disconnected|closed/],
  ["hangs", 504, /no answer came within 400 ms/],
  ["not-http", 502, /its answer is not HTTP/],
  ["not-json", 502, /no service root/],
  ["senseless", 502, /no service root/],
  ["redirects", 502, /redirection to https:\/\/127\.0\.0\.1:1\/; none is followed/],
  ["floods", 502, /longer than 2097152 bytes/],
  ["floods-head", 502, /longer than 32768 bytes/],
  ["trickles", 504, /no answer came within 400 ms/],
  ["drops", 502, /broke off|closed/],
  ["closes-unanswered", 502, /closed the connection without an answer/],
  ["fails", 502, /with 500/],
];

for (const [fault, errorcode, told] of FAULTS) {
  Deno.test(`a BMC that ${fault}: its error is told in time, on first contact`, async () => {
    await RedfishStage.play({}, async (stage) => {
      stage.first.bmc.fault = { fault };
      const begun = performance.now();
      const error = await stage.fails(ON, undefined, { withinMs: WITHIN_MS });
      assert(performance.now() - begun < WITHIN_MS + 500);
      assert.equal(error.errorcode, errorcode, error.message);
      assert.match(error.message, told);
      stage.first.bmc.fault = undefined;
      stage.fleet.hangUp();
      assert.deepEqual(await stage.run(POWER), { state: { value: "off" } }, "it recovers");
    });
  });
}

Deno.test("leave that ends at the deadline is told as that, not as nobody who waits", async () => {
  await RedfishStage.play({}, async (stage) => {
    stage.first.bmc.fault = { fault: "hangs" };
    const over = AbortSignal.abort(DEADLINE_OVER);
    const error = await stage.fails(POWER, undefined, { withinMs: 100, signal: over });
    assert.equal(error.errorcode, 504);
    assert.match(error.message, /no answer came within 100 ms/);
    const gone = AbortSignal.abort();
    assert.equal((await stage.fails(POWER, undefined, { signal: gone })).errorcode, 503);
  });
});

Deno.test("a change that was not answered for certain is 504, and never asked again", async () => {
  const faults = ["hangs", "drops", "closes-unanswered", "trickles", "fails", "floods"] as const;
  for (const fault of faults) {
    await RedfishStage.play({}, async (stage) => {
      await stage.run(POWER);
      const { requests } = stage.first.bmc;
      stage.first.bmc.fault = { fault, befalls: "changes" };
      const error = await stage.fails(ON, undefined, { withinMs: WITHIN_MS });
      assert.equal(error.errorcode, 504, `${fault}: ${error.message}`);
      assert.match(error.message, /may have been done/, fault);
      assert.equal(stage.first.bmc.requests, requests + 2, "one question, one change");
      assert(stage.actions.length <= 1);
    });
  }
});

Deno.test("no change is begun without lease, nor where the member must stop", async () => {
  await RedfishStage.play({}, async (stage) => {
    for (const leftMs of [-1, 0, 1_999]) {
      const error = await stage.fails(ON, undefined, { leaseLeftMs: () => leftMs });
      assert.equal(error.errorcode, 503);
      assert.match(error.message, /lease/);
    }
    const error = await stage.fails(ON, undefined, { grantSignal: AbortSignal.abort() });
    assert.equal(error.errorcode, 503);
    assert.deepEqual(stage.actions, []);
    await stage.run(ON, undefined, { leaseLeftMs: () => 2_000 });
    assert.deepEqual(stage.actions, ["reset On"]);
  });
});

Deno.test("the lease counts when the change is written, not when the command began", async () => {
  await RedfishStage.play({ traits: { answerMs: 40 } }, async (stage) => {
    const endMs = performance.now() + 2_100; // logging in takes longer than 100 ms
    const leaseLeftMs = (): number => endMs - performance.now();
    assert.equal((await stage.fails(ON, undefined, { leaseLeftMs })).errorcode, 503);
    assert.deepEqual(stage.actions, []);
  });
});

Deno.test("the answer to a change that arrived is waited for, whatever the lease", async () => {
  await RedfishStage.play({}, async (stage) => {
    const leaseLeftMs = (): number => {
      stage.traits = { answerMs: CHANGE_LEASE_MS + 200 }; // this is asked right before the change
      return CHANGE_LEASE_MS;
    };
    const command = { path: "boot/nextdevice", set: { nextdevice: "cd" } } as const;
    await stage.run(command, undefined, { leaseLeftMs });
    assert.deepEqual(stage.actions, ["boot Cd Once UEFI"]);
  });
});

Deno.test("nobody listens there, and nobody has that name", async () => {
  await RedfishStage.play({}, async (stage) => {
    const none = await stage.fails(POWER, stage.bmc({ address: "127.0.0.1:1" }));
    assert.equal(none.errorcode, 504);
    assert.match(none.message, /nothing listens there/);
    const odd = await stage.fails(POWER, stage.bmc({ address: "not an address" }));
    assert.equal(odd.errorcode, 502);
    assert.match(odd.message, /hardwaremanagement\.manager of n1/);
  });
});

Deno.test("who waits no more is let go at once, and so is all when the driver closes", async () => {
  await RedfishStage.play({}, async (stage) => {
    stage.first.bmc.fault = { fault: "hangs" };
    const gone = new AbortController();
    const failing = stage.fails(POWER, undefined, { signal: gone.signal });
    gone.abort();
    assert.equal((await failing).errorcode, 503);
    const closing = stage.fails(POWER);
    const begun = performance.now();
    await stage.driver.close();
    assert.equal((await closing).errorcode, 503);
    assert(performance.now() - begun < 1_500);
    assert.equal((await stage.fails(POWER)).errorcode, 503);
  });
});

Deno.test("floods and slow answers of many cost no more memory than their bounds", async () => {
  await RedfishStage.play({ count: 40 }, async (stage) => {
    for (const { bmc } of stage.fleet.all) bmc.fault = { fault: "floods" };
    const before = Deno.memoryUsage().rss;
    let most = before;
    const look = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 5);
    const errors = await Promise.all(
      stage.fleet.all.map((_, at) => stage.fails(POWER, stage.bmc({}, at), { withinMs: 8_000 })),
    );
    clearInterval(look);
    for (const error of errors) assert.match(error.message, /longer than/);
    // Both ends are in this process, and what a body takes is copied once or twice.
    const bound = 3 * 40 * MAX_BMC_BODY_BYTES;
    assert(most - before < bound, `${Math.round((most - before) / 1e6)} MB`);
  });
});

Deno.test("silent ones do not hold the others up", async () => {
  await RedfishStage.play({ count: 120 }, async (stage) => {
    for (const { bmc } of stage.fleet.all.slice(0, 80)) bmc.fault = { fault: "silent" };
    const silent = stage.fleet.all.slice(0, 80)
      .map((_, at) => stage.fails(POWER, stage.bmc({}, at), { withinMs: 4_000 }));
    const begun = performance.now();
    await Promise.all(
      stage.fleet.all.slice(80).map((_, at) => stage.run(POWER, stage.bmc({}, 80 + at))),
    );
    assert(performance.now() - begun < 3_000, "the last of them is done long before the silent");
    for (const error of await Promise.all(silent)) assert.equal(error.errorcode, 504);
  });
});
