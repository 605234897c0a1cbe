import { deepEqual, equal, fail, match, notEqual, ok as holds } from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";

import { MAX_HASHES_PER_REQUEST, MAX_PASSWORD_BYTES } from "../../src/base/limits.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { sha512Crypt } from "../../src/base/sha_crypt.ts";
import { systemClock } from "../../src/io/clock.ts";
import { systemRandom } from "../../src/io/random.ts";
import type { Hashes } from "../../src/model/stored_value.ts";
import { PasswordHasher } from "../../src/service/hashing.ts";

function hasher(): PasswordHasher {
  return new PasswordHasher(systemRandom, systemClock);
}

function valueOf<T>(outcome: Outcome<T>): T {
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

function crypt(password: string, salt: string): string {
  const making = sha512Crypt(password, salt);
  for (let step = making.next();; step = making.next()) if (step.done === true) return step.value;
}

Deno.test("both hashes are of the password: that of crypt(3), and that of GRUB", async () => {
  const { crypt: hash, grub } = valueOf(await hasher().request().of("dummy-pw"));
  const salt = /^\$6\$([./0-9A-Za-z]{16})\$[./0-9A-Za-z]{86}$/.exec(hash)?.[1];
  equal(hash, crypt("dummy-pw", salt ?? fail(hash)));
  const [, grubSalt, grubHash] =
    /^grub\.pbkdf2\.sha512\.10000\.([0-9A-F]{128})\.([0-9A-F]{128})$/.exec(grub ?? "") ??
      fail(grub);
  const salted = Uint8Array.fromHex(grubSalt as string);
  const made = pbkdf2Sync("dummy-pw", salted, 10_000, 64, "sha512");
  equal(grubHash, made.toString("hex").toUpperCase());
});

Deno.test("a password is hashed once in a request, and anew in the next", async () => {
  const all = hasher();
  const request = all.request();
  const many = await Promise.all(Array.from({ length: 1_000 }, () => request.of("dummy-pw")));
  const [first, ...rest] = many.map(valueOf) as [Hashes, ...Hashes[]];
  for (const other of rest) equal(other, first);
  const [other, again] = await Promise.all([
    request.of("dummy-pv"),
    all.request().of("dummy-pw"),
  ]);
  notEqual(valueOf(other).crypt, first.crypt);
  notEqual(valueOf(again).crypt, first.crypt);
  notEqual(valueOf(again).grub, first.grub);
});

Deno.test("while it hashes others have their turn", async () => {
  let turns = 0, isOver = false;
  const counting = (): void => {
    turns++;
    if (!isOver) systemClock.after(0, counting);
  };
  counting();
  await hasher().request().of("dummy-pw");
  isOver = true;
  holds(turns > 10, `${turns} turns`);
});

Deno.test("too long a password is refused, and so are too many, unquoted", async () => {
  const request = hasher().request();
  const long = await request.of("é".repeat(MAX_PASSWORD_BYTES / 2 + 1));
  if (long.ok) fail("it was taken");
  match(long.refusal.message, /a password of 514 bytes; at most 512/);
  equal(long.refusal.message.includes("é"), false);
  valueOf(await request.of("é".repeat(MAX_PASSWORD_BYTES / 2)));
  const some = Array.from({ length: MAX_HASHES_PER_REQUEST }, (_, i) => request.of(`dummy-${i}`));
  const last = await some.at(-1);
  deepEqual(last, {
    ok: false,
    refusal: {
      kind: "too-large",
      message: `more than ${MAX_HASHES_PER_REQUEST} different passwords in one request, which ` +
        "is MAX_HASHES_PER_REQUEST; set them in several",
    },
  });
  valueOf(await request.of("dummy-0"));
  await Promise.all(some);
});
