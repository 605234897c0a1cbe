/** POST .../attributes/expression: what an expression comes to, kept or not. */
import { deepEqual, equal, match } from "node:assert/strict";

import { asking, refusalOf, withoutLinks } from "./asking.ts";

Deno.test("an expression is evaluated for each node of a range, broken or not", async () => {
  const { ask, member } = asking("n1", "n2", "login");
  await ask("PUT /nodes/n2/attributes/current", { "custom.a": "a{n1}" });
  const { length } = member.proposed;
  const path = "POST /noderange/n1,n2,login/attributes/expression";
  const texts = await ask(path, { expression: "<{custom.a}>" });
  deepEqual(withoutLinks(texts.body), {
    databynode: [{ login: { value: "<>" } }, { n1: { value: "<>" } }, { n2: { value: "<a2>" } }],
  });
  const { databynode } = (await ask(path, { expression: "{n1:02d}" })).body as {
    databynode: [{ login: { errorcode: number; error: string } }, unknown, unknown];
  };
  const [{ login }, ...others] = databynode;
  deepEqual(others, [{ n1: { value: "01" } }, { n2: { value: "02" } }]);
  equal(login.errorcode, 400);
  match(login.error, /^Bad Request - Bad confluent expression syntax .*login has 0 numbers/);
  equal(member.proposed.length, length);
});

Deno.test("one node's is the answer, or the error", async () => {
  const { ask } = asking("n1");
  const path = "POST /nodes/n1/attributes/expression";
  deepEqual((await ask(path, { expression: "{nodename}!" })).body, { value: "n1!" });
  match(
    refusalOf(await ask(path, { expression: "{n2}" })),
    /^400 Bad confluent expression syntax .*: list index out of range/,
  );
  equal((await ask(path, { expression: "{n1" })).status, 400);
  equal((await ask(path, { text: "{n1}" })).status, 400);
  const missing = await ask("POST /nodes/n9/attributes/expression", { expression: "x" });
  equal(refusalOf(missing), "404 Unknown node n9");
});

Deno.test("what is no expression is refused as a whole", async () => {
  const { ask } = asking("n1", "n2");
  const asked = await ask("POST /noderange/n1-n2/attributes/expression", { expression: "{n1+" });
  equal(asked.status, 400);
  match(asked.text, /^\{"errorcode":400/);
});

Deno.test("nothing secret comes out by an expression", async () => {
  const { ask } = asking("n1");
  await ask("PUT /nodes/n1/attributes/current", { bmcpass: "dummy-1" });
  const expression = "{secret.hardwaremanagementpassword}";
  const asked = await ask("POST /nodes/n1/attributes/expression", { expression });
  deepEqual(asked.body, { value: "" });
  const kept = await ask("PUT /nodes/n1/attributes/current", { "custom.a": expression });
  equal(kept.text.includes("dummy-1"), false);
});
