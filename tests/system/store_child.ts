/**
 * A process with a store, for store_faults_test.ts to kill, starve and break:
 *
 *     store_child.ts write FOLDER [N]
 *                                   commits for ever, or N times and waits; a line with the count
 *                                   after each
 *     store_child.ts hold FOLDER    opens, prints "open", waits
 *     store_child.ts open FOLDER    opens, prints the outcome's message or "open", ends
 *     store_child.ts unknown FOLDER runs the story of a disk that fails once
 *     store_child.ts full FOLDER    runs the story of a full disk; FOLDER is on a small one
 */
import { openKvStore } from "../../src/io/store_kv.ts";
import type { Store } from "../../src/io/store.ts";
import { done, fullDiskStory, pattern, unknownOutcomeStory } from "../contract/store_contract.ts";

const [role, folder, most] = Deno.args as [string, string, string?];

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

async function run(store: Store): Promise<void> {
  switch (role) {
    case "write":
      for (let n = store.count + 1; n <= Number(most ?? Infinity); n++) {
        const long = pattern(70_000, n);
        say(String(await done(store, { first: String(n), long, zlast: String(n) })));
      }
      return await forever();
    case "hold":
      say("open");
      return await forever();
    case "unknown":
      say(String(await unknownOutcomeStory(store, () => {})));
      return await store.close();
    case "full":
      await fullDiskStory(store, { fill, free: () => Deno.removeSync(ballast) });
      say("full and free again");
      return await store.close();
    default:
      say("open");
      return await store.close();
  }
}

async function forever(): Promise<void> {
  await new Promise(() => setInterval(() => {}, 1000));
}

const ballast = `${folder}/ballast`;

/** Takes all the room there is, byte by byte at the end. */
function fill(): void {
  using file = Deno.openSync(ballast, { write: true, create: true });
  for (let size = 65536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch (error) {
      if (!String(error).includes("os error 28")) throw error;
    }
  }
}

try {
  const outcome = await openKvStore(folder);
  if (outcome.ok) await run(outcome.value);
  else say(outcome.refusal.message);
} catch (error) {
  say(String(error));
  Deno.exit(1);
}
