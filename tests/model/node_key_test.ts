import { deepEqual, equal, match } from "node:assert/strict";

import { CATALOGUE } from "../../src/model/attribute.ts";
import {
  ARM_TOKEN,
  cryptForm,
  hashInCell,
  NODE_KEY,
  registeredKey,
  TRUSTED_SUBNETS,
} from "../../src/model/node_key.ts";
import { toCell } from "../../src/model/stored_value.ts";

/** Of the specification of SHA-crypt, "Hello world!". */
const HASH = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8";

Deno.test("the attributes are those of the catalogue", () => {
  for (const name of [NODE_KEY, ARM_TOKEN, TRUSTED_SUBNETS]) equal(CATALOGUE.has(name), true, name);
});

Deno.test("a node registers its key, or the hash of it", () => {
  const key = "0123456789abcdef".repeat(4);
  for (const end of ["", "\n", "\r\n"]) {
    deepEqual(registeredKey(key + end), { ok: true, value: { key } });
    deepEqual(registeredKey(HASH + end), { ok: true, value: { hash: HASH } });
  }
  equal(registeredKey("k".repeat(32)).ok, true);
  equal(registeredKey("k".repeat(128)).ok, true);
});

Deno.test("anything else is refused, and it says what is wanted", () => {
  const wrong = [
    ...["", "\n", "k".repeat(31), "k".repeat(129), `${"k".repeat(40)} k`, `${"k".repeat(40)}\n\n`],
    ...[`${"k".repeat(40)}ü`, `$6$${HASH.slice(3)}`, `$5$rounds=9999$${HASH.slice(3)}`],
    ...[`${HASH}x`, HASH.slice(0, -1), `$5$${"s".repeat(17)}$${"a".repeat(43)}`],
  ];
  for (const body of wrong) {
    const read = registeredKey(body);
    equal(read.ok, false, JSON.stringify(body));
    if (!read.ok) match(read.refusal.message, /^a key: wanted 32 to 128 visible ASCII/);
  }
});

Deno.test("a hash is made anew as it says, within bounds", () => {
  deepEqual(cryptForm(HASH), { kind: "$5$", salt: "saltstring", rounds: undefined });
  deepEqual(cryptForm("$6$rounds=10000$s a/lt$abc./"), {
    kind: "$6$",
    salt: "s a/lt",
    rounds: 10_000,
  });
  const none = [
    ...["", "x", "$1$salt$abc", "$y$j9T$salt$abc", "$5$salt", "$5$salt$", "$5$$abc"],
    ...["$5$rounds=10001$salt$abc", "$5$rounds=999999999$salt$abc", `$5$${"s".repeat(17)}$abc`],
    ...["$5$salt$abc\n", "$5$salt$ab:c"],
  ];
  for (const hash of none) equal(cryptForm(hash), undefined, hash);
});

Deno.test("a cell has a hash where it is one of hashes", () => {
  equal(hashInCell(toCell({ kind: "hashed", hashes: { crypt: HASH } })), HASH);
  equal(hashInCell(toCell({ kind: "text", text: HASH })), undefined);
  equal(hashInCell(null), undefined);
});
