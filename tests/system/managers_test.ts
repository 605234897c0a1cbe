/** Three rounds of each thing that can become of a manager, with real members in namespaces. */
import { equal, ok as holds } from "node:assert/strict";
import { z } from "zod";

import { Program, works } from "./program.ts";

const ROUNDS = 3;
/** Longer than it takes others to act on the nodes of a member that is stopped. */
const STOPPED_SECONDS = 8;
const WITHIN_MS = 600_000;
const BENCH = new URL("../bench/main.ts", import.meta.url).pathname;
/** Fewer would mean that nobody acted on anything. */
const LEAST_CHANGES = 2_000;

const told = z.object({
  benches: z.array(z.object({
    failure: z.string().optional(),
    figures: z.array(z.object({
      what: z.string(),
      values: z.array(z.number()),
      note: z.string().optional(),
    })),
  })),
});

Deno.test("managers: however one is lost, no two act on a node", async () => {
  const isAllowed = Deno.uid() === 0 &&
    await works(["unshare", "--net", "--mount", "true"], "a namespace") &&
    await works(["ip", "netns", "list"], "ip netns") && await works(["nft", "--version"], "nft");
  if (!isAllowed) return console.log("skipped: managers: needs root and network namespaces");
  const wishes = ["--rounds", String(ROUNDS), "--seconds", String(STOPPED_SECONDS), "--json"];
  const bench = new Program([Deno.execPath(), "run", "-A", BENCH, "managers", ...wishes]);
  const { code, out, err } = await bench.ended(WITHIN_MS);
  equal(code, 0, out + err);
  const [managers] = told.parse(JSON.parse(out)).benches;
  equal(managers?.failure, undefined);
  const figure = (what: RegExp): { values: readonly number[]; note?: string | undefined } => {
    const found = managers?.figures.find((one) => what.test(one.what));
    if (found === undefined) throw new Error(`no figure like ${what}`);
    return found;
  };
  const rounds = figure(/^rounds/);
  // With a library that moves clocks one kind more.
  holds([5, 6].includes((rounds.values[0] ?? 0) / ROUNDS), `${rounds.values} rounds`);
  equal(figure(/^changes by a right that was over/).values[0], 0, err);
  const changes = Number(/^(\d+) changes/.exec(rounds.note ?? "")?.[1]);
  holds(changes > LEAST_CHANGES, `${changes} changes`);
  console.log(`${rounds.values} rounds, ${changes} changes`);
});
