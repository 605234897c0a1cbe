/** The port to how this host is set up for people: nodes take that over. */
import { LOCALITY_KEPT_MS } from "../base/boot_limits.ts";
import type { Locality } from "../model/self/deploy_config.ts";
import type { Clock } from "./clock.ts";

/** Where nothing is set: the defaults of confluent 4.0. */
const UNSET_LOCALITY: Locality = {
  timezone: "UTC",
  locale: "en_US.UTF-8",
  keymap: "us",
};

/** Names of time zones, locales and keymaps stand in scripts as they are. */
const NAME = /^[A-Za-z0-9][\w@.+/-]{0,63}$/;

/** Reads it, at most once in LOCALITY_KEPT_MS; never refuses. `root` is `/`, but for tests. */
export class HostLocality {
  readonly #clock: Clock;
  readonly #root: string;
  #known: { readonly atMs: number; readonly read: Promise<Locality> } | undefined;

  constructor(clock: Clock, root = "") {
    this.#clock = clock;
    this.#root = root;
  }

  /** See above. */
  now(): Promise<Locality> {
    const { monoMs: atMs } = this.#clock.now();
    if (this.#known === undefined || atMs - this.#known.atMs >= LOCALITY_KEPT_MS) {
      this.#known = { atMs, read: this.#read() };
    }
    return this.#known.read;
  }

  async #read(): Promise<Locality> {
    const [zone, systemd, debian, console, keyboard] = await Promise.all([
      this.#zone(),
      this.#setting("etc/locale.conf", "LANG"),
      this.#setting("etc/default/locale", "LANG"),
      this.#setting("etc/vconsole.conf", "KEYMAP"),
      this.#setting("etc/default/keyboard", "XKBLAYOUT"),
    ]);
    return {
      timezone: named(zone) ?? UNSET_LOCALITY.timezone,
      locale: named(systemd) ?? named(debian) ?? UNSET_LOCALITY.locale,
      // Of several layouts the first is the one in use.
      keymap: named(console) ?? named(keyboard?.split(",")[0]) ?? UNSET_LOCALITY.keymap,
    };
  }

  /** By the link (localtime(5)), or by Debian's file. */
  async #zone(): Promise<string | undefined> {
    const link = await readOr(() => Deno.readLink(`${this.#root}/etc/localtime`));
    const linked = /(?:^|\/)zoneinfo\/(.+)$/.exec(link ?? "")?.[1];
    if (linked !== undefined) return linked;
    return (await readOr(() => Deno.readTextFile(`${this.#root}/etc/timezone`)))?.trim();
  }

  /** The value of a line `KEY=value`, maybe in quotes; the last one counts. */
  async #setting(path: string, key: string): Promise<string | undefined> {
    const text = await readOr(() => Deno.readTextFile(`${this.#root}/${path}`));
    const lines = (text ?? "").matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)=([^#\n]*)/gm);
    return [...lines].filter((line) => line[1] === key).at(-1)?.[2]
      ?.trim().replace(/^(["'])(.*)\1$/, "$2");
  }
}

function named(text: string | undefined): string | undefined {
  return text !== undefined && NAME.test(text) ? text : undefined;
}

/** Nothing where there is no such file, or it cannot be read: then it is as if it were not set. */
async function readOr(read: () => Promise<string>): Promise<string | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
