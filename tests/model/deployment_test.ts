import { equal, match } from "node:assert/strict";

import { CATALOGUE } from "../../src/model/attribute.ts";
import * as deployment from "../../src/model/deployment.ts";
import {
  type BootPolicy,
  type DeployedNode,
  leavesInstalled,
  type Lock,
  lockOf,
  LOCKS,
  type Obstacle,
  obstacleOf,
  OBSTACLES,
  obstacleText,
  policyOf,
} from "../../src/model/deployment.ts";

function node(attributes: Readonly<Record<string, string>>): DeployedNode {
  return {
    text: (attribute) => attributes[attribute] ?? "",
    attributes: () => Object.keys(attributes),
  };
}

Deno.test("the attributes are those of the catalogue, with its words", () => {
  const names = Object.values(deployment).filter((one) => typeof one === "string");
  equal(names.length, 10);
  for (const name of names) equal(CATALOGUE.has(name), true, name);
  const words = CATALOGUE.get(deployment.LOCK)?.vocabulary?.words ?? [];
  equal([...words].sort().join(), [...LOCKS].sort().join());
  equal(CATALOGUE.get(deployment.LOCK)?.unset, lockOf(""));
  equal(CATALOGUE.get(deployment.POLICY)?.unset, policyOf(""));
});

const LOCK_TEXTS: Readonly<Record<string, Lock>> = {
  "": "unlocked",
  "unlocked": "unlocked",
  "locked": "locked",
  "autolock": "autolock",
  "LOCKED": "unlocked",
  "bad": "unlocked",
};
for (const [text, lock] of Object.entries(LOCK_TEXTS)) {
  Deno.test(`deployment.lock=${text} is ${lock}`, () => equal(lockOf(text), lock));
}

const POLICIES: Readonly<Record<string, BootPolicy>> = {
  "": "firmware",
  "firmware": "firmware",
  "always": "always",
  "never": "never",
  "always,firmware": "firmware",
  "always, never": "never",
  "sometimes": "never",
};
for (const [text, policy] of Object.entries(POLICIES)) {
  Deno.test(`deployment.useinsecureprotocols=${text} is ${policy}`, () => {
    equal(policyOf(text), policy);
  });
}

const MAC = "52:54:00:0a:0b:0c", UUID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
const NODES: readonly [Readonly<Record<string, string>>, Obstacle | undefined][] = [
  [{}, "unknowable"],
  [{ "net.hwaddr": MAC }, undefined],
  [{ "net.ib0.hwaddr": MAC.replaceAll(":", "-").toUpperCase() }, undefined],
  [{ "net.a.b.hwaddr": MAC }, undefined],
  [{ "id.uuid": UUID }, undefined],
  [{ "id.uuid": UUID.replaceAll("-", "").toUpperCase() }, undefined],
  [{ "id.uuid": "none" }, "unknowable"],
  [{ "net.hwaddr": "" }, "unknowable"],
  [{ "net.hwaddr": "to be found" }, "unknowable"],
  [{ "custom.hwaddr": MAC, "net.hwaddress": MAC }, "unknowable"],
  [{ "id.uuid": UUID, "deployment.lock": "autolock" }, undefined],
  [{ "id.uuid": UUID, "deployment.lock": "locked" }, "locked"],
  [{ "deployment.lock": "locked", "deployment.useinsecureprotocols": "never" }, "locked"],
  [{ "id.uuid": UUID, "deployment.useinsecureprotocols": "never" }, "no-way"],
  [{ "id.uuid": UUID, "deployment.useinsecureprotocols": "always" }, undefined],
];
for (const [attributes, obstacle] of NODES) {
  Deno.test(`${JSON.stringify(attributes)}: ${obstacle ?? "can be deployed"}`, () => {
    equal(obstacleOf(node(attributes)), obstacle);
  });
}

Deno.test("an obstacle is told with the nodes and the remedy", () => {
  for (const obstacle of OBSTACLES) {
    const text = obstacleText(obstacle, "n[1:4]");
    match(text, /n\[1:4\].*nothing was changed; .*`node(?:attrib|deploy) .*`$/);
  }
  match(
    obstacleText("locked", "n1"),
    /^Request to set deployment for a node that has locked deployment: n1/,
  );
});

Deno.test("a profile that only looks leaves what is known of the installed one", () => {
  equal(leavesInstalled("genesis-x86_64"), true);
  equal(leavesInstalled("alma-9.4-x86_64-genesis-"), false);
});
