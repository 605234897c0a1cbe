/** The boot decision on anything that comes off the wire, in any collective. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import type { MemberId } from "../../src/model/member.ts";
import { ipv4Text, isWithin } from "../../src/model/ipv4.ts";
import { type BootDecision, decideBoot } from "../../src/netboot/boot_decision.ts";
import { IPV4_METHODS } from "../../src/netboot/boot_node.ts";
import { type BootRequest, readBootRequest } from "../../src/netboot/boot_request.ts";
import { whyUnable } from "../../src/netboot/boot_target.ts";
import type { Arrival } from "../../src/netboot/boot_view.ts";
import { replyPacket, routeOf } from "../../src/netboot/dhcp_reply.ts";
import { parseDhcp4, printDhcp4 } from "../../src/wire/dhcp4.ts";
import { ADDRESS, DHCP_PACKET } from "./any_packet.ts";
import {
  type Ask,
  CLIENTS,
  idOf,
  interface4,
  type MemberTold,
  N1,
  requestOf,
  Stage,
  UUID,
  valueOf,
  type World,
} from "./boot_stage.ts";

const NAMES = ["m1", "m2", "m3", "m4", "m5"];

/** Mostly the first of them: what is wrong everywhere at once shows nothing. */
function mostly<T>(first: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(first) }, fc.constantFrom(...others));
}

const MEMBER: fc.Arbitrary<MemberTold> = fc.record({
  isLive: mostly(true, false),
  interfaces: fc.oneof(
    { weight: 8, arbitrary: fc.nat(5).map((i) => [`10.0.0.${11 + i}/24`]) },
    fc.constantFrom([], ["10.9.0.11/24"], ["10.9.0.12/24", "10.0.0.13/24"]),
  ),
  relays: mostly(["10.9.0.1"], []),
  content: fc.constantFrom("preferred", "preferred", "preferred", "able", "not"),
  can: fc.record({
    dhcp: mostly(true, false),
    tftp: mostly(true, false),
    httpPort: mostly(8080, 80, 0),
  }),
});

const TEXTS = fc.record({
  "net.eth0.ipv4_method": mostly("", ...IPV4_METHODS),
  "net.eth0.ipv4_address": mostly("10.0.0.50/24", "10.0.0.50", "10.9.0.50/16", "x", ""),
  "net.eth1.ipv4_address": mostly("", "10.0.0.60/24", "10.9.0.60/16"),
  "deployment.pendingprofile": fc.constantFrom("alma", "alma", "alma", "none", ""),
  "deployment.useinsecureprotocols": mostly("", "always", "never"),
  "collective.lockdown": mostly("", "strict"),
});

const CANDIDATES = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  fc.subarray(NAMES).map((names) => new Set(names)),
  fc.constant("no such member"),
);

const WORLD: fc.Arbitrary<World> = fc.record({
  members: fc.dictionary(fc.constantFrom(...NAMES), MEMBER, { minKeys: 1, maxKeys: 5 }),
  nodes: TEXTS.map((texts) => ({ n1: { ...N1, "id.uuid": UUID, ...texts } })),
  candidates: CANDIDATES,
  isHeld: mostly(true, false),
  foreign: mostly("", "10.0.0.1"),
  ofName: mostly("", "10.0.0.99"),
}).map(({ candidates, foreign, ofName, ...world }) => ({
  ...world,
  ...candidates === undefined ? {} : { candidates },
  ...foreign === "" ? {} : { foreign },
  ...ofName === "" ? {} : { ofName },
}));

const ADDRESSES = ["10.0.0.50", "10.0.0.77", "10.9.0.50"];

const ASK: fc.Arbitrary<Ask> = fc.record({
  type: fc.constantFrom("DISCOVER", "REQUEST", "INFORM"),
  client: fc.constantFrom(...Object.keys(CLIENTS) as (keyof typeof CLIENTS)[]),
  uuid: mostly(UUID, "00000000-0000-0000-0000-000000000000"),
  mac: mostly(N1["net.eth0.hwaddr"], "52:54:00:00:00:99"),
  requested: mostly("10.0.0.50", "", ...ADDRESSES),
  serverId: fc.constantFrom("", "", "10.0.0.11", "10.0.0.12", "10.0.0.99"),
  ciaddr: mostly("", ...ADDRESSES),
  giaddr: mostly("", "10.9.0.1", "10.0.0.1"),
}).map((ask) => Object.fromEntries(Object.entries(ask).filter(([, text]) => text !== "")));

const ARRIVAL: fc.Arbitrary<Arrival> = fc.record({
  via: fc.constant("eth0"),
  locals: fc.constantFrom(
    ["10.0.0.11/24"],
    ["10.0.0.11/24"],
    ["10.0.0.12/24", "10.9.0.12/16"],
    [],
  ).map((all) => all.map(interface4)),
  to: fc.oneof({ weight: 4, arbitrary: fc.constant(0xffff_ffff) }, ADDRESS),
  from: fc.record({ address: ADDRESS, port: fc.nat(65_535) }),
  port: mostly<67 | 4011>(67, 4011),
});

