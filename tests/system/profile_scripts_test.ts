/** Default scripts of profiles, run by the shells that run them: a stand-in plays the node. */
import { deepEqual, equal, match } from "node:assert/strict";

import { works } from "./program.ts";

const PROFILES = new URL("../../profiles", import.meta.url).pathname;
const DISKS =
  "loop0 loop 0 1\nzram0 disk 0 0\nsdb disk 1 0\nsr0 rom 1 0\nnvme0n1 disk 0 0\nsda disk 0 0\n";
const NODE: Readonly<Record<string, string>> = {
  rootpassword: "$6$salt$hash/.",
  locale: "de_DE.UTF-8",
  keymap: "de",
  timezone: "Europe/Berlin",
  dnsdomain: "example.org",
  deploy_server: "10.0.0.1",
  protocol: "https",
  profile: "alma",
};

interface Ran {
  readonly code: number;
  readonly err: string;
  /** What it wrote. */
  readonly text: string;
}

/** Runs it in a folder that stands for the machine; `file` is what it writes, below that. */
async function run(
  script: string,
  file: string,
  { node = NODE, disks = DISKS, before = "", shell = "sh" },
): Promise<Ran> {
  const root = await Deno.makeTempDir({ prefix: "confluent-script-" });
  try {
    const there = await Deno.readTextFile(`${PROFILES}/${script}`);
    const moved = there.replaceAll(
      /(?<=[\s="(])\/(opt|etc|run|tmp|proc|autoinstall)/g,
      `${root}/$1`,
    );
    for (const folder of ["opt/confluent/bin", "etc/confluent", "etc/ssl/certs", "tmp", "proc"]) {
      await Deno.mkdir(`${root}/${folder}`, { recursive: true });
    }
    const cases = Object.entries(node).map(([key, value]) => `value:${key}) echo '${value}' ;;`);
    const stub = ["#!/bin/sh", "case $1:${2:-} in", ...cases, "name:) echo n1 ;;", "esac"];
    const mode = { mode: 0o755 };
    await Deno.writeTextFile(`${root}/opt/confluent/bin/confluent-node`, stub.join("\n"), mode);
    await Deno.writeTextFile(`${root}/lsblk`, `#!/bin/sh\nprintf '%s' '${disks}'\n`, mode);
    await Deno.writeTextFile(`${root}/etc/confluent/ca.pem`, "OUR-AUTHORITY\n");
    await Deno.writeTextFile(`${root}/etc/ssl/certs/ca-certificates.crt`, "OTHERS\n");
    await Deno.writeTextFile(`${root}/proc/cmdline`, "quiet\n");
    await Deno.writeTextFile(`${root}/${file}`, before);
    const { code, stderr } = await new Deno.Command(shell, {
      args: ["-c", moved],
      env: { PATH: `${root}:${Deno.env.get("PATH")}` },
    }).output();
    const bundle = await Deno.readTextFile(`${root}/etc/ssl/certs/ca-certificates.crt`);
    const trust = bundle.includes("OUR-AUTHORITY") ? "trusts us\n" : "";
    const text = await Deno.readTextFile(`${root}/${file}`) + (code === 0 ? trust : "");
    return { code, err: new TextDecoder().decode(stderr), text };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

for (const shell of ["sh", "bash"]) {
  Deno.test(`${shell}: Anaconda is told what is the node's own, and the first disk`, async () => {
    const ran = await run("el/scripts/pre.sh", "tmp/confluent.ks", { shell });
    deepEqual(ran, {
      code: 0,
      err: "",
      text: [
        "rootpw --iscrypted $6$salt$hash/.",
        "network --hostname=n1.example.org",
        "lang de_DE.UTF-8",
        "keyboard de",
        "timezone --utc Europe/Berlin",
        "ignoredisk --only-use=nvme0n1",
        "zerombr",
        "clearpart --all --initlabel --drives=nvme0n1",
        "autopart --type=plain --nohome",
        "url --url=https://10.0.0.1/confluent-public/os/alma/distribution/",
        "trusts us",
        "",
      ].join("\n"),
    });
  });
}

Deno.test("what the node has not is left to Anaconda, but for its password", async () => {
  const node = { deploy_server_v6: "fd00::1", protocol: "http", profile: "alma" };
  const { code, text } = await run("el/scripts/pre.sh", "tmp/confluent.ks", { node });
  equal(code, 0);
  match(text, /^rootpw --lock\nnetwork --hostname=n1\nignoredisk /);
  match(text, /^url --url=http:\/\/\[fd00::1\]\/confluent-public\/os\/alma\/distribution\/$/m);
});

Deno.test("without a disk the installation ends, and says why", async () => {
  const disks = "zram0 disk 0 0\nsdb disk 1 0\n";
  const { code, err, text } = await run("el/scripts/pre.sh", "tmp/confluent.ks", { disks });
  deepEqual([code, err, text], [1, "there is no disk to install to\n", ""]);
});

Deno.test("Ubuntu's answers get what is the node's own, in place of words", async () => {
  const before = await Deno.readTextFile(`${PROFILES}/ubuntu/autoinstall`);
  const full = await run("ubuntu/scripts/pre.sh", "autoinstall.yaml", { before });
  equal(full.code, 0, full.err);
  for (const line of ["locale: de_DE.UTF-8", "layout: de", "password: '$6$salt$hash/.'"]) {
    equal(full.text.includes(`${line}\n`), true, `${line} is not in ${full.text}`);
  }
  const { text } = await run("ubuntu/scripts/pre.sh", "autoinstall.yaml", { before, node: {} });
  for (const line of ["locale: C.UTF-8", "layout: us", "timezone: Etc/UTC", "password: '!'"]) {
    equal(text.includes(`${line}\n`), true, `${line} is not in ${text}`);
  }
});

Deno.test({
  name: "shellcheck finds nothing in the scripts of profiles",
  ignore: !await works(["shellcheck", "--version"], "shellcheck"),
  async fn(): Promise<void> {
    const scripts: string[] = [];
    for (const family of ["common", "debian", "el", "ubuntu"]) {
      for await (const { name } of Deno.readDir(`${PROFILES}/${family}/scripts`)) {
        scripts.push(`${PROFILES}/${family}/scripts/${name}`);
      }
    }
    const { code, stdout } = await new Deno.Command("shellcheck", { args: scripts }).output();
    equal(new TextDecoder().decode(stdout), "");
    equal(code, 0);
    equal(scripts.length, 6);
  },
});

Deno.test("installers call what runs on the node, in this order", async () => {
  const ends = ["carry", "scripts post", "status staged"];
  for (const file of ["debian/preseed.cfg", "el/kickstart", "ubuntu/autoinstall"]) {
    const text = await Deno.readTextFile(`${PROFILES}/${file}`);
    const calls = [...text.matchAll(/(?:\$node|confluent-node) (scripts \w+|carry|status \w+)/g)]
      .map(([, call = ""]) => call);
    deepEqual(calls, ["scripts pre", ...ends], file);
  }
});
