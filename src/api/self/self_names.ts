/** Names of nodes as the system resolves them, each looked up once in a while: many ask for the
 * same, and a name server that does not answer must not hold them up. */
import { MAX_NAMES_LOOKED_UP, NAME_KEPT_MS, SELF_NAME_MS } from "../../base/boot_limits.ts";
import { NewestMap } from "../../base/newest_map.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import type { SelfParts } from "./self_parts.ts";

type Found = Promise<Ipv4 | undefined>;

export class SelfNames {
  readonly #parts: Pick<SelfParts, "clock" | "lookUpName">;
  readonly #known = new NewestMap<string, { readonly atMs: number; readonly found: Found }>(
    MAX_NAMES_LOOKED_UP,
  );

  constructor(parts: Pick<SelfParts, "clock" | "lookUpName">) {
    this.#parts = parts;
  }

  /** Undefined where it has no IPv4 address, or nobody says so within SELF_NAME_MS. */
  async of(name: string): Found {
    const { clock, lookUpName } = this.#parts;
    const nowMs = clock.now().monoMs;
    let known = this.#known.get(name);
    if (known === undefined || nowMs - known.atMs >= NAME_KEPT_MS) {
      known = { atMs: nowMs, found: lookUpName(name) };
      this.#known.set(name, known);
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const cancel = clock.after(SELF_NAME_MS, () => resolve(undefined));
    const found = await Promise.race([known.found, promise]);
    cancel();
    return found;
  }

  /** Those of the names that have an address. */
  async ofAll(names: readonly string[]): Promise<Map<string, Ipv4>> {
    const found = await Promise.all(
      names.map(async (name) => [name, await this.of(name)] as const),
    );
    return new Map(
      found.flatMap(([name, address]) => address === undefined ? [] : [[name, address]]),
    );
  }
}
