/** nodedeploy against the real API; the nodes' controllers are played. */
import { deployed } from "../api/stand_in_profiles.ts";
import { deepEqual, equal, match } from "node:assert/strict";

import type { NodeResult } from "../../src/model/node_command.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { lines, type Service, withService } from "./shell.ts";

const KNOWN = { "net.hwaddr": "52:54:00:00:00:01" };
const MANAGED = { ...KNOWN, "hardwaremanagement.manager": "bmc" };

function has({ member }: Service, node: string, attributes: Record<string, string>): void {
  member.apply([{ kind: "set", rows: [nodeRow(node)], cells: Object.entries(attributes) }]);
}

/** n1 and n2 have controllers, n3 has none. */
async function withSite(test: (service: Service) => Promise<void>): Promise<void> {
  await withService(["n1", "n2", "n3"], async (service) => {
    for (const node of ["n1", "n2"]) has(service, node, MANAGED);
    has(service, "n3", KNOWN);
    for (const name of ["alma", "genesis-x86_64", "ubuntu"]) {
      service.member.deployed.all.set(name, deployed(name));
    }
    service.member.proposed.length = 0;
    await test(service);
  });
}

function ran({ member }: Service): unknown[] {
  return member.commands.ran.map(({ nodes, command }) => [nodes, command]);
}

function plays(
  { member }: Service,
  path: string,
  answers: Record<string, Partial<NodeResult>>,
): void {
  for (const [node, answer] of Object.entries(answers)) {
    member.commands.answersAt.set(`${path} ${node}`, answer);
  }
}

const NETWORK = { values: { nextdevice: { value: "network" } } };
const TO_NETWORK = { path: "boot/nextdevice", set: { nextdevice: "network", persistent: false } };
const BOOT = { path: "power/state", set: "boot" };

Deno.test("nodedeploy shows what is pending, staged, completed, and how far it is", async () => {
  await withSite(async (service) => {
    has(service, "n1", {
      "deployment.pendingprofile": "alma",
      "deployment.apiarmed": "once",
      "deployment.lock": "autolock",
      "deployment.state": "installing",
      "deployment.state_detail": "40 %\nof it",
      "deployment.state_last_updated": "2026-08-01T12:00:00Z",
    });
    has(service, "n2", { "deployment.stagedprofile": "alma", "deployment.profile": "old" });
    deepEqual(await service.run("nodedeploy n1-n3"), {
      code: 0,
      out: "n1: pending: alma (node authentication armed), autolock, installing: 40 %\\nof it, " +
        "at 2026-08-01T12:00:00Z\nn2: staged: alma\nn3: No profile pending or applied\n",
      err: "",
    });
    has(service, "n2", { "deployment.stagedprofile": "", "deployment.lock": "locked" });
    equal((await service.run("nodedeploy n2")).out, "n2: completed: old, locked\n");
    const json = lines((await service.run("nodedeploy --json n2,n3")).out);
    deepEqual(json.map((line) => Object.keys(JSON.parse(line))), [["n2"], ["n3"]]);
    equal(JSON.parse(json[0] ?? "").n2.completed.value, "old");
    const unknown = await service.run("nodedeploy n9");
    deepEqual([unknown.code, unknown.out], [1, ""]);
    match(unknown.err, /^Target not found - Invalid Noderange: n9/);
    deepEqual(ran(service), []);
    service.member.holdsQuorum = false;
    equal((await service.run("nodedeploy n2")).code, 3);
    equal((await service.run("nodedeploy --stale n2")).out, "n2: completed: old, locked\n");
  });
});

Deno.test("-n is one entry first; then nodes with controllers boot from the network", async () => {
  await withSite(async (service) => {
    plays(service, "boot/nextdevice", { n1: NETWORK, n2: NETWORK });
    const { member } = service;
    const before = member.index;
    let wasPending = false;
    const run = member.commands.run.bind(member.commands);
    member.commands.run = (...asked) => {
      wasPending ||= member.proposed.length === 1;
      return run(...asked);
    };
    const { code, out, err } = await service.run("nodedeploy n1-n3 -n alma");
    deepEqual([code, err, member.index, wasPending], [0, "", before + 1, true]);
    deepEqual(lines(out).sort(), [
      "n1: network",
      "n1: on",
      "n2: network",
      "n2: on",
      "n3: pending; power it on by hand",
    ]);
    deepEqual(ran(service), [[["n1", "n2"], TO_NETWORK], [["n1", "n2"], BOOT]]);
    equal(member.state.value(nodeRow("n3"), "deployment.pendingprofile"), "alma");
    const shown = await service.run("nodedeploy n3");
    equal(shown.out, "n3: pending: alma (node authentication armed)\n");
  });
});

