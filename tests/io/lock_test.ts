import { deepEqual, equal } from "node:assert/strict";

import { lockFolder } from "../../src/io/lock.ts";

Deno.test("a folder's lock is one holder's, who is named, and can be taken again", async () => {
  const root = await Deno.makeTempDir({ prefix: "confluent-lock-" });
  const folder = `${root}/a/b`;
  for (let i = 0; i < 2; i++) {
    const first = await lockFolder(folder);
    equal(first.ok, true);
    for (let again = 0; again < 2; again++) {
      const second = await lockFolder(folder);
      deepEqual(second.ok ? second : second.refusal, {
        kind: "conflict",
        message: `data folder ${folder} is in use by process ${Deno.pid}; ` +
          "stop it or choose another with --data",
      });
    }
    if (first.ok) first.value.release();
    // What an earlier holder left is no part of the next one's number.
    await Deno.writeTextFile(`${folder}/lock`, "123456789012345678901234567890\n");
  }
  await Deno.remove(root, { recursive: true });
});
