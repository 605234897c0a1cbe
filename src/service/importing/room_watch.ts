/** Tells how far an import is, and has it end before the disk is full. */
import { IMPORT_TELL_MS } from "../../base/boot_limits.ts";
import { LEAST_DISK_ROOM_BYTES } from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import { freeBytes } from "../../io/disk_room.ts";

export class RoomWatch {
  /** Aborted where the given one is, or the disk is nearly full. */
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #folder: string;
  readonly #say: (line: string) => void;
  readonly #full = new AbortController();
  #what = "";
  #all = 0;
  #count = 0;
  #told = "";
  #cancel: () => void = () => {};
  #isOver = false;

  /** Of the disk of `folder`, until it is ended. */
  constructor(clock: Clock, folder: string, say: (line: string) => void, signal: AbortSignal) {
    this.#clock = clock;
    this.#folder = folder;
    this.#say = say;
    this.signal = AbortSignal.any([signal, this.#full.signal]);
    this.#plan();
  }

  begin(what: string, all: number): void {
    [this.#what, this.#all, this.#count] = [what, all, 0];
  }

  took(count: number): void {
    this.#count += count;
  }

  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #plan(): void {
    this.#cancel = this.#clock.after(IMPORT_TELL_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const line = `${this.#what} ${Math.min(this.#count, this.#all)} of ${counted(this.#all)}`;
    if (this.#what !== "" && line !== this.#told) this.#say(line);
    this.#told = line;
    const why = await whyFull(this.#folder);
    if (this.#isOver) return;
    if (why === undefined) this.#plan();
    else this.#full.abort(why);
  }
}

async function whyFull(folder: string): Promise<string | undefined> {
  try {
    const free = await freeBytes(folder);
    if (free >= LEAST_DISK_ROOM_BYTES) return undefined;
    return `the disk of ${folder} has ${sizeText(free)} left: make room`;
  } catch (error) {
    return `${folder} cannot be looked at any more: ${error}`;
  }
}

/** Why so many bytes more have no room on the disk of the folder; undefined where they have. */
export async function whyNoRoom(folder: string, bytes: number): Promise<string | undefined> {
  const free = await freeBytes(folder);
  if (free >= bytes + LEAST_DISK_ROOM_BYTES) return undefined;
  return `the disk of ${folder} has ${sizeText(free)} left, and ${sizeText(bytes)} would be ` +
    `kept beside ${sizeText(LEAST_DISK_ROOM_BYTES)} for all else: make room`;
}

export function counted(files: number): string {
  return `${files} file${files === 1 ? "" : "s"}`;
}

/** `12 KiB`, `34 MiB`, `5.6 GiB`; rounded up. */
export function sizeText(bytes: number): string {
  const mebibytes = bytes / (1024 * 1024);
  if (mebibytes < 1) return `${Math.ceil(bytes / 1024)} KiB`;
  return mebibytes < 1024 ? `${Math.ceil(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}
