/** A request that is asked again, by its key: at another member, after a restart, after a delta. */
import { strict as assert } from "node:assert";

import type { Operation } from "../../src/model/operation.ts";
import type { Host } from "./host.ts";
import { HASTY, Scene, set } from "./scene.ts";

const ONCE = { kind: "once", key: "c0ffee", request: "01" } as const;

function keyed(value: string): Operation[] {
  return [...set("node/a", value), ONCE];
}

function resultOf(scene: Scene, host: Host, value: string): string {
  const outcome = scene.answer(scene.ask(host, keyed(value)));
  return outcome.ok ? outcome.value.verdict.result : outcome.refusal.kind;
}

Deno.test("a key counts at every member, after a restart, and after a delta or a full copy", () => {
  const scene = new Scene(3, { pace: HASTY });
  const leader = scene.leader();
  const [asked, away] = scene.others(leader);
  scene.run(2_000);
  scene.kill(away!);
  assert.equal(resultOf(scene, asked!, "first"), "applied");
  for (const host of [leader, asked!]) assert.equal(resultOf(scene, host, "again"), "repeated");
  for (let i = 0; i < 20; i++) scene.write(leader, "node/b", `value ${i}`);
  scene.kill(asked!);
  scene.start(away!);
  scene.until("the delta is there", 5_000, () => scene.value(away!, "node/b") === "value 19");
  assert.equal(resultOf(scene, away!, "again"), "repeated");
  scene.start(asked!);
  const joiner = scene.join(leader);
  scene.until("the copy is there", 20_000, () => scene.value(joiner, "node/a") === "first");
  assert.equal(resultOf(scene, joiner, "again"), "repeated");
  scene.kill(leader);
  scene.until("another leads", 10_000, () => resultOf(scene, asked!, "again") === "repeated");
  scene.start(leader);
  scene.end();
  for (const host of scene.hosts) assert.equal(scene.value(host, "node/a"), "first");
});

Deno.test("of two that are asked at once with one key, one takes effect", () => {
  const scene = new Scene(3);
  const [one, two] = [scene.host(1), scene.host(2)];
  scene.leader();
  const first = scene.ask(one, keyed("one")), second = scene.ask(two, keyed("two"));
  const results = [first, second].map((asked) => {
    const outcome = scene.answer(asked);
    return outcome.ok ? outcome.value.verdict.result : outcome.refusal.kind;
  });
  assert.deepEqual(results.sort(), ["applied", "repeated"]);
  scene.end();
});
