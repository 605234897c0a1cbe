/** Profiles as the surfaces see them: what each is, and who holds it as it should be. */
import type { Outcome } from "../../base/outcome.ts";
import type { Profile } from "../../model/profile.ts";
import type { Holder } from "./content_state.ts";

/** One profile, as the member that is asked has it, and as all hold it. */
export interface DeployedProfile {
  readonly name: string;
  /** Undefined where it is not here, or its profile.yaml makes no sense. */
  readonly profile: Profile | undefined;
  readonly isBootable: boolean;
  readonly whyNot: string | undefined;
  readonly digest: string | undefined;
  readonly reference: string | undefined;
  readonly holders: readonly Holder[];
}

/** What an update came to. */
export interface UpdatedProfile {
  readonly index: number;
  readonly name: string;
  readonly digest: string;
}

export interface DeployedProfiles {
  /** The names of the profiles that any member is known to hold, in natural order. */
  names(): readonly string[];
  /** Undefined where no member is known to hold it. */
  of(name: string): DeployedProfile | undefined;
  /** Makes what this member holds now the reference. Refused with `not-found` where it holds no
   * such profile, `conflict` where nothing could be booted by it, `unavailable` where its files
   * cannot be read, or not as quickly. */
  update(name: string): Promise<Outcome<UpdatedProfile>>;
}
