/** Who is there in `sim`: members, and nodes; n1 is the one whose controller is bmc1. */
import type { CreateNode } from "../../wire/http.ts";
import type { FleetBmc } from "./fleet.ts";

export const MEMBERS = ["m1", "m2", "m3"] as const;

export function nodeOf(bmc: string): string {
  return bmc.replace(/^bmc/, "n");
}

/** `n1-n20`, of which both ends belong. */
export function rangeOf(first: number, last: number): string {
  return first === last ? `n${first}` : `n${first}-n${last}`;
}

/** Any of the members may manage them. */
export function definitionsOf(controllers: readonly FleetBmc[]): CreateNode[] {
  return controllers.map(({ bmc, address }) => ({
    "name": nodeOf(bmc.name),
    "hardwaremanagement.method": "redfish",
    "hardwaremanagement.manager": address,
    "secret.hardwaremanagementuser": bmc.traits.user,
    "secret.hardwaremanagementpassword": bmc.traits.password,
    "collective.managercandidates": MEMBERS.join(","),
  }));
}
