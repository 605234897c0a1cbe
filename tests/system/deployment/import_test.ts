/** Profiles made of media by real members, by the command line and bsdtar itself. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { profileAnswer } from "../../../src/wire/profile_http.ts";
import { memberTest, type Scene, type Server } from "../collective.ts";
import { until } from "../program.ts";
import { bootTest } from "../boot/boot_site.ts";
import { withMachine } from "../boot/booted_nodes.ts";
import { debianKernel } from "../boot/debian_kernel.ts";
import {
  defineNodes,
  makeAddons,
  NODE_TOOLS,
  ran,
  shown,
  startsUnnamed,
} from "./deployed_nodes.ts";
import { DISK_NEEDS, makeDiskImage } from "./disk_image.ts";
import { MACHINE_NEEDS } from "../boot/machine.ts";
import {
  canMakeMedia,
  EL_TREE,
  layTree,
  makeIso,
  makeTar,
  netbootTree,
  type Tree,
} from "./media.ts";
import { shell } from "../boot/shell.ts";

const ignore = !await canMakeMedia();
const DEBIAN = "debian-12-x86_64-default", ALMA = "alma-9.4-x86_64-default";
const NETBOOT = netbootTree("the kernel", "the initramfs");

function importTest(title: string, act: (scene: Scene) => Promise<void>): void {
  memberTest(`import: ${title}`, act, ignore);
}

async function one(scene: Scene): Promise<Server> {
  const [m1] = await scene.members(1) as [Server];
  await m1.done("osdeploy", "initialize");
  return m1;
}

/** What lies below the content folder, without what it was made with. */
async function filesOf({ content }: Server): Promise<string[]> {
  const found = await shell(`cd "$0" && find . -mindepth 2 ! -path './private*'`, content);
  return found.split("\n").filter((line) => line !== "" && !/^\.\/public\/(os|site)$/.test(line));
}

async function iso(scene: Scene, name: string, tree: Tree): Promise<string> {
  const folder = await layTree(`${scene.folder}/${name}.tree`, tree);
  return await makeIso(folder, `${scene.folder}/${name}.iso`);
}

importTest("the content folder is made, once, and what is missing is named", async (scene) => {
  const [m1] = await scene.members(1) as [Server];
  const first = await m1.run("osdeploy", "initialize");
  equal(first.code, 0);
  match(first.out, /^m1: \S+: made public, public\/os, public\/site, private, private\/os, dist/);
  match(first.out, /^there: the content folder /m);
  match(first.out, /^missing: boot services: this member boots no machines: start it without /m);
  match(first.out, /^missing: a profile: `confluent osdeploy import MEDIUM`$/m);
  match(await m1.done("osdeploy", "initialize"), /^m1: \S+: nothing had to be made$/m);
  equal((await Deno.stat(`${m1.content}/private`)).mode! & 0o777, 0o700);
  await Deno.remove(`${m1.content}/public/site`);
  await Deno.chmod(`${m1.content}/private`, 0o755);
  match(await m1.done("osdeploy", "initialize"), /^m1: \S+: made public\/site$/m);
  equal((await Deno.stat(`${m1.content}/private`)).mode! & 0o777, 0o700);
});

