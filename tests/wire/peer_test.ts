import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";

import { ByteWriter, concat } from "../../src/base/bytes.ts";
import { MAX_APPEND_BYTES, MAX_ENTRY_BYTES, MAX_FRAME_BYTES } from "../../src/base/limits.ts";
import { memberId } from "../../src/model/member.ts";
import { writeMark } from "../../src/wire/disk_mark.ts";
import {
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  type PeerMessage,
  type RosterChange,
} from "../../src/wire/peer.ts";
import { codecLaws, malformed } from "./codec_laws.ts";
import { CHANGES, DISK_MARK, MESSAGES, REFUSAL_KINDS, UINT } from "./generated.ts";

const ENVELOPES = { encode: encodeEnvelope, decode: decodeEnvelope };
const TYPES = Object.keys(MESSAGES);

for (const [type, messages] of Object.entries(MESSAGES)) {
  const message: fc.Arbitrary<PeerMessage> = messages;
  const envelopes: fc.Arbitrary<Envelope> = fc.record({ life: UINT, count: UINT, message });
  codecLaws(`a frame "${type}"`, envelopes, ENVELOPES);
}

for (const [change, asks] of Object.entries(CHANGES)) {
  Deno.test(`a frame "rosterAsk": every change "${change}" comes back`, () => {
    const drawn: fc.Arbitrary<RosterChange> = asks;
    fc.assert(fc.property(drawn, (ask) => {
      const envelope: Envelope = { life: 3, count: 1, message: { type: "rosterAsk", id: 2, ask } };
      deepEqual(decodeEnvelope(encodeEnvelope(envelope)), envelope);
    }));
  });
}

Deno.test("each type of frame has a number of its own, from 16 on without a gap", () => {
  const first = Object.values(MESSAGES).map((messages) => {
    const drawn: fc.Arbitrary<PeerMessage> = messages;
    const [frame] = fc.sample(drawn, 1).map((message) =>
      encodeEnvelope({ life: 0, count: 0, message })
    );
    return frame?.[0];
  });
  deepEqual(first.toSorted(), TYPES.map((_, i) => 16 + i));
});

Deno.test("a frame of a number that is not known is malformed, and named", () => {
  for (let number = 0; number <= 255; number++) {
    if (number >= 16 && number < 16 + TYPES.length) continue;
    const frame = Uint8Array.of(number, 0, 0, 0, 0);
    equal(malformed(ENVELOPES, frame), `message ${number} is not known`);
  }
  equal(malformed(ENVELOPES, new Uint8Array(0)), "truncated");
});

Deno.test("the mark of the sender's disk stands in front of a message of any type", () => {
  for (const messages of Object.values(MESSAGES)) {
    const drawn: fc.Arbitrary<PeerMessage> = messages;
    fc.assert(
      fc.property(drawn, DISK_MARK, (message, mark) => {
        const marked = encodeEnvelope({ ...mark, message });
        const bare = encodeEnvelope({ life: 0, count: 0, message });
        const prefix = new ByteWriter().byte(bare[0] as number);
        writeMark(prefix, mark);
        deepEqual(marked, concat([prefix.finish(), bare.subarray(3)]));
      }),
      { numRuns: 10 },
    );
  }
});

Deno.test("every kind of refusal goes to its asker, and no other kind is taken", () => {
  const answer = (kind: typeof REFUSAL_KINDS[number]): Envelope => ({
    life: 0,
    count: 0,
    message: { type: "rosterAnswer", id: 1, index: 0, kind, message: "", missing: [] },
  });
  const numbers = REFUSAL_KINDS.map((kind) => {
    const frame = encodeEnvelope(answer(kind));
    deepEqual(decodeEnvelope(frame), answer(kind));
    return frame[5];
  });
  deepEqual(numbers, REFUSAL_KINDS.map((_, i) => i));
  const frame = encodeEnvelope(answer("invalid"));
  for (const number of [REFUSAL_KINDS.length, 100, 255]) {
    frame[5] = number;
    equal(malformed(ENVELOPES, frame), "a kind of refusal that is not known");
  }
});

Deno.test("a change of the roster that is not known is malformed", () => {
  const id = memberId("0123456789abcdef");
  const ask = { change: "promote", id } as const;
  const frame = encodeEnvelope({ life: 0, count: 0, message: { type: "rosterAsk", id: 1, ask } });
  for (const number of [0, 10, 255]) {
    frame[4] = number;
    equal(malformed(ENVELOPES, frame), `roster change ${number} is not known`);
  }
});

Deno.test("promote and remove of one member are two different frames", () => {
  const id = memberId("0123456789abcdef");
  const [promote, remove] = (["promote", "remove"] as const).map((change) =>
    encodeEnvelope({
      life: 0,
      count: 0,
      message: { type: "rosterAsk", id: 1, ask: { change, id } },
    })
  );
  notEqual(promote?.[4], remove?.[4]);
});

Deno.test("the largest append there may be fits a frame", () => {
  const body = new Uint8Array(MAX_ENTRY_BYTES);
  const most = Number.MAX_SAFE_INTEGER;
  const entry = { index: most, term: most, hlc: most, body };
  // Entries are taken up to MAX_APPEND_BYTES, the last of them as large as it may be.
  const entries = Array.from({ length: MAX_APPEND_BYTES / MAX_ENTRY_BYTES + 1 }, () => entry);
  const message: PeerMessage = {
    type: "append",
    term: most,
    prevIndex: most,
    prevTerm: most,
    commit: most,
    round: most,
    entries,
  };
  const frame = encodeEnvelope({ life: most, count: most, message });
  equal(frame.length <= MAX_FRAME_BYTES, true, `${frame.length} bytes`);
  deepEqual(decodeEnvelope(frame), { life: most, count: most, message });
});

Deno.test("an append with an entry that is too long is malformed as a whole", () => {
  const entry = { index: 1, term: 1, hlc: 1, body: new Uint8Array(MAX_ENTRY_BYTES + 1) };
  const numbers = { term: 1, prevIndex: 0, prevTerm: 0, commit: 0, round: 0 };
  const message: PeerMessage = { type: "append", ...numbers, entries: [entry] };
  equal(
    malformed(ENVELOPES, encodeEnvelope({ life: 0, count: 0, message })),
    "an entry of 524289 bytes",
  );
});
