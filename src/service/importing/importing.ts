/**
 * Makes profiles of installation media, one at a time. All of it comes to be beside what is served,
 * in folders that no list names, is compared, hashed and put to disk, and takes its place by a
 * rename: whatever happens on the way, nothing half is ever there. What a member that died left is
 * removed before the next one.
 *
 *     distributions/DIST            what is kept of the medium
 *     distributions/DIST.sha256     its manifest: `sha256sum -c ../DIST.sha256` in DIST
 *     public/os/NAME                the profile, see profile_folder.ts
 */
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import { isThere, readFileIfThere, syncPath } from "../../io/files.ts";
import { followChild } from "../../io/followed_child.ts";
import { defaultProfileName, distributionName, type Medium } from "../../model/medium.ts";
import { profileName } from "../../model/profile.ts";
import type { UpdatedProfile } from "../content/deployed_profiles.ts";
import type { Holder } from "../content/content_state.ts";
import { prepareFolders } from "./content_folder.ts";
import { IMAGE, type Kept, keptOf } from "./kept.ts";
import type {
  ContentReport,
  Fingerprint,
  Imported,
  ImportRequest,
  Media,
  Prerequisite,
} from "./media.ts";
import { brokenOff } from "./medium_source.ts";
import { type OpenMedium, openMedium } from "./open_medium.ts";
import { makeProfile } from "./profile_folder.ts";
import { counted, RoomWatch, sizeText, whyNoRoom } from "./room_watch.ts";
import { hashesOf, makeOurs, removeOurs, toDisk, whyNotAsListed } from "./unpacked.ts";

export interface ImportingParts {
  /** The content folder; undefined for a member that has none. */
  readonly content: string | undefined;
  readonly clock: Clock;
  /** Of this member. */
  name(): string;
  /** What each member holds of a profile. */
  holders(profile: string): readonly Holder[];
  reference(profile: string): string | undefined;
  /** What is here of the profile becomes the reference, where it has none. */
  settle(profile: string): Promise<Outcome<UpdatedProfile>>;
  /** Somebody reads it afterwards. */
  tell(line: string): void;
  /** What else a deployment needs of this member. */
  needed(): Promise<readonly Prerequisite[]>;
}

const STOPS = "this member stops";

type Say = (line: string) => void;

/** One import under way. */
interface Running {
  readonly filename: string;
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

/** Where one puts things until they are whole. */
interface Places {
  readonly content: string;
  readonly distribution: string;
  readonly profile: string;
}

export class Importing implements Media {
  readonly #parts: ImportingParts;
  #running: Running | undefined;
  #isClosed = false;
  /** What an earlier process left is gone, or cannot be removed. */
  #cleared: Promise<void> = Promise.resolve();

  constructor(parts: ImportingParts) {
    this.#parts = parts;
  }

  get importing(): string | undefined {
    return this.#running?.filename;
  }

  async fingerprint(filename: string, signal: AbortSignal): Promise<Outcome<Fingerprint>> {
    const opened = await openMedium(filename, signal);
    if (!opened.ok) return opened;
    const { medium } = opened.value;
    const { listing } = await this.#kept(filename, opened.value);
    return ok({
      ...{ medium, distribution: distributionName(medium), profile: defaultProfileName(medium) },
      ...{ files: listing.files.size, bytes: listing.bytes },
    });
  }