importTest("an image, a folder and a tar make the same profile, byte for byte", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  const image = await iso(scene, "debian", NETBOOT);
  const folder = `${scene.folder}/debian.tree`;
  const tar = await makeTar(folder, `${scene.folder}/netboot.tar.gz`);
  const checked = await m1.done("osdeploy", "importcheck", image);
  deepEqual(checked.split("\n").slice(0, 3), [
    "Debian 12 (x86_64)",
    `profile: ${DEBIAN}`,
    "distribution: debian-12-x86_64",
  ]);
  const first = await m1.run("osdeploy", "import", image);
  equal(first.code, 0, first.err);
  match(first.out, /^debian-12-x86_64-default: imported, digest [0-9a-f]{12}$/);
  match(first.err, /^Debian 12 \(x86_64\): keeps 2 files, 1 KiB$/m);
  match(first.err, /^Notice: m2, m3 do not have it: copy public\/os\/debian-12-x86_64-default, /m);
  equal(await m2.done("osdeploy", "import", folder), first.out);
  equal(await m3.done("osdeploy", "import", tar), first.out);
  await until("all are equal", async () => {
    const { body } = await m1.ask("GET", `/deployment/profiles/${DEBIAN}`);
    const { members } = profileAnswer.parse(body);
    return members.every(({ content, bootable }) => content === "equal" && bootable) || undefined;
  });
  const kept = (await filesOf(m1)).sort();
  for (const member of [m2, m3]) deepEqual((await filesOf(member)).sort(), kept);
  holds(kept.includes("./distributions/debian-12-x86_64/debian-installer/amd64/linux"));
  holds(!kept.some((path) => path.includes("pxelinux")), "nothing but what is booted is kept");
  const sums = `cd "$0/distributions/debian-12-x86_64" && sha256sum -c ../*.sha256`;
  match(await shell(sums, m1.content), /amd64\/linux: OK/);
});

importTest("a tree of Red Hat's kind is kept whole, links and odd names too", async (scene) => {
  const m1 = await one(scene);
  const folder = await layTree(`${scene.folder}/alma.tree`, EL_TREE);
  await Deno.mkdir(`${folder}/AppStream`);
  await Deno.symlink("../BaseOS", `${folder}/AppStream/base`);
  const image = await makeIso(folder, `${scene.folder}/alma.iso`);
  match(await m1.done("osdeploy", "import", image), /^alma-9\.4-x86_64-default: imported, /);
  const laid = `${m1.content}/public/os/${ALMA}`;
  equal(await Deno.readTextFile(`${laid}/boot/kernel`), "the kernel");
  equal(await Deno.readTextFile(`${laid}/boot/initramfs/distribution`), "the initramfs");
  await shell(`diff -r --no-dereference "$0" "$1"`, folder, `${laid}/distribution/`);
  match(await Deno.readTextFile(`${laid}/kickstart`), /^%include \/tmp\/confluent\.ks$/m);
  match(await Deno.readTextFile(`${laid}/manifest.yaml`), /^distdir: alma-9\.4-x86_64$/m);
  match(await Deno.readTextFile(`${laid}/profile.yaml`), /^label: "AlmaLinux 9.4 \(x86_64\)"$/m);

  // Of the same medium any number of profiles may be made; a name is taken once.
  const again = await m1.run("osdeploy", "import", image);
  equal(again.code, 1);
  match(again.err, /^Error: there is a profile alma-9\.4-x86_64-default here already: name /m);
  match(await m1.done("osdeploy", "import", folder, "-n", "mine"), /^mine: imported, /);
  equal((await Deno.stat(`${laid}/boot/kernel`)).nlink, 3);

  // Same names and sizes, and yet another medium.
  const other = await makeIso(
    await layTree(folder, { "images/pxeboot/vmlinuz": "THE KERNEL" }),
    `${scene.folder}/other.iso`,
  );
  const before = await filesOf(m1);
  const refused = await m1.run("osdeploy", "import", other, "-n", "other");
  equal(refused.code, 1);
  match(refused.err, /holds something else than .*alma-9\.4-x86_64\.sha256 says so; .* remove /);
  match(refused.err, /public\/os\/alma-9\.4-x86_64-default, public\/os\/mine, and import it again/);
  deepEqual(await filesOf(m1), before);
});

