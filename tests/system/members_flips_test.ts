/** Bits that turn over in the store of a stopped member; `deno task bench flips`: 200 of them. */
import { BitFlips } from "./bit_flips.ts";
import { memberTest } from "./collective.ts";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

memberTest("a bit that turned over is found and healed, or was not used", async (scene) => {
  const flips = await BitFlips.begin(scene);
  for (const seed of SEEDS) {
    try {
      console.log(JSON.stringify(await flips.flip(seed)));
    } catch (cause) {
      throw new Error(`again: deno task bench flips --first ${seed} --rounds 1`, { cause });
    }
  }
});
