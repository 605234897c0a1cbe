/** Answers of more nodes than are told in one go. */
import { deepEqual, equal } from "node:assert/strict";

import { SLICE_BYTES } from "../../src/base/limits.ts";
import { createApi } from "../../src/api/app.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { SUPPORT } from "../../src/model/support.ts";
import { asking } from "./asking.ts";

const NODES = Array.from({ length: 3_000 }, (_, i) => `n${i + 1}`);
const PATH = "/noderange/n1-n3000/attributes/current";
const NOTE = "x".repeat(100);

function many(): ReturnType<typeof asking> {
  const site = asking(...NODES);
  site.member.apply([{ kind: "set", rows: NODES.map(nodeRow), cells: [["info.note", NOTE]] }]);
  return site;
}

Deno.test("many nodes come in slices that make one answer", async () => {
  const { ask } = many();
  const { body } = await ask(`GET ${PATH}`);
  const { databynode } = body as { databynode: Record<string, Record<string, unknown>>[] };
  equal(databynode.length, 2 * NODES.length);
  deepEqual(databynode.map((entry) => Object.keys(entry)[0]), NODES.flatMap((n) => [n, n]));
  deepEqual(databynode[1], { n1: { "info.note": { value: NOTE } } });
});

Deno.test("it is made as it is taken, and others get their turn between", async () => {
  const { member } = many();
  const app = createApi(member, {
    metrics: new MetricsRegistry(),
    bootstrapToken: "",
    version: { version: "0", features: [], deno: "2", build: "test", support: SUPPORT },
    failed: () => {},
  });
  const { body } = await app.request(PATH, {}, { via: "unix" });
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = "", slices = 0;
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) break;
    text += decoder.decode(read.value, { stream: true });
    // An odd reader: what is not told yet is told as it is by then.
    if (slices++ === 0) {
      member.apply([
        { kind: "set", rows: [nodeRow("n3000")], cells: [["info.note", "late"]] },
        { kind: "drop", rows: [nodeRow("n2999")] },
      ]);
    }
    equal(read.value.length < SLICE_BYTES + 10_000, true);
  }
  equal(slices > 1, true);
  const { databynode } = JSON.parse(text) as { databynode: Record<string, unknown>[] };
  deepEqual(databynode.at(-1), { n3000: { "info.note": { value: "late" } } });
});
