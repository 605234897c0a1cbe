import { deepEqual, equal, match, rejects } from "node:assert/strict";

import { MalformedError } from "../../src/base/bytes.ts";
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import { DamageError } from "../../src/io/store.ts";
import { overFiles, understand } from "../../src/service/folder_faults.ts";

async function messageOf(error: unknown): Promise<string> {
  const outcome: Outcome<never> = await overFiles("/data", () => Promise.reject(error));
  if (outcome.ok) throw new Error("not refused");
  equal(outcome.refusal.kind, "unavailable");
  return outcome.refusal.message;
}

Deno.test("what goes well, or is refused, passes through", async () => {
  deepEqual(await overFiles("/data", () => Promise.resolve(ok(7))), ok(7));
  const no = refused("conflict", "no");
  deepEqual(await overFiles("/data", () => Promise.resolve(no)), no);
});

Deno.test("what the system refuses is one line with the folder and the remedy", async () => {
  const full = new Error("No space left on device (os error 28)");
  equal(
    await messageOf(full),
    "cannot use the files in /data: No space left on device (os error 28); make room, and try " +
      "again",
  );
  const denied = new Deno.errors.PermissionDenied(
    "Permission denied (os error 13): open '/data/x'",
  );
  match(await messageOf(denied), /: open '\/data\/x'; give them to user \d+$/);
  match(await messageOf(new Error("Input/output error (os error 5)")), /\(os error 5\)$/);
});

Deno.test("a real file system's refusal is known as one", async () => {
  const outcome = await overFiles("/data", async () => {
    return ok(await Deno.readTextFile("/proc/self/mem/nothing"));
  });
  equal(outcome.ok, false);
});

Deno.test("damage keeps its own words, and what is a mistake of ours is thrown on", async () => {
  equal(await messageOf(new DamageError("damaged", "x is damaged")), "x is damaged");
  await rejects(overFiles("/data", () => Promise.reject(new TypeError("a mistake"))), TypeError);
});

Deno.test("a file that cannot be understood is named, with what helps", async () => {
  equal(understand("/data/x", () => 7), 7);
  const parse = (error: Error) => (): never => {
    throw error;
  };
  for (
    const [error, wanted] of [
      [new MalformedError("two roots"), /^\/data\/x is damaged: two roots; put a sound copy of it/],
      [
        new SyntaxError("at 1:7"),
        /^\/data\/x is damaged: it does not say what it should; put a so/,
      ],
    ] as const
  ) {
    const run = (): Promise<Outcome<void>> =>
      Promise.resolve().then(() => understand("/data/x", parse(error)));
    const outcome = await overFiles("/data", run);
    match(outcome.ok ? "" : outcome.refusal.message, wanted);
  }
});
