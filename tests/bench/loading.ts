/** Starts the load client, and takes what it found. */
import type { LoadOrder, LoadResult } from "./load_client.ts";
import { Running } from "./processes.ts";

const SLACK_MS = 30_000;

export async function load(order: LoadOrder): Promise<LoadResult> {
  const program = new URL("load_client.ts", import.meta.url).pathname;
  const client = new Running([Deno.execPath(), "run", "-A", program, JSON.stringify(order)]);
  const [line] = await client.line(/^\{.*\}$/, order.warmMs + order.measureMs + SLACK_MS);
  await client.ended();
  return JSON.parse(line) as LoadResult;
}