Deno.test("a node whose device could not be set is not booted, and is pending", async () => {
  await withSite(async (service) => {
    const failed = { errorcode: 502, error: "bad credentials" };
    plays(service, "boot/nextdevice", { n1: failed, n2: NETWORK });
    const { code, out, err } = await service.run("nodedeploy n1,n2 -n alma");
    deepEqual([code, lines(out)], [1, ["n2: network", "n2: on"]]);
    deepEqual(lines(err), [
      "n1: Error: bad credentials",
      "The profile is pending on all of them, those that failed included.",
    ]);
    deepEqual(ran(service).at(-1), [["n2"], BOOT]);
    equal((await service.run("nodedeploy n1")).out.startsWith("n1: pending: alma"), true);
    plays(service, "power/state", { n2: failed });
    const json = await service.run("nodedeploy --json n2,n3 -n alma --timeout 2.5");
    equal(json.code, 1);
    deepEqual(
      lines(json.out).map((line) => Object.keys(Object.values(JSON.parse(line))[0] ?? {})),
      [
        Object.keys(JSON.parse(lines((await service.run("nodedeploy --json n3")).out)[0] ?? "").n3),
        ["nextdevice"],
        ["errorcode", "error"],
      ],
    );
    equal(service.member.commands.ran.at(-1)?.timeoutMs, 2_500);
  });
});

Deno.test("a node that is slow to answer does not keep the others from booting", async () => {
  await withSite(async (service) => {
    const slow = Promise.withResolvers<Partial<NodeResult>>();
    service.member.commands.answersAt.set("boot/nextdevice n1", slow.promise);
    plays(service, "boot/nextdevice", { n2: NETWORK });
    const { code, out } = await service.run("nodedeploy n1,n2 -n alma", {
      sees: (out) => out === "n2: network\nn2: on\n" && slow.resolve(NETWORK),
    });
    deepEqual([code, lines(out)], [0, ["n2: network", "n2: on", "n1: network", "n1: on"]]);
  });
});

Deno.test("-p leaves controllers alone, -c calls it off, --lock locks", async () => {
  await withSite(async (service) => {
    deepEqual(await service.run("nodedeploy n1,n3 -n alma -p"), {
      code: 0,
      out: "n1: pending: alma (node authentication armed)\n" +
        "n3: pending: alma (node authentication armed)\n",
      err: "",
    });
    equal((await service.run("nodedeploy n1 -c")).out, "n1: No profile pending or applied\n");
    equal((await service.run("nodedeploy n1 --lock locked")).out, "n1: locked\n");
    equal(
      (await service.run("nodedeploy n1 --lock unlocked --json")).out,
      '{"n1":{"lock":{"value":"unlocked"}}}\n',
    );
    deepEqual([ran(service), service.member.proposed.length], [[], 4]);
  });
});

Deno.test("what refuses the deployment is told, and no node is touched", async () => {
  await withSite(async (service) => {
    await service.run("nodedeploy n2 --lock locked");
    const before = service.member.index;
    const locked = await service.run("nodedeploy n1-n3 -n alma");
    deepEqual([locked.code, locked.out], [1, ""]);
    match(
      locked.err,
      /^Bad Request - Request to set deployment for .* deployment: n2; .* --lock unlocked`\n$/,
    );
    match(
      (await service.run("nodedeploy n1 -n alna")).err,
      /profile alna: no member has a profile of/,
    );
    deepEqual([ran(service), service.member.index], [[], before]);
  });
});

Deno.test("--maxnodes asks, --dry-run tells, and neither changes anything", async () => {
  await withSite(async (service) => {
    const before = service.member.index;
    const many = await service.run("nodedeploy -m 1 n1,n2 -n alma");
    equal(many.code, 1);
    match(many.err, /this deploys 2 nodes, and --maxnodes is 1/);
    equal((await service.run("nodedeploy -m 1 n1,n2 -c", { typed: ["n"] })).code, 1);
    const dry = await service.run("nodedeploy n1 -n alma --dry-run");
    deepEqual(dry, {
      code: 0,
      out: "n1: deployment.pendingprofile: alma\nn1: deployment.apiarmed: once\n",
      err: "Dry run: 2 changes; nothing was changed.\n",
    });
    equal(
      (await service.run("nodedeploy n1 --lock locked --dry-run")).out,
      "n1: deployment.lock: locked\n",
    );
    deepEqual([ran(service), service.member.index], [[], before]);
  });
});

const WRONG: Readonly<Record<string, RegExp>> = {
  "nodedeploy n1 -n alma -c": /-n and -c cannot go together/,
  "nodedeploy n1 -c --lock locked": /-c and --lock cannot go together/,
  "nodedeploy n1 -p": /-p needs a profile to prepare/,
  "nodedeploy n1 -c -p": /-p needs a profile to prepare/,
  "nodedeploy n1 --dry-run": /--dry-run is for what is changed/,
  "nodedeploy n1 --lock on": /Allowed choices are unlocked, locked, autolock/,
  "nodedeploy n1 -n alma --timeout soon": /--timeout takes a number of seconds/,
};
for (const [line, message] of Object.entries(WRONG)) {
  Deno.test(`${line} is wrong usage`, async () => {
    await withSite(async (service) => {
      const { code, err } = await service.run(line);
      equal(code, 2);
      match(err, message);
      equal(service.member.proposed.length, 0);
    });
  });
}

Deno.test("nodedeploy is a name that the program may be called by", async () => {
  await withSite(async (service) => {
    const { out } = await service.run("n3", { calledAs: "nodedeploy" });
    equal(out, "n3: No profile pending or applied\n");
  });
});
