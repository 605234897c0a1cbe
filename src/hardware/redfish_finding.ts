/** The way from a controller's first document to the machine it stands in. */
import { MAX_BMC_SYSTEMS } from "../base/limits.ts";
import { askable, linkAt, listAt, textAt, valueAt } from "./redfish_document.ts";

/** What may be asked without a password, and says where the rest is (DSP0266, service root). */
export const SERVICE_ROOT = "/redfish/v1/";

const DEFAULT_SYSTEMS = "/redfish/v1/Systems";
const DEFAULT_SESSIONS = "/redfish/v1/SessionService/Sessions";

/** Whether a document is a service root at all. */
export function isServiceRoot(root: unknown): boolean {
  return textAt(root, "RedfishVersion") !== undefined || linkAt(root, "Systems") !== undefined;
}

export function systemsPathOf(root: unknown): string {
  return linkAt(root, "Systems") ?? DEFAULT_SYSTEMS;
}

/** Where sessions are made; undefined where the controller has none, and Basic is all there is. */
export function sessionsPathOf(root: unknown): string | undefined {
  const linked = linkAt(root, "Links", "Sessions");
  if (linked !== undefined) return linked;
  return valueAt(root, "SessionService") === undefined ? undefined : DEFAULT_SESSIONS;
}

/** The machines of a collection, as many as are worth a look. */
export function systemPathsOf(collection: unknown): string[] {
  return listAt(collection, "Members")
    .map((member) => linkAt(member))
    .filter((path) => path !== undefined)
    .slice(0, MAX_BMC_SYSTEMS);
}

/**
 * Of several "systems" some are boards inside the machine: they have no power to switch, or are
 * processors of data (DSP0268, SystemType). A second machine behind one controller is another node.
 */
export function isMachine(system: unknown): boolean {
  return textAt(system, "PowerState") !== undefined && textAt(system, "SystemType") !== "DPU";
}

/** Whether the machine is the one of that UUID (RFC 9562; letters of either case). */
export function hasUuid(system: unknown, uuid: string): boolean {
  return textAt(system, "UUID")?.toLowerCase() === uuid.toLowerCase();
}

/** What a controller answers to a login: the token, and what to delete to end the session. */
export interface SessionMade {
  readonly token: string;
  readonly path: string | undefined;
}

/** Undefined where there is no token: such a controller knows Basic only. */
export function sessionMade(
  token: string | undefined,
  location: string | undefined,
  document: unknown,
): SessionMade | undefined {
  if (token === undefined || !/^[\x21-\x7e]{1,4096}$/.test(token)) return undefined;
  const path = location?.replace(/^https?:\/\/[^/]*/i, "");
  return { token, path: askable(path) ?? linkAt(document) };
}
