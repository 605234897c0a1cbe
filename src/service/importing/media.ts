/** Installation media as the surfaces see them: what one is, and a profile made of it. */
import type { Outcome } from "../../base/outcome.ts";
import type { Medium } from "../../model/medium.ts";

/** What a look at a medium found. */
export interface Fingerprint {
  readonly medium: Medium;
  /** What its content would be called. */
  readonly distribution: string;
  /** What its profile is called where nothing else is said. */
  readonly profile: string;
  /** Files and bytes that would be kept. */
  readonly files: number;
  readonly bytes: number;
}

export interface ImportRequest {
  /** The whole path of an ISO, a tar or a folder, as the service of this member sees it. */
  readonly filename: string;
  /** The profile's name; undefined for the one by its medium. */
  readonly profile: string | undefined;
}

/** A profile that was made. */
export interface Imported {
  readonly index: number;
  readonly profile: string;
  readonly distribution: string;
  /** Of the profile; undefined where it is not known yet. */
  readonly digest: string | undefined;
  /** Members that do not have it yet. */
  readonly lacking: readonly string[];
  /** What else is to be known or done, a line each. */
  readonly notices: readonly string[];
}

/** Something that a deployment needs. */
export interface Prerequisite {
  readonly what: string;
  readonly isThere: boolean;
  /** What brings it; there where it is not. */
  readonly remedy: string | undefined;
}

/** The content folder of this member, and what else deployments need of it. */
export interface ContentReport {
  readonly member: string;
  readonly folder: string;
  /** Folders that were made just now. */
  readonly made: readonly string[];
  readonly needed: readonly Prerequisite[];
}

export interface Media {
  /** What is being imported here, by the name of its medium. */
  readonly importing: string | undefined;
  /** What the medium is. Nothing is changed. */
  fingerprint(filename: string, signal: AbortSignal): Promise<Outcome<Fingerprint>>;
  /** Makes a profile of a medium: all of it, or nothing. `progress` gets a line now and then.
   * Refused with `busy` while another is made, `conflict` where the name is taken, `invalid` where
   * the medium is none, `unavailable` where there is no room, or the signal was aborted. */
  import(
    request: ImportRequest,
    progress: (line: string) => void,
    signal: AbortSignal,
  ): Promise<Outcome<Imported>>;
  /** Makes the folders that are missing, where `prepares` says so, and tells what is there. */
  content(prepares: boolean): Promise<Outcome<ContentReport>>;
}
