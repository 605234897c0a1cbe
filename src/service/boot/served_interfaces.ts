/** The host's interfaces where booting machines are answered, as they come and go. */
import type { Outcome } from "../../base/outcome.ts";
import type { HostInterface } from "../../io/interfaces.ts";
import type { Interface4 } from "../../model/ipv4.ts";
import { type Interface6, ipv6Text } from "../../model/ipv6.ts";

/** One with an address at least. */
export interface ServedInterface {
  readonly index: number;
  readonly name: string;
  readonly mac: Uint8Array;
  /** The first is the one it is known by. */
  readonly locals: readonly Interface4[];
  readonly locals6: readonly Interface6[];
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
      const { index, name, addresses, addresses6 } = one;
      return {
        index,
        name,
        mac: Uint8Array.fromHex(one.mac.replaceAll(":", "")),
        locals: addresses,
        locals6: addresses6,
      };
    });
    const signature = JSON.stringify(served.map(({ index, name, mac, locals, locals6 }) => [
      ...[index, name, locals],
      mac.toHex(),
      locals6.map(({ address, prefix }) => [ipv6Text(address), prefix]),
    ]));
    if (signature === this.#signature) return false;
    this.#signature = signature;
    this.#byIndex = new Map(served.map((one) => [one.index, one]));
    return true;
  }

  /** Those with an IPv4 address. */
  get all(): readonly ServedInterface[] {
    return this.withAny.filter(({ locals }) => locals.length > 0);
  }

  /** Those with an address of either version of IP: a search needs no more. */
  get withAny(): readonly ServedInterface[] {
    return [...this.#byIndex.values()];
  }

  /** One of {@link withAny}. */
  byIndex(index: number): ServedInterface | undefined {
    return this.#byIndex.get(index);
  }

  /** Those that were named and are not there, or have no address. */
  get missing(): readonly string[] {
    const there = new Set(this.all.map(({ name }) => name));
    return this.#names.filter((name) => !there.has(name));
  }

  #isServed(one: HostInterface): boolean {
    const { name, isUp, isLoopback, isEthernet, addresses, addresses6 } = one;
    const isMeant = this.#names.length === 0 ? !isLoopback : this.#names.includes(name);
    return isMeant && isUp && isEthernet && addresses.length + addresses6.length > 0;
  }
}
