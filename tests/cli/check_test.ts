/** `check`: what it asks the service, and what it does where none answers. */
import { deepEqual, equal, match } from "node:assert/strict";

import { run, withService } from "./shell.ts";

Deno.test("findings are lines on stdout and exit code 1; nothing found is 0", async () => {
  await withService([], async ({ run, member }) => {
    const none = await run("check");
    deepEqual(none, { code: 0, out: "", err: "m1: nothing was found wrong.\n" });
    member.findings = ["one: mend it", "two: mend it"];
    deepEqual(await run("check"), { code: 1, out: "one: mend it\ntwo: mend it\n", err: "" });
    const json = await run("check --json");
    equal(json.code, 1);
    deepEqual(JSON.parse(json.out), { name: "m1", findings: ["one: mend it", "two: mend it"] });
  });
});

Deno.test("a repair says who takes a copy, or that nothing was done", async () => {
  await withService([], async ({ run }) => {
    const repaired = await run("check --repair --from m2");
    deepEqual(repaired, { code: 0, out: "m3: takes a copy of m2\n", err: "" });
    match(
      (await run("check --repair --from m1")).out,
      /^no state is known to differ from that of m1/,
    );
    for (const half of ["check --repair", "check --from m1"]) {
      const { code, err } = await run(half);
      equal(code, 2);
      match(err, /--repair and --from NAME belong together/);
    }
  });
});

Deno.test("where no service answers the folder is looked at", async () => {
  const looked: string[] = [];
  const ran = await run(["--socket", "/nonexistent/s", "check", "--data", "/nonexistent/d"], {
    programs: {
      check: ({ data }) => {
        looked.push(data);
        return Promise.resolve({ name: undefined, findings: ["there is nothing: make it"] });
      },
    },
  });
  deepEqual(looked, ["/nonexistent/d"]);
  deepEqual([ran.code, ran.out], [1, "there is nothing: make it\n"]);
  match(ran.err, /^No service answers at .*; looking at \/nonexistent\/d alone\.\n$/);
});

Deno.test("a service that was named and does not answer has no folder to look at", async () => {
  const ran = await run(["--server", "http://127.0.0.1:1", "check"]);
  equal(ran.code, 4);
});
