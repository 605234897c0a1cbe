/** Profiles as a test says that members hold them. */
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import type { MemberId } from "../../src/model/member.ts";
import type { Holder } from "../../src/service/content/content_state.ts";
import type {
  DeployedProfile,
  DeployedProfiles,
  UpdatedProfile,
} from "../../src/service/content/deployed_profiles.ts";

export const DIGEST = "ab".repeat(32);

export function holder(name: string, more: Partial<Holder> = {}): Holder {
  const id = name.padStart(16, "0") as MemberId;
  return { id, name, content: "equal", isBootable: true, digest: DIGEST, why: undefined, ...more };
}

export function deployed(name: string, more: Partial<DeployedProfile> = {}): DeployedProfile {
  const texts = { label: `${name} for tests`, kernelargs: "quiet", installedargs: "" };
  return {
    name,
    profile: { ...texts, ostype: "linux", loader: "ipxe" },
    isBootable: true,
    whyNot: undefined,
    digest: DIGEST,
    reference: DIGEST,
    holders: ["m1", "m2", "m3"].map((member) => holder(member)),
    ...more,
  };
}

export class StandInProfiles implements DeployedProfiles {
  readonly all = new Map(["alma-9"].map((name) => [name, deployed(name)]));
  readonly updated: string[] = [];

  names(): readonly string[] {
    return [...this.all.keys()];
  }

  of(name: string): DeployedProfile | undefined {
    return this.all.get(name);
  }

  update(name: string): Promise<Outcome<UpdatedProfile>> {
    const known = this.all.get(name);
    if (known === undefined) {
      return Promise.resolve(refused("not-found", `m1 does not hold the profile ${name}`));
    }
    this.updated.push(name);
    return Promise.resolve(ok({ index: 88, name, digest: DIGEST }));
  }
}
