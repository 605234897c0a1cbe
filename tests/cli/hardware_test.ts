/** The commands on what nodes are made of, against the real API; their controllers are played. */
import { deepEqual, equal, match } from "node:assert/strict";

import type { NodeResult } from "../../src/model/node_command.ts";
import { lines, type Service, withService } from "./shell.ts";

type Played = Partial<NodeResult>;

function state(value: string, oldstate?: string): Played {
  const old = oldstate === undefined ? {} : { oldstate: { value: oldstate } };
  return { values: { state: { value }, ...old } };
}

function plays({ member }: Service, answers: Record<string, Played | Promise<Played>>): void {
  for (const [node, answer] of Object.entries(answers)) member.commands.answers.set(node, answer);
}

function lastRan({ member }: Service): unknown[] {
  const { nodes, command, timeoutMs } = member.commands.ran.at(-1) ?? {};
  return [nodes, command, timeoutMs];
}

Deno.test("nodepower prints a line a node, errors beside, and fails where one failed", async () => {
  await withService(["n1", "n2", "n3"], async (service) => {
    plays(service, { n2: { errorcode: 504, error: "time\nout" }, n3: state("off") });
    deepEqual(await service.run("nodepower n1-n3"), {
      code: 1,
      out: "n1: on\nn3: off\n",
      err: "n2: Error: time\\nout\n",
    });
    deepEqual(lastRan(service), [["n1", "n2", "n3"], { path: "power/state" }, 30_000]);
    equal((await service.run("nodepower n1,n3 stat")).code, 0);
    const unknown = await service.run("nodepower nosuch");
    deepEqual([unknown.code, unknown.out], [1, ""]);
    match(unknown.err, /^Target not found - Invalid Noderange: nosuch not a recognized node/);
  });
});

Deno.test("nodepower shows what the power was where it boots, or where that is asked", async () => {
  await withService(["n1", "n2"], async (service) => {
    plays(service, { n1: state("on", "off"), n2: state("reset", "on") });
    equal((await service.run("nodepower n1,n2 boot")).out, "n1: off->on\nn2: on->reset\n");
    deepEqual(lastRan(service)[1], { path: "power/state", set: "boot" });
    plays(service, { n1: state("off"), n2: { errorcode: 504, error: "timeout" } });
    equal((await service.run("nodepower n1 on --timeout 2.5")).out, "n1: off\n");
    equal(lastRan(service)[2], 2_500);
    const shown = await service.run("nodepower -p n1-n2 on");
    deepEqual([shown.out, shown.err], ["n1: off->off\n", "n2: Error: timeout\n"]);
    deepEqual(lastRan(service)[1], { path: "power/state", set: "on" });
    const same = { oldstate: { value: "off" }, state: { value: "off" } };
    const lines = (await service.run("nodepower --json -p n1-n2 on")).out.trimEnd().split("\n");
    deepEqual(lines.map((line) => JSON.parse(line)), [
      { n1: same },
      { n2: { errorcode: 504, error: "timeout" } },
    ]);
    await service.run("nodepower n1 softoff");
    deepEqual(lastRan(service)[1], { path: "power/state", set: "shutdown" });
    const wrong = await service.run("nodepower n1 up");
    equal(wrong.code, 2);
    match(wrong.err, /Allowed choices are on, off, reset, boot, diag, shutdown/);
  });
});

Deno.test("a line is printed as it comes, and whoever reads no more ends it", async () => {
  await withService(["n1", "n2"], async (service) => {
    const late = Promise.withResolvers<Played>();
    plays(service, { n1: late.promise });
    const ran = await service.run("nodepower n1-n2", {
      sees: (out) => out === "n2: on\n" && late.resolve(state("off")),
    });
    equal(ran.out, "n2: on\nn1: off\n");
    plays(service, { n1: new Promise(() => {}) });
    const { code } = await service.run("nodepower n1-n2", {
      sees: (_, __, hands) => hands.hangUp(),
    });
    equal(code, 0);
  });
});

Deno.test("output that cannot be written is told as that, and not of the service", async () => {
  await withService(["n1", "n2"], async (service) => {
    const sees = (_: string, err: string): void => {
      if (err === "") throw new Error("No space left on device");
    };
    for (const line of ["nodepower n1-n2 off", "nodeattrib n1-n2 all", "nodelist"]) {
      const { code, err } = await service.run(line, { sees });
      equal(code, 1);
      equal(
        err,
        "Error: cannot write the output: No space left on device; nothing more is told of what " +
          "was done\n",
      );
    }
  });
});

