/** Where a request of a node comes from, as far as its trust depends on that. */
import { MAX_TRUSTED_SUBNETS, NETWORKS_KEPT_MS } from "../../base/boot_limits.ts";
import { ok, type Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import {
  type IpAddress,
  ipAddressOf,
  type IpNetwork,
  ipNetworkOf,
  isInNetwork,
  isLinkLocal,
} from "../../model/ip_address.ts";
import { TRUSTED_SUBNETS } from "../../model/node_key.ts";
import type { MemberService } from "../../service/member_service.ts";

export interface NetworkPorts {
  /** Networks that interfaces of this host have an address in. */
  readonly listNetworks: () => Outcome<readonly IpNetwork[]>;
  /** The hardware addresses that an address has on links of this host. */
  readonly macsOf: (address: IpAddress) => Outcome<readonly string[]>;
}

export interface WhereFrom {
  /** Undefined for what is no address: it is nowhere. */
  readonly address: IpAddress | undefined;
  /** On a network of this member, or of one of its links. */
  readonly isLocal: boolean;
}

export class Whereabouts {
  readonly #clock: Clock;
  readonly #ports: NetworkPorts;
  #known: { readonly atMs: number; readonly networks: readonly IpNetwork[] } | undefined;

  constructor(clock: Clock, ports: NetworkPorts) {
    this.#clock = clock;
    this.#ports = ports;
  }

  /** Refuses (`unavailable`) where the kernel does not say which networks there are. */
  of(text: string): Outcome<WhereFrom> {
    const address = ipAddressOf(text);
    if (address === undefined) return ok({ address, isLocal: false });
    const networks = this.#networks();
    if (!networks.ok) return networks;
    const isLocal = isLinkLocal(address) || networks.value.some((one) => isInNetwork(one, address));
    return ok({ address, isLocal });
  }

  macsOf({ address, isLocal }: WhereFrom): Outcome<readonly string[]> {
    return address === undefined || !isLocal ? ok([]) : this.#ports.macsOf(address);
  }

  #networks(): Outcome<readonly IpNetwork[]> {
    const nowMs = this.#clock.now().monoMs;
    if (this.#known !== undefined && nowMs - this.#known.atMs < NETWORKS_KEPT_MS) {
      return ok(this.#known.networks);
    }
    const listed = this.#ports.listNetworks();
    if (listed.ok) this.#known = { atMs: nowMs, networks: listed.value };
    return listed;
  }
}

/** Whether the address is in one of the networks that count as local for the node; what is no
 * network among them counts for nothing. */
export function isTrusted({ nodes }: MemberService, node: string, { address }: WhereFrom): boolean {
  if (address === undefined) return false;
  const texts = nodes.resolver.textOf(node, TRUSTED_SUBNETS).split(/[\s,]+/, MAX_TRUSTED_SUBNETS);
  return texts.some((text) => {
    const network = ipNetworkOf(text);
    return network !== undefined && isInNetwork(network, address);
  });
}
