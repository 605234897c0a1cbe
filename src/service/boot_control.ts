/** What a running member does so that nodes boot: it knows the profiles that it and others hold. */
import { CONTENT_WAIT_MS } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Clock } from "../io/clock.ts";
import type { Random } from "../io/random.ts";
import { armingOf } from "../model/arming.ts";
import type { MemberId } from "../model/member.ts";
import { NODE_KEY } from "../model/node_key.ts";
import { nodeRow, type Operation, ROW_MARK } from "../model/operation.ts";
import { DIGEST_CELL, profileRow } from "../model/profile.ts";
import { isBootFrame } from "../wire/boot_frame.ts";
import type { HostAddress } from "./addresses.ts";
import { type AuthorityOwner, CertificateAuthority } from "./authority/authority.ts";
import type { BootOptions, BootPorts } from "./boot/boot_ports.ts";
import type { BootService } from "./boot/boot_service.ts";
import { claimNotices } from "./claim_notices.ts";
import { bootServiceOf, candidatesOf } from "./boot/booting.ts";
import { bounded, contentNotices } from "./content/content_notices.ts";
import { ContentState } from "./content/content_state.ts";
import type {
  DeployedProfile,
  DeployedProfiles,
  UpdatedProfile,
} from "./content/deployed_profiles.ts";
import type { ProfileStanding } from "./content/profile_standing.ts";
import { Profiles } from "./content/profiles.ts";
import { DeploymentCheck } from "./deployment_check.ts";
import { Importing } from "./importing/importing.ts";
import { neededHere } from "./importing/needed.ts";
import type { Logger } from "./logger.ts";
import type { RunningMember } from "./running_member.ts";

export interface BootParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** The data folder. */
  readonly data: string;
  /** The content folder; undefined for a member that has none. */
  readonly content: string | undefined;
  readonly random: Random;
  readonly hostAddresses: () => readonly HostAddress[];
  /** Both are there where it boots machines. */
  readonly options: BootOptions | undefined;
  readonly ports: BootPorts | undefined;
}

export class BootControl implements DeployedProfiles {
  /** What lies in this member's content folder. */
  readonly profiles: Profiles;
  /** What all members hold. */
  readonly content: ContentState;
  /** The collective's CA, and the certificate that nodes see. */
  readonly authority: CertificateAuthority;
  /** Undefined where it boots no machines. */
  readonly service: BootService | undefined;
  /** Makes profiles of installation media. */
  readonly media: Importing;
  readonly #check: DeploymentCheck;
  readonly #member: RunningMember;
  readonly #clock: Clock;
  /** Those who wait for a change of what this member holds. */
  #waiting: (() => void)[] = [];
  #isTurned = false;
  #isClosed = false;

