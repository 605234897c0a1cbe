/** Which node a machine is, by its hardware address, UUID or IPv4 address. */
import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import { MAX_MACHINE_INDEXES } from "../../src/base/limits.ts";
import { GROUPS } from "../../src/model/groups.ts";
import { Inheritance } from "../../src/model/inheritance.ts";
import { netAttributes, spellingOf, UUID } from "../../src/model/machine_names.ts";
import {
  groupRow,
  nodeOfRow,
  nodeRow,
  type Operation,
  ROW_MARK,
} from "../../src/model/operation.ts";
import { Resolver } from "../../src/model/resolving.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { NodeIndex } from "../../src/replica/node_index.ts";
import { clear, create, drop, set } from "./entries.ts";
import { Follower } from "./follower.ts";
import { checkLives } from "./lives_of_copies.ts";

const A = "52:54:00:00:00:0a", B = "52:54:00:00:00:0b";

function node(name: string, ...cells: [string, string][]): Operation {
  return set(nodeRow(name), [ROW_MARK, ""], ...cells);
}

function group(name: string, ...cells: [string, string][]): Operation {
  return set(groupRow(name), [ROW_MARK, ""], ...cells);
}

function expression(text: string): string {
  return toCell({ kind: "expression", expression: text });
}

/** `n1 by net.hwaddr`, in order. */
function withMac({ index }: Follower, mac: string): string[] {
  return index.withMac(mac).map(({ node, attribute }) => `${node} by ${attribute}`).sort();
}

function withUuid({ index }: Follower, uuid: string): string[] {
  return [...index.withUuid(uuid)].sort();
}

Deno.test("two spellings of a hardware address are one, whichever attribute has it", () => {
  const member = new Follower();
  member.apply(
    node("n1", ["net.hwaddr", "52-54-00-00-00-0A"]),
    node("n2", ["net.eth0.hwaddr", " 5254.0000.000b "], ["net.hwaddr", "nonsense"]),
    node("n3", ["net.ib0.hwaddr", "52:54:00:00:00:0B"], ["net.eth1.hwaddr", A]),
    node("n4", ["custom.hwaddr", A], ["hwaddr", A]),
  );
  deepEqual(withMac(member, A), ["n1 by net.hwaddr", "n3 by net.eth1.hwaddr"]);
  deepEqual(withMac(member, B), ["n2 by net.eth0.hwaddr", "n3 by net.ib0.hwaddr"]);
  deepEqual(withMac(member, ""), []);
  deepEqual(withMac(member, "nonsense"), []);
});

Deno.test("a UUID in any case, and an address with any prefix", () => {
  const member = new Follower();
  member.apply(
    node("n1", [UUID, "4C4C4544-0042-3510-8054-B7C04F4E3132"], ["net.ipv4_address", "10.0.0.1/24"]),
    node("n2", [UUID, " 4c4c4544-0042-3510-8054-b7c04f4e3132 "], [
      "net.e.ipv4_address",
      "10.0.0.1",
    ]),
    node("n3", [UUID, ""], ["net.ipv4_address", "10.0.0.10"]),
  );
  deepEqual(withUuid(member, "4c4c4544-0042-3510-8054-b7c04f4e3132"), ["n1", "n2"]);
  deepEqual(withUuid(member, ""), []);
  deepEqual([...member.index.withAddress("10.0.0.1")].sort(), ["n1", "n2"]);
  deepEqual([...member.index.withAddress("10.0.0.10")], ["n3"]);
  deepEqual([...member.index.withAddress("10.0.0.2")], []);
});

Deno.test("a board that is exchanged, taken out, and put in another node", () => {
  const member = new Follower();
  member.apply(node("n1", ["net.hwaddr", A]), node("n2", ["net.hwaddr", B]));
  deepEqual(withMac(member, A), ["n1 by net.hwaddr"]);
  member.apply(set(nodeRow("n1"), ["net.hwaddr", B]));
  deepEqual([withMac(member, A), withMac(member, B)], [[], [
    "n1 by net.hwaddr",
    "n2 by net.hwaddr",
  ]]);
  member.apply(clear(nodeRow("n2"), "net.hwaddr"));
  deepEqual(withMac(member, B), ["n1 by net.hwaddr"]);
  member.apply(drop(nodeRow("n1")));
  deepEqual(withMac(member, B), []);
  member.apply(set(nodeRow("n2"), ["net.slot3.hwaddr", B]));
  deepEqual(withMac(member, B), ["n2 by net.slot3.hwaddr"], "an attribute that nobody had before");
});

Deno.test("what a group gives is its nodes' own; what it computes is another of each", () => {
  const member = new Follower();
  const computed = expression("52:54:00:00:00:0{n1}");
  member.apply(
    group("g", ["net.hwaddr", computed]),
    node("n1", [GROUPS, "g"]),
    node("n2", [GROUPS, "g"]),
  );
  deepEqual(withMac(member, "52:54:00:00:00:01"), ["n1 by net.hwaddr"]);
  deepEqual(withMac(member, "52:54:00:00:00:02"), ["n2 by net.hwaddr"]);
  member.apply(set(groupRow("g"), ["net.hwaddr", A]));
  deepEqual(withMac(member, "52:54:00:00:00:01"), []);
  deepEqual(withMac(member, A), ["n1 by net.hwaddr", "n2 by net.hwaddr"]);
  member.apply(set(nodeRow("n2"), [GROUPS, ""]));
  deepEqual(withMac(member, A), ["n1 by net.hwaddr"]);
  member.apply(drop(groupRow("g")));
  deepEqual(withMac(member, A), []);
});

