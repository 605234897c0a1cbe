/**
 * What a running member offers to the surfaces (HTTP, and through it the shell). `src/api` is
 * written against this and nothing else; `running_member.ts` keeps the promises.
 */
import type { Outcome } from "../base/outcome.ts";
import type { QuorumVerdict } from "../collective/liveness.ts";
import type { SelfEvent } from "../model/boot_event.ts";
import type { MemberRole } from "../model/member.ts";
import type { Operation, Verdict } from "../model/operation.ts";
import type { Rows } from "../model/rows.ts";
import type { CellView } from "../replica/cells.ts";
import type { MachineIds } from "../netboot/search_decision.ts";
import type { NodeIndex } from "../replica/node_index.ts";
import type { CollectiveAuthority } from "./authority/collective_authority.ts";
import type { DeployedProfiles } from "./content/deployed_profiles.ts";
import type { Media } from "./importing/media.ts";
import type { NodeCommands, Observed } from "./node_commands.ts";
import type { NodeNumbers } from "./node_numbers.ts";
import type { Secrets } from "./secrets.ts";
import type {
  Explanation,
  ReplayAnswer,
  ReplayRequest,
  ToldStrangers,
} from "../wire/explanation_http.ts";
import type { WatchEvent } from "../wire/watch.ts";
import type { Support } from "../model/support.ts";

/** The state as this member has it. */
export type StateView =
  & Rows
  & Pick<CellView, "cells" | "changedRows" | "recordSince" | "attributes">;

/** A write that came to a verdict: applied, or refused by a guard of its own. */
export interface Written {
  readonly index: number;
  readonly verdict: Verdict;
}

export type MemberState = "alive" | "suspect" | "down" | "locked";

export interface MemberView {
  readonly name: string;
  readonly id: string;
  readonly state: MemberState;
  readonly role: MemberRole;
  readonly addresses: readonly string[];
  readonly fingerprint: string;
  /** The index it has applied, as last heard; null where it was never heard. */
  readonly index: number | null;
  /** How many entries it is behind the highest commit index known here. */
  readonly lag: number | null;
  readonly self: boolean;
  /** ISO time the certificate expires, where this member knows it: its own, and of those that it
   * is linked with. */
  readonly certificateExpires: string | null;
  /** Whether the certificate before that one still lets it in. */
  readonly rotating: boolean;
  /** How many nodes it holds, by what is applied here. */
  readonly nodes: number;
  /** Whether it is to hold none. */
  readonly drained: boolean;
  /** The protocol and the feature level that its program supports, as it told the others. */
  readonly support: Support;
}

/** What a rotation came to. */
export interface RotateAnswer {
  readonly name: string;
  /** Of the new certificate. */
  readonly fingerprint: string;
  /** ISO time. */
  readonly expires: string;
  /** The members that must meet it before the old one is given up. */
  readonly unmet: readonly string[];
}

export interface CollectiveView {
  readonly quorum: boolean;
  /** The leader of the log, by name, where known. */
  readonly leader: string | null;
  readonly missing: readonly string[];
  /** What an administrator should know or do, one line each: two members need both, say. */
  readonly notices: readonly string[];
  readonly collective: string;
  readonly index: number;
  /** The feature level in force. */
  readonly level: number;
  readonly members: readonly MemberView[];
}

/** Nodes that stay with a member that was drained. */
export interface Staying {
  readonly count: number;
  /** One of them. */
  readonly example: string;
  /** For people. */
  readonly why: string;
}

/** What a drain came to. */
export interface DrainAnswer {
  readonly index: number;
  readonly name: string;
  /** Whether it is to hold no nodes from now on. */
  readonly drained: boolean;
  /** How many of its nodes others hold now, or nobody. */
  readonly handedOver: number;
  /** Nodes that could go and have not gone yet: that goes on by itself. */
  readonly going: number;
  /** Nodes that can go nowhere, by why. */
  readonly staying: readonly Staying[];
  /** What else is to be known. */
  readonly notices: readonly string[];
}

export interface InviteRequest {
  readonly name: string;
  readonly expiresMs?: number | undefined;
  readonly nonvoting?: boolean | undefined;
  readonly replaces?: boolean | undefined;
  /** Who asks, for the record. */
  readonly by: string;
}

export interface InviteAnswer {
  readonly token: string;
  readonly name: string;
  readonly role: MemberRole;
  /** ISO time. */
  readonly expires: string;
}

export interface JoinRequest {
  readonly token: string;
  /** Try this address first, `host` or `host:port`. */
  readonly server?: string | undefined;
  /** Give up what this member holds of its own. */
  readonly replace?: boolean | undefined;
}

export interface JoinAnswer {
  readonly name: string;
  readonly collective: string;
  readonly role: MemberRole;
  readonly members: readonly string[];
  readonly notices: readonly string[];
}

/** A write that is too long to be held in memory: it comes to one entry, all or nothing. */
export interface StagedWrite {
  /** Waits while too much is under way. Refused: it came to nothing, and `commit` says why. */
  add(operation: Operation): Promise<Outcome<void>>;
  /** As `write` answers; a verdict names the operation by its place among those that were added. */
  commit(): Promise<Outcome<Written>>;
  /** Nothing of it was done, nor will be. */
  abandon(): Promise<void>;
}

