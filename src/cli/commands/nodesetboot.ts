/** `nodesetboot` and `nodeboot`: what nodes boot next, and booting them. */
import { DONE, type ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { rangesOf } from "../ranges_of_names.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { withService } from "../with_service.ts";
import { confirmed } from "./confirmed_size.ts";

export interface BootOptions extends NodeOptions {
  readonly bios?: boolean;
  readonly uefi?: boolean;
  readonly persist?: boolean;
}

export function nodesetboot(
  surroundings: Surroundings,
  options: BootOptions,
  range: string,
  device: string | undefined,
): Promise<ExitCode> {
  return withService(surroundings, options, (service) => {
    const does = device === undefined ? "asks" : "sets what is booted next on";
    return confirmed(surroundings, options, service, range, does, () => {
      return setBoot(surroundings, options, service, range, device);
    });
  });
}

/** The nodes for which the device was set are booted, and no other. */
export function nodeboot(
  surroundings: Surroundings,
  options: BootOptions,
  range: string,
  device: string | undefined,
): Promise<ExitCode> {
  return withService(surroundings, options, (service) => {
    return confirmed(surroundings, options, service, range, "boots", async () => {
      if (device === undefined) return await boot(surroundings, options, service, range);
      const ready: string[] = [];
      const did = (node: string): void => void ready.push(node);
      let exit = await setBoot(surroundings, options, service, range, device, did);
      for (const names of rangesOf(ready)) {
        const booted = await boot(surroundings, options, service, names);
        if (exit === DONE) exit = booted;
      }
      return exit;
    });
  });
}

function setBoot(
  surroundings: Surroundings,
  options: BootOptions,
  service: ServiceClient,
  range: string,
  device: string | undefined,
  did?: (node: string) => void,
): Promise<ExitCode> {
  const path = `/noderange/${inPath(range)}/boot/nextdevice`;
  const textOf = (values: Values): string | undefined => valueOf(values, "nextdevice");
  if (device === undefined) {
    return showResults(surroundings, options, service, { route: `GET ${path}`, textOf });
  }
  const body = {
    nextdevice: device === "net" || device === "pxe" ? "network" : device,
    bootmode: options.bios === true ? "bios" : "uefi",
    persistent: options.persist === true,
  };
  const route = `PUT ${path}`;
  const asking = { route, body, textOf, ...did === undefined ? {} : { did } };
  return showResults(surroundings, options, service, asking);
}

/** Boots the nodes of a range, and tells what their power was before. */
export function boot(
  surroundings: Surroundings,
  options: BootOptions,
  service: ServiceClient,
  range: string,
): Promise<ExitCode> {
  const textOf = (values: Values): string | undefined => {
    const before = valueOf(values, "oldstate"), state = valueOf(values, "state");
    return before === undefined || state === undefined ? state : `${before}->${state}`;
  };
  const route = `PUT /noderange/${inPath(range)}/power/state`;
  return showResults(surroundings, options, service, { route, body: { state: "boot" }, textOf });
}