importTest("what is no medium, or no sound one, is refused and leaves nothing", async (scene) => {
  const m1 = await one(scene);
  const { folder } = scene;
  const large = netbootTree("the kernel", "x".repeat(1_000_000));
  const tree = await layTree(`${folder}/debian.tree`, large);
  const refusal = async (medium: string): Promise<string> => {
    const { code, out, err } = await m1.run("osdeploy", "import", medium);
    deepEqual([code, out], [1, ""], err);
    return err.split("\n").at(-1) ?? "";
  };
  await Deno.writeTextFile(`${folder}/text.iso`, "hello");
  match(await refusal(`${folder}/text.iso`), /is neither an ISO image nor a tar$/);
  match(await refusal(`${folder}/none.iso`), /^Error: Target not found - there is no /);
  match(await refusal("/dev/null"), /is a device or a pipe: mount it first$/);
  await Deno.mkdir(`${folder}/empty`);
  match(await refusal(`${folder}/empty`), /this is no installation medium that is known: looked /);

  const image = await makeIso(tree, `${folder}/debian.iso`);
  await shell(`head -c 600000 "$0" > "$1"`, image, `${folder}/cut.iso`);
  match(await refusal(`${folder}/cut.iso`), /cannot read .*; is it whole\? compare its checksum/);
  const tar = await makeTar(tree, `${folder}/good.tar.gz`);
  await shell(`head -c 400 "$0" > "$1"`, tar, `${folder}/cut.tar.gz`);
  match(await refusal(`${folder}/cut.tar.gz`), /cannot read .*truncated.*; is it whole\?/i);

  const outside = await makeTar(tree, `${folder}/outside.tar.gz`, "/etc/hostname");
  match(await refusal(outside), /not taken: \/etc\/hostname: it does not begin at the medium$/);
  const above = `cd "$0/empty" && touch ../evil && bsdtar -P -cf ../above.tar ../evil`;
  await shell(above, folder);
  match(await refusal(`${folder}/above.tar`), /not taken: \.\.\/evil: it leads out of the medium$/);
  await shell(`mkfifo "$0/pipe"`, tree);
  const pipe = /not taken: pipe: it is a device, a pipe or a socket$/;
  match(await refusal(await makeIso(tree, `${folder}/pipe.iso`)), pipe);
  match(await refusal(tree), pipe);
  await Deno.remove(`${tree}/pipe`);
  await Deno.symlink("/etc", `${tree}/etc`);
  const link = /not taken: etc: it is a link that leads out, to \/etc$/;
  match(await refusal(await makeIso(tree, `${folder}/link.iso`)), link);
  match(await refusal(tree), link);
  await Deno.remove(`${tree}/etc`);
  await Deno.writeTextFile(`${tree}/a\nb`, "");
  match(await refusal(tree), /not taken: a\\nb: it has control characters$/);

  deepEqual(await filesOf(m1), []);
  equal(await m1.done("osdeploy", "list"), "Profiles:");
});

/** So large that something can be done meanwhile. */
const BIG_FILES = 300, BIG_BYTES = 1_000_000;

async function bigIso(scene: Scene): Promise<string> {
  const big = new Uint8Array(BIG_BYTES);
  const files = Array.from({ length: BIG_FILES }, (_, i) => [`BaseOS/p${i}.rpm`, big] as const);
  return await iso(scene, "big", { ...EL_TREE, ...Object.fromEntries(files) });
}

