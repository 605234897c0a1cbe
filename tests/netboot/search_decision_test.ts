import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import type { IpAddress } from "../../src/model/ip_address.ts";
import { ipv4Of } from "../../src/model/ipv4.ts";
import type { Interface6 } from "../../src/model/ipv6.ts";
import {
  decideSearch,
  machineIdsOf,
  machineOf,
  type SearchArrival,
  type SearchDecision,
  type SearchView,
} from "../../src/netboot/search_decision.ts";
import { searchFieldsOf } from "../../src/wire/ssdp.ts";
import { interface4, MAC, N1, n1, Stage, UUID, type World } from "./boot_stage.ts";

const OURS = "00aa";
const OTHER_MAC = "52:54:00:00:00:02";
const LINK_LOCAL = (0xfe80n << 112n) + 1n;
/** fd77::1/64 */
const ROUTED: Interface6 = { address: (0xfd77n << 112n) + 1n, prefix: 64 };

/** Of fe80::1 if it is not told. */
function arrival(from = "", more: Partial<SearchArrival> = {}): SearchArrival {
  const address = ipv4Of(from);
  const host: IpAddress = address === undefined
    ? { family: 6, address: from === "" ? LINK_LOCAL : BigInt(from) }
    : { family: 4, address };
  return { via: "eth0", locals: [interface4("10.0.0.11/24")], locals6: [], from: host, ...more };
}

function viewOf(world: World): SearchView {
  const stage = new Stage("m1", world);
  return {
    ...{ self: stage.self, members: stage.members, isHeld: stage.isHeld, uuid: OURS },
    recognize: (mac, uuid) => stage.recognize(mac, uuid),
    candidatesOf: () => stage.candidatesOf(),
  };
}

/** What `text` of a search comes to, in one line. */
function said(text: string, world: World, at = arrival()): string {
  return textOf(decideSearch(searchFieldsOf(text), at, viewOf(world)));
}

/** `n1 on eth0, its own network; present`, or `-` and why. */
function textOf({ answer, why, isStranger }: SearchDecision): string {
  const { node, isPresent = false } = answer ?? {};
  const told = [
    ...node === undefined
      ? []
      : [`${node.name} on ${node.via}${node.isDefaultNet ? ", its own network" : ""}`],
    ...isPresent ? ["present"] : [],
  ].join("; ");
  return `${told || "-"}${why === "" ? "" : ` (${why})`}${isStranger ? " stranger" : ""}`;
}

const KNOWN = `confluentuuid=${OURS}/mac=${MAC}`;
const IDLE: World = { nodes: n1({ "deployment.pendingprofile": "" }) };
const PENDING: World = { nodes: n1() };
const TOLD = "n1 on eth0, its own network";

