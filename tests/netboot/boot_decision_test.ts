/** What is said to whom; who says it is in boot_decision_members_test.ts. */
import { deepEqual, equal, match } from "node:assert/strict";

import { ipv4Text } from "../../src/model/ipv4.ts";
import { decideBoot } from "../../src/netboot/boot_decision.ts";
import { IPV4_METHODS } from "../../src/netboot/boot_node.ts";
import {
  arrivalOf,
  type Ask,
  type CLIENTS,
  type Heard,
  n1,
  requestOf,
  Stage,
  UUID,
  type World,
} from "./boot_stage.ts";

/** The one member of a world of one. */
function alone(world: World): Stage {
  return new Stage("m1", { members: { m1: {} }, ...world });
}

// ---- what is said, by client, method and profile

/** `address`: with one, and firmware a file; `proxy`: the file alone; `-`: nothing. */
const TABLE = `
                        static   dhcp    firmwaredhcp  firmwarenone  none
  uefi    pending       address  proxy   proxy         -             -
  bios    pending       address  proxy   proxy         -             -
  arm64   pending       address  proxy   proxy         -             -
  http    pending       address  proxy   proxy         -             -
  ipxe    pending       address  proxy   proxy         -             -
  uefi    staged        -        -       -             -             -
  http    deployed      -        -       -             -             -
  ipxe    none          -        -       -             -             -
  plain   pending       address  -       -             address       -
  plain   staged        address  -       -             address       -
  plain   deployed      address  -       -             address       -
  plain   none          address  -       -             address       -
`;

const PROFILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pending: { "deployment.pendingprofile": "alma" },
  staged: { "deployment.pendingprofile": "", "deployment.stagedprofile": "alma" },
  deployed: { "deployment.pendingprofile": "", "deployment.profile": "alma" },
  none: { "deployment.pendingprofile": "" },
};

const FILES: Readonly<Record<string, string>> = {
  uefi: "tftp confluent/x86_64/snponly.efi",
  bios: "tftp confluent/x86_64/undionly.kpxe",
  arm64: "tftp confluent/aarch64/snponly.efi",
  http: "http /confluent-public/confluent/x86_64/snponly.efi",
  ipxe: "http /confluent-public/os/alma/boot.ipxe",
};

function said(client: string, cell: string): RegExp {
  const file = FILES[client];
  if (cell === "proxy") return new RegExp(`^offer of a proxy, ${file}; m1$`);
  if (cell === "-") return /^- /;
  return file === undefined
    ? /^offer 10\.0\.0\.50\/24 for 86400 s; m1$/
    : new RegExp(`^offer 10\\.0\\.0\\.50/24 for 240 s, ${file}; m1$`);
}

const [METHODS = "", ...ROWS] = TABLE.trim().split("\n");

for (const row of ROWS) {
  const [client = "", profile = "", ...cells] = row.trim().split(/ +/);
  Deno.test(`${client}, profile ${profile}: by ipv4_method`, () => {
    const methods = METHODS.trim().split(/ +/);
    deepEqual(methods, [...IPV4_METHODS]);
    for (const [at, method] of ["", ...methods].entries()) {
      const told = { ...PROFILES[profile], "net.eth0.ipv4_method": method };
      const text = alone({ nodes: n1(told) }).says({ client: client as keyof typeof CLIENTS });
      // Unset is static.
      match(text, said(client, cells[Math.max(0, at - 1)] ?? ""), method || "unset");
    }
  });
}

// ---- why nothing is said

