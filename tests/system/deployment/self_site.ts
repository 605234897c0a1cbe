/** A site whose nodes ask members for what is theirs, each from a namespace, as a node does. */
import { equal } from "node:assert/strict";

import { type BootShape, type BootSite, bootTest } from "../boot/boot_site.ts";
import { clientMac, serverAddress } from "../boot/segment.ts";
import { SelfClient, type Trust } from "./self_client.ts";

export const PROFILE = "plain";
export const OTHER_PROFILE = "other";
const TOOLS = ["curl", "cpio", "openssl", "ssh-keygen", "dash"];

export class SelfSite {
  readonly boot: BootSite;
  readonly trust: Trust;
  #addresses = 0;

  private constructor(boot: BootSite, trust: Trust) {
    this.boot = boot;
    this.trust = trust;
  }

  /** `c1` fetches what nodes know of the collective before they trust anybody. */
  static async make(boot: BootSite): Promise<SelfSite> {
    const files = { kernel: "/etc/hostname", initramfs: "/etc/hostname" };
    await boot.profile(PROFILE, files, "quiet");
    const { segment } = boot, node = `${segment.folder}/node`;
    await segment.sh("c1", "ip addr add 10.77.9.9/16 dev eth0");
    await segment.sh(
      "c1",
      `mkdir ${node}; cd ${node}
       curl -q -sSf http://${serverAddress(1)}/confluent-public/site/site.cpio | cpio -idm --quiet`,
    );
    const text = (file: string): Promise<string> => Deno.readTextFile(`${node}/${file}`);
    const site = new SelfSite(boot, {
      ca: `${node}/etc/confluent/ca.pem`,
      uuid: (await text("confluent_uuid")).trim(),
      sshCa: (await text("ssh/confluent.ca")).trim(),
    });
    return site;
  }

  /** The place of a node, which is defined by its hardware address and has an address there. */
  async client(
    place: string,
    node: string,
    attributes: Readonly<Record<string, string>> = {},
  ): Promise<SelfClient> {
    await this.boot.node(node, { "net.hwaddr": clientMac(place), ...attributes });
    return await this.at(place, node);
  }

  /** Who stands at a place and says that it is that node. */
  async at(place: string, node: string): Promise<SelfClient> {
    const client = new SelfClient(this.boot, this.trust, place, node);
    if (place.startsWith("q")) await client.takes(`10.78.0.${101 + this.#addresses++}`, 24);
    else await this.movesOn(client);
    return client;
  }

  /** Members count what they refuse by address: from another one it may ask as if for the first
   * time. */
  async movesOn(client: SelfClient): Promise<void> {
    await client.takes(`10.77.1.${1 + this.#addresses++}`);
  }

  /** As `nodedeploy` arms it. */
  async arms(range: string): Promise<void> {
    await this.boot.deploy(range, PROFILE);
  }

  /** Armed and granted. */
  async granted(client: SelfClient): Promise<void> {
    await this.arms(client.node);
    const { status, text } = await client.register(this.boot.first);
    equal(`${status} ${text}`, "200 Accepted");
  }
}

/** A test with a site of its own. */
export async function selfTest(
  title: string,
  shape: BootShape,
  act: (site: SelfSite) => Promise<void>,
): Promise<void> {
  const tools = [...TOOLS, ...shape.tools ?? []];
  await bootTest(`self-service: ${title}`, { ...shape, tools }, async (boot) => {
    await act(await SelfSite.make(boot));
  });
}
