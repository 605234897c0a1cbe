/** `nodedeploy`: what is deployed on nodes shown, set and begun, or called off. */
import type { Lock } from "../../model/deployment.ts";
import {
  locksByNode,
  type ProfileLine,
  profileLine,
  profilesByNode,
} from "../../wire/deployment_http.ts";
import { misused } from "../command.ts";
import { deploymentLine } from "../deployment_lines.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { type NodeOptions, showResults, valueOf, type Values } from "../node_results.ts";
import { rangesOf } from "../ranges_of_names.ts";
import { ReadyNodes } from "../ready_nodes.ts";
import { inPath, type ListAnswer, type ServiceClient } from "../service_client.ts";
import { print, type Surroundings, tell } from "../surroundings.ts";
import { readQuery, unansweredAsItIs, unread, warnOfAge, withService } from "../with_service.ts";
import { confirmed } from "./confirmed_size.ts";
import { boot } from "./nodesetboot.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export interface NodedeployOptions extends NodeOptions, DryRunOption {
  /** The profile. */
  readonly network?: string;
  readonly prepareonly?: boolean;
  readonly clear?: boolean;
  readonly lock?: Lock;
}

/** One deployment: of whom, by whom. */
interface Deploying {
  readonly surroundings: Surroundings;
  readonly options: NodedeployOptions;
  readonly service: ServiceClient;
  readonly range: string;
}

const PROFILES: ListAnswer<unknown, ProfileLine> = {
  key: "databynode",
  isElement: (value): value is ProfileLine => profileLine.safeParse(value).success,
  schema: profilesByNode,
};

export async function nodedeploy(
  surroundings: Surroundings,
  options: NodedeployOptions,
  range: string,
): Promise<ExitCode> {
  const wrong = wrongWords(options);
  if (wrong !== undefined) return misused(surroundings, "nodedeploy", wrong);
  return await withService(surroundings, options, async (service) => {
    const one = { surroundings, options, service, range };
    const { network, clear, lock } = options;
    const does = network !== undefined ? "deploys" : isChange(options) ? "changes" : "asks";
    return await confirmed(surroundings, options, service, range, does, async () => {
      if (lock !== undefined) return await setLock(one, lock);
      if (clear === true) return await change(one, "");
      return network === undefined ? await show(one) : await change(one, network);
    });
  });
}

function isChange({ network, clear, lock }: NodedeployOptions): boolean {
  return network !== undefined || clear === true || lock !== undefined;
}

function wrongWords(options: NodedeployOptions): string | undefined {
  const { network, clear, lock, prepareonly, dryRun, timeout } = options;
  const ways = [
    network !== undefined && "-n",
    clear === true && "-c",
    lock !== undefined && "--lock",
  ]
    .filter((way) => typeof way === "string");
  if (ways.length > 1) return `${ways.join(" and ")} cannot go together`;
  if (network === "") return "-n takes the name of a profile; -c clears it";
  if (prepareonly === true && network === undefined) return "-p needs a profile to prepare (-n)";
  if (dryRun === true && ways.length === 0) return "--dry-run is for what is changed";
  return timeout === undefined || timeout > 0 ? undefined : "--timeout takes a number of seconds";
}

async function show({ surroundings, options, service, range }: Deploying): Promise<ExitCode> {
  const route = `GET /noderange/${inPath(range)}/deployment/profile`;
  const asked = await service.list(route, PROFILES, { query: readQuery(options) }, (lines) => {
    for (const line of lines) printLine(surroundings, options, line);
    return !surroundings.stdout.isClosed;
  });
  if (!asked.ok) return unread(surroundings, options, asked);
  warnOfAge(surroundings, asked);
  return DONE;
}

function printLine(
  surroundings: Surroundings,
  { json }: NodedeployOptions,
  line: ProfileLine,
): void {
  if (json === true) return print(surroundings, JSON.stringify(line));
  for (const [node, values] of Object.entries(line)) {
    print(surroundings, deploymentLine(node, values));
  }
}

async function setLock(
  { surroundings, options, service, range }: Deploying,
  lock: Lock,
): Promise<ExitCode> {
  const route = `PUT /noderange/${inPath(range)}/deployment/lock`;
  const body = { lock };
  if (options.dryRun === true) {
    return await tellDryRun(surroundings, options, service, route, { body });
  }
  const asked = await service.ask(route, locksByNode, { body });
  if (!asked.ok) return unansweredAsItIs(surroundings, asked);
  for (const line of asked.value.databynode) {
    if (options.json === true) print(surroundings, JSON.stringify(line));
    else for (const node in line) print(surroundings, `${node}: ${line[node]?.lock.value}`);
  }
  return DONE;
}

/** The profile of all is set first, in one change; then each is booted by itself. */
async function change(one: Deploying, profile: string): Promise<ExitCode> {
  const { surroundings, options, service, range } = one;
  const route = `PUT /noderange/${inPath(range)}/deployment/profile`;
  const body = { profile };
  if (options.dryRun === true) {
    return await tellDryRun(surroundings, options, service, route, { body });
  }
  const isBooted = profile !== "" && options.prepareonly !== true;
  const reached: string[] = [];
  const asked = await service.list(route, PROFILES, { body }, (lines) => {
    for (const line of lines) {
      if (!isBooted) printLine(surroundings, options, line);
      else reached.push(...toBoot(one, line));
    }
    return true;
  });
  if (!asked.ok) return unansweredAsItIs(surroundings, asked);
  return isBooted ? await bootAll(one, reached) : DONE;
}

/** The nodes that can be told to boot; of the others somebody is told to do it. */
function toBoot({ surroundings, options }: Deploying, line: ProfileLine): string[] {
  return Object.entries(line).flatMap(([node, values]) => {
    if (values.controller.value) return [node];
    if (options.json === true) printLine(surroundings, options, line);
    else print(surroundings, `${node}: pending; power it on by hand`);
    return [];
  });
}

/** Each is booted once it is to boot from the network; the mode is the one that it has. */
async function bootAll(one: Deploying, names: readonly string[]): Promise<ExitCode> {
  const { surroundings, options, service } = one;
  const ready = new ReadyNodes((range) => boot(surroundings, options, service, range));
  const textOf = (values: Values): string | undefined => valueOf(values, "nextdevice");
  const body = { nextdevice: "network", persistent: false };
  const set = await Promise.all(
    rangesOf(names).map((range) => {
      const route = `PUT /noderange/${inPath(range)}/boot/nextdevice`;
      const asking = { route, body, textOf, did: (node: string) => ready.add(node) };
      return showResults(surroundings, options, service, asking);
    }),
  );
  const exits = [...set, await ready.end()];
  const failed = exits.find((exit) => exit !== DONE);
  if (failed === undefined) return DONE;
  tell(surroundings, "The profile is pending on all of them, those that failed included.");
  return failed;
}
