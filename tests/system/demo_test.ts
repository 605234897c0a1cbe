/** The demo as a user runs it: three real members, in processes of their own. */
import { deepEqual, equal, match } from "node:assert/strict";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const HAS_PROGRAM = [...Deno.readDirSync(ROOT)].some(({ name }) => name === "main.ts");
if (!HAS_PROGRAM) console.log("skipped: the demo, because there is no main.ts");

interface Demo {
  readonly process: Deno.ChildProcess;
  /** Where it makes its folder. */
  readonly folder: string;
  /** All that it printed until `words` came, or until its end. */
  until(words: string): Promise<string>;
}

function start(folder: string, ...args: string[]): Demo {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}/main.ts`, "demo", ...args],
    env: { TMPDIR: folder, CONFLUENT_SOCKET: "/nonexistent/http.sock" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (words: string): Promise<string> => {
    while (!text.includes(words)) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    return text;
  };
  return { process, folder, until };
}

async function inFolders(
  count: number,
  test: (...folders: string[]) => Promise<void>,
): Promise<void> {
  const made = Array.from({ length: count }, () => Deno.makeTempDirSync({ prefix: "demo-test-" }));
  try {
    await test(...made);
  } finally {
    for (const folder of made) await Deno.remove(folder, { recursive: true });
  }
}

function pidsIn(text: string): number[] {
  return Array.from(text.matchAll(/: pid (\d+) /g), ([, pid]) => Number(pid));
}

/** Whether the process is there and has not ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false; // gone
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
}

Deno.test({
  name: "two demos at once come true and leave nothing behind",
  ignore: !HAS_PROGRAM,
  async fn(): Promise<void> {
    await inFolders(2, async (...folders) => {
      const demos = folders.map((folder) => start(folder, "--once"));
      for (const { process, folder, until } of demos) {
        match(await until("is removed.\n"), /^All 9 steps came true/m);
        equal((await process.status).code, 0);
        deepEqual([...Deno.readDirSync(folder)], []);
      }
    });
  },
});

Deno.test({
  name: "a demo stays up until Ctrl-C, and what it says to try works",
  ignore: !HAS_PROGRAM,
  async fn(): Promise<void> {
    await inFolders(1, async (folder = "") => {
      const table = `${folder}/t.csv`;
      await Deno.writeTextFile(table, "name,location.rack\nn1,7\n");
      const demo = start(folder, "--inventory", table);
      const text = await demo.until("Ctrl-C stops them");
      const pids = pidsIn(text);
      equal(pids.filter(isAlive).length, 3);
      const tried = text.split("Try in another shell:\n")[1]?.split("\n\n")[0] ?? "";
      const hasCurl = succeeds("command -v curl");
      const commands = tried.split("\n")
        .filter((line) => !line.includes("kill") && (hasCurl || !/curl|http:/.test(line)))
        .join("\n");
      const shell = await new Deno.Command("sh", { args: ["-e", "-c", commands] }).output();
      const said = new TextDecoder().decode(shell.stdout);
      match(said, /^Quorum: True$/m);
      match(said, /^n1: hello$/m);
      match(said, /^n1: info\.note: hello\nn1: location\.rack: 7$/m);
      if (hasCurl) match(said, /"quorum":true/);
      demo.process.kill("SIGINT");
      match(await demo.until("is removed.\n"), /is removed\.\n$/);
      equal((await demo.process.status).code, 0);
      equal(pids.some(isAlive), false);
      deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["t.csv"]);
    });
  },
});

Deno.test({
  name: "a demo that is interrupted half way cleans up as well",
  ignore: !HAS_PROGRAM,
  async fn(): Promise<void> {
    await inFolders(1, async (folder = "") => {
      const demo = start(folder, "--once");
      await demo.until("3/9");
      demo.process.kill("SIGINT");
      match(await demo.until("is removed.\n"), /Interrupted in step 3\.\n/);
      equal((await demo.process.status).code, 130);
      deepEqual([...Deno.readDirSync(folder)], []);
    });
  },
});

Deno.test({
  name: "members do not outlive a demo that is killed",
  ignore: !HAS_PROGRAM || !succeeds("setpriv --pdeathsig KILL true"),
  async fn(): Promise<void> {
    await inFolders(1, async (folder = "") => {
      const demo = start(folder);
      const pids = pidsIn(await demo.until("Ctrl-C stops them"));
      equal(pids.length, 3);
      demo.process.kill("SIGKILL");
      await demo.until("the end of its output");
      await demo.process.status;
      await untilGone(pids);
    });
  },
});

function succeeds(script: string): boolean {
  return new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).outputSync().success;
}