const SILENCES: readonly (readonly [string, Readonly<Record<string, string>>, Ask, RegExp])[] = [
  ["a stranger", {}, { mac: "52:54:00:00:00:99" }, /^- nobody knows it$/],
  ["its boot is over", { "deployment.pendingprofile": "", "deployment.profile": "alma" }, {
    client: "ipxe",
  }, /^- alma is deployed: it boots from disk$/],
  [
    "policy never",
    { "deployment.useinsecureprotocols": "never" },
    {},
    /^- deployment\.usei\w+ is never, .*: nodeattrib n1 deployment\.usei\w+=firmware$/,
  ],
  [
    "policy never, over HTTP",
    { "deployment.useinsecureprotocols": "never" },
    { client: "http" },
    /^- deployment\.useinsecureprotocols is never/,
  ],
  [
    "a profile that is not here",
    { "deployment.pendingprofile": "rocky" },
    {},
    /^- profile rocky is not in the content of this member, nor of another .*: put it into public/,
  ],
  [
    "an architecture that nothing boots",
    {},
    { architectures: [6] },
    /^- nothing boots architecture 6 \(option 93\)$/,
  ],
  [
    "firmware that tells no architecture",
    {},
    {
      architectures: [],
      client: "bios",
      more: new Map([[60, new TextEncoder().encode("PXEClient")]]),
    },
    /^- it does not tell its architecture \(option 93\)$/,
  ],
  [
    "no address here",
    { "net.eth0.ipv4_address": "10.9.0.50/24" },
    {},
    /^- n1 has no address in 10\.0\.0\.0\/24: .* is 10\.9\.0\.50, which is elsewhere; set it/,
  ],
  [
    "no address, and a plain client",
    { "net.eth0.ipv4_address": "" },
    { client: "plain" },
    /^- n1 has no address, and none .* name: set net\.ipv4_address to one in 10\.0\.0\.0\/24$/,
  ],
  ["a release", {}, { type: "RELEASE", ciaddr: "10.0.0.50" }, /^- it gave its address back$/],
  [
    "an address in use",
    {},
    { type: "DECLINE", requested: "10.0.0.50" },
    /^- it says that 10\.0\.0\.50 is in use by another machine$/,
  ],
];

for (const [name, texts, ask, why] of SILENCES) {
  Deno.test(`silence: ${name}`, () => match(alone({ nodes: n1(texts) }).says(ask), why));
}

Deno.test("the policy is no matter of who is after an address alone", () => {
  const nodes = n1({ "deployment.useinsecureprotocols": "never" });
  equal(alone({ nodes }).says({ client: "plain" }), "offer 10.0.0.50/24 for 86400 s; m1");
});

Deno.test("a stranger is told from what somebody has, but nobody knows who", () => {
  const world = { nodes: n1() };
  const stranger = alone(world).decides({ mac: "52:54:00:00:00:99" });
  deepEqual(stranger.kind === "silence" && [stranger.isStranger, stranger.node], [true, undefined]);
  const why = "it is of n1 and of n2";
  const view = new Stage("m1", world, () => ({ node: undefined, why, isStranger: false }));
  deepEqual(decideBoot(requestOf({}), arrivalOf({}, "10.0.0.11/24"), view), {
    kind: "silence",
    ...{ why, node: undefined, isStranger: false, foreign: undefined },
  });
  const known = alone({ nodes: n1({ "net.eth0.ipv4_method": "none" }) }).decides({});
  deepEqual(known.kind === "silence" && [known.isStranger, known.node], [false, "n1"]);
});

// ---- how it is known

Deno.test("firmware is known by its UUID where nobody has its MAC", () => {
  const nodes = {
    n1: { "id.uuid": UUID, "net.ipv4_address": "10.0.0.60/24", ...PROFILES["pending"] },
  };
  const ask: Ask = { mac: "52:54:00:00:00:99", uuid: UUID };
  match(alone({ nodes }).says(ask), /^offer 10\.0\.0\.60\/24 for 240 s, tftp /);
  match(
    alone({ nodes: n1({ "id.uuid": UUID }) }).says(ask),
    /^- n1 has no address in .*: net\.eth0\.ipv4_address is there for another hardware address/,
  );
  const both = { ...nodes, n2: { ...n1()["n1"] } };
  match(
    alone({ nodes: both }).says({ uuid: UUID }),
    /^offer 10\.0\.0\.50\/24/,
    "the MAC goes first",
  );
});

Deno.test("a node without an address of its own has that of its name", () => {
  const nodes = n1({ "net.eth0.ipv4_address": "" });
  match(alone({ nodes, ofName: "10.0.0.99" }).says({}), /^offer 10\.0\.0\.99\/24 for 240 s/);
  match(alone({ nodes, ofName: "10.9.0.99" }).says({}), /^- the name alone comes to 10\.9\.0\.99,/);
});

// ---- DHCPREQUEST and its kin

const HERE = "10.0.0.50", WRONG = "10.0.0.77", ELSEWHERE = "10.7.0.50", M1 = "10.0.0.11";
const ACK = "ack 10.0.0.50/24 for 86400 s; m1";
const FIRMWARE_ACK = "ack 10.0.0.50/24 for 240 s, tftp confluent/x86_64/snponly.efi; m1";

