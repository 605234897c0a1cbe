/** Warnings of writes go to stderr, and what was asked for is done. */
import { deepEqual } from "node:assert/strict";

import { inFolder, withService } from "./shell.ts";

const WARNING = "Warning: collective.manager: no member is called m9; there are m1, m2, m3\n";

Deno.test("a manager that is no member yet is warned of, wherever it is set", async () => {
  await withService(["n1"], async ({ run }) => {
    const cases: [line: string, out: string][] = [
      ["nodedefine n2 collective.manager=m9", "n2: created\n"],
      ["nodeattrib n1 collective.manager=m9", "n1: m9\n"],
      ["nodegroupdefine g collective.manager=m9", "g: created\n"],
      ["nodegroupattrib g collective.manager=m9", ""],
    ];
    for (const [line, out] of cases) {
      deepEqual(await run(line), { code: 0, out, err: WARNING }, line);
    }
    await inFolder(async (folder) => {
      const table = `${folder}/t.csv`;
      await Deno.writeTextFile(table, "name,collective.manager\nn3,m9\nn4,m1\n");
      const out = "n3: created\nn4: created\n";
      deepEqual(await run(`nodedefine --file ${table}`), { code: 0, out, err: WARNING });
    });
  });
});