  constructor(member: RunningMember, parts: BootParts) {
    const { clock, log, data, content } = parts;
    this.#member = member;
    this.#clock = clock;
    const changed = (): void => this.#changed();
    this.profiles = new Profiles({ content, data, clock, log, changed });
    this.content = new ContentState({
      profiles: this.profiles,
      self: () => member.identity.id,
      members: () => member.roster.members,
      reference: (profile) => member.state.value(profileRow(profile), DIGEST_CELL) ?? undefined,
      sendFrame: (to, frame, lane) => member.life.peers.sendFrame(to, frame, lane),
    });
    const servesNodes = parts.options !== undefined && parts.ports !== undefined;
    this.authority = new CertificateAuthority(ownerOf(member), { ...parts, servesNodes });
    this.service = bootServiceOf(member, this, parts);
    this.media = new Importing({
      ...{ clock, content, name: () => member.name },
      holders: (profile) => this.content.heldBy(profile),
      reference: (profile) => this.content.reference(profile),
      settle: (profile) => this.#settle(profile),
      tell: (line) => log.info(line),
      needed: async () =>
        await neededHere({
          ...{
            content: content ?? "",
            profiles: this.names(),
            hasAuthority: this.authority.certificates().length > 0,
          },
          lacks: this.service?.lacks,
        }),
    });
    this.#check = new DeploymentCheck({
      ...{
        clock,
        content,
        nodes: () => member.nodes,
        candidatesOf: (node) => candidatesOf(member, node),
      },
      boots: this.service !== undefined,
      name: () => member.name,
      names: () => this.names(),
      servers: (profile) => this.#serversOf(profile),
      whyUnarmed: (node) => this.#whyUnarmed(node),
      lookUp: parts.ports?.lookUpName ?? (() => Promise.resolve(undefined)),
    });
  }

  names(): readonly string[] {
    return this.content.names();
  }

  of(name: string): DeployedProfile | undefined {
    const holders = this.content.heldBy(name);
    if (holders.every(({ content }) => content === "missing" || content === "silent")) {
      return undefined;
    }
    const { profile, isBootable = false, whyNot, digest } = this.profiles.standing(name) ??
      { whyNot: `${this.#member.name} does not hold it` };
    return {
      ...{ name, profile, isBootable, whyNot, digest, holders },
      reference: this.content.reference(name),
    };
  }

  async update(name: string): Promise<Outcome<UpdatedProfile>> {
    const digest = await this.#digestHere(name);
    return digest.ok ? await this.#setReference(name, digest.value) : digest;
  }

  /** What a deployment would lack, a line each with its remedy. */
  async findings(): Promise<readonly string[]> {
    return await this.#check.findings();
  }

  /** What is wrong with profiles here and between the members, and who claimed keys of nodes, a
   * line each with its remedy. */
  notices(): readonly string[] {
    const { trouble } = this.profiles, { name } = this.#member;
    const ofProfiles = this.content.names().flatMap((profile) =>
      contentNotices(profile, this.content.reference(profile), this.content.heldBy(profile))
    );
    const own = trouble === undefined ? [] : [`${name} cannot use its content: ${trouble}`];
    const ofKeys = claimNotices(this.#member.state, this.#member.agreedWallMs());
    const ofService = this.service?.notices() ?? [];
    return [
      ...own,
      ...bounded(ofProfiles),
      ...ofKeys,
      ...this.authority.notices,
      ...ofService,
    ];
  }

  /** A link to the peer came up, or went down. */
  linked(peer: MemberId, isUp: boolean): void {
    this.content.linked(peer, isUp);
    this.service?.linked(peer, isUp);
  }

  /** False where the frame is another service's. */
  frame(peer: MemberId, bytes: Uint8Array): boolean {
    if (this.content.frame(peer, bytes)) return true;
    if (!isBootFrame(bytes)) return false;
    this.service?.frame(peer, bytes);
    return true;
  }

  /** After each turn of the member's loop: there is a member to serve for. */
  turned(): void {
    this.profiles.start();
    this.service?.start();
    this.authority.turned();
    if (!this.#isTurned) this.media.start();
    this.#isTurned = true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.authority.close();
    await this.media.close();
    await this.service?.close();
    await this.profiles.close();
    for (const end of this.#waiting.splice(0)) end();
  }

  // ----

  async #digestHere(name: string): Promise<Outcome<string>> {
    await this.profiles.look();
    const standing = await this.#compared(name);
    if (standing === undefined) {
      const { name: self } = this.#member;
      const known = this.profiles.names.join(", ") || "none";
      return refused("not-found", `${self} does not hold the profile ${name}; there are ${known}`);
    }
    if (!standing.isBootable) {
      const message = `cannot make ${name} the reference: ${standing.whyNot}`;
      return refused("conflict", message);
    }
    const { digest, whyNoDigest = "its files are still being read; ask again" } = standing;
    if (digest !== undefined) return ok(digest);
    return refused("unavailable", `cannot make ${name} the reference yet: ${whyNoDigest}`);
  }

  async #setReference(name: string, digest: string): Promise<Outcome<UpdatedProfile>> {
    const rows = [profileRow(name)];
    const set: Operation = { kind: "set", rows, cells: [[ROW_MARK, ""], [DIGEST_CELL, digest]] };
    const written = await this.#member.write([set]);
    return written.ok ? ok({ index: written.value.index, name, digest }) : written;
  }

  /** One that is right already, or not, stays what it is. */
  async #settle(name: string): Promise<Outcome<UpdatedProfile>> {
    const digest = await this.#digestHere(name);
    if (!digest.ok) return digest;
    if (this.content.reference(name) === undefined) {
      return await this.#setReference(name, digest.value);
    }
    return ok({ index: this.#member.index, name, digest: digest.value });
  }

  /** The names of the members that could send the profile's files. */
  #serversOf(profile: string): readonly string[] {
    return this.content.heldBy(profile).flatMap(({ name, isBootable }) => isBootable ? name : []);
  }

  /** Undefined for a node that has its key, or may register one. */
  #whyUnarmed(node: string): "never" | "over" | undefined {
    const { state, nodes } = this.#member;
    if (state.value(nodeRow(node), NODE_KEY) !== null) return undefined;
    const arming = armingOf({ state, nodes }, node, this.#member.agreedWallMs());
    return arming.is === "armed" ? undefined : arming.is;
  }

  #changed(): void {
    for (const look of this.#waiting.splice(0)) look();
    this.content.changed();
  }

  /** The standing once it has a digest, or as it is after CONTENT_WAIT_MS. */
  async #compared(name: string): Promise<ProfileStanding | undefined> {
    const untilMs = this.#clock.now().monoMs + CONTENT_WAIT_MS;
    for (;;) {
      const standing = this.profiles.standing(name);
      const leftMs = untilMs - this.#clock.now().monoMs;
      const isOpen = standing?.isBootable === true && standing.digest === undefined &&
        standing.whyNoDigest === undefined;
      if (!isOpen || leftMs <= 0 || this.#isClosed) return standing;
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(leftMs, resolve);
        this.#waiting.push(() => {
          cancel();
          resolve();
        });
      });
    }
  }
}

function ownerOf(member: RunningMember): AuthorityOwner {
  return {
    get name(): string {
      return member.name;
    },
    get state(): AuthorityOwner["state"] {
      return member.state;
    },
    get secrets(): AuthorityOwner["secrets"] {
      return member.secrets;
    },
    get isLeader(): boolean {
      return member.isLeader;
    },
    get isTold(): boolean {
      return member.locked === undefined && member.odd === undefined && member.isTold;
    },
    get collective(): string {
      return member.chain[0]?.random ?? "";
    },
    get addresses(): readonly string[] {
      return member.life.addresses;
    },
    agreedWallMs: () => member.agreedWallMs(),
    write: (operations) => member.write(operations),
  };
}
