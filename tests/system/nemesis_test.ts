/** Ten rounds of the nemesis, and proof that its judge is not asleep. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import { z } from "zod";

import { Chapter } from "../bench/chapter.ts";
import { Program, works } from "./program.ts";

const ROUNDS = 10;
const STOPPED_SECONDS = 4;
const WITHIN_MS = 240_000;
const BENCH = new URL("../bench/main.ts", import.meta.url).pathname;
/** Fewer would mean that the clients hardly got a word in. */
const LEAST_OPERATIONS = 500;

const told = z.object({
  benches: z.array(z.object({
    failure: z.string().optional(),
    figures: z.array(z.object({ what: z.string(), values: z.array(z.number()) })),
  })),
});

Deno.test("nemesis: killed, stopped and half deaf members tell one linearizable story", async () => {
  const isAllowed = Deno.uid() === 0 && await works(["unshare", "--net", "true"], "a namespace") &&
    await works(["ip", "netns", "list"], "ip netns") && await works(["nft", "--version"], "nft");
  if (!isAllowed) return console.log("skipped: nemesis: needs root and network namespaces");
  const wishes = ["--rounds", String(ROUNDS), "--seconds", String(STOPPED_SECONDS), "--json"];
  const bench = new Program([Deno.execPath(), "run", "-A", BENCH, "nemesis", ...wishes]);
  const { code, out, err } = await bench.ended(WITHIN_MS);
  equal(code, 0, out + err);
  const [nemesis] = told.parse(JSON.parse(out)).benches;
  equal(nemesis?.failure, undefined);
  const figure = (what: RegExp): number | undefined =>
    nemesis?.figures.find((figure) => what.test(figure.what))?.values[0];
  equal(figure(/rounds$/), ROUNDS);
  equal(figure(/^what cannot be true/), 0);
  const operations = figure(/^operations on registers/) ?? 0;
  holds(operations > LEAST_OPERATIONS, `${operations} operations`);
  console.log(`${ROUNDS} rounds, ${operations} operations on registers`);
});
