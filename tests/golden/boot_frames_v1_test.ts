/**
 * What members tell each other of booting machines, version 1, byte by byte. FROM RELEASE 0.1.0 ON
 * THESE FIXTURES ARE NEVER EDITED: whoever changes a frame gives it a new number or the protocol a
 * new version, and pins that one beside these.
 */
import { deepEqual, equal } from "node:assert/strict";

import { fromHex, toHex } from "../../src/base/bytes.ts";
import { type BootFrame, decodeBootFrame, encodeBootFrame } from "../../src/wire/boot_frame.ts";

const FRAMES: readonly (readonly [frame: BootFrame, hex: string])[] = [
  [
    { type: "bootNote", mac: "52:54:00:00:00:01", xid: 0xfeed_0001, kind: "discover" },
    "a01135323a35343a30303a30303a30303a3031feed000100",
  ],
  [{ type: "bootNote", mac: "", xid: 0, kind: "selecting" }, "a0000000000001"],
  [
    {
      type: "bootNow",
      now: {
        interfaces: [
          { address: 0x0a00_000b, network: { address: 0x0a00_0000, prefix: 24 } },
          { address: 0xc0a8_0101, network: { address: 0xc0a8_0101, prefix: 32 } },
        ],
        relays: [0x0a09_0001],
        dhcp: true,
        tftp: false,
        httpPort: 8080,
        loaders: ["x86_64/snponly.efi"],
      },
    },
    "a1020a00000b18c0a8010120010a0900010100903f01127838365f36342f736e706f6e6c792e6566" +
    "69",
  ],
  [
    {
      type: "bootNow",
      now: { interfaces: [], relays: [], dhcp: false, tftp: true, httpPort: 0, loaders: [] },
    },
    "a1000000010000",
  ],
  [{ type: "bootAsk", id: 300, subject: "n1" }, "a2ac02026e31"],
  [{ type: "bootAsk", id: 1, subject: "" }, "a20100"],
  [
    {
      type: "bootTold",
      id: 300,
      events: [
        {
          ...{ atMs: 1_700_000_000_000, topic: "dhcp", mac: "52:54:00:00:00:01" },
          ...{ asked: "DISCOVER", outcome: "answered", told: "OFFER", count: 2 },
        },
        { atMs: 1, topic: "tftp", mac: "", asked: "x", outcome: "failed", told: "y", count: 1 },
        { atMs: 2, topic: "http", mac: "", asked: "", outcome: "silence", told: "", count: 1 },
        { atMs: 3, topic: "dhcp", mac: "", asked: "", outcome: "left", told: "", count: 1 },
      ],
      strangers: [
        {
          ...{ mac: "52:54:00:00:00:02", uuid: "u", client: "iPXE", via: "eth0" },
          ...{ relayAgent: "0104", firstAtMs: 1, lastAtMs: 300, count: 7, why: "no node" },
        },
      ],
    },
    "a3ac020480d095ffbc31001135323a35343a30303a30303a30303a303108444953434f5645520005" +
    "4f46464552020101000178030179010202000001000103000000020001011135323a35343a30303a" +
    "30303a30303a3032017504695058450465746830043031303401ac0207076e6f206e6f6465",
  ],
  [{ type: "bootTold", id: 1, events: [], strangers: [] }, "a3010000"],
  [
    {
      ...{ type: "bootTold", id: 2, strangers: [] },
      events: [
        { atMs: 4, topic: "search", mac: "", asked: "S", outcome: "answered", told: "a", count: 3 },
      ],
    },
    "a302010403000153000161" + "0300",
  ],
  [
    {
      type: "bootTold",
      id: 2,
      events: [
        { atMs: 4, topic: "self", mac: "", asked: "r", outcome: "answered", told: "OK", count: 1 },
      ],
      strangers: [],
    },
    "a30201040400017200024f4b0100",
  ],
];

Deno.test("what is told of booting machines is these bytes", () => {
  for (const [frame, hex] of FRAMES) {
    equal(toHex(encodeBootFrame(frame)), hex);
    deepEqual(decodeBootFrame(fromHex(hex)), frame);
  }
});
