import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_MEDIUM_WORD_LENGTH } from "../../src/base/boot_limits.ts";
import {
  defaultProfileName,
  distributionName,
  type Medium,
  MEDIUM_FAMILIES,
  MEDIUM_TEXTS,
  recognised,
} from "../../src/model/medium.ts";
import { profileName } from "../../src/model/profile.ts";

type Texts = Readonly<Record<string, string>>;

/** What lies there, with these texts beside it. */
function seen(paths: readonly string[], texts: Texts = {}): Medium | string {
  const files = new Map([...paths, ...Object.keys(texts)].map((path) => [path, 1]));
  const found = recognised(files, new Map(Object.entries(texts)));
  return found.ok ? found.value : found.refusal.message;
}

function known(paths: readonly string[], texts: Texts = {}): Medium {
  const found = seen(paths, texts);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const EL = ["images/pxeboot/vmlinuz", "images/pxeboot/initrd.img"];
const NETBOOT = ["debian-installer/amd64/linux", "debian-installer/amd64/initrd.gz"];
const TREEINFO = "[header]\nversion = 1.2\n\n[general]\nfamily = AlmaLinux\nversion = 9.4\n" +
  "arch = x86_64\nname = AlmaLinux 9.4\n[stage2]\nversion = 8\n";

Deno.test("trees of Red Hat's kind are told by .treeinfo", () => {
  const medium = known(EL, { ".treeinfo": TREEINFO });
  deepEqual(medium, {
    ...{ family: "el", distro: "alma", version: "9.4", arch: "x86_64", ostype: "linux" },
    ...{ label: "AlmaLinux 9.4 (x86_64)", keeps: "all", warning: undefined },
    ...{ kernel: EL[0], initramfs: EL[1] },
  });
  equal(distributionName(medium), "alma-9.4-x86_64");
  equal(defaultProfileName(medium), "alma-9.4-x86_64-default");
});

const FAMILIES: Readonly<Record<string, string>> = {
  "Rocky Linux": "rocky",
  "Red Hat Enterprise Linux": "rhel",
  "CentOS Stream": "centos_stream",
  "CentOS": "centos",
  "Oracle Linux Server": "oracle",
  "Fedora": "fedora",
  "Some Linux": "some_linux",
  "../../../etc": "etc",
  "-- ": "el",
};
for (const [family, distro] of Object.entries(FAMILIES)) {
  Deno.test(`the family "${family}" is called ${distro}`, () => {
    const text = `[general]\nfamily=${family}\nversion=10\narch=aarch64\n`;
    equal(distributionName(known(EL, { ".treeinfo": text })), `${distro}-10-aarch64`);
  });
}

Deno.test("without .treeinfo .discinfo tells, and without both it is none", () => {
  const named = known(EL, { ".discinfo": "1714.1\nAlmaLinux 9.4\nx86_64\n" });
  equal(distributionName(named), "alma-9.4-x86_64");
  const bare = known(EL, { ".discinfo": "1714.1\n9.4\naarch64\n" });
  equal(distributionName(bare), "el-9.4-aarch64");
  for (const texts of [{}, { ".discinfo": "1714.1\n" }, { ".treeinfo": "[general]\n" }]) {
    match(`${seen(EL, texts)}`, /^this is no installation medium that is known: looked for /);
  }
  match(`${seen([EL[0] ?? ""], { ".treeinfo": TREEINFO })}`, /^this is no installation medium/);
});

Deno.test("Debian's netboot is known by its folder, wherever that is", () => {
  const texts = { "version.info": "Debian version: 12 (bookworm)\nInstaller build: 1\n" };
  const medium = known(NETBOOT, texts);
  deepEqual(medium, {
    ...{ family: "debian", distro: "debian", version: "12", arch: "x86_64", ostype: "linux" },
    ...{ label: "Debian 12 (x86_64)", keeps: "boot", warning: undefined },
    ...{ kernel: NETBOOT[0], initramfs: NETBOOT[1] },
  });
  const deep = known(NETBOOT.map((path) => `a/b/${path.replaceAll("amd64", "arm64")}`), {
    ".disk/info": "Debian GNU/Linux 13.1.0 - arm64",
  });
  deepEqual([deep.kernel, deep.version, deep.arch], [
    "a/b/debian-installer/arm64/linux",
    "13.1.0",
    "aarch64",
  ]);
  // No folder of that name.
  equal(typeof seen(NETBOOT.map((path) => `x${path}`)), "string");
});

Deno.test("linux and initrd.gz alone are taken for Debian's, and that is said", () => {
  const told = known(["linux", "initrd.gz"], { "version.info": "Debian version: 13 (trixie)" });
  deepEqual([told.version, told.warning], ["13", undefined]);
  const bare = known(["linux", "initrd.gz"]);
  equal(defaultProfileName(bare), "debian-unknown-x86_64-default");
  match(bare.warning ?? "", /^nothing beside linux and initrd\.gz says what they are/);
});

Deno.test("Debian's other images are kept whole, with a word of warning", () => {
  const texts = { ".disk/info": "Debian GNU/Linux 12.5.0 _Bookworm_ - Official amd64 NETINST" };
  const medium = known(["install.amd/vmlinuz", "install.amd/initrd.gz"], texts);
  deepEqual([medium.keeps, medium.version, medium.arch], ["all", "12.5.0", "x86_64"]);
  match(medium.warning ?? "", /import Debian's netboot\.tar\.gz or mini\.iso for that$/);
  equal(typeof seen(["install.amd/vmlinuz", "install.amd/initrd.gz"]), "string");
});

Deno.test("Ubuntu's image is kept as it is", () => {
  const texts = { ".disk/info": 'Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (2024)' };
  const medium = known(["casper/vmlinuz", "casper/initrd"], texts);
  deepEqual([distributionName(medium), medium.keeps], ["ubuntu-24.04.1-x86_64", "image"]);
  match(medium.warning ?? "", /iso-url=/);
  equal(typeof seen(["casper/vmlinuz"], texts), "string");
});

Deno.test("whatever a medium says of itself becomes a name that a profile may have", () => {
  const hostile = [
    "a/../../b",
    "x y\n; rm -rf /",
    "\u202egnirts",
    "é".repeat(99),
    "",
    "...",
    "A".repeat(400),
  ];
  for (const word of hostile) {
    const text = `[general]\nfamily = x${word}\nversion = ${word}\narch = ${word}\n`;
    const medium = known(EL, { ".treeinfo": text });
    equal(profileName(defaultProfileName(medium)).ok, true, defaultProfileName(medium));
    for (const part of [medium.distro, medium.version]) {
      match(part, /^[a-z0-9_+][a-z0-9._+]*$/);
      equal(part.length <= MAX_MEDIUM_WORD_LENGTH, true);
    }
    equal(medium.arch, "x86_64");
    equal(/[\n\p{Cc}]/u.test(medium.label), false);
    equal(medium.label.length <= 4 * MAX_MEDIUM_WORD_LENGTH, true);
  }
});

Deno.test("what is read of a medium is little", () => {
  deepEqual([...MEDIUM_TEXTS], [".treeinfo", ".discinfo", ".disk/info", "version.info"]);
  deepEqual([...MEDIUM_FAMILIES], ["debian", "el", "ubuntu"]);
});
