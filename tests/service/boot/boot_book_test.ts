import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_NAMES_LOOKED_UP, NAME_KEPT_MS } from "../../../src/base/boot_limits.ts";
import { GROUPS } from "../../../src/model/groups.ts";
import { type Ipv4, ipv4Text } from "../../../src/model/ipv4.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../../src/model/operation.ts";
import { toCell } from "../../../src/model/stored_value.ts";
import { BootBook } from "../../../src/service/boot/boot_book.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { ip, UUID } from "../../netboot/boot_stage.ts";
import { drop, set } from "../../replica/entries.ts";
import { Follower } from "../../replica/follower.ts";

const A = "52:54:00:00:00:0a", B = "52:54:00:00:00:0b";

function node(name: string, ...cells: [string, string][]): Operation {
  return set(nodeRow(name), [ROW_MARK, ""], ...cells);
}

class Shelf {
  readonly member = new Follower();
  readonly clock = new ManualClock();
  readonly book: BootBook;
  readonly asked: string[] = [];
  readonly names = new Map<string, Ipv4>();

  constructor() {
    this.book = new BootBook({
      clock: this.clock,
      nodes: () => this.member.index,
      source: this.member.source,
      lookUp: (name) => {
        this.asked.push(name);
        return Promise.resolve(this.names.get(name));
      },
    });
  }

  /** `n1 by mac`, or why it is nobody; a stranger is marked with a `?`. */
  who(mac: string, uuid?: string): string {
    const known = this.book.recognize(mac, uuid);
    if (known.node === undefined) return `${known.isStranger ? "?" : "!"} ${known.why}`;
    return `${known.node.name} by ${known.by}`;
  }

  ofName(mac: string): string | undefined {
    const known = this.book.recognize(mac, undefined);
    const address = known.node === undefined ? undefined : known.ofName;
    return address === undefined ? undefined : ipv4Text(address);
  }
}