importTest("one that is broken off leaves nothing, however that comes", async (scene) => {
  const m1 = await one(scene);
  const big = await bigIso(scene);
  const importing = async (): Promise<ReturnType<Scene["program"]>> => {
    const program = scene.program(["--socket", m1.socket, "osdeploy", "import", big]);
    const shown = `${m1.content}/distributions/.importing-m1`;
    await until("it has begun", async () => {
      const { isDirectory } = await Deno.lstat(shown).catch(() => ({ isDirectory: undefined }));
      return isDirectory;
    });
    return program;
  };
  const isGone = (): Promise<true> =>
    until("nothing is left", async () => (await filesOf(m1)).length === 0 || undefined);

  // Ctrl-C.
  equal((await (await importing()).kill("SIGINT")).code, 130);
  await isGone();

  // One at a time.
  const running = await importing();
  const second = await m1.run("osdeploy", "import", big);
  match(second.err, /^Error: m1 is importing \/.*big\.iso: ask again after it$/m);
  await running.kill("SIGINT");
  await isGone();

  // The member is stopped, which says so.
  const stopped = await importing();
  await m1.stop();
  match((await stopped.ended()).err, /^Error: nothing was imported: this member stops$/m);
  deepEqual(await filesOf(m1), []);

  // It dies, and removes what is left once it is back.
  await m1.serve();
  const lost = await importing();
  await m1.kill();
  const { code, err } = await lost.ended();
  deepEqual([code, /it may or may not have been done: look first/.test(err)], [4, true]);
  holds((await filesOf(m1)).length > 0);
  const back = await m1.serve();
  await back.word(/removed what is left of an import that came to no end/);
  await isGone();
  match(await m1.done("osdeploy", "import", big), /^alma-9\.4-x86_64-default: imported, /);
});

/** What the machines of the tests boot, as Debian's netboot has it. */
const KERNEL = ignore ? undefined : await debianKernel("node");

await bootTest(
  "import: a machine is installed by an imported profile, and locks itself",
  { members: 1, tools: [...MACHINE_NEEDS, ...DISK_NEEDS, ...NODE_TOOLS, "bsdtar"] },
  async (site) => {
    if (KERNEL === undefined) return;
    await makeAddons();
    const [kernel, initramfs] = await Promise.all([
      Deno.readFile(KERNEL.kernel),
      Deno.readFile(KERNEL.initramfs),
    ]);
    const image = await iso(site.scene, "netboot", netbootTree(kernel, initramfs));
    await site.first.done("osdeploy", "import", image);
    const folder = `${site.content}/public/os/${DEBIAN}`;
    // Its initramfs is a stand-in, whose installer writes the disk that the profile brings.
    await makeDiskImage(KERNEL, "quiet console=ttyS0 installed", `${folder}/disk.img.gz`);
    const profile = await Deno.readTextFile(`${folder}/profile.yaml`);
    const told = profile.replace(/^kernelargs: .*$/m, "kernelargs: quiet console=ttyS0 installer");
    await Deno.writeTextFile(`${folder}/profile.yaml`, told);
    for (const sort of ["pre", "post", "firstboot"]) {
      await site.script(DEBIAN, `${sort}.d/10-tell`, `echo "NODE-RUNS ${sort} end"`);
    }
    await site.first.done("osdeploy", "update", DEBIAN);
    await defineNodes(site, 1, DEBIAN);
    await site.first.done("nodedeploy", "n1", "--lock", "autolock");
    equal((await site.first.run("check")).out, "");
    const disk = `${site.segment.folder}/disk`;
    await Deno.writeFile(disk, new Uint8Array());
    await Deno.truncate(disk, 64 << 20);
    await withMachine(site, { number: 1, firmware: "bios", disk }, async (machine) => {
      await startsUnnamed(machine, 1);
      await machine.prints(/NODE-ENDED staged end/);
      await ran(machine, "pre", "post");
    });
    equal(await shown(site.first, "n1"), `n1: staged: ${DEBIAN}, autolock`);
    await withMachine(site, { number: 1, firmware: "bios", disk, fromDisk: true }, async (it) => {
      await it.prints(/NODE-ENDED complete end/);
      await ran(it, "firstboot");
    });
    match(await shown(site.first, "n1"), /^n1: completed: debian-12-x86_64-default, locked/);
    const again = await site.first.run("nodedeploy", "n1", "-n", DEBIAN, "-p");
    equal(again.code, 1);
    match(again.err, /that has locked deployment: n1; .* `nodedeploy n1 --lock unlocked`$/);
    await site.first.done("nodedeploy", "n1", "--lock", "unlocked");
    match(await site.first.done("nodedeploy", "n1", "-n", DEBIAN, "-p"), /^n1: pending: debian-12/);
  },
);
