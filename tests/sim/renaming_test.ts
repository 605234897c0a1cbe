/** Nodes that are renamed stay whose they are, and what is under way there holds them back. */
import { strict as assert } from "node:assert";

import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { MANAGER, placementRow } from "../../src/model/placement.ts";
import type { Host } from "./host.ts";
import { Scene } from "./scene.ts";

/** Far more than a hand-over takes. */
const LONG_MS = 2_000;

class Renaming {
  readonly scene = new Scene(3);
  readonly first: Host;
  readonly second: Host;

  constructor(...nodes: readonly string[]) {
    const { scene } = this;
    [this.first, this.second] = scene.others(scene.leader()) as [Host, Host];
    scene.run(1_000);
    this.must(nodes.map((node) => this.#defined(node, this.first)));
    scene.until(
      "all are acted on",
      LONG_MS,
      () => nodes.every((node) => this.actsOn(this.first, node)),
    );
  }

  must(operations: readonly Operation[]): void {
    const outcome = this.scene.answer(this.scene.ask(this.scene.leader(), operations));
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.refusal.message);
  }

  /** In one entry, as the API does; those of `to` are to be managed by the other member. */
  rename(names: Readonly<Record<string, string>>, to: readonly string[]): void {
    const rows = Object.keys(names);
    this.must([
      { kind: "drop", rows: [...rows.map(nodeRow), ...rows.map(placementRow)] },
      ...Object.values(names).flatMap((name): Operation[] => [
        this.#defined(name, to.includes(name) ? this.second : this.first),
        { kind: "set", rows: [placementRow(name)], cells: [[ROW_MARK, this.first.id]] },
      ]),
    ]);
  }

  #defined(node: string, { member }: Host): Operation {
    return { kind: "set", rows: [nodeRow(node)], cells: [[ROW_MARK, ""], [MANAGER, member.name]] };
  }

  actsOn(host: Host, node: string): boolean {
    return host.machine!.mayAct(node, host.now());
  }

  /** Nobody gets the nodes before `release` is called, and the other member soon after. */
  waits(node: string, release: () => void): void {
    this.scene.run(LONG_MS);
    assert.equal(this.actsOn(this.second, node), false);
    release();
    this.scene.until("it is handed over", LONG_MS, () => this.actsOn(this.second, node));
  }
}

Deno.test("who acts on a node does so under its new name at once", () => {
  const story = new Renaming("n1");
  story.rename({ n1: "x1" }, []);
  story.scene.until("it acts", 100, () => story.actsOn(story.first, "x1"));
  story.scene.run(LONG_MS);
  assert.deepEqual([story.actsOn(story.first, "n1"), story.actsOn(story.second, "x1")], [
    false,
    false,
  ]);
  story.scene.end();
});

Deno.test("what is under way at a node holds it back under its new name", () => {
  const story = new Renaming("n1");
  const release = story.first.machine!.placing.hold("n1");
  story.rename({ n1: "x1" }, ["x1"]);
  story.waits("x1", release);
  story.scene.end();
});

Deno.test("so it does where two nodes change their names", () => {
  const story = new Renaming("n1", "n2");
  const release = story.first.machine!.placing.hold("n1");
  story.rename({ n1: "n2", n2: "n1" }, ["n2"]);
  story.waits("n2", release);
  story.scene.end();
});
