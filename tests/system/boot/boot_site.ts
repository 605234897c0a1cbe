/** A collective that boots machines: members at the servers of a segment, over one content. */
import { Scene, type Server } from "../collective.ts";
import { until } from "../program.ts";
import type { KernelFiles } from "./debian_kernel.ts";
import {
  canMakeSegments,
  INTERFACE,
  Segment,
  type SegmentShape,
  serverAddress,
} from "./segment.ts";

export class BootSite {
  readonly segment: Segment;
  readonly scene: Scene;
  /** m1 stands at s1, and so on. */
  readonly members: readonly Server[];
  /** What all members have as `--content`. */
  readonly content: string;

  private constructor(segment: Segment, scene: Scene, members: readonly Server[]) {
    this.segment = segment;
    this.scene = scene;
    this.members = members;
    this.content = contentOf(segment);
  }

  static async make(
    segment: Segment,
    scene: Scene,
    { members: count, interfaces = INTERFACE }: Pick<BootShape, "members" | "interfaces">,
  ): Promise<BootSite> {
    const content = contentOf(segment);
    await Deno.mkdir(`${content}/public/os`, { recursive: true });
    const places = Array.from({ length: count }, (_, at) => ({
      before: segment.at(`s${at + 1}`),
      address: serverAddress(at + 1),
      flags: ["--content", content, "--boot-http", "[::]:80", "--interfaces", interfaces],
    }));
    return new BootSite(segment, scene, await scene.members(count, places));
  }

  get first(): Server {
    return this.members[0] as Server;
  }

  /** The member whose address it is. */
  at(address: string): Server {
    const found = this.members.find((_, at) => serverAddress(at + 1) === address);
    if (found === undefined) throw new Error(`no member has ${address}`);
    return found;
  }

  /** Defines a node: its attributes by name. */
  async node(name: string, attributes: Readonly<Record<string, string>>): Promise<void> {
    const given = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
    await this.first.done("nodedefine", name, ...given);
  }

  /** A profile that boots the files, `kernelargs` among what the kernel is told. */
  async profile(
    name: string,
    files: KernelFiles,
    kernelargs: string,
    more = "",
  ): Promise<void> {
    const folder = `${this.content}/public/os/${name}`;
    await Deno.mkdir(`${folder}/boot/initramfs`, { recursive: true });
    await Deno.copyFile(files.kernel, `${folder}/boot/kernel`);
    await Deno.copyFile(files.initramfs, `${folder}/boot/initramfs/distribution`);
    const lines = [`label: ${name}`, "ostype: linux", `kernelargs: ${kernelargs}`, more];
    await Deno.writeTextFile(`${folder}/profile.yaml`, lines.join("\n") + "\n");
    for (const member of this.members) {
      await until(`${member.name} has the profile`, async () => {
        const { out } = await member.run("osdeploy", "list");
        return out.includes(name) || undefined;
      });
    }
  }

  /** A script of the profile, at a path below its folder of scripts. */
  async script(profile: string, path: string, lines: string): Promise<void> {
    const file = `${this.content}/public/os/${profile}/scripts/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, `#!/bin/sh\n${lines}\n`);
  }

  /** The nodes boot it from the network the next time. */
  async deploy(range: string, profile: string): Promise<void> {
    await this.first.done("nodedeploy", range, "-n", profile, "-p");
  }

  /** Where in the segment a member stands. */
  place(member: Server): string {
    return member.name.replace("m", "s");
  }
}

function contentOf(segment: Segment): string {
  return `${segment.folder}/content`;
}

export interface BootShape extends Omit<SegmentShape, "servers"> {
  readonly members: number;
  /** Where they answer, with commas; there need not be any. */
  readonly interfaces?: string;
  /** Servers beside them, for others. */
  readonly others?: number;
  /** Tools that it calls. */
  readonly tools?: readonly string[];
}

/** A test with a segment and members of its own. */
export async function bootTest(
  title: string,
  shape: BootShape,
  act: (site: BootSite) => Promise<void>,
): Promise<void> {
  const { members, others = 0, tools = [] } = shape;
  const ignore = !await canMakeSegments(...tools);
  Deno.test({ name: `boot: ${title}`, ignore }, async () => {
    const segment = await Segment.make({ ...shape, servers: members + others });
    const scene = new Scene(segment.folder);
    try {
      await act(await BootSite.make(segment, scene, shape));
    } catch (error) {
      console.log(scene.said());
      throw error;
    } finally {
      await scene.end();
      await segment.end();
    }
  });
}