function check(request: BootRequest, at: Arrival, decision: BootDecision, view: Stage): void {
  if (decision.kind === "silence") return holds(decision.why !== "");
  const { answer, order, mustProbe } = decision;
  const { address, target, isProxy, message, addressing } = answer;
  holds(order.includes(view.self) && new Set(order).size === order.length);
  equal(isProxy && address !== undefined, false);
  equal(answer.leaseSeconds > 0, address !== undefined);
  if (address !== undefined) {
    holds(isWithin(address.network, address.address));
    deepEqual(address, addressing.address);
    holds(request.kind !== "inform");
  }
  if (message === "nak") {
    equal(request.client, "plain");
    equal(address ?? target, undefined);
  }
  equal(request.client === "plain", target === undefined);
  if (target !== undefined) holds(answer.node.pending !== "" && answer.node.policy !== "never");
  if (!view.isHeld) {
    deepEqual([target, request.giaddr, answer.node.isLockedDown], [undefined, 0, false]);
    equal(mustProbe, request.kind !== "inform");
    holds(message !== "nak");
  } else equal(mustProbe, false);
  const chaddr = Uint8Array.of(2, 0, 0, 0, 0, 1), answerer = { address: 0x0a00_000b, httpPort: 80 };
  const packet = replyPacket(request, 1, chaddr, answer, answerer);
  const bytes = valueOf(printDhcp4(packet, request.maxBytes));
  holds(bytes.length <= request.maxBytes);
  equal(valueOf(parseDhcp4(bytes)).yiaddr, address?.address ?? 0);
  routeOf(request, answer, at);
}

Deno.test("any packet is decided, never throws, and what is said makes sense", () => {
  let answers = 0;
  fc.assert(
    fc.property(
      DHCP_PACKET,
      ARRIVAL,
      WORLD,
      fc.constantFrom(...NAMES),
      (packet, at, world, name) => {
        const request = readBootRequest(packet);
        if (!request.ok) return;
        const view = new Stage(name, world);
        const decision = decideBoot(request.value, at, view);
        check(request.value, at, decision, view);
        if (decision.kind === "answer") answers++;
      },
    ),
    { numRuns: 3_000, seed: 7 },
  );
  holds(answers > 30, `${answers} were answered: what is drawn shows nothing`);
});

Deno.test("what makes sense mostly is decided likewise", () => {
  let answers = 0;
  fc.assert(
    fc.property(ASK, ARRIVAL, WORLD, fc.constantFrom(...NAMES), (ask, at, world, name) => {
      const request = requestOf(ask), view = new Stage(name, world);
      const decision = decideBoot(request, at, view);
      check(request, at, decision, view);
      if (decision.kind === "answer") answers++;
    }),
    { numRuns: 3_000, seed: 7 },
  );
  holds(answers > 150, `${answers} were answered: what is drawn shows nothing`);
});

/** What each live member makes of what all hear, that is at 10.0.0.0/24 or hears the relay. */
function ofAll(ask: Ask, world: World): Map<MemberId, BootDecision> {
  const request = requestOf(ask);
  const decisions = new Map<MemberId, BootDecision>();
  for (const [name, told] of Object.entries(world.members ?? {})) {
    const stage = new Stage(name, world);
    const own = stage.members.find(({ id }) => id === stage.self)?.interfaces ?? [];
    const isHearing = request.giaddr === 0
      ? own.some(({ network }) => isWithin(network, 0x0a00_0032))
      : (told.relays ?? []).includes(ipv4Text(request.giaddr));
    if (!isHearing || told.isLive === false) continue;
    // Each on its own interface, which all have of one network.
    const locals = own.filter(({ network }) => isWithin(network, 0x0a00_0032));
    const from = { address: 0, port: 68 }, to = 0xffff_ffff;
    const at: Arrival = { via: "eth0", locals, to, from, port: 67 };
    decisions.set(stage.self, decideBoot(request, at, stage));
  }
  return decisions;
}

/** Addresses of members are theirs alone. */
function isSound({ members = {} }: World): boolean {
  const all = Object.entries(members).flatMap(([name, { interfaces }]) =>
    interfaces ?? [`10.0.0.${10 + Number(name.slice(1))}/24`]
  );
  return new Set(all).size === all.length;
}

Deno.test("members that know the same come to one order, and one of them is first", () => {
  let many = 0;
  fc.assert(
    fc.property(ASK, WORLD.filter(isSound), (ask, world) => {
      const decisions = ofAll(ask, world);
      const answers = [...decisions].filter(([, { kind }]) => kind === "answer");
      const orders = answers.flatMap(([, one]) => one.kind === "answer" ? [one.order] : []);
      for (const order of orders) deepEqual(order, orders[0]);
      const texts = answers.map(([id, one]) => new Stage("m1", world).textOf(one) + (id && ""));
      equal(new Set(texts).size <= 1, true, texts.join("\n"));
      const firsts = answers.filter(([id, one]) => one.kind === "answer" && one.order[0] === id);
      equal(firsts.length, Math.min(1, answers.length));
      if (orders.length > 1) many++;
    }),
    { numRuns: 3_000, seed: 11 },
  );
  holds(many > 100, `${many} were answered by several: what is drawn shows nothing`);
});

Deno.test("who is not able is in no order", () => {
  fc.assert(
    fc.property(ASK, WORLD.filter(isSound), (ask, world) => {
      const { client, kind } = requestOf(ask);
      for (const [self, decision] of ofAll(ask, world)) {
        if (decision.kind === "silence") continue;
        const { answer: { target, isProxy }, order } = decision;
        for (const id of order) {
          const name = NAMES.find((one) => idOf(one) === id) ?? "";
          const told = world.members?.[name] ?? {};
          const stage = new Stage(name, world);
          const member = stage.members.find((one) => one.id === id);
          holds(member !== undefined && (member.isLive || id === self), `${name} is dead`);
          holds(member.can.dhcp, `${name} answers no DHCP`);
          const { candidates } = world;
          holds(typeof candidates !== "object" || candidates.has(name), `${name} is no candidate`);
          if (target === undefined) continue;
          equal(whyUnable(member.can, client, target), undefined, name);
          holds(told.content !== "not", `${name} has no files`);
          holds(kind !== undefined && isProxy !== undefined);
        }
      }
    }),
    { numRuns: 2_000, seed: 13 },
  );
});
