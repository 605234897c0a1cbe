/** Benches as tests run them: a process of its own, whose figures are read. */
import { equal } from "node:assert/strict";
import { z } from "zod";

import { Program, works } from "./program.ts";

const BENCH = new URL("../bench/main.ts", import.meta.url).pathname;

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

/** One figure of a bench. */
export type BenchFigure = z.infer<typeof told>["benches"][number]["figures"][number];

/** Whether members can stand in network namespaces whose links can be cut; a line tells why not. */
export async function hasNamespaces(who: string): Promise<boolean> {
  const isAllowed = Deno.uid() === 0 &&
    await works(["unshare", "--net", "--mount", "true"], "a namespace") &&
    await works(["ip", "netns", "list"], "ip netns") && await works(["nft", "--version"], "nft");
  if (!isAllowed) console.log(`skipped: ${who}: needs root and network namespaces`);
  return isAllowed;
}

/** Runs it to its end; looks a figure up by what it is of. */
export async function runBench(
  name: string,
  wishes: readonly string[],
  withinMs: number,
): Promise<(what: RegExp) => BenchFigure> {
  const bench = new Program([Deno.execPath(), "run", "-A", BENCH, name, ...wishes, "--json"]);
  const { code, out, err } = await bench.ended(withinMs);
  equal(code, 0, out + err);
  const [one] = told.parse(JSON.parse(out)).benches;
  equal(one?.failure, undefined);
  return (what) => {
    const found = one?.figures.find((figure) => what.test(figure.what));
    if (found === undefined) throw new Error(`no figure like ${what}: ${out}`);
    return found;
  };
}
