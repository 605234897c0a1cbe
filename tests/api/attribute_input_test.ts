/** Names and values as they are typed: what becomes of them. */
import { deepEqual, equal, match } from "node:assert/strict";

import { groupRow, nodeRow } from "../../src/model/operation.ts";
import { fromCell } from "../../src/model/stored_value.ts";
import { type Asking, asking, newGroup, refusalOf } from "./asking.ts";

async function put({ ask }: Asking, body: object, path = "/nodes/n1"): Promise<string> {
  const asked = await ask(`PUT ${path}/attributes/current`, body);
  return asked.status === 200 ? "200" : refusalOf(asked);
}

/** The attribute's value as it is kept, its kind in front. */
function kept({ member }: Asking, attribute: string, row = nodeRow("n1")): string | null {
  const cell = member.state.value(row, attribute);
  if (cell === null) return null;
  const value = fromCell(cell);
  switch (value.kind) {
    case "text":
      return `text ${value.text}`;
    case "expression":
      return `expression ${value.expression}`;
    default:
      return value.kind;
  }
}

Deno.test("a text with fields in braces is an expression, with doubled braces a text", async () => {
  const site = asking("n1");
  const cases: [given: unknown, kept: string][] = [
    ["plain", "text plain"],
    ["", "text "],
    ["{n1}", "expression {n1}"],
    ["{{n1}}", "text {n1}"],
    ["a{{b", "text a{b"],
    ["{{{n1}}}", "expression {{{n1}}}"],
    [{ value: "{n1}" }, "text {n1}"],
    [{ value: "{{" }, "text {{"],
    [{ expression: "plain" }, "expression plain"],
    ["\u0001e{n1}", "expression \u0001e{n1}"],
    ["\u0001s", "text \u0001s"],
    [{ value: 5 }, "text 5"],
    [1.5, "text 1.5"],
    [true, "text true"],
  ];
  for (const [given, wanted] of cases) {
    equal(await put(site, { "custom.a": given }), "200");
    equal(kept(site, "custom.a"), wanted, JSON.stringify(given));
  }
  equal(await put(site, { "custom.a": null }), "200");
  equal(kept(site, "custom.a"), null);
});

Deno.test("what is secret is taken as it is typed, and not kept so", async () => {
  const site = asking("n1");
  equal(await put(site, { bmcpass: "{n1}", "crypted.rootpassword": { value: "{{" } }), "200");
  const attribute = "secret.hardwaremanagementpassword";
  equal(kept(site, attribute), "sealed");
  equal(kept(site, "crypted.rootpassword"), "hashed");
  const value = fromCell(site.member.state.value(nodeRow("n1"), attribute) ?? "");
  const opened = site.member.secrets.unseal(
    nodeRow("n1"),
    attribute,
    value.kind === "sealed" ? value.sealed : "",
  );
  deepEqual(opened, { ok: true, value: "{n1}" });
  const text = (await site.ask("GET /nodes/n1/attributes/all")).text;
  deepEqual(["{n1}", "$6$"].map((secret) => text.includes(secret)), [false, false]);
  const list = await put(site, { bmcpass: ["a"] });
  equal(list, `400 ${attribute} is secret: wanted a text, not an expression or a list`);
});

Deno.test("groups are a text with commas, a list, or a change of the list", async () => {
  const site = asking("n1", ...["a", "b", "c"].map(newGroup));
  const cases: [given: unknown, kept: string | null][] = [
    ["a,b", "text a,b"],
    [["b", "a"], "text b,a"],
    ["a,a", "text a"],
    [{ prepend: "c,b" }, "text c,b,a"],
    [{ remove: "b,c" }, "text a"],
    [{ remove: "everything" }, "text a"],
    ["everything,a", "text everything,a"],
    ["everything", null],
    ["b", "text b"],
    [null, null],
  ];
  for (const [given, wanted] of cases) {
    equal(await put(site, { groups: given }), "200", JSON.stringify(given));
    equal(kept(site, "groups"), wanted, JSON.stringify(given));
  }
  const wrong = await put(site, { groups: 5 });
  equal(
    wrong,
    '400 groups: wanted names with commas between, a list of them, {"prepend": names} or ' +
      '{"remove": names}',
  );
});