/** What was looked up is there. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

Deno.test("a machine is known by its hardware address, else by its UUID, else a stranger", () => {
  const shelf = new Shelf();
  const who = (mac: string, uuid?: string): string => shelf.who(mac, uuid);
  shelf.member.apply(
    node("n1", ["net.eth0.hwaddr", A.toUpperCase()], ["id.uuid", UUID.toUpperCase()]),
    node("n2", ["net.hwaddr", B]),
  );
  equal(who(A), "n1 by mac");
  equal(who(B, UUID), "n2 by mac", "the board of n1 is in n2");
  equal(who("52:54:00:00:00:0c", UUID), "n1 by uuid");
  equal(who("", UUID), "n1 by uuid");
  equal(who("52:54:00:00:00:0c"), "? no node has its hardware address, and it tells no UUID");
  equal(
    who("52:54:00:00:00:0c", "4c4c4544-0042-3510-8054-000000000000"),
    "? no node has its hardware address or UUID",
  );
  equal(who(""), "? no node has its hardware address, and it tells no UUID");
});

Deno.test("what two nodes have is nobody's, and both are named; it is no stranger", () => {
  const shelf = new Shelf();
  shelf.member.apply(
    node("n1", ["net.eth0.hwaddr", A], ["net.eth1.hwaddr", A], ["id.uuid", UUID]),
    node("n2", ["id.uuid", UUID]),
  );
  equal(shelf.who(A), "n1 by mac", "two attributes of one node");
  match(shelf.who(B, UUID), /^! 4c4c4544-\S+ is id\.uuid of n[12], and of n[12]: leave it/);
  shelf.member.apply(set(nodeRow("n2"), ["net.hwaddr", A]));
  match(
    shelf.who(A, UUID),
    /^! 52:54:00:00:00:0a is net\.\S+ of n[12], and net\.\S+ of n[12]: leave it to one of them$/,
  );
  shelf.member.apply(drop(nodeRow("n1")));
  equal(shelf.who(A), "n2 by mac");
});

Deno.test("what a node's boot goes by follows its attributes, and those of its groups", () => {
  const shelf = new Shelf();
  const profile = (): string => shelf.book.node("n1").pending;
  shelf.member.apply(
    set(groupRow("g"), [ROW_MARK, ""], ["deployment.pendingprofile", "alma"]),
    node("n1", [GROUPS, "g"], [
      "net.ipv4_address",
      toCell({ kind: "expression", expression: "10.0.0.{n1}/24" }),
    ]),
  );
  const before = shelf.book.node("n1");
  equal(profile(), "alma");
  equal(before.entries[0]?.address?.address, ip("10.0.0.1"));
  equal(shelf.book.node("n1"), before, "it is read once");
  shelf.member.apply(set(groupRow("g"), ["deployment.pendingprofile", "rocky"]));
  equal(profile(), "rocky");
  shelf.member.apply(set(nodeRow("n1"), ["deployment.pendingprofile", ""]));
  equal(profile(), "");
});

Deno.test("another profile for 10,000 nodes holds for the next packet of each", () => {
  const shelf = new Shelf();
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  const macOf = (i: number): string =>
    `52:54:00:01:${[i >> 8, i & 0xff].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
  const pending = "deployment.pendingprofile";
  const wrong = (profile: string): number =>
    numbers.filter((i) => {
      const known = shelf.book.recognize(macOf(i), undefined);
      return known.node?.name !== `n${i}` || known.node.pending !== profile;
    }).length;
  shelf.member.apply(...numbers.map((i) => node(`n${i}`, ["net.hwaddr", macOf(i)])));
  equal(wrong(""), 0);
  const rows = numbers.map((i) => nodeRow(`n${i}`));
  shelf.member.apply({ kind: "set", rows, cells: [[pending, "alma"]] });
  equal(wrong("alma"), 0, "set on each, in one entry");
  shelf.member.apply({ kind: "clear", rows, attributes: [pending] });
  shelf.member.apply(set(groupRow("everything"), [pending, "rocky"]));
  equal(wrong("rocky"), 0, "inherited from one group");
});

Deno.test("a node by its address, where one alone has it", () => {
  const shelf = new Shelf();
  shelf.member.apply(
    node("n1", ["net.ipv4_address", "10.0.0.1/24"], ["net.eth0.ipv4_address", "10.0.0.1"]),
    node("n2", ["net.ipv4_address", "10.0.0.2"]),
    node("n3", ["net.ipv4_address", "10.0.0.2/16"]),
  );
  equal(shelf.book.nodeAt(ip("10.0.0.1"))?.name, "n1");
  deepEqual(["10.0.0.2", "10.0.0.3"].map((text) => shelf.book.nodeAt(ip(text))), [
    undefined,
    undefined,
  ]);
});

// ---- the address of a name

Deno.test("a node without an address has that of its name, once it is looked up", async () => {
  const shelf = new Shelf();
  shelf.names.set("n1", ip("10.0.0.99"));
  shelf.member.apply(node("n1", ["net.hwaddr", A]), node("n2", ["net.hwaddr", B]));
  equal(shelf.ofName(A), undefined);
  equal(shelf.ofName(A), undefined);
  deepEqual(shelf.asked, ["n1"], "one question at a time");
  await settled();
  equal(shelf.ofName(A), "10.0.0.99");
  equal(shelf.ofName(B), undefined);
  await settled();
  equal(shelf.ofName(B), undefined, "it has none");
  deepEqual(shelf.asked, ["n1", "n2"]);
});

Deno.test("an address of its own is enough: its name is not looked up", async () => {
  const shelf = new Shelf();
  shelf.names.set("n1", ip("10.0.0.99"));
  shelf.member.apply(node("n1", ["net.hwaddr", A], ["net.eth7.ipv4_address", "10.9.0.1/24"]));
  equal(shelf.ofName(A), undefined);
  await settled();
  deepEqual([shelf.ofName(A), shelf.asked], [undefined, []]);
});

Deno.test("what was found is old after its time, and counts until it is found anew", async () => {
  const shelf = new Shelf();
  shelf.names.set("n1", ip("10.0.0.99"));
  shelf.member.apply(node("n1", ["net.hwaddr", A]));
  shelf.ofName(A);
  await settled();
  shelf.names.set("n1", ip("10.0.0.98"));
  shelf.clock.advance(NAME_KEPT_MS);
  equal(shelf.ofName(A), "10.0.0.99");
  equal(shelf.asked.length, 1);
  shelf.clock.advance(1);
  equal(shelf.ofName(A), "10.0.0.99");
  equal(shelf.ofName(A), "10.0.0.99");
  // The answer takes longer than what was found before was kept.
  shelf.clock.advance(2 * NAME_KEPT_MS);
  equal(shelf.ofName(A), "10.0.0.99");
  equal(shelf.asked.length, 2);
  await settled();
  shelf.ofName(A);
  await settled();
  equal(shelf.ofName(A), "10.0.0.98");
  shelf.names.delete("n1");
  shelf.clock.advance(NAME_KEPT_MS + 1);
  shelf.ofName(A);
  await settled();
  equal(shelf.ofName(A), undefined);
});

Deno.test("so many names are remembered, and one more costs the oldest", async () => {
  const shelf = new Shelf();
  const mac = (i: number): string =>
    `52:54:01:00:${(i >> 8).toString(16).padStart(2, "0")}:${
      (i & 255).toString(16).padStart(2, "0")
    }`;
  const count = MAX_NAMES_LOOKED_UP + 1;
  shelf.member.apply(
    ...Array.from({ length: count }, (_, i) => node(`n${i}`, ["net.hwaddr", mac(i)])),
  );
  for (let i = 0; i < count; i++) shelf.ofName(mac(i));
  await settled();
  equal(shelf.asked.length, count);
  shelf.ofName(mac(count - 1));
  shelf.ofName(mac(1));
  equal(shelf.asked.length, count);
  shelf.ofName(mac(0));
  equal(shelf.asked.length, count + 1);
});