Deno.test("--json is a line a node, --stale what was known with its age", async () => {
  await withService(["n1", "n2"], async (service) => {
    plays(service, { n2: { errorcode: 501, error: "no method" } });
    deepEqual(await service.run("nodepower --json n1-n2"), {
      code: 1,
      out: '{"n1":{"state":{"value":"on"}}}\n{"n2":{"errorcode":501,"error":"no method"}}\n',
      err: "",
    });
    equal((await service.run("nodepower --stale n1")).out, "n1: on (12 s ago)\n");
    service.member.observed.told = { errorcode: 404, error: "it was not read yet" };
    const unknown = await service.run("nodepower --stale n1");
    deepEqual([unknown.code, unknown.err], [1, "n1: Error: it was not read yet\n"]);
  });
});

Deno.test("--maxnodes asks on a terminal, and refuses without one", async () => {
  await withService(["n1", "n2"], async (service) => {
    const refused = await service.run("nodepower -m 1 n1-n2 off");
    deepEqual([refused.code, refused.out], [1, ""]);
    match(refused.err, /switches the power of 2 nodes, and --maxnodes is 1/);
    deepEqual(service.member.commands.ran, []);
    equal((await service.run("nodepower -m 1 n1-n2 off", { typed: ["n"] })).code, 1);
    equal((await service.run("nodepower -m 1 n1-n2 off", { typed: ["y"] })).code, 0);
    equal((await service.run("nodepower -m 2 n1-n2 off")).code, 0);
    equal(service.member.commands.ran.length, 2);
  });
});

Deno.test("nodesetboot shows and sets what is booted next", async () => {
  await withService(["n1"], async (service) => {
    equal((await service.run("nodesetboot n1")).out, "n1: default\n");
    deepEqual(lastRan(service)[1], { path: "boot/nextdevice" });
    const goals: Record<string, object> = {
      "nodesetboot n1 pxe": { nextdevice: "network", bootmode: "uefi", persistent: false },
      "nodesetboot -b -p n1 hd": { nextdevice: "hd", bootmode: "bios", persistent: true },
      "nodesetboot -u n1 cd": { nextdevice: "cd", bootmode: "uefi", persistent: false },
    };
    for (const [line, set] of Object.entries(goals)) {
      equal((await service.run(line)).code, 0);
      deepEqual(lastRan(service)[1], { path: "boot/nextdevice", set });
    }
  });
});

Deno.test("nodeboot boots the nodes whose device was set, and only those", async () => {
  await withService(["n1", "n2", "n3"], async (service) => {
    plays(service, { n2: { errorcode: 502, error: "bad credentials" } });
    const { code, out, err } = await service.run("nodeboot n1-n3 network");
    deepEqual([code, err], [1, "n2: Error: bad credentials\n"]);
    deepEqual(lines(out), ["n1: default", "n3: default", "n1: on", "n3: on"]);
    deepEqual(lastRan(service), [["n1", "n3"], { path: "power/state", set: "boot" }, 30_000]);
    const before = service.member.commands.ran.length;
    equal((await service.run("nodeboot n1")).out, "n1: on\n");
    equal(service.member.commands.ran.length, before + 1);
  });
});

Deno.test("nodehealth tells what is wrong, nodeidentify the light", async () => {
  await withService(["n1", "n2", "n3"], async (service) => {
    const sensors = [
      { name: "Fan 3", value: 0, units: "RPM", states: ["stopped"] },
      { name: "PSU 1", value: null, units: null, states: ["absent", "failed"] },
    ];
    plays(service, {
      n2: { values: { health: { value: "critical" }, sensors } },
      n3: { values: { health: { value: "unknown" } } },
    });
    equal(
      (await service.run("nodehealth n1-n3")).out,
      "n1: ok\nn2: critical (Fan 3:0RPM,stopped,PSU 1:absent,failed)\nn3: unknown\n",
    );
    equal((await service.run("nodeidentify n1")).out, "n1: off\n");
  });
  await withService(["n1"], async (service) => {
    equal((await service.run("nodeidentify n1 blink")).out, "n1: off\n");
    deepEqual(lastRan(service)[1], { path: "identify", set: "blink" });
  });
});

Deno.test("a wrong number of seconds, and a busy service, are told", async () => {
  await withService(["n1"], async (service) => {
    equal((await service.run("nodepower n1 --timeout soon")).code, 2);
    const long = await service.run("nodepower n1 --timeout 601");
    equal(long.err, "Bad Request - timeout=601: wanted seconds, 600 at most\n");
    service.member.holdsQuorum = false;
    const no = "Error: Collective does not have quorum (no answer from m2)\n";
    const known = `${no}Error: what was last known of them is shown with --stale\n`;
    deepEqual(await service.run("nodepower n1"), { code: 3, out: "", err: known });
    equal((await service.run("nodehealth n1")).err, known);
    equal((await service.run("nodepower n1 on")).err, no);
    equal((await service.run("nodesetboot n1")).err, no);
  });
});
