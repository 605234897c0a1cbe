/**
 * The packages for Debian and for RPM systems: what they hold, and that the executable taken out
 * of each still runs. Installing them is left to machines that may be thrown away.
 */
import { match, ok, strictEqual } from "node:assert/strict";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(cwd: string, program: string, ...args: string[]): Promise<Ran> {
  const env = { DENO: Deno.execPath(), CONFLUENT_CACHE: `${cwd}/cache` };
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd, env }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function succeed(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await run(cwd, program, ...args);
  strictEqual(code, 0, `${program} ${args.join(" ")}: ${err}`);
  return out;
}

function has(tool: string): boolean {
  const paths = (Deno.env.get("PATH") ?? "").split(":");
  return paths.some((path) => {
    try {
      return Deno.statSync(`${path}/${tool}`).isFile;
    } catch {
      return false; // not in this folder
    }
  });
}

const MISSING = ["dpkg-deb", "rpmbuild", "rpm2cpio", "cpio"].filter((tool) => !has(tool));
for (const tool of MISSING) console.log(`skipped: packages, because ${tool} is missing`);

const FILES = [
  "/usr/bin/confluent",
  "/usr/bin/nodelist",
  "/usr/bin/osdeploy",
  "/usr/lib/systemd/system/confluent.service",
  "/usr/lib/sysusers.d/confluent.conf",
  "/usr/lib/tmpfiles.d/confluent.conf",
  "/usr/share/doc/confluent/CHANGELOG.md",
  "/usr/share/doc/confluent/copyright",
];

function findFile(folder: string, ending: string): string {
  const found = [...Deno.readDirSync(folder)].find((entry) => entry.name.endsWith(ending));
  ok(found, `no ${ending} was made`);
  return `${folder}/${found.name}`;
}

async function build(folder: string): Promise<void> {
  const file = `${folder}/confluent`;
  // The program where there is one; the packages do not care what they carry.
  const main = exists(`${ROOT}/main.ts`) ? [] : ["--main", STAND_IN];
  await succeed(folder, `${ROOT}/compile.sh`, "--out", file, ...main);
  await succeed(folder, `${ROOT}/packaging/build.sh`, "--executable", file, "--out", folder);
}

const STAND_IN = `${ROOT}/tests/system/stand_in.ts`;

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // absent, or as good as
  }
}

Deno.test({
  name: "packages",
  ignore: MISSING.length > 0,
  async fn(t): Promise<void> {
    const folder = Deno.makeTempDirSync({ prefix: "confluent-packages-" });
    await build(folder);
    const version = await succeed(folder, `${folder}/confluent`, "version");

    await t.step("the .deb holds the tree, owned by root", async () => {
      const deb = findFile(folder, ".deb");
      const listing = await succeed(folder, "dpkg-deb", "-c", deb);
      for (const file of FILES) match(listing, new RegExp(` root/root .* \\.${file}( ->.*)?\n`));
      match(listing, /^-rwxr-xr-x root\/root .* \.\/usr\/bin\/confluent$/m);
      await succeed(folder, "dpkg-deb", "-x", deb, `${folder}/deb`);
      strictEqual(await succeed(folder, `${folder}/deb/usr/bin/confluent`, "version"), version);
      await succeed(folder, "dpkg-deb", "-e", deb, `${folder}/control`);
      for (const script of ["postinst", "prerm", "postrm"]) {
        await succeed(folder, "/bin/sh", "-n", `${folder}/control/${script}`);
      }
    });

    await t.step("the .rpm holds the same, unstripped", async () => {
      const rpm = findFile(folder, ".rpm");
      const listed = (await succeed(folder, "rpm", "-qpl", rpm)).split("\n");
      for (const file of FILES) ok(listed.includes(file), `${file} is not in the .rpm`);
      const taken = `mkdir rpm && cd rpm && rpm2cpio ${rpm} | cpio -id --quiet`;
      await succeed(folder, "/bin/sh", "-c", taken);
      strictEqual(await succeed(folder, `${folder}/rpm/usr/bin/confluent`, "version"), version);
    });

    await t.step({
      name: "the unit is well formed and keeps its hardening",
      ignore: !has("systemd-analyze"),
      async fn(): Promise<void> {
        const unit = `${ROOT}/packaging/confluent.service`;
        const { out } = await run(folder, "systemd-analyze", "security", "--offline=true", unit);
        const level = /Overall exposure level for confluent.service: ([\d.]+)/.exec(out)?.[1];
        ok(Number(level) <= 2.5, `exposure ${level}; at most 2.5`);
        const { err } = await run(folder, "systemd-analyze", "verify", unit);
        const complaints = err.split("\n").filter((line) => line.includes("confluent.service"))
          .filter((line) => !line.includes("is not executable")); // not installed here
        strictEqual(complaints.join("\n"), "");
      },
    });
    Deno.removeSync(folder, { recursive: true });
  },
});
