/** nodegrouplist, nodegroupdefine, nodegroupattrib, nodegrouprename, nodegroupremove. */
import { deepEqual, equal, match } from "node:assert/strict";

import { withService } from "./shell.ts";

Deno.test("groups are made, listed in natural order, renamed and removed", async () => {
  await withService(["n1"], async ({ run }) => {
    deepEqual(await run("nodegroupdefine rack10 location.rack=10 nodes=n1"), {
      code: 0,
      out: "rack10: created\n",
      err: "",
    });
    equal((await run("nodegroupdefine rack9 --json")).out, '{\n  "created": "rack9"\n}\n');
    equal((await run("nodegrouplist")).out, "everything\nrack9\nrack10\n");
    equal(
      (await run("nodegrouplist --json")).out,
      '[\n  "everything",\n  "rack9",\n  "rack10"\n]\n',
    );
    deepEqual(await run("nodegrouprename rack10 r10"), { code: 0, out: "rack10: r10\n", err: "" });
    equal((await run("nodelist r10")).out, "n1\n");
    deepEqual(await run("nodegroupremove r10"), { code: 0, out: "r10: deleted\n", err: "" });
    equal(
      (await run("nodeattrib n1 groups location.rack")).out,
      "n1: groups: everything\nn1: location.rack:\n",
    );
    equal((await run("nodegroupremove --json rack9")).out, '{\n  "deleted": "rack9"\n}\n');
  });
});

Deno.test("what a group has is shown, set and cleared", async () => {
  await withService(["n2", "n10"], async ({ run }) => {
    await run("nodegroupdefine g");
    deepEqual(await run("nodegroupattrib g"), { code: 0, out: "", err: "" });
    deepEqual(
      await run(["nodegroupattrib", "g", "location.u={n1}", "nodes=n2,n10", "hm.method=redfish"]),
      {
        code: 0,
        out: "",
        err: "",
      },
    );
    deepEqual(await run("nodegroupattrib g"), {
      code: 0,
      out: "g: hardwaremanagement.method: redfish\n" +
        "g: location.u: (will derive from expression {n1})\n" +
        "g: nodes: n2,n10\n",
      err: "",
    });
    equal((await run("nodegroupattrib g location")).out.includes("g: location.rack:\n"), true);
    equal((await run("nodegroupattrib g nodes^=n2")).code, 0);
    equal((await run("nodegroupattrib g nodes")).out, "g: nodes: n10\n");
    equal((await run("nodegroupattrib g nodes,=n2")).code, 0);
    equal((await run("nodegroupattrib -c g hm.method location.u")).code, 0);
    deepEqual(JSON.parse((await run("nodegroupattrib g --json")).out), {
      g: { nodes: ["n2", "n10"] },
    });
    const env = { INFO_NOTE: "from environment" };
    equal((await run("nodegroupattrib -e g info.note", { env })).code, 0);
    equal((await run("nodegroupattrib g info.note")).out, "g: info.note: from environment\n");
    const all = (await run("nodegroupattrib g all")).out;
    match(all, /^g: noderange:$/m);
    match(all, /^g: secret\.ipmikg:$/m);
  });
});

Deno.test("a group may be a noderange", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    equal((await run("nodegroupdefine d noderange=n2")).code, 0);
    equal((await run("nodelist d")).out, "n2\n");
    equal((await run("nodegroupattrib d")).out, "d: noderange: n2\n");
    equal((await run("nodegroupattrib d noderange=n1")).code, 0);
    equal((await run("nodelist d")).out, "n1\n");
    const mixed = await run("nodegroupattrib d type=server");
    deepEqual([mixed.code, mixed.out], [1, ""]);
    match(mixed.err, /^Error: Bad Request - /);
  });
});

Deno.test("what cannot be done is said, in the words scripts know", async () => {
  await withService([], async ({ run }) => {
    const unknown = "Target not found - Invalid nodegroup: no not found\n";
    deepEqual(await run("nodegroupattrib no"), { code: 1, out: "", err: unknown });
    deepEqual(await run("nodegroupremove no"), { code: 1, out: "", err: unknown });
    deepEqual(await run("nodegroupattrib no type="), {
      code: 1,
      out: "",
      err: `Error: ${unknown}`,
    });
    deepEqual(await run("nodegrouprename no x"), { code: 1, out: "", err: `Error: ${unknown}` });
    equal(
      (await run("nodegroupattrib everything bogus.attr")).err,
      "Error: bogus.attr not a valid attribute\n",
    );
    match((await run("nodegroupattrib everything node")).err, /did you mean nodes\?/);
    equal((await run("nodegroupdefine everything")).err, "group everything exists already\n");
    match(
      (await run("nodegroupdefine g type=blade")).err,
      /^Bad Request - .*does not accept value blade/,
    );
    match((await run("nodegroupdefine g name=h")).err, /^Error: name is no attribute/);
    for (const line of ["nodegroupdefine g type", "nodegroupattrib g -c", "nodegrouplist g"]) {
      equal((await run(line)).code, 2);
    }
    equal((await run("nodegrouplist")).out, "everything\n");
  });
});

Deno.test("dry runs of groups name the group and the nodes", async () => {
  await withService(["n1"], async ({ run, member }) => {
    await run("nodegroupdefine g location.rack=7 nodes=n1");
    const index = member.index;
    equal(
      (await run("nodegroupattrib --dry-run g location.rack=8")).out,
      "group g: location.rack: 8 (was 7)\n",
    );
    match((await run("nodegroupremove --dry-run g")).out, /^group g: deleted$/m);
    match((await run("nodegrouprename --dry-run g h")).out, /^group h: created$/m);
    equal(member.index, index);
  });
});
