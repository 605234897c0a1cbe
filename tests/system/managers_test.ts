/** Three rounds of each thing that can become of a manager, with real members in namespaces. */
import { equal, ok as holds } from "node:assert/strict";

import { hasNamespaces, runBench } from "./bench.ts";

const ROUNDS = 3;
/** Longer than it takes others to act on the nodes of a member that is stopped. */
const STOPPED_SECONDS = 8;
const WITHIN_MS = 600_000;
/** Fewer would mean that nobody acted on anything. */
const LEAST_CHANGES = 2_000;

Deno.test("managers: however one is lost, no two act on a node", async () => {
  if (!await hasNamespaces("managers")) return;
  const wishes = ["--rounds", String(ROUNDS), "--seconds", String(STOPPED_SECONDS)];
  const figure = await runBench("managers", wishes, WITHIN_MS);
  const rounds = figure(/^rounds/);
  // With a library that moves clocks one kind more.
  holds([5, 6].includes((rounds.values[0] ?? 0) / ROUNDS), `${rounds.values} rounds`);
  equal(figure(/^changes by a right that was over/).values[0], 0);
  const changes = Number(/^(\d+) changes/.exec(rounds.note ?? "")?.[1]);
  holds(changes > LEAST_CHANGES, `${changes} changes`);
  console.log(`${rounds.values} rounds, ${changes} changes`);
});
