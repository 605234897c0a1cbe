/** The power goes, for all members at once; `deno task bench power` does so more often. */
import { equal, ok as holds } from "node:assert/strict";

import { memberTest, type Scene } from "./collective.ts";
import { FragileDisks } from "./fragile_disks.ts";
import { PowerCuts, whyNoPowerCuts } from "./power_cuts.ts";
import { Program } from "./program.ts";

/** Every way back, with clocks right and wrong. */
const SEEDS = [1, 2, 3, 4, 5, 6];
const WHY_NOT = await whyNoPowerCuts();
if (WHY_NOT !== undefined) console.log(`skipped: power cuts, because ${WHY_NOT}`);

function powerTest(title: string, act: (scene: Scene) => Promise<void>): void {
  memberTest(title, act, WHY_NOT !== undefined);
}

powerTest("a power cut of all in mid-commit loses nothing acknowledged", async (scene) => {
  await PowerCuts.during(scene, async (cuts) => {
    for (const seed of SEEDS) {
      try {
        await cuts.round(seed);
      } catch (cause) {
        throw new Error(`again: deno task bench power --first ${seed} --rounds 1`, { cause });
      }
    }
    const { acknowledged, disksThatForgot } = cuts.totals;
    holds(acknowledged > 0 && disksThatForgot > 0, "the cuts fell among writes");
  });
});

powerTest(
  "the disks of these tests forget what was not synced, and nothing else",
  async (scene) => {
    const disks = await FragileDisks.open(`${scene.folder}/disks`);
    try {
      const at = `${scene.folder}/m1`;
      await disks.make("m1", at);
      const shell = async (script: string): Promise<string> => {
        return (await new Program([...disks.before, "sh", "-c", script, "sh", at]).ended()).out;
      };
      await shell('cd "$1"; head -c 40960 /dev/zero > a; sync a .; echo lost > b');
      await shell('cd "$1"; tr "\\0" x < /dev/zero | dd of=a bs=4096 count=10 conv=notrunc');
      equal(await shell('cd "$1"; echo *; tr -d "\\0" < a | wc -c'), "a b lost+found\n40960");
      disks.cut("m1", () => false);
      await disks.mountAgain("m1", at);
      equal(await shell('cd "$1"; echo *; tr -d "\\0" < a | wc -c'), "a lost+found\n0");
    } finally {
      await disks.end();
    }
  },
);
