/**
 * Serves boot files from the folder in its first argument, without a member around it: what
 * `boot_http.ts` measures. Says where, then each second by how many milliseconds its event loop was
 * late at worst.
 */
import { ok } from "../../src/base/outcome.ts";
import { listenBootHttp } from "../../src/api/boot/listening.ts";
import { systemClock } from "../../src/io/clock.ts";
import { Poller } from "../../src/io/poller.ts";

const BEAT_MS = 5;
const TOLD_EVERY_MS = 1_000;

const opened = Poller.open();
if (!opened.ok) throw new Error(opened.refusal.message);
const listening = listenBootHttp({
  at: { host: "127.0.0.1", port: 0 },
  content: Deno.args[0] ?? "",
  poller: opened.value,
  clock: systemClock,
  compute: () => Promise.resolve(ok(undefined)),
  done: () => {},
  tell: (line) => console.log(line),
});
if (!listening.ok) throw new Error(listening.refusal.message);
console.log(`ready ${listening.value.address}`);

let last = performance.now(), worst = 0, told = last;
setInterval(() => {
  const now = performance.now();
  worst = Math.max(worst, now - last - BEAT_MS);
  last = now;
  if (now - told < TOLD_EVERY_MS) return;
  console.log(`late ${worst.toFixed(1)}`);
  told = now;
  worst = 0;
}, BEAT_MS);
