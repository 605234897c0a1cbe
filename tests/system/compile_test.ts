/**
 * The one executable, in surroundings that lend it nothing: no environment, no HOME, a working
 * folder that cannot be written to, other users, and several first starts at once.
 */
import { match, notStrictEqual, ok, strictEqual } from "node:assert/strict";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const IS_ROOT = Deno.uid() === 0;
/** An account that owns nothing (nobody). */
const STRANGER = 65534;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const [program, ...rest] = args;
  const begun = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(program ?? "", {
    args: rest,
    clearEnv: true,
    env,
    cwd: "/proc", // nobody can write here
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  const ms = performance.now() - begun;
  return { code, out: text.decode(stdout).trim(), err: text.decode(stderr).trim(), ms };
}

function asStranger(args: readonly string[]): string[] {
  return ["setpriv", `--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups", ...args];
}

async function compile(...args: string[]): Promise<string> {
  const { code, stderr } = await new Deno.Command("bash", {
    args: [`${ROOT}/compile.sh`, ...args],
    env: { DENO: Deno.execPath() },
    stdout: "null",
    stderr: "piped",
  }).output();
  const err = new TextDecoder().decode(stderr);
  strictEqual(code, 0, err);
  return err;
}

/** A folder that every user may read and enter. */
function openFolder(): string {
  const folder = Deno.makeTempDirSync({ prefix: "confluent-compile-" });
  Deno.chmodSync(folder, 0o755);
  return folder;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false; // absent, or as good as
  }
}

/** A file that unpacks itself, and where the tests have it do that. */
interface Place {
  readonly folder: string;
  readonly file: string;
  readonly cache: string;
  readonly env: Record<string, string>;
}

async function testStarts(t: Deno.TestContext, { file, cache, env }: Place): Promise<void> {
  await t.step("four first starts at once leave one whole copy", async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => run([file, "version"], env)));
    for (const { code, out, err } of all) strictEqual(`${code} ${out} ${err}`, "0 stand-in 1 ");
    strictEqual([...Deno.readDirSync(cache)].length, 1);
  });

  await t.step("later starts are fast", async () => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push((await run([file, "version"], env)).ms);
    ok(Math.min(...times) < 150, `the fastest of five took ${Math.min(...times)} ms`);
  });
}

async function testPassingOn(t: Deno.TestContext, { folder, file, env }: Place): Promise<void> {
  await t.step("arguments, exit codes and input pass through", async () => {
    const told = await run([file, "arguments", "a b", "", "*", "--", "-A"], env);
    strictEqual(told.out, JSON.stringify(["a b", "", "*", "--", "-A"]));
    strictEqual((await run([file, "exit", "3"], env)).code, 3);
    const piped = await run(["/bin/sh", "-c", `echo heard | ${file} input`], env);
    strictEqual(piped.out, "heard");
  });

  await t.step("packages imported late, and the store, are inside", async () => {
    strictEqual((await run([file, "lazy"], env)).out, "function 1");
  });

  await t.step("another name is known, and so is the file itself", async () => {
    Deno.symlinkSync("confluent", `${folder}/nodelist`);
    strictEqual((await run([`${folder}/nodelist`, "name"], env)).out, "nodelist");
    strictEqual((await run([`${folder}/nodelist`, "again"], env)).out, Deno.realPathSync(file));
  });
}

async function testDamage(t: Deno.TestContext, { folder, file, cache, env }: Place): Promise<void> {
  await t.step("a damaged copy is replaced", async () => {
    const [copy] = [...Deno.readDirSync(cache)];
    Deno.truncateSync(`${cache}/${copy?.name}/confluent.js`, 100);
    const { code, out } = await run([file, "version"], env);
    strictEqual(`${code} ${out}`, "0 stand-in 1");
  });

  await t.step("a damaged file is refused", async () => {
    const bytes = Deno.readFileSync(file);
    bytes[bytes.length - 1_000_000]! ^= 1;
    Deno.writeFileSync(`${folder}/damaged`, bytes, { mode: 0o755 });
    const fresh = { CONFLUENT_CACHE: `${folder}/cache2` };
    const { code, err } = await run([`${folder}/damaged`, "version"], fresh);
    strictEqual(code, 1);
    match(err, /cannot unpack itself.*\n.*damaged/);
  });

  await t.step({
    name: "a full disk, and one that may not run programs, are told by name",
    ignore: !IS_ROOT,
    async fn(): Promise<void> {
      for (const [option, wanted] of [["size=20m", "disk is full"], ["noexec", "noexec"]]) {
        const small = Deno.makeTempDirSync({ dir: folder });
        const mount = `mount -t tmpfs -o ${option},mode=755 none ${small}`;
        const script = `${mount} || exit 99; CONFLUENT_CACHE=${small} exec ${file} version`;
        const { code, err } = await run(["unshare", "-m", "/bin/sh", "-c", script]);
        if (code === 99) console.log("skipped: this machine does not let root mount a tmpfs");
        else match(`${code} ${err}`, new RegExp(`^1 [^]*${wanted}`));
      }
    },
  });
}

async function testUsers(t: Deno.TestContext, { folder, file, cache, env }: Place): Promise<void> {
  await t.step({
    name: "another user, with neither HOME nor a cache, unpacks into a folder of its own",
    ignore: !IS_ROOT,
    async fn(): Promise<void> {
      const own = `/tmp/confluent-${STRANGER}`;
      const wasThere = exists(own);
      const { code, out, err } = await run(asStranger([file, "version"]));
      strictEqual(`${code} ${out} ${err}`, "0 stand-in 1 ");
      strictEqual((Deno.statSync(own).mode ?? 0) & 0o777, 0o700);
      if (!wasThere) Deno.removeSync(own, { recursive: true });
    },
  });

  await t.step({
    name: "what another user could have planted is not executed",
    ignore: !IS_ROOT,
    async fn(): Promise<void> {
      const planted = `${folder}/planted`;
      await new Deno.Command("cp", { args: ["-a", cache, planted] }).output();
      Deno.chownSync(planted, STRANGER, STRANGER);
      const theirs = await run([file, "version"], { CONFLUENT_CACHE: planted });
      strictEqual(theirs.code, 1);
      match(theirs.err, /planted: must be a folder of user 0/);
      Deno.chownSync(planted, 0, 0);
      Deno.chmodSync(planted, 0o777);
      notStrictEqual((await run([file, "version"], { CONFLUENT_CACHE: planted })).code, 0);
    },
  });

  await t.step({
    name: "root's copy serves everybody",
    ignore: !IS_ROOT,
    async fn(): Promise<void> {
      const asked = await run(asStranger([file, "version"]), env);
      strictEqual(`${asked.code} ${asked.out} ${asked.err}`, "0 stand-in 1 ");
    },
  });
}

Deno.test("the file that unpacks itself", async (t) => {
  const folder = openFolder();
  const file = `${folder}/confluent`, cache = `${folder}/cache`;
  const entry = `${ROOT}/tests/system/stand_in.ts`;
  const said = await compile("--unpacking", "--main", entry, "--out", file);
  match(said, /making the file that unpacks itself: asked to/);
  const place = { folder, file, cache, env: { CONFLUENT_CACHE: cache } };
  await testStarts(t, place);
  await testPassingOn(t, place);
  await testDamage(t, place);
  await testUsers(t, place);
  Deno.removeSync(folder, { recursive: true });
});

const HAS_PROGRAM = exists(`${ROOT}/main.ts`);
if (!HAS_PROGRAM) console.log("skipped: the executable of main.ts, because there is no main.ts");

Deno.test({
  name: "the program in one file, in an empty environment",
  ignore: !HAS_PROGRAM,
  async fn(t): Promise<void> {
    const folder = openFolder();
    const file = `${folder}/confluent`;
    await compile("--out", file);
    const version = await run([file, "version"]);
    strictEqual(version.code, 0, version.err);
    match(version.out, /\d+\.\d+\.\d+/);

    await t.step("help is on stdout and is success", async () => {
      const { code, out } = await run([file, "help"]);
      strictEqual(code, 0);
      match(out, /serve/);
    });

    await t.step("wrong usage is exit code 2", async () => {
      const { code, out, err } = await run([file, "no-such-command"]);
      strictEqual(`${code} ${out}`, "2 ");
      match(err, /no-such-command/);
    });

    await t.step("under the name nodelist it is that command", async () => {
      Deno.symlinkSync("confluent", `${folder}/nodelist`);
      const { code, out } = await run([`${folder}/nodelist`, "--help"]);
      strictEqual(code, 0);
      match(out, /nodelist/);
    });

    await t.step({
      name: "another user may run it too",
      ignore: !IS_ROOT,
      async fn(): Promise<void> {
        const { code, out } = await run(asStranger([file, "version"]));
        strictEqual(`${code} ${out}`, `0 ${version.out}`);
      },
    });
    Deno.removeSync(folder, { recursive: true });
  },
});
