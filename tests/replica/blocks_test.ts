import { deepEqual, equal, ok } from "node:assert/strict";

import { type Block, Blocks, NO_BLOCK } from "../../src/replica/blocks.ts";

function fill(blocks: Blocks, block: Block, mark: number): void {
  for (let at = 0; at < block.capacity; at++) blocks.write(block, at, at + 1, mark, mark * 1e9);
}

Deno.test("blocks lie apart, whatever their sizes and however many pages they take", () => {
  const blocks = new Blocks();
  const held = Array.from({ length: 3000 }, (_, i) => blocks.allocate(1 + i % 67));
  held.push(blocks.allocate(100_000));
  for (const [i, block] of held.entries()) fill(blocks, block, i);
  for (const [i, block] of held.entries()) {
    ok(block.capacity >= (i === 3000 ? 100_000 : 1 + i % 67));
    for (const at of [0, block.capacity - 1]) {
      equal(blocks.valueAt(block, at), i);
      equal(blocks.stampAt(block, at), i * 1e9);
      equal(blocks.attributeAt(block, at), at + 1);
    }
  }
});

Deno.test("a block that was left is used again before more room is taken", () => {
  const blocks = new Blocks();
  const block = blocks.allocate(40);
  blocks.release(block);
  deepEqual(blocks.allocate(40), block);
  blocks.release(NO_BLOCK);
  deepEqual(blocks.find(NO_BLOCK, 0, 1), -1);
});

Deno.test("a frozen copy does not see what is written, moved or copied afterwards", () => {
  const blocks = new Blocks();
  const first = blocks.allocate(4), second = blocks.allocate(4);
  fill(blocks, first, 1);
  fill(blocks, second, 2);
  const frozen = blocks.frozen();
  blocks.move(first, 3, 0);
  blocks.copy(first, second, 4);
  fill(blocks, first, 3);
  equal(frozen.attributeAt(first, 0), 1);
  equal(frozen.valueAt(first, 0), 1);
  equal(frozen.valueAt(second, 0), 2);
  equal(blocks.attributeAt(second, 0), 4);
  equal(blocks.valueAt(second, 0), 1);
  equal(blocks.valueAt(first, 0), 3);
});

Deno.test("an attribute is found among the cells that are there, and only there", () => {
  const blocks = new Blocks();
  const block = blocks.allocate(8);
  fill(blocks, block, 1);
  equal(blocks.find(block, 8, 8), 7);
  equal(blocks.find(block, 7, 8), -1);
});
