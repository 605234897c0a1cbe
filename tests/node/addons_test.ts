/** What is made for nodes: the archive, and scripts that every shell of an initramfs can read. */
import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync } from "node:fs";

import { flatYaml } from "../../src/wire/flat_yaml.ts";

const NODE = new URL("../../node", import.meta.url).pathname;
/** Run by other programs than a shell of an initramfs: none. */
const SCRIPTS = ["confluent-node", "configuration.sh", "installed.sh", "udhcpc.sh", "build.sh"]
  .concat([...Deno.readDirSync(`${NODE}/hooks`)].map(({ name }) => `hooks/${name}`));

function run(command: string, ...args: string[]): { code: number; out: string } {
  const { code, stdout, stderr } = new Deno.Command(command, { args, stdin: "null" }).outputSync();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout) + text.decode(stderr) };
}

/** Whether all are there; where not, says so. */
function areThere(...tools: readonly string[]): boolean {
  const lacking = tools.filter((tool) => run("sh", "-c", `command -v ${tool}`).code !== 0);
  if (lacking.length > 0) console.log(`skipped: there is no ${lacking.join(", ")}`);
  return lacking.length === 0;
}

function build(out: string): Uint8Array {
  const { code, out: told } = run("sh", `${NODE}/build.sh`, "--out", out);
  equal(code, 0, told);
  return Deno.readFileSync(out);
}

Deno.test({
  name: "addons.cpio is the same bytes each time, and holds no more than was promised",
  ignore: !areThere("musl-gcc", "curl", "cpio", "gzip"),
  fn(): void {
    const folder = Deno.makeTempDirSync({ prefix: "confluent-addons-" });
    const file = `${folder}/deep/addons.cpio`;
    deepEqual(build(file), build(`${folder}/again.cpio`));
    const listed = run("sh", "-c", `gunzip -c "$0" | cpio -it --quiet`, file).out.trim().split(
      "\n",
    );
    const library = /^opt\/confluent\/lib\/lib[a-z0-9_+.-]+\.so\.[0-9.]+$/;
    deepEqual(listed.filter((name) => !library.test(name)), [
      ...["opt", "opt/confluent", "opt/confluent/begin", "opt/confluent/bin"],
      ...["confluent-node", "confluent-search", "curl"].map((name) => `opt/confluent/bin/${name}`),
      ...[
        "opt/confluent/hooks",
        "opt/confluent/hooks/dracut",
        "opt/confluent/hooks/initramfs-tools",
      ],
      ...["opt/confluent/lib", "opt/confluent/lib/configuration.sh", "opt/confluent/lib/curl"],
      ...["installed.sh", "ld.so", "udhcpc.sh"].map((name) => `opt/confluent/lib/${name}`),
      ...["conf/conf.d/confluent", "lib/debian-installer-startup.d/S29confluent"],
      ...["lib", "var/lib"].flatMap((lib) =>
        ["cmdline/00", "pre-pivot/90"].map((hook) => `${lib}/dracut/hooks/${hook}-confluent.sh`)
      ),
    ]);
    equal(listed.some((name) => name.endsWith("/libcurl.so.4")), true);
    const search = run(
      "sh",
      "-c",
      `cd "$0" && gunzip -c deep/addons.cpio | cpio -idm --quiet &&
      ! ldd opt/confluent/bin/confluent-search && ! opt/confluent/bin/confluent-search -w 0`,
      folder,
    );
    match(search.out, /not a dynamic executable/);
    Deno.removeSync(folder, { recursive: true });
  },
});

for (const shell of ["dash", "busybox ash", "bash"]) {
  const [program = "", ...before] = shell.split(" ");
  Deno.test({
    name: `what runs on nodes can be read by ${shell}`,
    ignore: !areThere(program),
    fn(): void {
      for (const script of SCRIPTS) {
        equal(run(program, ...before, "-n", `${NODE}/${script}`).out, "", script);
      }
    },
  });
}

Deno.test({
  name: "shellcheck has nothing against what runs on nodes",
  ignore: !areThere("shellcheck"),
  fn(): void {
    equal(run("shellcheck", "-s", "sh", ...SCRIPTS.map((script) => `${NODE}/${script}`)).out, "");
  },
});

/** Flat YAML as members serve it. */
const CONFIGURATION = `ipv4_address: 10.0.0.7
ipv4_gateway: null
rootpassword: "$6$salt$hash"
nameservers:
- ''
- 10.0.0.1
ntpservers:
  - time.example
timezone: 'Europe/Berlin'
dnsdomain: null`;

for (const shell of ["dash", "busybox ash"]) {
  const [program = "", ...before] = shell.split(" ");
  Deno.test({
    name: `the configuration as ${shell} reads it`,
    ignore: !areThere(program),
    fn(): void {
      const file = Deno.makeTempFileSync();
      Deno.writeTextFileSync(file, CONFIGURATION);
      const script = `config=${file}; . ${NODE}/configuration.sh
        for key in ipv4_address ipv4_gateway rootpassword timezone dnsdomain none ipv4; do
          echo "$key=$(value $key)"
        done
        echo $(items nameservers) $(items ntpservers) $(items timezone)
        printf -- '- 10-a\\n- 20-b\\n' >${file}; echo $(items "" ${file})`;
      deepEqual(run(program, ...before, "-uc", script).out.trim().split("\n"), [
        ...["ipv4_address=10.0.0.7", "ipv4_gateway=", "rootpassword=$6$salt$hash"],
        ...["timezone=Europe/Berlin", "dnsdomain=", "none=", "ipv4="],
        ...["10.0.0.1 time.example", "10-a 20-b"],
      ]);
      Deno.removeSync(file);
    },
  });
}

for (const shell of ["dash", "busybox ash", "bash"]) {
  const [program = "", ...before] = shell.split(" ");
  Deno.test({
    name: `a value makes one line of resolv.conf, and no names of files, in ${shell}`,
    ignore: !areThere(program),
    fn(): void {
      const file = Deno.makeTempFileSync();
      const odd = `$(touch ${file}.run) \\nnameserver 192.0.2.6 *`;
      Deno.writeTextFileSync(
        file,
        flatYaml({ dnsdomain: odd, nameservers: ["10.0.0.1", "*", "a\nb"] }),
      );
      const { out } = run(
        program,
        ...[...before, "-uc", `config=${file}; . ${NODE}/configuration.sh; cd /; resolver`],
      );
      deepEqual(out.trimEnd().split("\n"), [
        ...[`search ${odd}`, "nameserver 10.0.0.1", "nameserver *", "nameserver a\\nb"],
      ]);
      equal(existsSync(`${file}.run`), false);
      Deno.removeSync(file);
    },
  });
}
