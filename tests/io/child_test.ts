import { deepEqual, equal, rejects } from "node:assert/strict";

import { type ChildEnd, type ChildOrder, runChild } from "../../src/io/child.ts";

async function run(script: string, more: Partial<ChildOrder> = {}): Promise<ChildEnd> {
  return await runChild({
    command: ["sh", "-c", script],
    env: { PATH: Deno.env.get("PATH") ?? "" },
    input: "",
    maxBytes: 1_000,
    signal: new AbortController().signal,
    ...more,
  });
}

Deno.test("it is told what a child says, and how it ends", async () => {
  const end = await run("cat; echo ünd >&2; exit 3", { input: "from stdin" });
  deepEqual(end, { code: 3, out: "from stdin", err: "ünd\n", isTooLong: false });
});

Deno.test("a child has the environment that it is given, and no other", async () => {
  const { out } = await run("env | grep -v ^PATH= | grep -v ^PWD= | grep -v ^_=", {
    env: { PATH: Deno.env.get("PATH") ?? "", LC_ALL: "C" },
  });
  equal(out.split("\n").filter((line) => !/^SHLVL=|^$/.test(line)).join(), "LC_ALL=C");
});

Deno.test("a child that says too much is ended, with the beginning of it", async () => {
  const end = await run("yes");
  equal(end.isTooLong, true);
  equal(end.code, undefined);
  equal(end.out, "y\n".repeat(500));
  equal((await run("yes >&2")).isTooLong, true);
  equal((await run("head -c 1000 /dev/zero")).isTooLong, false);
});

Deno.test("a child that does not read is no failure", async () => {
  const end = await run("exec true", { input: "x".repeat(1_000_000) });
  equal(end.code, 0);
});

Deno.test("a child is ended when it is wanted, also where others hold its pipes", async () => {
  const stop = new AbortController();
  // What it leaves behind has its stdout, and would keep it open for a minute.
  const ended = run("sleep 60 & echo $!; wait", { signal: stop.signal });
  const timer = setTimeout(() => stop.abort(), 200);
  const began = performance.now();
  const { code, out } = await ended;
  clearTimeout(timer);
  equal(code, undefined);
  equal(performance.now() - began < 10_000, true);
  Deno.kill(Number(out), "SIGKILL");
  await rejects(run("true", { signal: stop.signal }), { name: "AbortError" });
});

Deno.test("a program that is not there cannot be started", async () => {
  await rejects(run("", { command: ["/nowhere/at/all"] }), Deno.errors.NotFound);
});
