/** What lies beside the initramfs of every profile, and where in the order of what a kernel is
 * given. */
import { deepEqual, equal, match } from "node:assert/strict";

import { ok, type Outcome, refused } from "../../../src/base/outcome.ts";
import { type Site, siteArchive } from "../../../src/netboot/site_archive.ts";
import { type SiteFile, SiteFiles } from "../../../src/service/boot/site_files.ts";
import type { ProfileStanding } from "../../../src/service/content/profile_standing.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { valueOf } from "../../netboot/boot_stage.ts";
import { CA_PEM } from "../../wire/certificates.ts";

const FOLDER = "boot/initramfs/", OWN = `${FOLDER}distribution`;
const SITE: Site = { uuid: "id", certificates: [CA_PEM], sshPublic: undefined };
const NO_CA: Site = { ...SITE, certificates: [] };
const ADDONS = new Uint8Array([1, 2, 3]);

function profileOf(initramfs: readonly string[]): ProfileStanding {
  return {
    ...{ name: "alma", isBootable: true, whyNot: undefined, digest: undefined },
    ...{ kernel: "boot/kernel", initramfs, whyNoDigest: undefined, profile: undefined },
  };
}

async function filesOf(
  addons: Outcome<Uint8Array>,
  site: Site,
  standing = profileOf([OWN]),
): Promise<SiteFiles> {
  const files = new SiteFiles({
    clock: new ManualClock(),
    addons: () => Promise.resolve(addons),
    site: () => site,
    standing: (name) => name === "alma" ? standing : undefined,
  });
  await files.start();
  return files;
}

const NO_ADDONS = refused("not-found", "no addons");

async function order(
  addons: Outcome<Uint8Array>,
  site: Site,
  initramfs: readonly string[],
): Promise<string> {
  const standing = profileOf(initramfs);
  const files = (await filesOf(addons, site, standing)).withProfile(standing);
  return files.map((path) => path.replace(FOLDER, "")).join(" ");
}

async function bytesOf(files: SiteFiles, path: string): Promise<readonly number[] | undefined> {
  const opened = await files.open(path);
  if (opened === undefined) return undefined;
  const file: SiteFile = valueOf(opened);
  if (file.kind === "bytes") return [...file.bytes];
  const into = new Uint8Array(file.file.size);
  await file.file.read(into, 0);
  file.file.close();
  return [...into];
}

Deno.test("what is not compressed comes first, where it is aligned whatever follows", async () => {
  equal(await order(ok(ADDONS), SITE, [OWN]), "site.cpio distribution addons.cpio");
  equal(siteArchive(SITE).length % 4, 0);
});

Deno.test("what is not there is left out, and what the profile brings is its own", async () => {
  equal(await order(NO_ADDONS, SITE, [OWN]), "site.cpio distribution");
  equal(await order(ok(ADDONS), NO_CA, [OWN]), "distribution addons.cpio");
  const brought = [`${FOLDER}addons.cpio`, OWN, `${FOLDER}site.cpio`];
  equal(await order(ok(ADDONS), SITE, brought), "addons.cpio distribution site.cpio");
});

Deno.test("they lie beside each profile that is there and brings none, and in site/", async () => {
  const files = await filesOf(ok(ADDONS), SITE);
  deepEqual(await bytesOf(files, "site/addons.cpio"), [...ADDONS]);
  deepEqual(await bytesOf(files, `os/alma/${FOLDER}addons.cpio`), [...ADDONS]);
  deepEqual(await bytesOf(files, `os/alma/${FOLDER}site.cpio`), [...siteArchive(SITE)]);
  for (const path of [`os/debian/${FOLDER}site.cpio`, "site/other.cpio", "os/alma/site.cpio"]) {
    equal(await bytesOf(files, path), undefined, path);
  }
  const own = await filesOf(ok(ADDONS), SITE, profileOf([`${FOLDER}site.cpio`]));
  equal(await bytesOf(own, `os/alma/${FOLDER}site.cpio`), undefined);
});

Deno.test("what is missing is told; a CA that is still to come is not", async () => {
  match((await filesOf(NO_ADDONS, SITE)).missing.join(), /no addons/);
  deepEqual((await filesOf(ok(ADDONS), NO_CA)).missing, []);
  const damaged = await filesOf(ok(ADDONS), { ...SITE, certificates: ["no PEM"] });
  match(damaged.missing.join(), /site\.cpio cannot be made/);
});