export interface WatchRequest {
  /** Goes on after this index, which is reached here; without it the present state comes first. */
  readonly from?: number | undefined;
  /** It was told a part of the state before, which is void. */
  readonly isAnew?: boolean | undefined;
  /** The nodes that are watched, which need not exist; all without it. Groups are told all. */
  readonly nodes?: ReadonlySet<string> | undefined;
}

/** One who watches. Whoever holds it must close it. */
export interface Watching {
  /** What is to be told next, if there is something; see src/wire/watch.ts. */
  take(): WatchEvent | undefined;
  /** Waits until there may be something; false once it ended. One may wait at a time. */
  ready(): Promise<boolean>;
  close(): void;
}

export interface RepairAnswer {
  readonly index: number;
  /** Whose state is kept, by name. */
  readonly from: string;
  /** Who takes a copy of it; nobody where no state is known to differ. */
  readonly repaired: readonly string[];
}

/** What a member knows of machines that boot. */
export interface MachineBoots {
  /** What it would make of recorded requests, one for each; nothing is sent. */
  replay(recorded: ReplayRequest["requests"]): ReplayAnswer["decisions"];
  /** Machines that no node is known to be, by what all members heard of late. */
  strangers(): Promise<ToldStrangers>;
  /** The node that a machine is, by what it says of itself; undefined where it is no node's, or
   * says what is of several. */
  whoIs(machine: MachineIds): string | undefined;
  /** Adds to the timeline of a node what it asked of the self-service API. */
  reported(node: string, event: SelfEvent): void;
}

export interface MemberService {
  readonly name: string;
  readonly state: StateView;
  /** The state as it is now, which stays so whatever is written. */
  snapshot(): Rows;
  /** What is derived of the rows of nodes and groups. */
  readonly nodes: NodeIndex;
  readonly numbers: NodeNumbers;
  readonly secrets: Secrets;
  /** The collective's own CA, by which nodes trust it. */
  readonly authority: CollectiveAuthority;
  readonly commands: NodeCommands;
  readonly observed: Observed;
  /** Profiles, and who holds them. */
  readonly deployed: DeployedProfiles;
  /** Media of which profiles are made. */
  readonly media: Media;
  /** The index of the last entry applied here. */
  readonly index: number;
  /** Why this member is locked (removed, rolled back, ...), while it is. */
  readonly locked: string | undefined;
  /** Why nothing of the state may be read here, stale or not: it is known to be wrong. */
  readonly odd: string | undefined;

  quorum(): QuorumVerdict;

  /** Milliseconds since a majority was last heard: how old a local copy may be. */
  staleMs(): number;

  /** Milliseconds since 1970 as the members agree on it: what an entry of now is dated by. */
  agreedWallMs(): number;

  /**
   * Whether a guarded request may be served now: quorum is held and everything that a majority
   * has named as committed is applied here. Waits a little for the latter. Refused: `no-quorum`
   * with who is missing, or `catching-up`.
   */
  fresh(): Promise<Outcome<void>>;

  /** One entry, of any length: all of the operations or none. Resolves once it is applied here. */
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;

  /** The same for what comes bit by bit. */
  stage(): StagedWrite;

  /** An index that a linearizable read must wait for; it is already reached on return. */
  consistentIndex(): Promise<Outcome<number>>;

  /** Waits until this member has applied `index`. */
  reach(index: number): Promise<Outcome<void>>;

  /** True when caught up, voting or listed as non-voting, and quorum held; else why not. */
  ready(): Outcome<void>;

  /** Tells what changes, with quorum and without; `busy` where too many watch. */
  watch(request: WatchRequest): Outcome<Watching>;

  collective(): CollectiveView;
  invite(request: InviteRequest): Promise<Outcome<InviteAnswer>>;
  /** Makes this member part of another collective; `progress` gets a line now and then. */
  join(request: JoinRequest, progress: (line: string) => void): Promise<Outcome<JoinAnswer>>;
  removeMember(name: string): Promise<Outcome<Written>>;
  /** Has a member hold no nodes: waits until they are gone or can go nowhere. `progress` gets a
   * line now and then. */
  drain(name: string, progress: (line: string) => void): Promise<Outcome<DrainAnswer>>;
  /** Nodes may be given to it again. */
  undrain(name: string): Promise<Outcome<DrainAnswer>>;
  /** What of nodes and their managers, and of profiles, nobody will set right by itself, a line
   * each. */
  nodeNotices(): Promise<readonly string[]>;
  /** The members' names, as this one knows them. */
  readonly members: readonly string[];
  /** Gives this member another key and certificate. `now`: the old one counts no more at once. */
  rotate(now: boolean): Promise<Outcome<RotateAnswer>>;
  /** Who manages a node and why, what was done there, and why a command would be refused now. */
  explain(node: string): Promise<Explanation>;
  /** How machines boot here; undefined where this member boots none. */
  readonly boots: MachineBoots | undefined;
  /** What is wrong here and between the members, a line each with its remedy. */
  check(): Promise<readonly string[]>;
  /** Whoever's state is known to differ from that of the member `from` takes a copy of it. */
  repair(from: string): Promise<Outcome<RepairAnswer>>;
}
