/** The disk's faults as the kernel deals them: real processes, kill -9, injected errors. */
import { deepEqual, equal, fail, match, ok as holds } from "node:assert/strict";

import { openKvStore } from "../../src/io/store_kv.ts";
import { readFloor } from "../../src/io/store_floor.ts";
import { loaded, opened, pattern } from "../contract/store_contract.ts";
import { until } from "./program.ts";

const CHILD = new URL("store_child.ts", import.meta.url).pathname;
const RUN = [Deno.execPath(), "run", "-A", "--unstable-kv", "--quiet", CHILD];

/** A case with a folder of its own. */
function faultTest(title: string, run: (folder: string) => Promise<void>): void {
  Deno.test(`store faults: ${title}`, async () => {
    const root = await Deno.makeTempDir({ prefix: "confluent-faults-" });
    try {
      await run(`${root}/d`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

function spawn(command: readonly string[]): Deno.ChildProcess {
  const [program, ...args] = command as [string, ...string[]];
  return new Deno.Command(program, { args, stdout: "piped", stderr: "inherit" }).spawn();
}

/** Runs to the end: exit code and what it said. */
async function ran(command: readonly string[]): Promise<{ code: number; said: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const { code, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  return { code, said: new TextDecoder().decode(stdout).trim() };
}

/** The child's lines until `enough` says so; what it said later is read on by the caller. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(child: Deno.ChildProcess) {
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async until(enough: (line: string) => boolean): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) fail(`the child ended early, saying: ${this.#text}`);
      this.#text += value;
      if (this.#whole().some(enough)) return;
    }
  }

  /** The last whole line, once the child is dead. */
  async last(): Promise<string> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return this.#whole().at(-1) ?? "";
      this.#text += value;
    }
  }

  #whole(): string[] {
    return this.#text.split("\n").slice(0, -1);
  }
}

/** Whether a tool works here; where not, says that the case was left out. */
async function works(command: readonly string[], what: string): Promise<boolean> {
  try {
    const { code } = await ran(command);
    if (code === 0) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log(`left out: ${what} does not work here`);
  return false;
}

faultTest(
  "killed at any moment, every returned commit is there, and none by half",
  async (folder) => {
    let counted = 0;
    for (const target of [1, 7, 30]) {
      const child = spawn([...RUN, "write", folder]);
      const lines = new Lines(child);
      await lines.until((line) => Number(line) >= counted + target);
      child.kill("SIGKILL");
      const said = Number(await lines.last());
      await child.status;
      const store = await opened({ open: () => openKvStore(folder) });
      holds(store.count === said || store.count === said + 1, `${store.count} after ${said}`);
      const [first, long, last, ...more] = await loaded(store);
      const n = String(store.count);
      equal(new TextDecoder().decode(first?.value), n);
      equal(new TextDecoder().decode(last?.value), n);
      deepEqual(long?.value, pattern(70_000, store.count));
      deepEqual(more, []);
      counted = store.count;
      await store.close();
    }
  },
);

faultTest("a lost write-ahead log of a killed process is a cut", async (folder) => {
  // So few that SQLite has not moved them out of its log.
  const child = spawn([...RUN, "write", folder, "5"]);
  const lines = new Lines(child);
  await lines.until((line) => Number(line) === 5);
  await until("the floor file counts them", async () => {
    return (await readFloor(`${folder}/floor`))?.count === 5 || undefined;
  });
  child.kill("SIGKILL");
  await lines.last();
  await child.status;
  await Deno.remove(`${folder}/confluent.kv-wal`);
  const { code, said } = await ran([...RUN, "open", folder]);
  equal(code, 1);
  match(said, /^DamageError: .*confluent\.kv: it holds 0 commits of at least 5 .*rejoin`$/);
});

faultTest("a second process is told who has the folder; kill -9 gives it back", async (folder) => {
  const child = spawn([...RUN, "hold", folder]);
  const lines = new Lines(child);
  await lines.until((line) => line === "open");
  const { said } = await ran([...RUN, "open", folder]);
  equal(
    said,
    `data folder ${folder} is in use by process ${child.pid}; ` +
      "stop it or choose another with --data",
  );
  child.kill("SIGKILL");
  await lines.last();
  await child.status;
  equal((await ran([...RUN, "open", folder])).said, "open");
});

faultTest("after an fsync that failed only a fresh copy is believed", async (folder) => {
  if (!await works(["strace", "-f", "-o", "/dev/null", "true"], "strace")) return;
  await (await opened({ open: () => openKvStore(folder) })).close();
  const log = `${folder}/confluent.kv-wal`;
  for (const when of ["4", "9"]) {
    const inject = `inject=fsync,fdatasync:error=EIO:when=${when}`;
    const strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", log];
    const trace = [...strace, "-e", "trace=fsync,fdatasync", "-e", inject];
    const { code, said } = await ran([...trace, ...RUN, "unknown", folder]);
    equal(code, 0, said);
    const store = await opened({ open: () => openKvStore(folder) });
    equal(store.count, Number(said));
    await store.close();
    await Deno.remove(folder, { recursive: true });
    await (await opened({ open: () => openKvStore(folder) })).close();
  }
});

faultTest("a floor file that cannot be synced is an unknown outcome too", async (folder) => {
  if (!await works(["strace", "-f", "-o", "/dev/null", "true"], "strace")) return;
  await (await opened({ open: () => openKvStore(folder) })).close();
  const strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", `${folder}/floor`];
  const inject = "inject=fdatasync:error=EIO:when=1";
  const trace = [...strace, "-e", "trace=fdatasync", "-e", inject];
  const { code, said } = await ran([...trace, ...RUN, "unknown", folder]);
  equal(code, 0, said);
  const store = await opened({ open: () => openKvStore(folder) });
  equal(store.count, Number(said));
  await store.close();
});

faultTest("a full disk changes nothing, and room again is enough", async (folder) => {
  const root = Deno.uid() === 0;
  const unshare = ["unshare", ...root ? [] : ["--user", "--map-root-user"], "--mount", "sh", "-c"];
  const mount = `mount -t tmpfs -o size=4m,mode=755 none "$0"`;
  await Deno.mkdir(folder);
  if (!await works([...unshare, mount, folder], "a tmpfs in a mount namespace")) return;
  const { code, said } = await ran([
    ...unshare,
    `${mount} && exec "$@"`,
    folder,
    ...RUN,
    "full",
    folder,
  ]);
  equal(code, 0, said);
  equal(said, "full and free again");
});

faultTest("a folder of another user's is refused in one line", async (folder) => {
  // Without these two, root may read what belongs to root alone.
  const bound = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];
  if (Deno.uid() !== 0 || !await works([...bound, "true"], "setpriv as root")) return;
  await (await opened({ open: () => openKvStore(folder) })).close();
  for await (const { name } of Deno.readDir(folder)) await Deno.chown(`${folder}/${name}`, 1, 1);
  equal(
    (await ran([...bound, ...RUN, "open", folder])).said,
    `cannot use data folder ${folder}: permission denied to user 0; ` +
      "give it to that user, mode 0700",
  );
  await Deno.chown(folder, 1, 1);
  equal(
    (await ran([...RUN, "open", folder])).said,
    `data folder ${folder} belongs to user 1, not to root; run this as that user: ` +
      "`runuser -u confluent -- confluent ...` where the packages made it",
  );
});
