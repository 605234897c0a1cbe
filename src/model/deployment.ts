/**
 * What of a node's attributes says how it is deployed, and why a node cannot be: one rule, which
 * whoever asks for a deployment is told by, and which the answer to a booting machine goes by.
 */
import { macOf } from "./hardware_address.ts";
import { isHardwareAddress, UUID } from "./machine_names.ts";

/** The profile that the node's next network boot installs. */
export const PENDING = "deployment.pendingprofile";
/** The profile that is installed and waits for its first boot. */
export const STAGED = "deployment.stagedprofile";
/** The profile whose deployment was completed last. */
export const COMPLETED = "deployment.profile";
/** What the node last said of its deployment, more of it, and when. */
export const STATE = "deployment.state";
/** See {@link STATE}. */
export const STATE_DETAIL = "deployment.state_detail";
/** See {@link STATE}. */
export const STATE_UPDATED = "deployment.state_last_updated";
/** Whether the node may have a key for the API: `once`, `continuous`, or not. */
export const ARMED = "deployment.apiarmed";
/** One of {@link LOCKS}. */
export const LOCK = "deployment.lock";
/** When TFTP and HTTP without TLS may be used: see {@link policyOf}. */
export const POLICY = "deployment.useinsecureprotocols";
/** Where the controller of the node is: by it the node is told to boot. */
export const CONTROLLER = "hardwaremanagement.manager";
/** What {@link LOCK} may be. `autolock` becomes `locked` once a deployment is complete. */
export const LOCKS = ["unlocked", "locked", "autolock"] as const;
/** One of {@link LOCKS}. */
export type Lock = typeof LOCKS[number];

/** What the text of {@link LOCK} says; a word that is none, as a dump may bring one, locks
 * nothing. */
export function lockOf(text: string): Lock {
  return LOCKS.find((lock) => lock === text) ?? "unlocked";
}

/**
 * What may be without TLS while a node is deployed. `firmware`: loader, kernel and initramfs, by
 * TFTP and HTTP. `always`: what the node's own environment asks for as well. `never`: nothing.
 */
export type BootPolicy = "never" | "firmware" | "always";

/** What the text of {@link POLICY} says: `firmware` where it is empty, and of several words, or of
 * words that are none, the strictest. */
export function policyOf(text: string): BootPolicy {
  if (text === "") return "firmware";
  const words = text.split(",").map((word) => word.trim());
  if (words.includes("never")) return "never";
  return words.includes("firmware") ? "firmware" : words.includes("always") ? "always" : "never";
}

/** A profile that runs once beside what is installed, and leaves what is known of that. */
export function leavesInstalled(profile: string): boolean {
  return profile.startsWith("genesis-");
}

/** A node's attributes, as they are told: what is unset is empty. */
export interface DeployedNode {
  text(attribute: string): string;
  /** The names of those that it has, in no order. */
  attributes(): Iterable<string>;
}

/**
 * Why a node cannot be deployed. `locked`: its lock forbids it. `no-way`: its policy leaves no way
 * to boot it. `unknowable`: no machine that boots could be known to be it.
 */
export const OBSTACLES = ["locked", "no-way", "unknowable"] as const;
/** One of {@link OBSTACLES}. */
export type Obstacle = typeof OBSTACLES[number];

/** The first that stands in the way, in the order of {@link OBSTACLES}; undefined where nothing
 * does. */
export function obstacleOf(node: DeployedNode): Obstacle | undefined {
  if (lockOf(node.text(LOCK)) === "locked") return "locked";
  if (policyOf(node.text(POLICY)) === "never") return "no-way";
  return isKnowable(node) ? undefined : "unknowable";
}

function isKnowable(node: DeployedNode): boolean {
  if (/^[0-9a-f]{32}$/i.test(node.text(UUID).replaceAll("-", ""))) return true;
  for (const attribute of node.attributes()) {
    if (isHardwareAddress(attribute) && macOf(node.text(attribute)) !== undefined) return true;
  }
  return false;
}

/** What the obstacle means for these nodes, given as a noderange, and the remedy. The first words
 * of a lock are those of confluent 4.0. */
export function obstacleText(obstacle: Obstacle, range: string): string {
  switch (obstacle) {
    case "locked":
      return `Request to set deployment for a node that has locked deployment: ${range}; ` +
        `nothing was changed; unlock with \`nodedeploy ${range} --lock unlocked\``;
    case "no-way":
      return `${POLICY}=never leaves no way to boot ${range}: firmware that boots over https is ` +
        "not served yet; nothing was changed; let it use TFTP and HTTP with " +
        `\`nodeattrib ${range} ${POLICY}=firmware\``;
    case "unknowable":
      return `no machine that boots could be known to be ${range}: neither a net.*hwaddr nor ` +
        `${UUID} is set to one; nothing was changed; set it, as in ` +
        "`nodeattrib NODE net.hwaddr=aa:bb:cc:dd:ee:ff`";
  }
}
