import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter, toHex } from "../../src/base/bytes.ts";
import { MAX_ENTRY_BYTES } from "../../src/base/limits.ts";
import { EMPTY_ROSTER } from "../../src/model/member.ts";
import type { Operation } from "../../src/model/operation.ts";
import {
  BODY_VERSION,
  bodyChangesRoster,
  decodeBody,
  encodeBody,
  readEntry,
  writeEntry,
} from "../../src/wire/entry.ts";
import { codecLaws, codecOf, malformed } from "./codec_laws.ts";
import { BODY, ENTRY, GUARDS, OPERATIONS } from "./generated.ts";

const BODIES = { encode: encodeBody, decode: decodeBody };
const ENTRIES = codecOf(writeEntry, readEntry);

codecLaws("an entry", ENTRY, ENTRIES);
codecLaws("a body", BODY, BODIES);

for (const [kind, operation] of Object.entries(OPERATIONS)) {
  Deno.test(`a body: every operation "${kind}" comes back, alone and beside another`, () => {
    const drawn: fc.Arbitrary<Operation> = operation;
    fc.assert(fc.property(drawn, (value) => {
      deepEqual(decodeBody(encodeBody({ operations: [value] })).operations, [value]);
      const twice = [value, { kind: "drop", rows: ["node/n1"] }, value] as const;
      deepEqual(decodeBody(encodeBody({ operations: twice })).operations, twice);
    }));
  });
}

for (const [test, guards] of Object.entries(GUARDS)) {
  Deno.test(`a body: every guard "${test}" comes back`, () => {
    fc.assert(fc.property(guards, (guard) => {
      const operations = [{ kind: "guard", guard } as const];
      deepEqual(decodeBody(encodeBody({ operations })), { operations });
    }));
  });
}

Deno.test("a body of another version is malformed, and says which is known", () => {
  const bytes = encodeBody({ operations: [] });
  equal(toHex(bytes), "010000");
  equal(bytes[0], BODY_VERSION);
  for (const version of [0, 2, 255]) {
    bytes[0] = version;
    equal(malformed(BODIES, bytes), `entry version ${version}, known is 1`);
  }
});

Deno.test("a body tells without being read whether it changes the roster", () => {
  fc.assert(fc.property(BODY, (body) => {
    const changes = body.operations.some(({ kind }) => kind === "roster");
    equal(bodyChangesRoster(encodeBody(body)), changes);
  }));
  const roster = { kind: "roster", roster: EMPTY_ROSTER } as const;
  equal(bodyChangesRoster(encodeBody({ operations: [roster] })), true);
  equal(bodyChangesRoster(new Uint8Array(0)), false);
  equal(bodyChangesRoster(Uint8Array.of(3)), false);
});

Deno.test("operations and guards that are not known are malformed", () => {
  for (let number = 0; number <= 255; number++) {
    const operation = Uint8Array.of(1, 0, 1, number, 0, 0, 0);
    const isOperation = number >= 1 && number <= 12;
    if (!isOperation) equal(malformed(BODIES, operation), `operation ${number} is not known`);
    const guard = Uint8Array.of(1, 0, 1, 4, number, 0, 0, 0);
    const isGuard = number >= 1 && number <= 5;
    if (!isGuard) equal(malformed(BODIES, guard), `guard ${number} is not known`);
  }
});

Deno.test("no value and an empty one are two things to a guard", () => {
  const guard = (value: string | null): Operation => ({
    kind: "guard",
    guard: { test: "equals", row: "node/n1", attribute: "info.note", value },
  });
  const operations = [guard(null), guard("")];
  deepEqual(decodeBody(encodeBody({ operations })), { operations });
});

Deno.test("an entry's body is MAX_ENTRY_BYTES at most", () => {
  const entry = { index: 1, term: 1, hlc: 1, body: new Uint8Array(MAX_ENTRY_BYTES).fill(7) };
  deepEqual(ENTRIES.decode(ENTRIES.encode(entry)), entry);
  const longer = { ...entry, body: new Uint8Array(MAX_ENTRY_BYTES + 1) };
  equal(malformed(ENTRIES, ENTRIES.encode(longer)), "an entry of 524289 bytes");
});

Deno.test("an entry carries its body as it is: it need not be known to be passed on", () => {
  const writer = new ByteWriter();
  writeEntry(writer, { index: 300, term: 2, hlc: 5, body: Uint8Array.of(255, 255) });
  equal(toHex(writer.finish()), "ac02" + "02" + "05" + "02ffff");
});