Deno.test("what is computed of another attribute follows it, of the node's or of a group's", () => {
  const member = new Follower();
  member.apply(
    group("g", ["custom.last", "0a"]),
    node("n1", [GROUPS, "g"], ["net.hwaddr", expression("52:54:00:00:00:{custom.last}")]),
  );
  deepEqual(withMac(member, A), ["n1 by net.hwaddr"]);
  member.apply(set(groupRow("g"), ["custom.last", "0b"]));
  deepEqual([withMac(member, A), withMac(member, B)], [[], ["n1 by net.hwaddr"]]);
  member.apply(set(nodeRow("n1"), ["custom.last", "0a"]));
  deepEqual([withMac(member, A), withMac(member, B)], [["n1 by net.hwaddr"], []]);
});

Deno.test("more ports than indexes are kept", () => {
  const member = new Follower();
  const count = MAX_MACHINE_INDEXES + 20;
  const macOfPort = (i: number): string =>
    `52:54:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${
      (i & 255).toString(16).padStart(2, "0")
    }`;
  member.apply(
    node(
      "n1",
      ...Array.from({ length: count }, (_, i): [string, string] => [
        `net.p${i}.hwaddr`,
        macOfPort(i),
      ]),
    ),
  );
  for (const i of [0, 1, count - 1, 0, count >> 1]) {
    deepEqual(withMac(member, macOfPort(i)), [`n1 by net.p${i}.hwaddr`]);
  }
});

// ---- whatever happens

const MACS = [A, B, "52:54:00:00:00:01", "52:54:00:00:00:02"];
const UUIDS = ["4c4c4544-0042-3510-8054-b7c04f4e3132", "4c4c4544-0042-3510-8054-b7c04f4e3133"];
const ADDRESSES = ["10.0.0.1", "10.0.0.2"];

/** As one who looks at every node has it. */
function check({ index, replica, source }: Follower): void {
  const { cells } = replica;
  const resolver = new Resolver(new Inheritance(cells));
  const nodes = Array.from(cells.rows(nodeRow("")), nodeOfRow);
  const having = (attribute: string, value: string): string[] =>
    nodes.filter((name) => spellingOf(attribute)(resolver.textOf(name, attribute)) === value);
  for (const mac of MACS) {
    const wanted = netAttributes(cells.attributes(), "hwaddr").flatMap((attribute) =>
      having(attribute, mac).map((name) => `${name} by ${attribute}`)
    );
    const found = (one: NodeIndex): string[] =>
      one.withMac(mac).map(({ node, attribute }) => `${node} by ${attribute}`).sort();
    deepEqual(found(index), wanted.sort(), mac);
    deepEqual(found(new NodeIndex(source)), wanted, `${mac}, of an index made now`);
  }
  for (const uuid of UUIDS) deepEqual([...index.withUuid(uuid)].sort(), having(UUID, uuid).sort());
  for (const address of ADDRESSES) {
    const wanted = netAttributes(cells.attributes(), "ipv4_address").flatMap((attribute) =>
      having(attribute, address)
    );
    deepEqual([...index.withAddress(address)].sort(), wanted.sort());
  }
  equal(index.withMac("").length, 0);
  // Filters have indexes beside these.
  const filter = { attribute: "custom.a", operator: "=", value: "0a" } as const;
  const found = index.matching(filter);
  deepEqual(
    found.ok && [...found.value].sort(),
    nodes.filter((name) => resolver.textOf(name, "custom.a") === "0a").sort(),
  );
}

const NODE = fc.constantFrom("n1", "n2", "n3").map(nodeRow);
const GROUP = fc.constantFrom("g1", "g2", "everything").map(groupRow);
const CELL: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom("net.hwaddr", "net.eth0.hwaddr"),
    fc.constantFrom(
      A,
      A.toUpperCase(),
      B.replaceAll(":", "-"),
      "",
      "x",
      ...[
        "52:54:00:00:00:0{n1}",
        "52:54:00:00:00:{custom.a}",
      ].map(expression),
    ),
  ),
  fc.tuple(fc.constant(UUID), fc.constantFrom(...UUIDS, UUIDS[0]?.toUpperCase() ?? "", "")),
  fc.tuple(
    fc.constantFrom("net.ipv4_address", "net.eth0.ipv4_address"),
    fc.constantFrom("10.0.0.1/24", "10.0.0.2", "x", expression("10.0.0.{n1}/16")),
  ),
  fc.tuple(fc.constant("custom.a"), fc.constantFrom("0a", "0b")),
);
const LIST = fc.constantFrom("", "g1", "g2,g1", "everything,g1");

const CHANGE: fc.Arbitrary<Operation[]> = fc.oneof(
  fc.oneof(NODE, NODE, GROUP).map((row) => [create(row)]),
  fc.tuple(fc.oneof(NODE, GROUP), CELL).map(([row, cell]) => [set(row, cell)]),
  fc.tuple(NODE, LIST, CELL).map(([row, list, cell]) => [
    set(row, [ROW_MARK, ""], [GROUPS, list], cell),
  ]),
  fc.tuple(fc.oneof(NODE, GROUP), CELL).map(([row, [attribute]]) => [clear(row, attribute)]),
  fc.oneof(NODE, GROUP).map((row) => [drop(row)]),
  fc.tuple(NODE, NODE, CELL).map(([from, to, cell]) => [drop(from), set(to, [ROW_MARK, ""], cell)]),
);

Deno.test("whatever happens, machines are found as by one who looks at every node", () => {
  checkLives(CHANGE, check, 300);
});
