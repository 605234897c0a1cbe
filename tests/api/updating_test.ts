/** What is told after attributes of nodes were changed. */
import { deepEqual, equal } from "node:assert/strict";

import { type Asking, asking, newGroup, withoutLinks } from "./asking.ts";

async function site(): Promise<Asking> {
  const made = asking("n1", "n2", newGroup("g"));
  await made.ask("PUT /nodegroups/g/attributes/current", {
    "custom.a": "of g",
    nodes: "n1",
    bmcuser: "dummy-1",
  });
  return made;
}

Deno.test("whoever clears a value is told of the group that has another", async () => {
  const { ask } = await site();
  const clear = async (attribute: string): Promise<unknown> => {
    const { body } = await ask("PUT /noderange/n1-n2/attributes/current", { [attribute]: null });
    return (body as { _warnings?: unknown })._warnings;
  };
  deepEqual(await clear("custom.a"), [
    'The attribute "custom.a" is inherited from the group "g", where it would have to be cleared',
  ]);
  await ask("PUT /nodes/n1/attributes/current", { "custom.a": "own", "custom.b": "own" });
  deepEqual(await clear("custom.a"), [
    'The attribute "custom.a" was defined specifically for the node and clearing now has a ' +
    'value inherited from the group "g"',
  ]);
  equal(await clear("custom.b"), undefined);
});

Deno.test("whoever prefers it is told no more than what was changed", async () => {
  const { ask } = await site();
  const put = (body: object): ReturnType<Asking["ask"]> =>
    ask("PUT /noderange/n1-n2/attributes/current", body, { Prefer: "return=minimal" });
  deepEqual((await put({ "custom.b": "x{n1}", "info.note": "y" })).body, {
    databynode: [
      { n1: { "custom.b": { value: "x1", expression: "x{n1}" } } },
      { n1: { "info.note": { value: "y" } } },
      { n2: { "custom.b": { value: "x2", expression: "x{n1}" } } },
      { n2: { "info.note": { value: "y" } } },
    ],
  });
  deepEqual((await put({ "custom.a": null, groups: { prepend: "everything" } })).status, 400);
  deepEqual((await put({ "custom.a": null, bmcuser: "dummy-2", groups: "g" })).body, {
    databynode: [
      { n1: { "custom.a": { value: "of g", inheritedfrom: "g" } } },
      { n1: { groups: ["g", "everything"] } },
      { n1: { "secret.hardwaremanagementuser": { isset: true } } },
      { n2: { "custom.a": { value: "of g", inheritedfrom: "g" } } },
      { n2: { groups: ["g", "everything"] } },
      { n2: { "secret.hardwaremanagementuser": { isset: true } } },
    ],
    _warnings: [
      'The attribute "custom.a" is inherited from the group "g", where it would have to be cleared',
    ],
  });
});

Deno.test("one node is told whole, what it inherits among it", async () => {
  const { ask } = await site();
  const asked = await ask("PUT /nodes/n1/attributes/current", { "info.note": "x" });
  deepEqual(withoutLinks(asked.body), {
    "custom.a": { value: "of g", inheritedfrom: "g" },
    groups: ["g", "everything"],
    "info.note": { value: "x" },
    "secret.hardwaremanagementuser": { isset: true, inheritedfrom: "g" },
  });
});
