/**
 * What two ends of a link say before they are peers, version 1, byte by byte. FROM RELEASE 0.1.0
 * ON THESE FIXTURES ARE NEVER EDITED: the first three fields are read in every version for ever,
 * and members of other releases must at least find out that they cannot talk. Whoever changes a
 * frame gives it a new number or the protocol a new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { memberId } from "../../src/model/member.ts";
import { decodeHello, encodeHello, type HelloMessage, PROTOCOL } from "../../src/wire/hello.ts";

const N1 = memberId("0123456789abcdef"), N2 = memberId("fedcba9876543210");
const CHAIN = [{ epoch: 0, random: "0".repeat(32) }, { epoch: 1, random: "a1".repeat(16) }];
const PROOF = Uint8Array.from({ length: 32 }, (_, i) => i);
const ADDRESSES = ["n2.example:13001", "[2001:db8::2]:13001"];

const FRAMES: {
  readonly [T in HelloMessage["type"]]: readonly (readonly [value: HelloMessage, hex: string])[];
} = {
  hello: [
    [
      { type: "hello", chain: CHAIN, lastTerm: 5, lastIndex: 1024, isSurvey: false },
      "01010102002030303030303030303030303030303030303030303030303030303030303030300120" +
      "613161316131613161316131613161316131613161316131613161316131613105800800",
    ],
    [{ type: "hello", chain: [], lastTerm: 0, lastIndex: 0, isSurvey: true }, "01010100000001"],
  ],
  enrol: [[
    { type: "enrol", id: "00112233445566ff", index: 300, proof: PROOF },
    "0201011030303131323233333434353536366666ac02000102030405060708090a0b0c0d0e0f1011" +
    "12131415161718191a1b1c1d1e1f",
  ]],
  proven: [[
    { type: "proven", proof: PROOF, chain: CHAIN },
    "030101000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0200203030" +
    "30303030303030303030303030303030303030303030303030303030303001206131613161316131" +
    "613161316131613161316131613161316131613161316131",
  ]],
  redeem: [[
    { type: "redeem", member: N2, addresses: ADDRESSES },
    "040101106665646362613938373635343332313002106e322e6578616d706c653a3133303031135b" +
    "323030313a6462383a3a325d3a3133303031",
  ]],
  rejoin: [[
    {
      type: "rejoin",
      member: N2,
      certificate: fromHex("3003010203"),
      signature: fromHex("ffee"),
      addresses: ADDRESSES,
    },
    "050101106665646362613938373635343332313005300301020302ffee02106e322e6578616d706c" +
    "653a3133303031135b323030313a6462383a3a325d3a3133303031",
  ]],
  admitted: [[
    {
      type: "admitted",
      chain: CHAIN,
      roster: {
        members: [
          { id: N1, name: "n1", fingerprint: "1".repeat(64), addresses: ["n1:1"], role: "voter" },
        ],
        removed: [{ id: N2, name: "n2", fingerprint: "2".repeat(64), index: 300 }],
      },
    },
    "06010102002030303030303030303030303030303030303030303030303030303030303030300120" +
    "61316131613161316131613161316131613161316131613161316131613161310110303132333435" +
    "36373839616263646566026e31403131313131313131313131313131313131313131313131313131" +
    "31313131313131313131313131313131313131313131313131313131313131313131313131310104" +
    "6e313a3100011066656463626139383736353433323130026e324032323232323232323232323232" +
    "32323232323232323232323232323232323232323232323232323232323232323232323232323232" +
    "3232323232323232323232ac02",
  ]],
  refused: [
    [{ type: "refused", kind: "invalid", message: "", removedAt: 0, chain: [] }, "07010100000000"],
    [
      { type: "refused", kind: "forbidden", message: "removed", removedAt: 300, chain: CHAIN },
      "070101020772656d6f766564ac020200203030303030303030303030303030303030303030303030" +
      "30303030303030303001206131613161316131613161316131613161316131613161316131613161" + "316131",
    ],
  ],
  roster: [[
    {
      type: "roster",
      index: 300,
      roster: {
        members: [
          { id: N1, name: "n1", fingerprint: "1".repeat(64), addresses: ["n1:1"], role: "voter" },
        ],
        removed: [],
      },
    },
    "080101ac02011030313233343536373839616263646566026e314031313131313131313131313131" +
    "31313131313131313131313131313131313131313131313131313131313131313131313131313131" +
    "313131313131313131313101046e313a310000",
  ]],
};

/** Type, fewest and most: the fixtures say "version 1 to 1", a later program also speaks others. */
const HEAD_DIGITS = 6;

function holdsTo(value: HelloMessage, hex: string): void {
  const encoded = toHex(encodeHello(value));
  equal(encoded.slice(0, 2), hex.slice(0, 2));
  deepEqual([...fromHex(encoded).subarray(1, 3)], [PROTOCOL.fewest, PROTOCOL.most]);
  equal(encoded.slice(HEAD_DIGITS), hex.slice(HEAD_DIGITS));
  deepEqual(decodeHello(fromHex(hex)), value);
}

for (const [type, pinned] of Object.entries(FRAMES)) {
  Deno.test(`version 1 of the protocol: the bytes of "${type}", before the ends are peers`, () => {
    for (const [value, hex] of pinned) holdsTo(value, hex);
  });
}
