/** The host's interfaces where booting machines are answered, as they come and go. */
import type { Outcome } from "../../base/outcome.ts";
import type { HostInterface } from "../../io/interfaces.ts";
import type { Interface4 } from "../../model/ipv4.ts";

/** One with an address at least. */
export interface ServedInterface {
  readonly index: number;
  readonly name: string;
  readonly mac: Uint8Array;
  /** The first is the one it is known by. */
  readonly locals: readonly Interface4[];
}

export class ServedInterfaces {
  readonly #list: () => Outcome<readonly HostInterface[]>;
  readonly #names: readonly string[];
  readonly #tell: (line: string) => void;
  #byIndex = new Map<number, ServedInterface>();
  #signature = "";

  /** `names`: those alone; all where there are none. */
  constructor(
    list: () => Outcome<readonly HostInterface[]>,
    names: readonly string[],
    tell: (line: string) => void,
  ) {
    this.#list = list;
    this.#names = names;
    this.#tell = tell;
  }

  /** Looks again; whether anything is other than before. What cannot be listed stays as it was. */
  refresh(): boolean {
    const listed = this.#list();
    if (!listed.ok) {
      this.#tell(listed.refusal.message);
      return false;
    }
    const served = listed.value.filter((one) => this.#isServed(one)).map((one): ServedInterface => {
      const { index, name, addresses } = one;
      return {
        index,
        name,
        mac: Uint8Array.fromHex(one.mac.replaceAll(":", "")),
        locals: addresses,
      };
    });
    const signature = JSON.stringify(served.map(({ index, name, mac, locals }) => [
      ...[index, name, locals],
      mac.toHex(),
    ]));
    if (signature === this.#signature) return false;
    this.#signature = signature;
    this.#byIndex = new Map(served.map((one) => [one.index, one]));
    return true;
  }

  get all(): readonly ServedInterface[] {
    return [...this.#byIndex.values()];
  }

  byIndex(index: number): ServedInterface | undefined {
    return this.#byIndex.get(index);
  }

  /** Those that were named and are not there, or have no address. */
  get missing(): readonly string[] {
    const there = new Set(this.all.map(({ name }) => name));
    return this.#names.filter((name) => !there.has(name));
  }

  #isServed({ name, isUp, isLoopback, isEthernet, addresses }: HostInterface): boolean {
    const isMeant = this.#names.length === 0 ? !isLoopback : this.#names.includes(name);
    return isMeant && isUp && isEthernet && addresses.length > 0;
  }
}
