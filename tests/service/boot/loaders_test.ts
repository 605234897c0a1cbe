import { deepEqual, equal, match } from "node:assert/strict";

import type { Outcome } from "../../../src/base/outcome.ts";
import { LOADER_NAMES } from "../../../src/netboot/boot_file_name.ts";
import {
  familyOf,
  familyOfHost,
  grubFilePlace,
  loaderFindings,
  missingLoaders,
  placeOfLoader,
} from "../../../src/service/boot/loaders.ts";
import { tftpFiles } from "../../../src/service/boot/tftp_files.ts";
import type { TftpSource } from "../../../src/service/boot/tftp_openings.ts";

async function inContent(test: (content: string) => Promise<void>): Promise<void> {
  const content = await Deno.makeTempDir({ prefix: "confluent-loaders-" });
  try {
    for (const folder of ["public/confluent/aarch64", "public/grub", "private", "distributions"]) {
      await Deno.mkdir(`${content}/${folder}`, { recursive: true });
    }
    await test(content);
  } finally {
    await Deno.remove(content, { recursive: true });
  }
}

/** The text that is served, or the kind of refusal. */
async function textOf(outcome: Outcome<TftpSource>): Promise<string> {
  if (!outcome.ok) return outcome.refusal.kind;
  if (outcome.value.kind === "bytes") return new TextDecoder().decode(outcome.value.bytes);
  const { file } = outcome.value, bytes = new Uint8Array(file.size);
  await file.read(bytes, 0);
  file.close();
  return new TextDecoder().decode(bytes);
}

Deno.test("a loader laid into the content folder goes before the distribution's", async () => {
  await inContent(async (content) => {
    const name = "confluent/aarch64/snponly.efi";
    await Deno.writeTextFile(`${content}/public/${name}`, "laid");
    deepEqual(await placeOfLoader(name, content), { from: "content", path: name });
    equal((await missingLoaders(content)).includes(name), false);
    const open = tftpFiles(content, () => Promise.resolve(undefined));
    equal(await textOf(await open(`/${name}`, 1)), "laid");
  });
});

Deno.test("what is missing is told with what brings it, once for each remedy", () => {
  const all = [...LOADER_NAMES];
  deepEqual(loaderFindings(all, "/c", "debian", ["x86_64"]), [
    "nothing is here to serve machines that ask for confluent/x86_64/ipxe.efi, " +
    "confluent/x86_64/snponly.efi, " +
    "confluent/x86_64/undionly.kpxe, confluent/x86_64/ipxe.kkpxe: " +
    "`apt-get install ipxe`, or lay others below /c/public/",
    "nothing is here to serve machines that ask for confluent/x86_64/grubx64.efi: " +
    "`apt-get install grub-efi-amd64-bin`, or lay others below /c/public/",
  ]);
  const rpm = loaderFindings(all, "/c", "rhel", ["x86_64", "aarch64"]).join("\n");
  match(rpm, /`dnf install ipxe-bootimgs-x86`/);
  match(rpm, /`dnf install ipxe-bootimgs-aarch64`/);
  match(rpm, /ipxe\.kkpxe, confluent\/aarch64\/ipxe\.efi: lay below \/c\/public\//);
  deepEqual(loaderFindings(["confluent/x86_64/ipxe.efi"], "/c", undefined, ["x86_64"]), [
    "nothing is here to serve machines that ask for confluent/x86_64/ipxe.efi: " +
    "lay below /c/public/",
  ]);
  deepEqual(loaderFindings([], "/c", "debian", ["x86_64", "aarch64"]), []);
});

Deno.test("distributions are told by os-release", async () => {
  equal(familyOf('PRETTY_NAME="Debian"\nID=debian\n'), "debian");
  equal(familyOf("ID=linuxmint\nID_LIKE='ubuntu debian'\n"), "debian");
  equal(familyOf('ID="rocky"\nID_LIKE="rhel centos fedora"\n'), "rhel");
  equal(familyOf("ID=fedora"), "rhel");
  equal(familyOf("ID=arch\nVARIANT_ID=debian"), undefined);
  equal(await familyOfHost("/nowhere/os-release"), undefined);
});

Deno.test("what GRUB asks for is where distributions put its parts, and nowhere else", () => {
  equal(grubFilePlace("x86_64-efi/normal.mod"), "/usr/lib/grub/x86_64-efi/normal.mod");
  equal(grubFilePlace("fonts/unicode.pf2"), "/usr/share/grub/unicode.pf2");
  for (const path of ["grub.cfg", "x86_64-efi/a/b", "fonts/x", "etc/passwd", "x86_64-efi"]) {
    equal(grubFilePlace(path), undefined, path);
  }
});

Deno.test("names lead to what is made, laid, or shipped, and not out", async () => {
  await inContent(async (content) => {
    await Deno.writeTextFile(`${content}/public/grub/theme.txt`, "laid");
    await Deno.writeTextFile(`${content}/private/key`, "secret");
    await Deno.symlink(`${content}/private/key`, `${content}/public/link`);
    const open = tftpFiles(content, (path, client) => {
      const made = path === "grub.cfg" ? new TextEncoder().encode(`for ${client}`) : undefined;
      return Promise.resolve(made);
    });
    const text = async (path: string): Promise<string> => await textOf(await open(path, 7));
    equal(await text("grub/grub.cfg"), "for 7");
    equal(await text("grub/theme.txt"), "laid");
    equal(await text("public/grub/theme.txt"), "laid");
    equal(await text("grub/none"), "not-found");
    equal(await text("public/link"), "forbidden");
    equal(await text("public/../private/key"), "forbidden");
    equal(await text("private/key"), "not-found");
  });
});
