/** `explain` against the real API, over a member whose word is what a test says. */
import { deepEqual, equal, match } from "node:assert/strict";

import type { ToldBoots } from "../../src/wire/explanation_http.ts";
import { explained } from "../api/stand_in_explanation.ts";
import { lines, withService } from "./shell.ts";

/** Local times are those of whoever runs this. */
function timeless(out: string): string[] {
  return lines(out).map((line) => line.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME"));
}

const OPERATION = {
  command: { path: "power/state", set: "on" },
  by: "root",
  through: "m1",
  member: "m2",
  at: "2026-11-25T16:20:09.000Z",
  age: 12,
  epoch: 7,
  took: 0.31,
  outcome: { values: { state: { value: "on" }, oldstate: { value: "off" } } },
} as const;

Deno.test("explain tells who manages a node and why, and what was done there", async () => {
  await withService(["n1"], async ({ member, run }) => {
    const { code, out, err } = await run("explain n1");
    deepEqual([code, err], [0, ""]);
    deepEqual(timeless(out), [
      "n1 is managed by m2 since TIME because m3 did not answer (epoch 7)",
      "a command would be carried out by m2",
      "m2 may act: its lease runs for 4.2 s more",
      "collective.manager: m2",
      "collective.managercandidates: m1-m3: m1 (12 nodes), m2 (13 nodes), m3 (silent, 0 nodes)",
      "power: on, 12 s ago, seen by m2",
      "no operations are remembered",
    ]);
    member.explanation = {
      operations: [
        { ...OPERATION, took: null, outcome: null },
        { ...OPERATION, command: { path: "power/state" } },
        {
          ...OPERATION,
          command: {
            path: "boot/nextdevice",
            set: { nextdevice: "network", bootmode: "uefi", persistent: true },
          },
          outcome: { errorcode: 502, error: "it says\nn2: on" },
        },
      ],
    };
    deepEqual(timeless((await run("explain n1")).out).slice(6), [
      "last operations:",
      "    TIME power/state set to on by root through m1, at m2: under way for 12 s",
      "    TIME power/state asked by root through m1, at m2: state on, oldstate off (0.31 s)",
      "    TIME boot/nextdevice set to network by uefi from then on by root through m1, at m2: " +
      "502 it says\\nn2: on (0.31 s)",
    ]);
  });
});

Deno.test("explain tells why a command would be refused, and where the node goes", async () => {
  await withService(["n1"], async ({ member, run }) => {
    const { manager } = explained("n1");
    const silence = "Collective member m2 does not answer";
    member.explanation = {
      manager: manager && { ...manager, since: null, silence },
      refused: silence,
      lease: null,
      moving: { to: "m3", because: "m2 does not answer" },
      candidates: [],
      wanted: { manager: "m2", candidates: "m8,(", failback: true, faults: ["it is broken"] },
      lastKnown: { power: null, health: null, seen: { age: 7_300, by: "m2" } },
    };
    deepEqual(lines((await run("explain n1")).out), [
      "n1 is managed by m2 because m3 did not answer (epoch 7)",
      `a command would be refused: ${silence}`,
      "it is about to go to m3: m2 does not answer",
      "collective.manager: m2",
      "collective.managercandidates: m8,(: none is a member",
      "collective.failback: it goes back to a candidate that was away",
      "it is broken",
      "it answered m2 2 h ago",
      "m2 alone knows what was done",
    ]);
    member.explanation = {
      manager: null,
      lease: null,
      refused: "no manager is set",
      stuck: "no candidate can take it",
    };
    deepEqual(lines((await run("explain n1")).out).slice(0, 3), [
      "n1 is managed by nobody",
      "a command would be refused: no manager is set",
      "it does not go where it should: no candidate can take it",
    ]);
    member.explanation = { lease: 0, moving: { to: null, because: "no manager is set" } };
    deepEqual(lines((await run("explain n1")).out).slice(2, 4), [
      "it is about to be nobody's: no manager is set",
      "m2 may not act: it has no lease",
    ]);
  });
});

Deno.test("explain warns of a copy that may be old, takes --json, and knows no other", async () => {
  await withService(["n1"], async ({ member, run }) => {
    deepEqual(JSON.parse((await run("explain --json n1")).out), explained("n1"));
    member.holdsQuorum = false;
    member.ageMs = 8_000;
    const stale = await run("explain n1");
    equal(stale.code, 0);
    match(stale.err, /^Warning: this is the local copy; a majority was last heard 8 seconds ago/);
    const unknown = await run("explain n7");
    equal(unknown.code, 1);
    match(unknown.err, /^Target not found - Unknown node n7; m2 has not let go of it yet\n/);
    equal((await run("explain")).code, 2);
  });
});

const BOOTS: ToldBoots = {
  outlook: [
    {
      via: "eth0",
      client: "UEFI x64 PXE of aa:bb:cc:00:00:01",
      members: ["m2", "m1"],
      told: "OFFER",
    },
    { via: "eth1", client: "a plain client of aa:bb:cc:00:00:01", members: [], told: "no address" },
  ],
  events: [{
    ...{ at: "2026-11-25T16:20:09.000Z", age: 5, member: "m1", topic: "dhcp", mac: "aa" },
    ...{ asked: "DISCOVER", outcome: "silence", told: "none\npending", count: 3 },
  }, {
    ...{ at: "2026-11-25T16:20:10.000Z", age: 4, member: "m2", topic: "http", mac: "" },
    ...{ asked: "HTTP /k", outcome: "answered", told: "200, 9 bytes in 1 ms", count: 1 },
  }],
  faults: ['net.mtu: "x\n" makes no sense'],
  silent: ["Collective member m3 does not answer"],
};

Deno.test("explain tells how a node would boot now, and how it did", async () => {
  await withService(["n1"], async ({ member, run }) => {
    member.explanation = { boots: BOOTS };
    deepEqual(timeless((await run("explain n1")).out).slice(7), [
      "what is set is not what it should be:",
      '    net.mtu: "x\\n" makes no sense',
      "if it booted now:",
      "    on eth0, UEFI x64 PXE of aa:bb:cc:00:00:01: m2 answers, else m1: OFFER",
      "    on eth1, a plain client of aa:bb:cc:00:00:01: no answer from here: no address",
      "last boots:",
      "    TIME m1: DISCOVER: no answer: none\\npending (3 times, this the last)",
      "    TIME m2: HTTP /k: 200, 9 bytes in 1 ms",
      "what is remembered may not be all: Collective member m3 does not answer",
    ]);
    const stranger = await run("explain AABB.CC00.0002");
    deepEqual([stranger.code, stranger.err], [0, ""]);
    equal(
      lines(stranger.out)[0],
      "no node has the hardware address aa:bb:cc:00:00:02; if it is one: nodeattrib NODE " +
        "net.hwaddr=aa:bb:cc:00:00:02",
    );
  });
});

Deno.test("explain judges the DHCP requests of a capture", async () => {
  const capture = new URL("../golden/captures/uefi-pxe.pcap", import.meta.url).pathname;
  await withService(["n1"], async ({ member, run }) => {
    let asked = 0;
    member.boots = {
      strangers: () => Promise.reject(new Error("nobody asks for them")),
      tell: () => {},
      replay: (recorded) => {
        asked += recorded.length;
        return recorded.map((_, i) => ({
          ...{ mac: "aa:bb", node: i === 0 ? "n1" : null, asked: "DISCOVER", members: ["m1"] },
          told: `${recorded.length - i}`,
        }));
      },
    };
    const { code, out, err } = await run(`explain --pcap ${capture}`);
    deepEqual([code, err, lines(out).length, asked > 1], [0, "", asked, true]);
    match(lines(out)[0] ?? "", /^2026-\S+Z n1: DISCOVER: m1 answers: \d+$/);
    equal(lines((await run(`explain n1 --pcap ${capture}`)).out).length, 1);
    const none = await run(`explain n9 --pcap ${capture}`);
    deepEqual([none.code, none.err], [0, "there are no such DHCP requests in the capture\n"]);
    const absent = await run("explain --pcap /nonexistent");
    deepEqual([absent.code, lines(absent.err)[0]], [
      2,
      "Error: cannot read /nonexistent: there is no such file",
    ]);
    const strange = await run(`explain --pcap ${import.meta.filename}`);
    deepEqual([strange.code, strange.out], [2, ""]);
    equal((await run("explain")).code, 2);
  });
});