const REQUESTS: readonly (readonly [string, Ask, plain: string, firmware: string])[] = [
  ["selecting", { requested: HERE, serverId: M1 }, ACK, FIRMWARE_ACK],
  ["selecting, a wrong one", { requested: WRONG, serverId: M1 }, "nak; m1", "- asks 10.0.0.77"],
  [
    "selecting, one of another network",
    { requested: ELSEWHERE, serverId: M1 },
    "- other",
    "- asks",
  ],
  ["selecting without a word which", { serverId: M1 }, "- other", "- asks 0.0.0.0"],
  ["after a restart", { requested: HERE }, ACK, FIRMWARE_ACK],
  ["after a restart, a wrong one", { requested: WRONG }, "nak; m1", "- asks 10.0.0.77"],
  ["after a restart elsewhere", { requested: ELSEWHERE }, "- other", "- asks 10.7.0.50"],
  ["renewing", { ciaddr: HERE }, ACK, FIRMWARE_ACK],
  ["renewing a wrong one", { ciaddr: WRONG }, "nak; m1", "- asks 10.0.0.77"],
  ["renewing one of another network", { ciaddr: ELSEWHERE }, "- out", "- out"],
  ["renewing nothing", {}, "- other", "- asks 0.0.0.0"],
];

function shown(text: string): RegExp {
  if (text.startsWith("- asks")) return new RegExp(`^- it asks for ${text.slice(6).trim()}`);
  if (text === "- other") return /^- it asks for .*, which is of another network$/;
  if (text === "- out") return /^- n1 has no address in the network of 10\.7/;
  return new RegExp(`^${text}$`);
}

for (const [name, ask, plain, firmware] of REQUESTS) {
  Deno.test(`DHCPREQUEST ${name}`, () => {
    const stage = alone({ nodes: n1() });
    match(stage.says({ type: "REQUEST", ...ask, client: "plain" }), shown(plain));
    match(stage.says({ type: "REQUEST", ...ask, client: "uefi" }), shown(firmware));
  });
}

Deno.test("a DHCPDISCOVER may wish for any address, and gets its own", () => {
  const stage = alone({ nodes: n1() });
  for (const requested of [HERE, WRONG, ELSEWHERE]) {
    const ask: Ask = { requested, client: "plain" };
    equal(stage.says(ask), "offer 10.0.0.50/24 for 86400 s; m1");
    match(stage.says({ ...ask, client: "ipxe" }), /^offer 10\.0\.0\.50\/24 for 240 s/);
  }
});

Deno.test("DHCPINFORM is told all but an address", () => {
  const stage = alone({ nodes: n1() });
  const ask: Ask = { type: "INFORM", ciaddr: HERE };
  equal(stage.says({ ...ask, client: "plain" }), "ack; m1");
  equal(stage.says({ ...ask, client: "uefi" }), "ack, tftp confluent/x86_64/snponly.efi; m1");
  equal(stage.says({ ...ask, client: "plain", ciaddr: WRONG }), "ack; m1");
  for (const client of ["plain", "uefi"] as const) {
    const decision = stage.decides({ ...ask, client });
    deepEqual(
      decision.kind === "answer" && [decision.answer.address, decision.answer.leaseSeconds],
      [
        undefined,
        0,
      ],
    );
  }
});

Deno.test("the proxy port: a file, and no address whatever the method", () => {
  const heard: Heard = { port: 4011, to: M1, from: HERE };
  const stage = alone({ nodes: n1() });
  const file = "tftp confluent/x86_64/snponly.efi";
  equal(stage.says({ type: "REQUEST", ciaddr: HERE }, heard), `ack of a proxy, ${file}; m1`);
  // It names the server of its address, or the one that it asks.
  for (const serverId of ["10.0.0.1", M1]) {
    const ask: Ask = { type: "REQUEST", ciaddr: HERE, serverId, requested: HERE };
    equal(stage.says(ask, heard), `ack of a proxy, ${file}; m1`);
  }
  equal(stage.says({ type: "DISCOVER" }, heard), `offer of a proxy, ${file}; m1`);
  const dhcp = alone({ nodes: n1({ "net.eth0.ipv4_method": "dhcp" }) });
  equal(dhcp.says({ type: "REQUEST", ciaddr: HERE }, heard), `ack of a proxy, ${file}; m1`);
  match(dhcp.says({ type: "REQUEST", ciaddr: HERE }), /^- another server gives its address$/);
  match(
    alone({ nodes: n1(PROFILES["none"]) }).says({ type: "REQUEST", ciaddr: HERE }, heard),
    /boots from disk$/,
  );
});

