/** A node as the documents of the self-service API are made of it, and where its request came
 * from. */
import { MAX_SELF_NAMES } from "../../base/boot_limits.ts";
import { ok, type Outcome } from "../../base/outcome.ts";
import { CONTROLLER } from "../../model/deployment.ts";
import { type Ipv4, ipv4Of, ipv4Text } from "../../model/ipv4.ts";
import { controllerAddress, controllerOf } from "../../model/self/controller_config.ts";
import type { ConfigFacts, ConfiguredNode } from "../../model/self/deploy_config.ts";
import { namesToLookUp, type NetworkFacts } from "../../model/self/network_config.ts";
import { networksOf, type NodeNetwork } from "../../model/self/node_network.ts";
import { interfaceOf, type OwnInterface } from "../../model/self/own_interface.ts";
import type { Hashes } from "../../model/stored_value.ts";
import type { MemberService } from "../../service/member_service.ts";
import type { SelfCall } from "./endpoint.ts";
import { SelfNames } from "./self_names.ts";
import type { SelfParts } from "./self_parts.ts";

/** What the node's attributes come to; `isRead` chooses some of them by name. */
export function textsOf(
  { nodes }: MemberService,
  node: string,
  isRead: (attribute: string) => boolean = () => true,
): Map<string, string> {
  const { inheritance, resolver } = nodes;
  const texts = new Map<string, string>();
  for (const [attribute, held] of inheritance.all(node)) {
    if (!isRead(attribute)) continue;
    const { text } = resolver.resolved(node, attribute, held);
    if (text !== undefined) texts.set(attribute, text);
  }
  return texts;
}

export interface NodeView extends ConfiguredNode {
  readonly name: string;
  readonly networks: readonly NodeNetwork[];
}

export class NodeViews {
  readonly names: SelfNames;
  readonly #parts: SelfParts;

  constructor(parts: SelfParts) {
    this.#parts = parts;
    this.names = new SelfNames(parts);
  }

  of({ node: name }: SelfCall): NodeView {
    const { member } = this.#parts;
    const texts = textsOf(member, name);
    const hashes = (attribute: string): Hashes | undefined => {
      const value = member.nodes.inheritance.find(name, attribute)?.value;
      return value?.kind === "hashed" ? value.hashes : undefined;
    };
    return {
      ...{ name, texts, networks: networksOf(texts) },
      rootPassword: hashes("crypted.rootpassword"),
      grubPassword: hashes("crypted.grubpassword"),
    };
  }

  /** Refuses (`unavailable`) where the kernel does not say which interfaces there are. */
  async networkFacts(call: SelfCall, { name, texts, networks }: NodeView): Promise<
    Outcome<NetworkFacts>
  > {
    const interfaces = this.interfaces();
    if (!interfaces.ok) return interfaces;
    const controller = await this.controllerAddress(texts.get(CONTROLLER) ?? "");
    const names = [...new Set([name, ...namesToLookUp(name, networks).values()])];
    const ofNames = await this.names.ofAll(names.slice(0, MAX_SELF_NAMES));
    const arrival = {
      told: call.headers.get("confluent-mgtiface") ?? "",
      peer: call.peer.address,
      host: call.headers.get("host") ?? "",
    };
    return ok({
      on: interfaceOf(interfaces.value, arrival),
      peer: call.peer.address,
      ofName: ofNames.get(name),
      ofController: new Set(controller === undefined ? [] : [controller]),
      interfaces: interfaces.value,
      ofNames,
    });
  }

  /** The same, and what all nodes are told. */
  async configFacts(call: SelfCall, node: NodeView): Promise<Outcome<ConfigFacts>> {
    const { member, locality } = this.#parts;
    const facts = await this.networkFacts(call, node);
    if (!facts.ok) return facts;
    const host = call.headers.get("host") ?? "";
    return ok({ ...facts.value, host, uuid: member.authority.uuid, locality: await locality() });
  }

  /** Those that are up; the loopback too, for who asks from this very host. */
  interfaces(): Outcome<readonly OwnInterface[]> {
    const listed = this.#parts.listInterfaces();
    if (!listed.ok) return listed;
    return ok(
      listed.value.filter(({ isUp }) => isUp).map(({ index, name, addresses, addresses6 }) => ({
        ...{ index, name, v6: addresses6 },
        v4: addresses.map(({ address, network }) => ({ address, prefix: network.prefix })),
      })),
    );
  }

  /** As text; a name is looked up. */
  async controllerAddress(text: string): Promise<string | undefined> {
    const { host } = controllerOf(text), told = controllerAddress(text);
    if (told !== undefined || host === "") return told;
    const found = await this.names.of(host);
    return found === undefined ? undefined : ipv4Text(found);
  }

  /** Its IPv4 address. */
  async controllerIpv4(text: string): Promise<Ipv4 | undefined> {
    return ipv4Of(await this.controllerAddress(text) ?? "");
  }
}
