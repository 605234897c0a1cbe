/** What is made for machines that boot: scripts that name every member that has the files. */
import { equal, fail, match } from "node:assert/strict";

import { type Ipv4, ipv4Text } from "../../../src/model/ipv4.ts";
import { type MemberId, memberId } from "../../../src/model/member.ts";
import type { BootMember, BootView } from "../../../src/netboot/boot_view.ts";
import type { MayServe } from "../../../src/netboot/content_rule.ts";
import { refused } from "../../../src/base/outcome.ts";
import type { Site } from "../../../src/netboot/site_archive.ts";
import { BootFiles, type MadeFile } from "../../../src/service/boot/boot_files.ts";
import { SiteFiles } from "../../../src/service/boot/site_files.ts";
import { Loaders } from "../../../src/service/boot/loaders_here.ts";
import type { ProfileStanding } from "../../../src/service/content/profile_standing.ts";
import { ManualClock } from "../../contract/link_bench.ts";
import { interface4, ip, valueOf } from "../../netboot/boot_stage.ts";

const CLIENT = ip("10.0.0.50"), FAR_CLIENT = ip("10.9.0.50");
const PROFILE: ProfileStanding = {
  ...{ name: "alma", isBootable: true, whyNot: undefined, digest: undefined },
  ...{ kernel: "boot/kernel", initramfs: ["boot/initramfs/distribution"], whyNoDigest: undefined },
  profile: { label: "Alma", ostype: "linux", kernelargs: "", installedargs: "", loader: "grub" },
};

function bodyOf(made: MadeFile | undefined): string {
  return made !== undefined && "body" in made ? String(made.body) : fail("nothing was made");
}

/** m1 is the one that is asked; all hear 10.0.0.0/24, where nothing else is said. */
class Stage {
  readonly #members: BootMember[] = [];
  readonly #may = new Map<MemberId, MayServe>();
  candidates: ReadonlySet<string> | undefined;
  site: Site = { uuid: "id", certificates: [], sshPublic: undefined };

  member(name: string, networks: readonly string[], other: Partial<BootMember> = {}): this {
    const id = memberId(name.slice(1).padStart(16, "0"));
    this.#may.set(id, { may: "preferred" });
    this.#members.push({
      ...{ id, name, isLive: true, relays: [], interfaces: networks.map(interface4) },
      can: { dhcp: true, tftp: true, httpPort: 80, loaders: [] },
      ...other,
    });
    return this;
  }

  lacks(name: string): this {
    const found = this.#members.find((one) => one.name === name);
    if (found !== undefined) this.#may.set(found.id, { may: "not", because: "it is missing" });
    return this;
  }

  /** The addresses from which the client is told to fetch the kernel, in their order. */
  async servers(client: Ipv4, script: "grub.cfg" | "boot.ipxe"): Promise<string> {
    const made = valueOf(await this.#files().compute(`os/alma/${script}`, ipv4Text(client)));
    return [...bodyOf(made).matchAll(/http[,:/]+([0-9.:]+)/g)].map(([, at]) => at)
      .filter((at, i, all) => all.indexOf(at) === i).join(" ");
  }

  #files(): BootFiles {
    const members = this.#members, self = memberId("1".padStart(16, "0"));
    const view: BootView = {
      ...{ self, members, isHeld: true },
      recognize: () => ({ node: undefined, why: "", isStranger: true }),
      candidatesOf: () => this.candidates,
      profile: () => undefined,
      mayServe: (_, id) => this.#may.get(id) ?? { may: "not", because: "it is no member" },
      foreignServer: () => undefined,
    };
    const content = "/nowhere";
    const loaders = new Loaders({
      clock: new ManualClock(),
      content,
      changed: () => {},
      wantsGrub: () => false,
    });
    const standing = (name: string): ProfileStanding | undefined =>
      name === "alma" ? PROFILE : undefined;
    const nodeAt = (address: Ipv4): { name: string; pending: string } | undefined =>
      address === CLIENT ? { name: "n1", pending: "alma" } : undefined;
    const site = new SiteFiles({
      ...{ clock: new ManualClock(), standing },
      addons: () => Promise.resolve(refused("not-found", "no addons")),
      site: () => this.site,
    });
    return new BootFiles({ content, loaders, site, view, standing, nodeAt });
  }
}

Deno.test("GRUB asks the member that answers first, then the others on the segment", async () => {
  const stage = new Stage().member("m1", ["10.0.0.1/24"]).member("m2", ["10.0.0.2/24"]);
  equal(await stage.servers(CLIENT, "grub.cfg"), "10.0.0.1 10.0.0.2");
  equal(await stage.servers(CLIENT, "boot.ipxe"), "10.0.0.2", "the script's own is relative");
});

Deno.test("others on the segment are asked at their address there, the rest is not", async () => {
  const stage = new Stage().member("m1", ["10.5.0.1/24", "10.0.0.1/24"])
    .member("m2", ["192.168.1.2/24"]).member("m3", ["192.168.1.3/24", "10.0.0.3/24"]);
  equal(await stage.servers(CLIENT, "grub.cfg"), "10.0.0.1 10.0.0.3");
});

Deno.test("behind a router all others are asked", async () => {
  const stage = new Stage().member("m1", ["10.0.0.1/24"]).member("m2", ["10.0.0.2/24"])
    .member("m3", ["192.168.1.3/24"]);
  const all = (await stage.servers(FAR_CLIENT, "grub.cfg")).split(" ");
  equal(all[0], "10.0.0.1");
  equal(all.slice(1).sort().join(" "), "10.0.0.2 192.168.1.3");
});

Deno.test("who is gone, lacks the files, serves none or is no candidate is not asked", async () => {
  const can = { dhcp: true, tftp: true, httpPort: 0, loaders: [] };
  const stage = new Stage().member("m1", ["10.0.0.1/24"])
    .member("m2", ["10.0.0.2/24"], { isLive: false }).member("m3", ["10.0.0.3/24"]).lacks("m3")
    .member("m4", ["10.0.0.4/24"], { can }).member("m5", ["10.0.0.5/24"])
    .member("m6", ["10.0.0.6/24"]);
  stage.candidates = new Set(["m2", "m3", "m4", "m6"]);
  equal(await stage.servers(CLIENT, "grub.cfg"), "10.0.0.1 10.0.0.6");
});

Deno.test("a port that is another is told", async () => {
  const can = { dhcp: true, tftp: true, httpPort: 8080, loaders: [] };
  const stage = new Stage().member("m1", ["10.0.0.1/24"], { can })
    .member("m2", ["10.0.0.2/24"], { can });
  match(await stage.servers(CLIENT, "grub.cfg"), /^10\.0\.0\.1:8080 10\.0\.0\.2:8080$/);
});
