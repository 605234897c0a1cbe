/** What wraps the collective key on disk, and what becomes of it where that is another. */
import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { ok, type Outcome } from "../../src/base/outcome.ts";
import { memberId } from "../../src/model/member.ts";
import { isThere } from "../../src/io/files.ts";
import { systemRandom } from "../../src/io/random.ts";
import type { SealingKey } from "../../src/collective/key_ring.ts";
import type { WrappingSource } from "../../src/service/programs.ts";
import { ownSealingKey } from "../../src/service/wrapping.ts";

const ID = memberId("0123456789abcdef");
const GENERATED: WrappingSource = { by: "generated" };
const passphrase = (text: string): WrappingSource => ({
  by: "passphrase",
  ask: () => Promise.resolve(ok(text)),
});

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-wrapping-" });
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function own(folder: string, source: WrappingSource): Promise<Outcome<SealingKey>> {
  return ownSealingKey(folder, ID, source, systemRandom);
}

async function opened(folder: string, source: WrappingSource): Promise<string> {
  const key = await own(folder, source);
  return key.ok ? toHex(key.value.privateKey) : fail(key.refusal.message);
}

async function refusal(folder: string, source: WrappingSource): Promise<string> {
  const before = await Deno.readTextFile(`${folder}/collective.key`);
  const key = await own(folder, source);
  if (key.ok) return fail("it was opened");
  equal(key.refusal.kind, "unavailable");
  equal(await Deno.readTextFile(`${folder}/collective.key`), before, "it stays as it was");
  return key.refusal.message;
}

async function keyFile(folder: string, name: string): Promise<WrappingSource> {
  const path = `${folder}/${name}`;
  await Deno.writeFile(path, systemRandom.bytes(32));
  return { by: "file", path };
}

Deno.test("each source opens what it wrapped, and no file holds the key in clear", async () => {
  for (const by of ["generated", "file", "passphrase"] as const) {
    await inFolder(async (folder) => {
      const source = by === "generated"
        ? GENERATED
        : by === "file"
        ? await keyFile(folder, "given")
        : passphrase("dummy-passphrase");
      const key = await opened(folder, source);
      equal(await opened(folder, source), key);
      equal(await isThere(`${folder}/wrapping.key`), by === "generated");
      for await (const { name } of Deno.readDir(folder)) {
        if (name === "given") continue;
        equal((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o600, name);
        const bytes = await Deno.readFile(`${folder}/${name}`);
        holds(!toHex(bytes).includes(key) && !new TextDecoder().decode(bytes).includes(key), name);
        holds(!new TextDecoder().decode(bytes).includes("dummy-passphrase"), name);
      }
    });
  }
});

Deno.test("what was wrapped by itself is wrapped anew where another source is given", async () => {
  await inFolder(async (folder) => {
    const key = await opened(folder, GENERATED);
    const file = await keyFile(folder, "given");
    equal(await opened(folder, file), key);
    equal(await isThere(`${folder}/wrapping.key`), false);
    equal(await opened(folder, file), key);
    match(await refusal(folder, GENERATED), /collective\.key is wrapped by a key file or/);
    match(await refusal(folder, passphrase("x")), /start with --key-file/);
  });
  await inFolder(async (folder) => {
    const key = await opened(folder, GENERATED);
    equal(await opened(folder, passphrase("dummy")), key);
    equal(await opened(folder, passphrase("dummy")), key);
    match(
      await refusal(folder, GENERATED),
      /wrapped by a passphrase: start with --passphrase-file/,
    );
  });
});

Deno.test("a wrong source is told of, quotes nothing and changes nothing", async () => {
  await inFolder(async (folder) => {
    await opened(folder, passphrase("dummy-passphrase"));
    const told = await refusal(folder, passphrase("dummy-mistake"));
    match(told, /the passphrase does not open it: give the one that does; or, where other members/);
    holds(!told.includes("dummy"));
  });
  await inFolder(async (folder) => {
    await opened(folder, await keyFile(folder, "given"));
    match(await refusal(folder, await keyFile(folder, "other")), /other does not open it/);
    const none: WrappingSource = { by: "file", path: `${folder}/none` };
    match(await refusal(folder, none), /cannot read the wrapping key .*none/);
    await Deno.writeTextFile(`${folder}/short`, "too short");
    const short: WrappingSource = { by: "file", path: `${folder}/short` };
    match(await refusal(folder, short), /short holds 9 bytes; a wrapping key is 16 to 65536/);
  });
  await inFolder(async (folder) => {
    await opened(folder, GENERATED);
    await Deno.remove(`${folder}/wrapping.key`);
    match(await refusal(folder, GENERATED), /cannot read the wrapping key .*wrapping\.key/);
    await Deno.writeTextFile(`${folder}/wrapping.key`, "0".repeat(64));
    match(await refusal(folder, GENERATED), /wrapping\.key beside it does not open it/);
  });
});

Deno.test("it opens for the member that it was made for alone", async () => {
  await inFolder(async (folder) => {
    await opened(folder, GENERATED);
    const other = memberId("fedcba9876543210");
    const key = await ownSealingKey(folder, other, GENERATED, systemRandom);
    equal(key.ok, false);
  });
});

Deno.test("a file that says something else is damaged", async () => {
  await inFolder(async (folder) => {
    for (const text of ["", "{}", '{"version":2}', "\u0000"]) {
      await Deno.writeTextFile(`${folder}/collective.key`, text);
      const error = await own(folder, GENERATED).then(() => undefined, (thrown) => thrown);
      match(String(error), /collective\.key is damaged/);
    }
  });
});

Deno.test("nothing is asked for where nothing is wrapped by it, and once where it is", async () => {
  await inFolder(async (folder) => {
    let asked = 0;
    const source: WrappingSource = {
      by: "passphrase",
      ask: () => {
        asked++;
        return Promise.resolve(ok("dummy"));
      },
    };
    await opened(folder, source);
    await opened(folder, source);
    deepEqual(asked, 2);
  });
});
