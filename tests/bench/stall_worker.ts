/** The asking thread of stall_watch.ts. */
/// <reference lib="deno.worker" />
import { KeptConnection } from "./kept_connection.ts";
import { pause } from "./processes.ts";
import type { Stalls, Watched, WatchOrder } from "./stall_watch.ts";

const EVERY_MS = 10;
const AGAIN_MS = 50;
const NOTHING: Stalls = { answers: 0, longestMs: 0, loopMs: 0 };

const watched = new Map<string, Watched>();
const seen = new Map<string, Stalls>();

self.onmessage = ({ data }: MessageEvent<WatchOrder>) => {
  if (data === "tell") {
    self.postMessage([...seen].map(([name, stalls]) => ({ name, ...stalls })));
    for (const name of seen.keys()) seen.set(name, NOTHING);
    return;
  }
  watched.set(data.watch.name, data.watch);
  seen.set(data.watch.name, seen.get(data.watch.name) ?? NOTHING);
  void watch(data.watch);
};

/** Until another process has its name, or it is gone for good. */
async function watch(member: Watched): Promise<void> {
  let conn: KeptConnection | undefined;
  while (watched.get(member.name) === member) {
    try {
      conn ??= await KeptConnection.openSocket(member.socket);
      const left = EVERY_MS - await ask(member, conn);
      if (left > 0) await pause(left);
    } catch {
      // It does not listen yet, or was stopped.
      conn = undefined;
      await pause(AGAIN_MS);
    }
  }
  conn?.close();
}

async function ask({ name, pid }: Watched, conn: KeptConnection): Promise<number> {
  const waited = waitedMs(pid), begun = performance.now();
  await conn.ask("GET", "/healthz");
  const tookMs = performance.now() - begun;
  const loopMs = Math.max(0, tookMs - (waitedMs(pid) - waited));
  const before = seen.get(name) ?? NOTHING;
  seen.set(name, {
    answers: before.answers + 1,
    longestMs: Math.max(before.longestMs, tookMs),
    loopMs: Math.max(before.loopMs, loopMs),
  });
  return tookMs;
}

/** How long the first thread of the process, which runs the loop, and this one have waited for a
 * processor. */
function waitedMs(pid: number): number {
  const [loop, own] = [`/proc/${pid}/schedstat`, "/proc/thread-self/schedstat"]
    .map((path) => Number(Deno.readTextFileSync(path).split(" ")[1]) / 1e6);
  return (loop ?? 0) + (own ?? 0);
}
