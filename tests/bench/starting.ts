/** How long the compiled program takes to say its version. */
import type { Bench } from "./collective.ts";
import { atMost, type Figure } from "./figures.ts";
import { run } from "./processes.ts";

const STARTS_PER_RUN = 4;
const TARGET_S = 0.15;

export async function benchStarting(bench: Bench): Promise<Figure[]> {
  const [given] = bench.program.length === 1 ? bench.program : [];
  const program = given ?? await compiled(bench);
  const cache = `${bench.folder}/cache`;
  const start = async (): Promise<number> => {
    const begun = performance.now();
    await run("env", "-i", `CONFLUENT_CACHE=${cache}`, program, "version");
    return (performance.now() - begun) / 1000;
  };
  const first = await start(), later: number[] = [];
  for (let i = 0; i < bench.runs * STARTS_PER_RUN; i++) later.push(await start());
  return [
    { what: "version, the first start of the compiled file", unit: "s", values: [first] },
    { what: "version, later starts", unit: "s", values: later, target: atMost(TARGET_S) },
  ];
}

/** Made anew, so that it is this very program. */
async function compiled(bench: Bench): Promise<string> {
  const file = `${bench.folder}/confluent`;
  console.error("compiling");
  await run("env", `DENO=${Deno.execPath()}`, "bash", `${bench.root}/compile.sh`, "--out", file);
  return file;
}