// ---- where it is

Deno.test("of an interface with two networks, the one that the node's address is in", () => {
  const heard: Heard = { locals: ["10.7.0.1/16", "10.0.0.11/24"] };
  match(alone({ nodes: n1() }).says({}, heard), /^offer 10\.0\.0\.50\/24/);
  const nodes = n1({ "net.eth0.ipv4_address": "10.7.0.50" });
  match(alone({ nodes }).says({}, heard), /^offer 10\.7\.0\.50\/16/);
});

Deno.test("behind a relay, the network that the relay is in, or the link that it tells", () => {
  const relayed = { giaddr: "10.5.0.1" };
  const heard: Heard = { to: M1, from: "10.5.0.1" };
  const at = (address: string, ask: Ask): string =>
    alone({ nodes: n1({ "net.eth0.ipv4_address": address }) }).says(ask, heard);
  match(at("10.5.0.50/24", relayed), /^offer 10\.5\.0\.50\/24/);
  match(
    at("10.5.0.50", relayed),
    /has no prefix, which is needed behind a relay: 10\.5\.0\.50\/24/,
  );
  match(at("10.0.0.50/24", relayed), /no address in the network of 10\.5\.0\.1: /);
  const linked = { ...relayed, link: "10.6.0.0", override: "10.6.0.1" };
  match(at("10.6.0.50/24", linked), /^offer 10\.6\.0\.50\/24/);
  match(at("10.5.0.50/24", linked), /no address in the network of 10\.6\.0\.0: /);
  // With an override, the relay is the server that the client knows.
  const chosen: Ask = { ...linked, type: "REQUEST", requested: "10.6.0.50", serverId: "10.6.0.1" };
  match(at("10.6.0.50/24", chosen), /^ack 10\.6\.0\.50\/24/);
});

Deno.test("a client that renews from a link behind another is where its address is", () => {
  const nodes = n1({ "net.eth0.ipv4_address": "10.5.0.50/24" });
  const ask: Ask = { type: "REQUEST", client: "plain", ciaddr: "10.5.0.50" };
  equal(alone({ nodes }).says(ask, { to: M1 }), "ack 10.5.0.50/24 for 86400 s; m1");
  match(
    alone({ nodes: n1() }).says(ask, { to: M1 }),
    /no address in the network of 10\.5\.0\.50: /,
  );
});

// ---- another server

const FOREIGN: World = { nodes: n1(), foreign: "10.0.0.1" };

Deno.test("beside a server that is no member, firmware has its file, and nobody an address", () => {
  const stage = alone(FOREIGN);
  const file = "tftp confluent/x86_64/snponly.efi";
  equal(stage.says({}), `offer of a proxy, ${file}; m1`);
  match(
    stage.says({ client: "plain" }),
    /^- 10\.0\.0\.1 gives addresses on eth0, and is no member; .* --dhcp-authoritative eth0$/,
  );
  // Through a relay nobody hears what others say there.
  const nodes = n1({ "net.eth0.ipv4_address": "10.5.0.50/24" });
  const relayed = alone({ ...FOREIGN, nodes }).says({ client: "plain", giaddr: "10.5.0.1" });
  equal(relayed, "offer 10.5.0.50/24 for 86400 s; m1");
});

Deno.test("what was offered before another server was known is given to who chose it", () => {
  const chosen: Ask = { type: "REQUEST", requested: HERE, serverId: M1 };
  for (const client of ["plain", "uefi"] as const) {
    const ask: Ask = { ...chosen, client };
    equal(alone(FOREIGN).says(ask), alone({ nodes: n1() }).says(ask));
    match(alone(FOREIGN).says(ask), /^ack 10\.0\.0\.50/);
  }
});

Deno.test("a client that chose a server which is no member is let be, and it is told which", () => {
  const ask: Ask = { type: "REQUEST", requested: HERE, serverId: "10.0.0.1" };
  for (const mac of [undefined, "52:54:00:00:00:99"]) {
    const decision = alone({ nodes: n1() }).decides(mac === undefined ? ask : { ...ask, mac });
    equal(decision.kind === "silence" && decision.why, "it chose 10.0.0.1, which is no member");
    equal(decision.kind === "silence" && ipv4Text(decision.foreign ?? 0), "10.0.0.1");
  }
});
