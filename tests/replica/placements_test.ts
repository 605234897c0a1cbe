import { deepEqual, equal, match } from "node:assert/strict";

import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { CANDIDATES, FAILBACK, MANAGER, placementRow } from "../../src/model/placement.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { NodeIndex, presentOf } from "../../src/replica/node_index.ts";
import { Placements } from "../../src/replica/placements.ts";
import { Replica } from "../../src/replica/replica.ts";
import { create, drop, entryAt, id, set } from "./entries.ts";

const MEMBERS = ["m1", "m2", "m3"];

class Story {
  readonly replica = new Replica();
  readonly nodes = new NodeIndex(presentOf(() => this.replica));
  readonly placements = new Placements(() => this.replica.cells, () => this.nodes);

  apply(...operations: Operation[]): void {
    this.replica.apply(entryAt(this.replica.applied + 1, { operations }));
    for (const operation of operations) {
      if ("rows" in operation) { for (const row of operation.rows) this.placements.see(row); }
    }
  }

  hold(node: string, member: number): void {
    this.apply(set(placementRow(node), [ROW_MARK, id(member)]));
  }

  candidates(node: string): string[] | undefined {
    const found = this.placements.candidatesOf(node, MEMBERS);
    return found && [...found].sort();
  }
}

Deno.test("who holds what is known as it changes, and after a start", () => {
  const story = new Story();
  const { placements } = story;
  story.hold("n1", 1);
  story.hold("n2", 1);
  equal(placements.holderOf("n1"), id(1));
  deepEqual([...placements.heldBy(id(1))].sort(), ["n1", "n2"]);
  story.hold("n1", 2);
  deepEqual([...placements.heldBy(id(1))], ["n2"]);
  equal(placements.epochOf("n1"), 3);
  story.apply(drop(placementRow("n2")));
  deepEqual([...placements.holders], [id(2)]);
  equal(placements.holderOf("n2"), undefined);
  const anew = new Placements(() => story.replica.cells, () => story.nodes);
  deepEqual([...anew.heldBy(id(2))], ["n1"]);
});

Deno.test("what changed is looked at again, once, and all where a group changed", () => {
  const story = new Story();
  const { placements } = story;
  const all = (): string[] => {
    const taken = new Set<string>();
    while (placements.isDirty) for (const node of placements.takeDirty(1)) taken.add(node);
    return [...taken].sort();
  };
  story.apply(create(nodeRow("n1")), create(nodeRow("n2")), create(nodeRow("n3")));
  deepEqual(all(), ["n1", "n2", "n3"]);
  // Nothing says who should have them: a group changes nothing.
  story.apply(create("group/rack1"));
  deepEqual(all(), []);
  story.apply(set(nodeRow("n1"), [MANAGER, "m1"]));
  deepEqual(all(), ["n1"]);
  story.apply(set(nodeRow("n2"), ["info.note", "changed"]));
  story.apply(set("setting/x", ["y", "of no interest"]));
  deepEqual(all(), ["n2"]);
  story.apply(create("group/everything"), set("group/everything", [MANAGER, "m1"]));
  deepEqual(placements.takeDirty(2).length, 2);
  equal(placements.isDirty, true);
  // One that comes meanwhile is looked at as well.
  story.apply(create(nodeRow("n4")));
  equal(all().includes("n4"), true);
  const anew = new Placements(() => story.replica.cells, () => story.nodes);
  deepEqual(anew.takeDirty(9).sort(), ["n1", "n2", "n3", "n4"]);
});

Deno.test("what a node's attributes say of its manager is what they come to", () => {
  const story = new Story();
  story.apply(create(nodeRow("n1")), create("group/everything"));
  equal(story.placements.managerOf("n1"), "");
  equal(story.candidates("n1"), undefined);
  const expression = toCell({ kind: "expression", expression: "m{n1}" });
  story.apply(set("group/everything", [MANAGER, expression]));
  equal(story.placements.managerOf("n1"), "m1");
  equal(story.placements.isFailback("n1"), false);
  story.apply(set("group/everything", [FAILBACK, "auto"]));
  equal(story.placements.isFailback("n1"), true);
});

Deno.test("candidates are a noderange of members, be they nodes or not", () => {
  const story = new Story();
  const given = (text: string): string[] | undefined => {
    story.apply(set(nodeRow("n1"), [CANDIDATES, text]));
    return story.candidates("n1");
  };
  story.apply(create(nodeRow("n1")), create(nodeRow("m2")), create("group/service"));
  story.apply(set(nodeRow("m2"), ["groups", "service"]), set(nodeRow("n1"), ["groups", "service"]));
  deepEqual(given("m1"), ["m1"]);
  deepEqual(given("m[1-3],-m2"), ["m1", "m3"]);
  deepEqual(given("service"), ["m2"]);
  deepEqual(given("~m[12]"), ["m1", "m2"]);
  deepEqual(given("elsewhere"), []);
  equal(story.placements.candidatesFault("n1", MEMBERS), undefined);
  equal(given("m1,((("), undefined);
  match(story.placements.candidatesFault("n1", MEMBERS) ?? "", /^Invalid Noderange/);
});

Deno.test("where no attribute says who manages, nothing is looked at after a start", () => {
  const story = new Story();
  story.apply(create(nodeRow("n1")));
  const anew = new Placements(() => story.replica.cells, () => story.nodes);
  equal(anew.isUsed, false);
  deepEqual(anew.takeDirty(9), []);
});
