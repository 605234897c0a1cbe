import { deepEqual, equal } from "node:assert/strict";

import { Waiting } from "../../src/service/waiting.ts";
import { ManualClock } from "../contract/link_bench.ts";

Deno.test("what is met already is not waited for", async () => {
  equal(await new Waiting(new ManualClock()).until(() => true, 0), true);
});

Deno.test("a turn lets those go whose state has come, and nobody else", async () => {
  const waiting = new Waiting(new ManualClock());
  let index = 0;
  const order: string[] = [];
  const one = waiting.until(() => index >= 1, 100).then(() => order.push("one"));
  const two = waiting.until(() => index >= 2, 100).then(() => order.push("two"));
  waiting.turned();
  index = 1;
  waiting.turned();
  await one;
  deepEqual(order, ["one"]);
  index = 2;
  waiting.turned();
  await two;
  deepEqual(order, ["one", "two"]);
  waiting.turned();
});

Deno.test("after the time the answer is no, unless it came without a turn", async () => {
  const clock = new ManualClock();
  const waiting = new Waiting(clock);
  let isMet = false;
  const [late, unseen] = [waiting.until(() => false, 100), waiting.until(() => isMet, 200)];
  clock.advance(100);
  equal(await late, false);
  isMet = true;
  clock.advance(100);
  equal(await unseen, true);
  // Nobody is left, so nothing is asked again.
  waiting.turned();
});
