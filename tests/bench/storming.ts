/** Starts simulated machines on a segment, and takes what came of it. */
import { Running } from "./processes.ts";
import type { StormOrder } from "./storm_client.ts";
import type { StormResult } from "./storm_exchange.ts";

const SLACK_MS = 30_000;

/** As firmware does it. */
export const REPEATS_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000];

export type StormWish = Pick<StormOrder, "machines"> & Partial<StormOrder>;

/** All machines once, at once, where nothing else is said. `before` stands in front of the command
 * line. */
export async function storm(wish: StormWish, before: readonly string[] = []): Promise<StormResult> {
  const order: StormOrder = {
    ...{ interface: "eth0", exchanges: wish.machines, perSecond: 0, repeatAfterMs: REPEATS_MS },
    // A second answer that comes late must be seen, too.
    ...{ lingerMs: 3_000, patienceMs: 30_000 },
    ...wish,
  };
  const program = new URL("storm_client.ts", import.meta.url).pathname;
  const client = new Running([
    ...[...before, Deno.execPath(), "run", "-A", "--no-check", program],
    JSON.stringify(order),
  ]);
  const { exchanges, perSecond, lingerMs, patienceMs } = order;
  const lastsMs = perSecond === 0 ? 0 : exchanges / perSecond * 1_000;
  const [line] = await client.line(/^\{.*\}$/, lastsMs + lingerMs + patienceMs + SLACK_MS);
  await client.ended();
  return JSON.parse(line) as StormResult;
}
