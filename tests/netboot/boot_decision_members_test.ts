/** Who answers, of members that know the same or not quite. */
import { deepEqual, equal, match } from "node:assert/strict";

import { type Ask, type Heard, idOf, n1, Stage, type World } from "./boot_stage.ts";

const HERE = "10.0.0.50", WRONG = "10.0.0.77", M1 = "10.0.0.11";
const NOT_PENDING = { "deployment.pendingprofile": "" };

/** What each of the members makes of it, in a line each. */
function all(world: World, ask: Ask, heard: Heard = {}): string[] {
  const names = Object.keys(world.members ?? { m1: {}, m2: {}, m3: {} });
  return names.map((name) => `${name} ${new Stage(name, world).says(ask, heard)}`);
}

/** The one member of a world of one. */
function alone(world: World): Stage {
  return new Stage("m1", { members: { m1: {} }, ...world });
}

// ---- who says it

Deno.test("all come to one order, and one that is gone leaves the others theirs", () => {
  const world: World = { nodes: n1() };
  const offer = "offer 10.0.0.50/24 for 240 s, tftp confluent/x86_64/snponly.efi";
  const [first = ""] = all(world, {});
  const order = first.split("; ")[1] ?? "";
  deepEqual(all(world, {}), ["m1", "m2", "m3"].map((name) => `${name} ${offer}; ${order}`));
  const [gone = ""] = order.split(" ");
  const told = { m1: {}, m2: {}, m3: {}, [gone]: { isLive: false } };
  const left = order.split(" ").slice(1);
  for (const name of left) {
    equal(new Stage(name, { ...world, members: told }).says({}), `${offer}; ${left.join(" ")}`);
  }
});

Deno.test("each machine has another first one", () => {
  const firsts = Array.from({ length: 60 }, (_, i) => {
    const mac = `52:54:00:00:01:${(i + 16).toString(16)}`;
    const nodes = n1({ "net.eth0.hwaddr": mac });
    return new Stage("m1", { nodes }).says({ mac }).split("; ")[1]?.slice(0, 2) ?? "";
  });
  for (const name of ["m1", "m2", "m3"]) {
    const count = firsts.filter((first) => first === name).length;
    equal(count > 10, true, `${name} is the first of ${count} in 60`);
  }
});