  async import(
    request: ImportRequest,
    progress: Say,
    signal: AbortSignal,
  ): Promise<Outcome<Imported>> {
    if (this.#running !== undefined) {
      const { filename } = this.#running;
      return refused("busy", `${this.#parts.name()} is importing ${filename}: ask again after it`);
    }
    if (this.#isClosed) return refused("unavailable", `nothing was imported: ${STOPS}`);
    const stop = new AbortController(), over = Promise.withResolvers<void>();
    this.#running = { filename: request.filename, stop, over: over.promise };
    try {
      return await this.#import(request, progress, AbortSignal.any([signal, stop.signal]));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return refused("unavailable", `nothing was imported: ${oneLine(error)}`);
    } finally {
      this.#running = undefined;
      over.resolve();
    }
  }

  async content(prepares: boolean): Promise<Outcome<ContentReport>> {
    const { content, name, needed } = this.#parts;
    if (content === undefined) return this.#noContent();
    try {
      const made = prepares ? await prepareFolders(content) : [];
      return ok({ member: name(), folder: content, made, needed: await needed() });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const remedy = "make it, and give it to the service's user";
      return refused("unavailable", `cannot prepare ${content}: ${oneLine(error)}; ${remedy}`);
    }
  }

  /** Removes what an import left that did not come to its end; the next one waits for that. */
  start(): void {
    const { content } = this.#parts;
    if (content !== undefined) this.#cleared = this.#clear(content);
  }

  async #clear(content: string): Promise<void> {
    try {
      const isLeft = await clear(this.#places(content));
      if (isLeft) this.#parts.tell("removed what is left of an import that came to no end");
    } catch (error) {
      const why = oneLine(error);
      this.#parts.tell(`cannot remove what is left of an import: ${why}; the next one tries again`);
    }
  }

  /** An import under way is broken off, and none is begun any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.stop.abort(STOPS);
    await Promise.all([this.#running?.over, this.#cleared]);
  }

  // ----

  #noContent(): Refused {
    return refused("conflict", `${this.#parts.name()} has no content folder: see --content`);
  }

  #places(content: string): Places {
    // Members may share the folder: each has its own.
    const own = `.importing-${this.#parts.name()}`;
    return { content, distribution: `distributions/${own}`, profile: `public/os/${own}` };
  }

  async #kept(filename: string, { source, listing, medium }: OpenMedium): Promise<Kept> {
    return keptOf(medium, listing, source.isImage ? (await Deno.stat(filename)).size : 0);
  }

  async #import(
    { filename, profile }: ImportRequest,
    say: Say,
    signal: AbortSignal,
  ): Promise<Outcome<Imported>> {
    const { content } = this.#parts;
    if (content === undefined) return this.#noContent();
    const given = profile === undefined ? ok("") : profileName(profile);
    if (!given.ok) return given;
    say(`looks at ${filename}`);
    const opened = await openMedium(filename, signal);
    if (!opened.ok) return opened;
    const { medium } = opened.value;
    const name = given.value || defaultProfileName(medium);
    const distribution = distributionName(medium);
    if (await isThere(`${content}/public/os/${name}`)) return taken(name);
    await prepareFolders(content);
    const places = this.#places(content);
    const kept = await this.#kept(filename, opened.value);
    const { listing } = kept;
    say(`${medium.label}: keeps ${counted(listing.files.size)}, ${sizeText(listing.bytes)}`);
    try {
      await this.#cleared;
      await clear(places);
      const laid = await this.#lay(filename, opened.value, kept, places, say, signal);
      if (!laid.ok) return laid;
      const made = await makeProfile({ ...places, from: laid.value, name, medium });
      if (!made.ok) return made;
      const onDisk = await toDisk(`${content}/${places.profile}`, signal);
      if (!onDisk.ok) return onDisk;
      if (signal.aborted) return brokenOff(signal);
      await this.#putInPlace(
        places,
        laid.value !== places.distribution ? undefined : distribution,
        name,
      );
    } finally {
      await clear(places);
    }
    return ok(await this.#told(name, medium));
  }

  /** Where the kept content lies when it is over: where a distribution has it already, or aside. */
  async #lay(
    filename: string,
    { source, listing, medium }: OpenMedium,
    kept: Kept,
    { content, distribution }: Places,
    say: Say,
    signal: AbortSignal,
  ): Promise<Outcome<string>> {
    const there = `distributions/${distributionName(medium)}`;
    const isKnown = await isThere(`${content}/${there}`);
    const whyOther = isKnown
      ? await whyNotAsListed(`${content}/${there}`, kept.listing)
      : undefined;
    if (whyOther !== undefined) return await otherThere(content, there, filename, whyOther);
    const folder = `${content}/${distribution}`;
    const room = await whyNoRoom(`${content}/distributions`, kept.listing.bytes);
    if (room !== undefined) return refused("unavailable", `nothing was imported: ${room}`);
    await Deno.mkdir(folder);
    const watch = new RoomWatch(this.#parts.clock, folder, say, signal);
    try {
      watch.begin("unpacked", kept.listing.files.size);
      const took = (): void => watch.took(1);
      const unpacked = await source.unpack(listing, kept.paths, folder, took, watch.signal);
      if (!unpacked.ok) return unpacked;
      if (medium.keeps === "image") {
        const copied = await copyImage(filename, `${folder}/${IMAGE}`, watch.signal);
        if (!copied.ok) return copied;
      }
      const ours = await makeOurs(folder, watch.signal);
      if (!ours.ok) return ours;
      const why = await whyNotAsListed(folder, kept.listing);
      if (why !== undefined) return refused("invalid", `${filename} is not taken: ${why}`);
      watch.begin("hashed", kept.listing.files.size);
      const hashes = await hashesOf(
        folder,
        [...kept.listing.files.keys()],
        (count) => watch.took(count),
        watch.signal,
      );
      if (!hashes.ok) return hashes;
      if (isKnown) {
        const known = await readFileIfThere(`${content}/${there}.sha256`);
        if (known === hashes.value) return ok(there);
        return await otherThere(content, there, filename, `${there}.sha256 says so`);
      }
      await Deno.writeTextFile(`${folder}.sha256`, hashes.value);
      watch.begin("", 0);
      say("puts it to disk");
      const onDisk = await toDisk(folder, watch.signal);
      return onDisk.ok ? ok(distribution) : onDisk;
    } finally {
      watch.end();
    }
  }

  /** `distribution` undefined: it is in place already. */
  async #putInPlace(
    places: Places,
    distribution: string | undefined,
    name: string,
  ): Promise<void> {
    const { content } = places;
    const laid = `${content}/${places.distribution}`;
    if (distribution !== undefined) {
      // The manifest first: a distribution that is there has one.
      await Deno.rename(`${laid}.sha256`, `${content}/distributions/${distribution}.sha256`);
      await Deno.rename(laid, `${content}/distributions/${distribution}`);
      await syncPath(`${content}/distributions`);
    }
    await Deno.rename(`${content}/${places.profile}`, `${content}/public/os/${name}`);
    await syncPath(`${content}/public/os`);
  }