Deno.test("who knows this collective is always answered, others while a profile is pending", () => {
  equal(said(KNOWN, PENDING), TOLD);
  equal(said(KNOWN, IDLE), TOLD);
  equal(said(`mac=${MAC}`, PENDING), TOLD);
  const idle =
    "- (it does not name this collective, and no profile is pending: it boots from disk)";
  equal(said(`mac=${MAC}`, IDLE), idle);
  const staged = {
    nodes: n1({ "deployment.pendingprofile": "", "deployment.stagedprofile": "alma" }),
  };
  match(said(`mac=${MAC}`, staged), /^- \(it does not name this collective, and alma is staged/);
});

Deno.test("another collective's machine is not answered, whosever it is", () => {
  const why = "- (it searches for the collective 00ff, not for this one)";
  equal(said(`confluentuuid=00ff/mac=${MAC}`, PENDING), why);
  equal(said(`mac=${MAC}/confluentuuid=00ff`, PENDING), why);
  equal(said(`confluentuuid=${OURS}/confluentuuid=00ff/mac=${MAC}`, PENDING), why);
  equal(said("confluentuuid=00ff/mac=02:00:00:00:00:99", PENDING), why, "no stranger of ours");
  match(
    said(`confluentuuid=/mac=${MAC}`, PENDING),
    /^- \(it searches for the collective of no UUID/,
  );
});

Deno.test("who searches for members finds them, whoever it is; fields count in their order", () => {
  equal(said(`allconfluent=1/${KNOWN}`, PENDING), `${TOLD}; present`);
  equal(
    said("allconfluent=1/mac=02:00:00:00:00:99", PENDING),
    "present (nobody knows it) stranger",
  );
  const foreign = "it searches for the collective 00ff, not for this one";
  equal(said("allconfluent=1/confluentuuid=00ff", PENDING), `present (${foreign})`);
  equal(said("confluentuuid=00ff/allconfluent=1", PENDING), `- (${foreign})`);
  match(said("allconfluent=1", { ...PENDING, isHeld: false }), /^- \(nobody knows it\)/);
});

Deno.test("without quorum nobody is answered, but strangers are noticed", () => {
  const why = "no quorum: a node is served only where a majority of the members answer";
  equal(said(KNOWN, { ...PENDING, isHeld: false }), `- (${why})`);
  const stranger = said("mac=02:00:00:00:00:99", { ...PENDING, isHeld: false });
  equal(stranger, "- (nobody knows it) stranger");
});

Deno.test("candidates answer, each of them, and nobody else", () => {
  const of = (candidates: World["candidates"]): string =>
    said(KNOWN, { ...PENDING, ...candidates === undefined ? {} : { candidates } });
  equal(of(undefined), TOLD);
  equal(of(new Set(["m3", "m1"])), TOLD);
  const none = "- (m1 may not answer: it is none of collective.managercandidates)";
  equal(of(new Set(["m2", "m3"])), none);
  equal(of(new Set()), "- (collective.managercandidates names no member: set it to some)");
  equal(of("no such group"), "- (collective.managercandidates makes no sense: no such group)");
  equal(said(KNOWN, { ...PENDING, members: { m2: {} } }), "- (this member is not in the roster)");
});

Deno.test("only who is on the link is answered", () => {
  const elsewhere = "is in no network of eth0";
  equal(said(KNOWN, PENDING, arrival("10.0.0.50")), TOLD);
  equal(said(KNOWN, PENDING, arrival("169.254.7.7")), TOLD);
  equal(said(KNOWN, PENDING, arrival("10.0.1.50")), `- (10.0.1.50 ${elsewhere})`);
  equal(said(KNOWN, PENDING, arrival("0.0.0.0")), `- (0.0.0.0 ${elsewhere})`);
  equal(said(KNOWN, PENDING, arrival("127.0.0.1")), `- (127.0.0.1 ${elsewhere})`);
  const bare = { locals: [] };
  equal(said(KNOWN, PENDING, arrival("10.0.0.50", bare)), `- (10.0.0.50 ${elsewhere})`);
  const global = String(ROUTED.address + 9n);
  equal(said(KNOWN, PENDING, arrival(global)), `- (fd77::a ${elsewhere})`);
  equal(said(KNOWN, PENDING, arrival(global, { locals6: [ROUTED] })), TOLD);
  const other = String(ROUTED.address + (1n << 64n));
  match(said(KNOWN, PENDING, arrival(other, { locals6: [ROUTED] })), /^- \(fd77:0:0:1::1 is in no/);
  // Not even that it is a stranger is believed of somebody else's network.
  equal(said("mac=02:00:00:00:00:99", PENDING, arrival("10.0.1.50")), `- (10.0.1.50 ${elsewhere})`);
});

Deno.test("the network of its own address is told to be the one to prefer", () => {
  const on = (more: Record<string, string>, locals: string[], ofName = ""): string => {
    const bare = { "net.hwaddr": MAC, "deployment.pendingprofile": "alma", ...more };
    const world: World = { nodes: { n1: bare }, ...ofName === "" ? {} : { ofName } };
    return said(KNOWN, world, arrival("", { locals: locals.map(interface4) }));
  };
  const here = ["10.0.0.11/24"], other = ["10.1.0.11/24"];
  equal(on({ "net.ipv4_address": "10.0.0.50/24" }, here), TOLD);
  equal(on({ "net.ipv4_address": "10.0.0.50/24" }, other), "n1 on eth0");
  equal(on({ "net.ipv4_address": "10.0.0.50" }, [...other, ...here]), TOLD, "one of several");
  equal(on({ "net.ipv4_address": "10.0.0.50/24" }, []), "n1 on eth0", "a link without any");
  // Where there is one for the node itself, those of other networks are not its own.
  const both = { "net.ipv4_address": "10.0.0.50/24", "net.fast.ipv4_address": "10.1.0.50/24" };
  deepEqual([on(both, here), on(both, other)], [TOLD, "n1 on eth0"]);
  const named = {
    "net.slow.ipv4_address": "10.0.0.50/24",
    "net.fast.ipv4_address": "10.1.0.50/24",
  };
  deepEqual([on(named, here), on(named, other)], [TOLD, TOLD]);
  deepEqual([on({}, here, "10.0.0.50"), on({}, other, "10.0.0.50"), on({}, here)], [
    TOLD,
    "n1 on eth0",
    "n1 on eth0",
  ]);
});

Deno.test("a machine is known by any of its hardware addresses, else by its UUID", () => {
  const nodes = { n1: { ...N1, "id.uuid": UUID }, n2: { "net.hwaddr": OTHER_MAC } };
  const who = (text: string): unknown => {
    const view = viewOf({ nodes });
    const { node, mac, ...rest } = machineOf(machineIdsOf(searchFieldsOf(text)), view.recognize);
    return [node?.name, mac, "why" in rest ? rest.why : ""];
  };
  deepEqual(who(`mac=02:00:00:00:00:99/mac=${MAC}`), ["n1", MAC, ""]);
  deepEqual(who(`uuid=${UUID}/mac=${OTHER_MAC}`), ["n2", OTHER_MAC, ""], "a board that was moved");
  deepEqual(who(`mac=02:00:00:00:00:99/uuid=${UUID}`), ["n1", "02:00:00:00:00:99", ""]);
  deepEqual(who(`uuid=${UUID}`), ["n1", "", ""]);
  deepEqual(who(""), [undefined, "", "nobody knows it"]);
  const both = `${MAC} is of n1, and ${OTHER_MAC} of n2: leave them to one of both`;
  deepEqual(who(`mac=${MAC}/mac=${OTHER_MAC}/uuid=${UUID}`), [undefined, OTHER_MAC, both]);
});

Deno.test("a UUID that many machines have, and what is two nodes', are nobody's", () => {
  const asked: (string | undefined)[] = [];
  const fault = { node: undefined, why: "it is of n1, and of n2", isStranger: false } as const;
  const stranger = { node: undefined, why: "nobody knows it", isStranger: true } as const;
  const bogus = "03000200-0400-0500-0006-000700080009";
  deepEqual(
    machineOf({ uuid: bogus, macs: ["a"] }, (mac, uuid) => {
      asked.push(mac, uuid);
      return stranger;
    }),
    { ...stranger, mac: "a" },
  );
  deepEqual(asked, ["a", undefined, "", undefined]);
  const of = (mac: string) => mac === "b" ? fault : stranger;
  deepEqual(machineOf({ uuid: UUID, macs: ["a", "b"] }, of), { ...fault, mac: "b" });
  const known = viewOf({ nodes: { n1: N1 } }).recognize(MAC, undefined);
  for (const macs of [["b", MAC], [MAC, "b"]]) {
    const machine = machineOf({ uuid: UUID, macs }, (mac) => mac === MAC ? known : fault);
    deepEqual(machine, { ...fault, mac: "b" });
  }
});

Deno.test("whatever is asked, an answer names the node it is, on the link, to a candidate", () => {
  const pieces = fc.constantFrom(
    ...[`confluentuuid=${OURS}`, "confluentuuid=00ff", "allconfluent=1", `uuid=${UUID}`],
    ...[`mac=${MAC}`, `mac=${OTHER_MAC}`, "mac=02:00:00:00:00:99"],
  );
  const worlds = fc.record({
    isHeld: fc.boolean(),
    candidates: fc.constantFrom(new Set(["m1", "m2"]), new Set(["m2"]), new Set<string>(), "x"),
    pending: fc.constantFrom("alma", ""),
  });
  const peers = fc.constantFrom("", "10.0.0.50", "10.9.9.9");
  fc.assert(fc.property(fc.array(pieces), worlds, peers, (said, { pending, ...world }, from) => {
    const nodes = { n1: { ...N1, "id.uuid": UUID, "deployment.pendingprofile": pending } };
    const fields = searchFieldsOf(said.join("/"));
    const decision = decideSearch(fields, arrival(from), viewOf({ ...world, nodes }));
    const { answer, why, node, isStranger } = decision;
    if (answer !== undefined) holds(world.isHeld && from !== "10.9.9.9");
    if (answer?.node === undefined) return holds(why !== "");
    const names = said.filter((piece) => piece.startsWith("confluentuuid="));
    equal(node, answer.node.name);
    holds(!isStranger && typeof world.candidates !== "string" && world.candidates.has("m1"));
    holds(names.every((piece) => piece.endsWith(OURS)) && (pending !== "" || names.length > 0));
  }));
});
