/**
 * What two ends of a link say before they are peers, version 1, byte by byte. FROM RELEASE 0.1.0
 * ON THESE FIXTURES ARE NEVER EDITED: the first four fields are read in every version for ever,
 * and members of other releases must at least find out that they cannot talk. Whoever changes a
 * frame gives it a new number or the protocol a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { memberId } from "../../src/model/member.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { decodeHello, encodeHello, type HelloMessage } from "../../src/wire/hello.ts";

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");
const CHAIN = [{ epoch: 0, random: "0".repeat(32) }, { epoch: 1, random: "a1".repeat(16) }];
const PROOF = Uint8Array.from({ length: 32 }, (_, i) => i);
const STATEMENT = { certificate: fromHex("3003010203"), signature: fromHex("ffee") };
const ADDRESSES = ["n2.example:13001", "[2001:db8::2]:13001"];

const FRAMES: {
  readonly [T in HelloMessage["type"]]: readonly (readonly [value: HelloMessage, hex: string])[];
} = {
  hello: [
    [
      {
        type: "hello",
        chain: CHAIN,
        lastTerm: 5,
        lastIndex: 1024,
        isSurvey: false,
        statement: STATEMENT,
      },
      "01010101020020303030303030303030303030303030303030303030303030303030303030303001" +
      "20613161316131613161316131613161316131613161316131613161316131613105800800010530" +
      "0301020302ffee",
    ],
    [
      { type: "hello", chain: [], lastTerm: 0, lastIndex: 0, isSurvey: true, statement: undefined },
      "010101010000000100",
    ],
  ],
  enrol: [[
    { type: "enrol", id: "00112233445566ff", index: 300, proof: PROOF },
    "020101011030303131323233333434353536366666ac02000102030405060708090a0b0c0d0e0f10" +
    "1112131415161718191a1b1c1d1e1f",
  ]],
  proven: [[
    { type: "proven", proof: PROOF, chain: CHAIN },
    "03010101000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f02002030" +
    "30303030303030303030303030303030303030303030303030303030303030012061316131613161" +
    "31613161316131613161316131613161316131613161316131",
  ]],
  redeem: [[
    { type: "redeem", member: N2, addresses: ADDRESSES },
    "04010101106665646362613938373635343332313002106e322e6578616d706c653a313330303113" +
    "5b323030313a6462383a3a325d3a3133303031",
  ]],
  rejoin: [[
    {
      type: "rejoin",
      member: N2,
      certificate: fromHex("3003010203"),
      signature: fromHex("ffee"),
      addresses: ADDRESSES,
    },
    "05010101106665646362613938373635343332313005300301020302ffee02106e322e6578616d70" +
    "6c653a3133303031135b323030313a6462383a3a325d3a3133303031",
  ]],
  admitted: [[
    {
      type: "admitted",
      chain: CHAIN,
      roster: {
        level: 1,
        members: [
          {
            id: N1,
            name: "n1",
            fingerprint: "1".repeat(64),
            addresses: ["n1:1"],
            role: "voter",
            support: { fewest: 1, most: 1, level: 1 },
          },
        ],
        removed: [{
          id: N2,
          name: "n2",
          fingerprints: ["2".repeat(64)],
          addresses: [],
          index: 300,
        }],
      },
    },
    "06010101020020303030303030303030303030303030303030303030303030303030303030303001" +
    "20613161316131613161316131613161316131613161316131613161316131613101011030313233" +
    "343536373839616263646566026e3140313131313131313131313131313131313131313131313131" +
    "31313131313131313131313131313131313131313131313131313131313131313131313131313131" +
    "01046e313a31000101010000011066656463626139383736353433323130026e3201403232323232" +
    "32323232323232323232323232323232323232323232323232323232323232323232323232323232" +
    "3232323232323232323232323232323232323200ac02",
  ]],
  refused: [
    [
      { type: "refused", kind: "invalid", message: "", removedAt: 0, chain: [] },
      "0701010100000000",
    ],
    [
      { type: "refused", kind: "forbidden", message: "removed", removedAt: 300, chain: CHAIN },
      "07010101020772656d6f766564ac0202002030303030303030303030303030303030303030303030" +
      "30303030303030303030012061316131613161316131613161316131613161316131613161316131" +
      "61316131",
    ],
  ],
  roster: [[
    {
      type: "roster",
      index: 300,
      roster: {
        level: 1,
        members: [
          {
            id: N1,
            name: "n1",
            fingerprint: "1".repeat(64),
            addresses: ["n1:1"],
            role: "voter",
            support: { fewest: 1, most: 1, level: 1 },
          },
        ],
        removed: [],
      },
    },
    "08010101ac0201011030313233343536373839616263646566026e31403131313131313131313131" +
    "31313131313131313131313131313131313131313131313131313131313131313131313131313131" +
    "3131313131313131313131313101046e313a3100010101000000",
  ]],
};

/** Type, fewest, most and level: the fixtures say "version 1 to 1, level 1", a later program also
 * speaks others. */
const HEAD_DIGITS = 8;

function holdsTo(value: HelloMessage, hex: string): void {
  const encoded = toHex(encodeHello(value));
  equal(encoded.slice(0, 2), hex.slice(0, 2));
  deepEqual([...fromHex(encoded).subarray(1, 4)], [SUPPORT.fewest, SUPPORT.most, SUPPORT.level]);
  equal(encoded.slice(HEAD_DIGITS), hex.slice(HEAD_DIGITS));
  const support = { fewest: 1, most: 1, level: 1 };
  deepEqual(decodeHello(fromHex(hex)), { support, message: value });
}

for (const [type, pinned] of Object.entries(FRAMES)) {
  Deno.test(`version 1 of the protocol: the bytes of "${type}", before the ends are peers`, () => {
    for (const [value, hex] of pinned) holdsTo(value, hex);
  });
}
