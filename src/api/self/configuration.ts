/** What a node is told of itself: how it is to be set up, its networks, its controller, and what
 * else its attributes say. */
import { ok, type Outcome } from "../../base/outcome.ts";
import { CONTROLLER, PENDING } from "../../model/deployment.ts";
import { isSealed } from "../../model/attribute.ts";
import { controllerConfig } from "../../model/self/controller_config.ts";
import {
  type ConfigFacts,
  type ConfiguredNode,
  deployConfig,
  deployConfig4,
} from "../../model/self/deploy_config.ts";
import { networkConfig } from "../../model/self/network_config.ts";
import { outputOf } from "../attributes.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import type { NodeViews } from "./node_view.ts";
import type { SelfParts } from "./self_parts.ts";
import { tellAsked } from "./telling.ts";

/** The words of confluent 4.0. */
const NO_CONTROLLER = `Missing value in ${CONTROLLER}`;

export function configurationEndpoints(parts: SelfParts, views: NodeViews): SelfEndpoint[] {
  const { member } = parts;
  const deploy = (path: string, documentOf: DocumentOf): SelfEndpoint => ({
    ...{ method: "GET", path, needsKey: true },
    handler: (call) => configuration(parts, views, call, path, documentOf),
  });
  return [
    deploy("deploycfg2", deployConfig),
    deploy("deploycfg", deployConfig4),
    {
      ...{ method: "GET", path: "netcfg", needsKey: true },
      handler: async (call): Promise<Outcome<SelfAnswer>> => {
        const node = views.of(call);
        const facts = await views.networkFacts(call, node);
        if (!facts.ok) return facts;
        return ok({ document: networkConfig(call.node, node.networks, facts.value) });
      },
    },
    {
      ...{ method: "GET", path: "bmcconfig", needsKey: true },
      handler: (call) => controller(views, call),
    },
    {
      ...{ method: "GET", path: "myattribs", needsKey: true },
      handler: ({ node }) => ok({ document: attributesOf(member, node) }),
    },
  ];
}

type DocumentOf = (node: ConfiguredNode, facts: ConfigFacts) => Record<string, unknown>;

async function configuration(
  parts: SelfParts,
  views: NodeViews,
  call: SelfCall,
  asked: string,
  documentOf: DocumentOf,
): Promise<Outcome<SelfAnswer>> {
  const node = views.of(call);
  const facts = await views.configFacts(call, node);
  if (!facts.ok) return facts;
  const document = documentOf(node, facts.value);
  const { ipv4_address, ipv6_address, ipv4_method } = document;
  const address = ipv4_address ?? ipv6_address ?? ipv4_method ?? "no address";
  const profile = node.texts.get(PENDING)?.trim() || "no profile";
  tellAsked(parts, call, asked, ok(`${address}, ${profile}`));
  return ok({ document });
}

async function controller(views: NodeViews, call: SelfCall): Promise<Outcome<SelfAnswer>> {
  const { texts, networks } = views.of(call);
  const told = texts.get(CONTROLLER)?.trim() ?? "";
  if (told === "") return ok({ status: 500, text: NO_CONTROLLER });
  const interfaces = views.interfaces();
  if (!interfaces.ok) return interfaces;
  const address = await views.controllerIpv4(told);
  return ok({ document: controllerConfig(texts, networks, interfaces.value, address) });
}

/** All but secrets, expressions that are broken, and what is empty; by name. */
function attributesOf({ nodes }: SelfParts["member"], node: string): Record<string, unknown> {
  const { inheritance, resolver } = nodes;
  const told: Record<string, unknown> = {};
  for (const [name, held] of inheritance.sorted(node)) {
    if (isSealed(name)) continue;
    const output = outputOf(name, resolver.resolved(node, name, held));
    const value = Array.isArray(output) ? output : "value" in output ? output.value : undefined;
    if (value !== undefined && value !== null && value !== "") told[name] = value;
  }
  return told;
}
