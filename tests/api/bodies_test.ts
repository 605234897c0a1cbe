import { deepEqual, equal, match } from "node:assert/strict";

import fc from "fast-check";

import { type Route, ROUTES } from "../../src/api/routes.ts";
import { asking, exampleOf, newGroup, refusalOf } from "./asking.ts";

/** Routes that take a body and write nodes or groups, or evaluate. */
const TAKING = Object.entries(ROUTES).filter(([name, { keyed }]: [string, Route]) =>
  keyed && !name.startsWith("DELETE") || name.endsWith("/expression") ||
  name.endsWith("/abbreviate")
).map(([name]) => name);

const NAMES = ["name", "groups", "nodes", "noderange", "location.rack", "net.*", "type", "rename"];
const FIELDS = [...NAMES, "expression", "value", "prepend", "remove", "existing", "__proto__"];

/** Bodies that are nearly right: the names are those that mean something, the values anything. */
const { body: ANY } = fc.letrec((tie) => ({
  body: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("n1", "g1", "everything", "", "{n1}", "{", "}", "n[1-3]", "~(", "a,b", "*"),
    fc.string({ unit: "binary" }),
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie("body"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), tie("body"), { maxKeys: 4 }),
  ),
}));

Deno.test("no body makes a fault of ours, and what is refused changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TAKING), ANY, async (name, body) => {
      const { ask, member, failures } = asking("n1", "n2", newGroup("g1"));
      const before = [...member.replica.records()];
      const [route] = exampleOf(name);
      const { status } = await ask(route, JSON.stringify(body) ?? "");
      deepEqual(failures, []);
      equal(status < 500, true, `${route} answers ${status}`);
      const isChanged = (row: string): boolean => !row.startsWith("setting/");
      const rows = (records: typeof before): unknown =>
        records.filter(({ row }) => isChanged(row)).map(({ row, cells }) => [row, cells]);
      if (status !== 200) deepEqual(rows([...member.replica.records()]), rows(before));
    }),
    { numRuns: 400 },
  );
});

Deno.test("no bytes make a fault of ours", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TAKING), fc.uint8Array(), async (name, bytes) => {
      const { ask, failures } = asking("n1", newGroup("g1"));
      const { status } = await ask(exampleOf(name)[0], bytes);
      deepEqual([status >= 400 && status < 500, failures], [true, []], name);
    }),
    { numRuns: 100 },
  );
});

Deno.test("half of a surrogate pair is refused, and no other letter stored for it", async () => {
  const { ask, member } = asking("n1");
  const put = "PUT /nodes/n1/attributes/current";
  const note = (text: string): string => `{"info.note":"${text}"}`;
  for (const text of ["\\ud800", "a\\uDC00b", "\\ud83d \\ude00"]) {
    match(refusalOf(await ask(put, note(text))), /^400 the body has half of a surrogate pair/);
  }
  equal(member.state.value("node/n1", "info.note"), undefined);
  equal((await ask(put, note("\\ud83d\\ude00 \\\\ud800"))).status, 200);
  equal(member.state.value("node/n1", "info.note"), "\u{1f600} \\ud800");
});