  async #told(profile: string, medium: Medium): Promise<Imported> {
    const { settle, reference, holders, name } = this.#parts;
    const settled = await settle(profile);
    const notices = medium.warning === undefined ? [] : [medium.warning];
    const wanted = reference(profile);
    const lacking = holders(profile).filter(({ content }) => content === "missing")
      .map(({ name }) => name).filter((other) => other !== name());
    const distribution = distributionName(medium);
    if (!settled.ok) {
      const later = `run \`confluent osdeploy update ${profile}\` once that is over`;
      notices.push(`it has no reference yet: ${settled.refusal.message}; ${later}`);
    } else if (wanted !== undefined && settled.value.digest !== wanted) {
      notices.push(
        `${profile} differs from its reference, which another import or update set: run ` +
          `\`confluent osdeploy update ${profile}\` where it is right`,
      );
    }
    if (lacking.length > 0) {
      notices.push(
        `${lacking.join(", ")} ${lacking.length === 1 ? "does" : "do"} not have it: copy ` +
          `public/os/${profile}, distributions/${distribution} and ` +
          `distributions/${distribution}.sha256 there, or import the same medium there`,
      );
    }
    const index = settled.ok ? settled.value.index : 0;
    const digest = settled.ok ? settled.value.digest : undefined;
    return { index, profile, distribution, digest, lacking, notices };
  }
}

function taken(name: string): Refused {
  return refused(
    "conflict",
    `there is a profile ${name} here already: name another with -n, or remove public/os/${name}`,
  );
}

/** A distribution is what it was when profiles were made of it, or they would change with it. */
async function otherThere(
  content: string,
  there: string,
  filename: string,
  why: string,
): Promise<Refused> {
  const line = `distdir: ${there.replace(/^.*\//, "")}`;
  const folders = [there];
  for await (const { name, isDirectory } of Deno.readDir(`${content}/public/os`)) {
    if (!isDirectory || name.startsWith(".")) continue;
    const manifest = await readFileIfThere(`${content}/public/os/${name}/manifest.yaml`);
    if (manifest?.split("\n").includes(line)) folders.push(`public/os/${name}`);
  }
  return refused(
    "conflict",
    `${there} is there and holds something else than ${filename}: ${why}; if that is not wanted ` +
      `any more remove ${folders.sort().join(", ")}, and import it again`,
  );
}

/** Whether there was anything. */
async function clear({ content, distribution, profile }: Places): Promise<boolean> {
  const paths = [distribution, `${distribution}.sha256`, profile];
  let isLeft = false;
  for (const path of paths) isLeft = await removeOurs(`${content}/${path}`) || isLeft;
  return isLeft;
}

async function copyImage(from: string, to: string, signal: AbortSignal): Promise<Outcome<void>> {
  const { code, last } = await followChild({
    command: ["cp", "--reflink=auto", "--", from, to],
    signal,
  });
  if (signal.aborted) return brokenOff(signal);
  return code === 0 ? ok() : refused("unavailable", `nothing was imported: ${last}`);
}
