import { equal, match } from "node:assert/strict";

import { openAddons } from "../../src/io/addons.ts";

Deno.test("addons are those of the content folder, else the first that is there", async () => {
  const root = await Deno.makeTempDir({ prefix: "confluent-addons-" });
  const read = async (places: readonly string[]): Promise<string> => {
    const opened = await openAddons(root, places);
    if (!opened.ok) return `${opened.refusal.kind}: ${opened.refusal.message}`;
    const file = opened.value;
    if (file instanceof Uint8Array) return `held: ${new TextDecoder().decode(file)}`;
    const into = new Uint8Array(file.size);
    await file.read(into, 0);
    file.close();
    return new TextDecoder().decode(into);
  };
  try {
    match(await read([`${root}/none`]), /^not-found: there is no addons\.cpio, .*deno task addons/);
    for (const name of ["a", "b"]) await Deno.writeTextFile(`${root}/${name}`, `of ${name}`);
    equal(await read([`${root}/none`, `${root}/b`, `${root}/a`]), "of b");
    await Deno.mkdir(`${root}/public/site`, { recursive: true });
    await Deno.writeTextFile(`${root}/public/site/addons.cpio`, "laid");
    equal(await read([`${root}/b`]), "laid");
    // One that leads out of the folder is not passed over in silence.
    await Deno.remove(`${root}/public/site/addons.cpio`);
    await Deno.symlink(`${root}/a`, `${root}/public/site/addons.cpio`);
    match(await read([`${root}/b`]), /^forbidden: .*it leads out of public\//);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
