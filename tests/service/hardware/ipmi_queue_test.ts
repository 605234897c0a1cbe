import { deepEqual, equal } from "node:assert/strict";

import { MAX_IPMI_COMMANDS_WAITING } from "../../../src/base/limits.ts";
import { OneAtATime } from "../../../src/service/hardware/ipmi_queue.ts";

const NEVER = new AbortController().signal;

type Entered = Awaited<ReturnType<OneAtATime["enter"]>>;

/** Who was let in, in their order, with what lets them out. */
function watch(queue: OneAtATime): {
  readonly inside: string[];
  ask(name: string, key: string, signal?: AbortSignal): Promise<Entered>;
  leave(name: string): Promise<void>;
} {
  const inside: string[] = [], leaves = new Map<string, () => void>();
  return {
    inside,
    ask: async (name, key, signal = NEVER) => {
      const entered = await queue.enter(key, signal);
      if (typeof entered === "function") {
        inside.push(name);
        leaves.set(name, entered);
      }
      return entered;
    },
    leave: async (name) => {
      leaves.get(name)?.();
      for (let at = 0; at < 5; at++) await Promise.resolve();
    },
  };
}

Deno.test("one at a time for each controller, in the order of coming", async () => {
  const { inside, ask, leave } = watch(new OneAtATime());
  await ask("a1", "a");
  const waiting = [ask("a2", "a"), ask("a3", "a")];
  await ask("b1", "b");
  deepEqual(inside, ["a1", "b1"]);
  await leave("a1");
  await leave("a1");
  deepEqual(inside, ["a1", "b1", "a2"]);
  await leave("a2");
  deepEqual(inside, ["a1", "b1", "a2", "a3"]);
  await Promise.all(waiting);
  await leave("a3");
  await ask("a4", "a");
  deepEqual(inside.at(-1), "a4");
});

Deno.test("who waits no longer is passed over, and who is too many is told", async () => {
  const { inside, ask, leave } = watch(new OneAtATime());
  await ask("first", "a");
  const stop = new AbortController();
  const gone = ask("gone", "a", stop.signal);
  const waiting = Array.from(
    { length: MAX_IPMI_COMMANDS_WAITING - 1 },
    (_, at) => ask(`waits ${at}`, "a"),
  );
  equal(await ask("too many", "a"), "full");
  stop.abort();
  equal(await gone, undefined);
  equal(await ask("never", "a", stop.signal), undefined);
  await leave("first");
  deepEqual(inside, ["first", "waits 0"]);
  for (let at = 0; at < MAX_IPMI_COMMANDS_WAITING - 1; at++) await leave(`waits ${at}`);
  await Promise.all(waiting);
  equal(inside.length, MAX_IPMI_COMMANDS_WAITING);
});
