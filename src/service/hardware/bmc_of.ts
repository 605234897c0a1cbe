/** What a node's attributes say of its controller: by which driver it is reached, and how. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { controllerOf } from "../../model/self/controller_config.ts";
import { groupRow, nodeRow } from "../../model/operation.ts";
import type { NodeIndex } from "../../replica/node_index.ts";
import type { Secrets } from "../secrets.ts";
import type { Bmc } from "./driver.ts";

export interface AttributeSources {
  readonly nodes: Pick<NodeIndex, "inheritance" | "resolver">;
  readonly secrets: Pick<Secrets, "unseal">;
}

/** By which driver the node is reached; empty where it is not managed at all. */
export function methodOf({ nodes }: AttributeSources, node: string): string {
  return nodes.resolver.textOf(node, "hardwaremanagement.method");
}

/** Refused with what is missing of the node's attributes, or cannot be used. */
export function bmcOf(sources: AttributeSources, node: string): Outcome<Bmc> {
  const address = textOf(sources, node, "hardwaremanagement.manager");
  if (!address.ok) return address;
  const { address: at } = controllerOf(address.value);
  if (at === "") return missing("hardwaremanagement.manager");
  const user = secretOf(sources, node, "secret.hardwaremanagementuser");
  if (!user.ok) return user;
  const password = secretOf(sources, node, "secret.hardwaremanagementpassword");
  if (!password.ok) return password;
  const kg = keyOf(sources, node, "secret.ipmikg");
  if (!kg.ok) return kg;
  const policy = policyOf(sources, node);
  if (!policy.ok) return policy;
  const pinned = textOf(sources, node, "pubkeys.tls_hardwaremanager");
  if (!pinned.ok) return pinned;
  const tlsName = textOf(sources, node, "hardwaremanagement.manager_tls_name");
  if (!tlsName.ok) return tlsName;
  const uuid = textOf(sources, node, "id.uuid");
  return ok({
    node,
    uuid: uuid.ok && uuid.value !== "" ? uuid.value : undefined,
    address: at,
    user: user.value,
    password: password.value,
    kg: kg.value,
    policy: policy.value,
    pinned: pinned.value === "" ? undefined : pinned.value,
    tlsName: tlsName.value === "" ? undefined : tlsName.value,
  });
}

function missing(attribute: string): Outcome<never> {
  return refused("conflict", `${attribute} is not set for this node`);
}

function textOf({ nodes }: AttributeSources, node: string, attribute: string): Outcome<string> {
  const resolved = nodes.resolver.resolve(node, attribute);
  if (resolved?.broken === undefined) return ok((resolved?.text ?? "").trim());
  return refused("conflict", `${attribute} has a broken expression: ${resolved.broken}`);
}

/** A secret opens by the row that holds it: the node's, or that of the group it came from. */
function secretOf(
  { nodes, secrets }: AttributeSources,
  node: string,
  attribute: string,
): Outcome<string> {
  const held = nodes.inheritance.find(node, attribute);
  if (held?.value.kind !== "sealed") return missing(attribute);
  const { value, from } = held;
  const row = from === undefined ? nodeRow(node) : groupRow(from);
  const plain = secrets.unseal(row, attribute, value.sealed);
  if (!plain.ok) return refused("unavailable", `${attribute}: ${plain.refusal.message}`);
  return plain;
}

/** One that need not be set. */
function keyOf(
  sources: AttributeSources,
  node: string,
  attribute: string,
): Outcome<string | undefined> {
  const held = sources.nodes.inheritance.find(node, attribute);
  return held?.value.kind === "sealed" ? secretOf(sources, node, attribute) : ok(undefined);
}

const POLICIES = ["tofu", "manual", "ca", "ca-only"] as const;

/** A word that is none is not taken for the most trusting one. */
function policyOf(sources: AttributeSources, node: string): Outcome<Bmc["policy"]> {
  const text = textOf(sources, node, "pubkeys.addpolicy");
  if (!text.ok) return text;
  if (text.value === "") return ok("tofu");
  const policy = POLICIES.find((known) => known === text.value);
  if (policy !== undefined) return ok(policy);
  const words = POLICIES.join(", ");
  return refused("conflict", `pubkeys.addpolicy is ${text.value}; wanted one of ${words}`);
}