/** What is said by m1 of three, the other two as told. */
const WHO: readonly (readonly [string, World, Ask, Heard, RegExp])[] = [
  [
    "a member that does not hear the segment",
    {
      members: { m1: {}, m2: { interfaces: ["10.9.0.12/24"] }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one with another prefix there",
    {
      members: { m1: {}, m2: { interfaces: ["10.0.0.12/16"] }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one that is dead",
    {
      members: { m1: {}, m2: { isLive: false }, m3: { isLive: false } },
    },
    {},
    {},
    /; m1$/,
  ],
  [
    "one without DHCP",
    {
      members: { m1: {}, m2: { can: { dhcp: false } }, m3: { can: { dhcp: false } } },
    },
    { client: "plain" },
    {},
    /; m1$/,
  ],
  [
    "one without TFTP",
    {
      members: { m1: {}, m2: { can: { tftp: false } }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one without TFTP, and who needs none",
    {
      members: { m1: {}, m2: { can: { tftp: false } }, m3: { can: { tftp: false } } },
    },
    { client: "http" },
    {},
    /; m[123] m[123] m[123]$/,
  ],
  [
    "one that serves no files",
    {
      members: { m1: {}, m2: { can: { httpPort: 0 } }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one that serves no files, and who is after an address",
    {
      members: { m1: {}, m2: { can: { httpPort: 0, tftp: false, loaders: [] } }, m3: {} },
    },
    { client: "plain" },
    {},
    /; m[123] m[123] m[123]$/,
  ],
  [
    "one that has not the loader",
    {
      members: { m1: {}, m2: { can: { loaders: ["x86_64/grubx64.efi"] } }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one without the profile",
    {
      members: { m1: {}, m2: { content: "not" }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "one with other files than the reference",
    {
      members: { m1: {}, m2: { content: "able" }, m3: {} },
    },
    {},
    {},
    /; m[13] m[13]$/,
  ],
  [
    "none with the right files",
    {
      members: { m1: { content: "able" }, m2: { content: "able" }, m3: { content: "not" } },
    },
    {},
    {},
    /; m[12] m[12]$/,
  ],
  ["candidates", { candidates: new Set(["m1", "m3"]) }, {}, {}, /; m[13] m[13]$/],
  [
    "candidates, and who is after an address",
    {
      candidates: new Set(["m1"]),
    },
    { client: "plain" },
    {},
    /; m1$/,
  ],
  [
    "behind a relay, who heard that relay",
    {
      nodes: n1({ "net.eth0.ipv4_address": "10.5.0.50/24" }),
      members: { m1: {}, m2: { relays: ["10.5.0.1"] }, m3: { relays: ["10.5.0.2"] } },
    },
    { giaddr: "10.5.0.1" },
    { to: M1 },
    /; m[12] m[12]$/,
  ],
  [
    "who is addressed alone, though others hear it",
    {},
    {
      ...{ type: "REQUEST", client: "plain", ciaddr: HERE },
    },
    { to: M1 },
    /; m1$/,
  ],
  [
    "an address of another's, by chance on this link",
    {},
    {
      ...{ type: "REQUEST", client: "plain", ciaddr: HERE },
    },
    { to: "10.0.0.12" },
    /; m[123] m[123] m[123]$/,
  ],
];

for (const [name, world, ask, heard, who] of WHO) {
  Deno.test(`who answers: ${name}`, () => {
    match(new Stage("m1", { nodes: n1(), ...world }).says(ask, heard), who);
  });
}

const NOT_ME: readonly (readonly [string, World, Ask, RegExp])[] = [
  ["no candidate", { candidates: new Set(["m2"]) }, {}, /^- m1 may not answer: it is none of coll/],
  [
    "candidates that make no sense",
    {
      candidates: "no member m9",
    },
    {},
    /^- collective\.managercandidates makes no sense: no member m9$/,
  ],
  ["no candidates at all", { candidates: new Set() }, {}, /^- collective\..* names no member: set/],
  ["no DHCP", { members: { m1: { can: { dhcp: false } } } }, {}, /^- m1 may not .*: it does not/],
  ["no TFTP", { members: { m1: { can: { tftp: false } } } }, {}, /: its TFTP port is not open$/],
  ["no files", { members: { m1: { content: "not" } } }, {}, /^- m1 may not .*: its files differ$/],
  [
    "others have the right files",
    {
      members: { m1: { content: "able" }, m2: {} },
    },
    {},
    /^- m2 answers, for it has the right files: its files differ$/,
  ],
  ["no member", { members: { m2: {} } }, {}, /^- it may not answer: this member is not in the ro/],
];

for (const [name, world, ask, why] of NOT_ME) {
  Deno.test(`not this member: ${name}`, () => {
    match(new Stage("m1", { nodes: n1(), ...world }).says(ask), why);
  });
}

Deno.test("where no other with the right files is live, the others have their turn", () => {
  const members = { m1: { content: "able" }, m2: { isLive: false } } as const;
  match(new Stage("m1", { nodes: n1(), members }).says({}), /; m1$/);
});

// ---- whom the client chose

const CHOSEN: Ask = { type: "REQUEST", client: "plain", requested: HERE, serverId: "10.0.0.12" };

Deno.test("a REQUEST is left to the member that it names, while that one is live", () => {
  deepEqual(all({ nodes: n1() }, CHOSEN), [
    "m1 - it chose m2, which answers",
    "m2 ack 10.0.0.50/24 for 86400 s; m2",
    "m3 - it chose m2, which answers",
  ]);
});

Deno.test("when that one is not, the next acknowledges in its name", () => {
  const members = { m1: {}, m2: { isLive: false }, m3: {} };
  const [one = "", , other = ""] = all({ nodes: n1(), members }, CHOSEN);
  match(one, /^m1 ack 10\.0\.0\.50\/24 for 86400 s, for 10\.0\.0\.12; m[13] m[13]$/);
  equal(other.slice(3), one.slice(3));
});

Deno.test("who is chosen by an address that it has told nobody yet answers alone", () => {
  const heard: Heard = { locals: ["10.0.0.11/24", "10.0.0.200/24"] };
  const text = new Stage("m1", { nodes: n1() }).says({ ...CHOSEN, serverId: "10.0.0.200" }, heard);
  equal(text, "ack 10.0.0.50/24 for 86400 s; m1");
});

Deno.test("the files that others have are no matter of who is after an address alone", () => {
  const members = { m1: { content: "able" }, m2: {}, m3: { content: "not" } } as const;
  match(new Stage("m1", { nodes: n1(), members }).says({ client: "plain" }), /; m. m. m.$/);
});

Deno.test("the chosen one is known by any of its addresses, on whatever network", () => {
  const members = { m1: {}, m2: { interfaces: ["10.9.0.12/24", "10.0.0.12/24"] } };
  const text = new Stage("m1", { nodes: n1(), members }).says({ ...CHOSEN, serverId: "10.9.0.12" });
  equal(text, "- it chose m2, which answers");
});

Deno.test("without quorum too, what was asked of a live member is left to it", () => {
  const nodes = n1(NOT_PENDING);
  equal(new Stage("m1", { nodes, isHeld: false }).says(CHOSEN), "- it chose m2, which answers");
});

// ---- without quorum

const LOST: World = { nodes: n1(NOT_PENDING), isHeld: false };

Deno.test("without quorum a known address is given, once it is seen to be free", () => {
  const stage = alone(LOST);
  equal(stage.says({ client: "plain" }), "offer 10.0.0.50/24 for 86400 s; m1, to be probed");
  const ask: Ask = { type: "REQUEST", client: "plain", requested: HERE, serverId: M1 };
  equal(stage.says(ask), "ack 10.0.0.50/24 for 86400 s; m1, to be probed");
  equal(stage.says({ type: "INFORM", client: "plain", ciaddr: HERE }), "ack; m1");
});

const LOST_SILENCES: readonly (readonly [string, World, Ask, RegExp])[] = [
  ["firmware", { nodes: n1() }, {}, /^- no quorum: a node is deployed only where a majority/],
  [
    "an address of a node that is to be deployed",
    {
      nodes: n1(),
    },
    { client: "plain" },
    /^- no quorum: a node is deployed only where a majority/,
  ],
  [
    "through a relay",
    {
      nodes: n1({ ...NOT_PENDING, "net.eth0.ipv4_address": "10.5.0.50/24" }),
    },
    { client: "plain", giaddr: "10.5.0.1" },
    /^- no quorum: nothing is answered through a relay$/,
  ],
  [
    "under lockdown",
    {
      nodes: n1({ ...NOT_PENDING, "collective.lockdown": "strict" }),
    },
    { client: "plain" },
    /^- no quorum, and collective\.lockdown is strict$/,
  ],
  ["that its address is wrong", {}, {
    ...{ type: "REQUEST", client: "plain", requested: WRONG },
  }, /^- no quorum: whether its address is wrong is not known$/],
];

for (const [name, world, ask, why] of LOST_SILENCES) {
  Deno.test(`without quorum nothing is said: ${name}`, () => {
    match(alone({ ...LOST, ...world }).says(ask), why);
    const held = alone({ ...LOST, ...world, isHeld: true }).says(ask);
    equal(held.startsWith("- "), false, `${held} with it`);
  });
}

Deno.test("an id of its own, which the roster does not know yet", () => {
  const stage = new Stage("m9", { nodes: n1() });
  equal(stage.self, idOf("m9"));
  match(stage.says({}), /this member is not in the roster$/);
});
