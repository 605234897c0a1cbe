import { deepEqual, equal } from "node:assert/strict";

import {
  bootGoalOf,
  bootRequest,
  identifyRequest,
  nodeResults,
  powerRequest,
} from "../../src/wire/node_command_http.ts";

function whyNot(schema: typeof powerRequest | typeof bootRequest, body: unknown): string {
  const parsed = schema.safeParse(body);
  const [issue] = parsed.error?.issues ?? [];
  return issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`;
}

Deno.test("words that are none are told with those there are", () => {
  const power = "state: wanted one of on, off, reset, boot, diag, shutdown";
  equal(whyNot(powerRequest, { state: "up" }), power);
  equal(whyNot(powerRequest, {}), power);
  equal(
    whyNot(bootRequest, { nextdevice: "network", bootmode: "efi" }),
    "bootmode: wanted one of unspecified, bios, uefi",
  );
  equal(
    whyNot(bootRequest, { nextdevice: "hd", persistent: "yes" }),
    "persistent: wanted true or false",
  );
  equal(identifyRequest.safeParse({ identify: "blink" }).success, true);
  equal(powerRequest.safeParse({ state: "on", really: true }).success, false);
});

Deno.test("what was not said of a boot is not there", () => {
  deepEqual(bootGoalOf(bootRequest.parse({ nextdevice: "hd" })), { nextdevice: "hd" });
  const all = { nextdevice: "cd", bootmode: "bios", persistent: false } as const;
  deepEqual(bootGoalOf(bootRequest.parse(all)), all);
});

Deno.test("results are values or errors by node", () => {
  const answer = {
    databynode: [
      { n1: { state: { value: "on" } } },
      { n2: { errorcode: 504, error: "timeout" } },
      { n3: { state: { value: "off" }, age: { value: 12 } } },
    ],
  };
  deepEqual(nodeResults.parse(answer), answer);
  equal(nodeResults.safeParse({ databynode: [{ n1: "on" }] }).success, false);
});
