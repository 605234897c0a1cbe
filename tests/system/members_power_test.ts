/** The power goes, for all members at once, under load. `deno task bench power` does so more often. */
import { deepEqual, ok as holds } from "node:assert/strict";

import { memberTest } from "./collective.ts";
import { FragileDisks } from "./fragile_disks.ts";
import { canCutPower, PowerCuts } from "./power_cuts.ts";
import { Program } from "./program.ts";

/** Every way back with clocks right and wrong. */
const SEEDS = [1, 2, 3, 4, 5, 6];

memberTest(
  "a power cut of all in mid-commit loses nothing that was acknowledged",
  async (scene) => {
    if (!await canCutPower()) return;
    await PowerCuts.during(scene, async (cuts) => {
      for (const seed of SEEDS) {
        await cuts.round(seed).catch((error) => {
          throw new Error(`again: deno task bench power --first ${seed} --rounds 1`, {
            cause: error,
          });
        });
      }
      console.log(JSON.stringify(cuts.totals));
      const { acknowledged, disksThatForgot } = cuts.totals;
      holds(acknowledged > 0 && disksThatForgot > 0, "the cuts fell among writes");
    });
  },
);

memberTest(
  "the disks of these tests forget what was not synced, and nothing else",
  async (scene) => {
    if (!await canCutPower()) return;
    const disks = await FragileDisks.open(`${scene.folder}/disks`);
    try {
      const at = `${scene.folder}/m1`;
      await disks.make("m1", at);
      const shell = async (script: string): Promise<string> =>
        (await new Program([...disks.before, "sh", "-c", script, "sh", at]).ended()).out;
      await shell('cd "$1"; head -c 40960 /dev/zero > a; sync a .; echo lost > b');
      await shell('cd "$1"; tr "\\0" x < /dev/zero | dd of=a bs=4096 count=10 conv=notrunc');
      disks.cut("m1", () => false);
      await disks.mountAgain("m1", at);
      deepEqual(await shell('cd "$1"; echo *; tr -d "\\0" < a | wc -c'), "a lost+found\n0");
    } finally {
      await disks.end();
    }
  },
);