Deno.test("an empty password is refused: its hash would let anybody in", async () => {
  const site = asking("n1", newGroup("g"));
  const wrong =
    "400 crypted.rootpassword: an empty password would let anybody in; clear it instead";
  equal(await put(site, { "crypted.rootpassword": "" }), wrong);
  equal(await put(site, { "crypted.rootpassword": { value: "" } }, "/nodegroups/g"), wrong);
  equal(kept(site, "crypted.rootpassword"), null);
  equal(await put(site, { "crypted.rootpassword": null }), "200");
});

// ---- wildcards

Deno.test("a wildcard sets what is there, of the node's own or inherited", async () => {
  const site = asking("n1", newGroup("g"));
  await put(site, { "custom.own": "1", "custom.other": "1", "info.note": "1", groups: "g" });
  await put(site, { "custom.inherited": "1", "custom.hidden": "1" }, "/nodegroups/g");
  equal(await put(site, { "custom.[!o]*": "2", "*.own": "{n1}" }), "200");
  const names = ["own", "other", "inherited", "hidden", "none"].map((name) => `custom.${name}`);
  deepEqual(names.map((name) => kept(site, name)), [
    "expression {n1}",
    "text 1",
    "text 2",
    "text 2",
    null,
  ]);
  equal(kept(site, "custom.inherited", groupRow("g")), "text 1");
});

Deno.test("a wildcard clears the node's own values, never its groups", async () => {
  const site = asking("n1", newGroup("g"));
  await put(site, { "custom.a": "1", "custom.b": "1", "info.note": "1", groups: "g" });
  equal(await put(site, { "*": null }), "200");
  deepEqual(["custom.a", "custom.b", "info.note", "groups"].map((name) => kept(site, name)), [
    null,
    null,
    null,
    "text g",
  ]);
  const { length } = site.member.proposed;
  equal(await put(site, { "nothing.*": null }), "200");
  equal(site.member.state.newest(nodeRow("n1")), length + 1);
});

Deno.test("a wildcard does not go round the lock of a deployment", async () => {
  const site = asking("n1");
  const cells = [["deployment.lock", "locked"], ["deployment.profile", "p"]] as const;
  site.member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells }]);
  await put(site, { "custom.a": "1" });
  const { length } = site.member.proposed;
  for (const pattern of ["*", "deployment.l*"]) {
    match(await put(site, { [pattern]: null }), /^400 Attribute deployment.lock is set through/);
  }
  equal(site.member.proposed.length, length);
  equal(kept(site, "deployment.lock"), "text locked");
});

Deno.test("a wildcard of a group means what that has itself", async () => {
  const site = asking(newGroup("g"));
  await put(site, { "custom.a": "1", "info.note": "1" }, "/nodegroups/g");
  equal(await put(site, { "c*": "2" }, "/nodegroups/g"), "200");
  deepEqual([kept(site, "custom.a", groupRow("g")), kept(site, "info.note", groupRow("g"))], [
    "text 2",
    "text 1",
  ]);
});

Deno.test("what a wildcard may not set is refused, and nothing is done", async () => {
  const site = asking("n1");
  await put(site, { type: "server", bmcpass: "dummy-1", "custom.a": "1" });
  const { length } = site.member.proposed;
  const cases: [body: object, error: string][] = [
    [
      { "*a*": "x" },
      "400 *a* matches secret.hardwaremanagementpassword, which must be set by its name",
    ],
    [
      { "ty*": "toaster" },
      "400 Attribute type does not accept value toaster (valid values would be " +
      "switch,server,rackmount,dense,enclosure,)",
    ],
    [{ "custom.*": 5 }, "400 custom.*: with a wildcard wanted a text, or null, which clears"],
  ];
  for (const [body, error] of cases) equal(await put(site, body), error);
  equal(site.member.proposed.length, length);
});

Deno.test("what a wildcard matches is judged again where the node changed meanwhile", async () => {
  const site = asking("n1");
  site.member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["custom.late", "1"]] }]);
  await put(site, { "custom.a": "1" });
  site.member.news.push([{ kind: "set", rows: [nodeRow("n1")], cells: [["custom.later", "1"]] }]);
  equal(await put(site, { "custom.*": "2" }), "200");
  deepEqual(["a", "late", "later"].map((name) => kept(site, `custom.${name}`)), [
    "text 2",
    "text 2",
    "text 2",
  ]);
});
