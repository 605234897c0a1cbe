/** What nodes answer, printed as it comes: a line each, and an exit code for all. */
import { spelledOutControls } from "../base/one_line.ts";
import { nodeLine } from "../wire/node_command_http.ts";
import { type GlobalOptions, misused } from "./command.ts";
import { DONE, type ExitCode, FAILED } from "./exit_code.ts";
import type { ServiceClient } from "./service_client.ts";
import { print, type Surroundings, tell } from "./surroundings.ts";
import { readQuery, unansweredAsItIs, unread } from "./with_service.ts";

export interface NodeOptions extends GlobalOptions {
  readonly maxnodes?: number;
  readonly timeout?: number;
}

/** What a node answered, by name. */
export type Values = Readonly<Record<string, unknown>>;

export interface Asking {
  /** A method and an encoded path. */
  readonly route: string;
  readonly body?: unknown;
  /** What a node's answer is taken for; as it is, where this is not given. */
  readonly amended?: (values: Values, node: string) => Values;
  /** What is printed behind the node's name; nothing where it says nothing of that. */
  readonly textOf: (values: Values) => string | undefined;
  /** Told of every node that did it. */
  readonly did?: (node: string) => void;
}

/** What is known of nodes when they cannot be asked. */
const IS_KEPT = /\/(?:power\/state|health\/hardware)$/;

/** FAILED where a node failed: each of those is named. */
export async function showResults(
  surroundings: Surroundings,
  options: NodeOptions,
  service: ServiceClient,
  { route, body, amended, textOf, did }: Asking,
): Promise<ExitCode> {
  const { timeout, json } = options;
  if (timeout !== undefined && !(timeout > 0)) {
    return misused(surroundings, "", "--timeout takes a number of seconds");
  }
  const isChange = body !== undefined;
  const query = {
    ...isChange ? {} : readQuery(options),
    ...timeout === undefined ? {} : { timeout: String(timeout) },
  };
  const enough = new AbortController();
  let exit: ExitCode = DONE;
  const asked = await service.follow(
    route,
    nodeLine,
    { query, signal: enough.signal, ...isChange ? { body } : {} },
    (line) => {
      for (const [node, answer] of Object.entries(line)) {
        const told = amended === undefined || isFailure(answer) ? answer : amended(answer, node);
        if (json === true) print(surroundings, JSON.stringify({ [node]: told }));
        if (isFailure(told)) {
          exit = FAILED;
          if (json !== true) tell(surroundings, oneLine(`${node}: Error: ${told.error}`));
          continue;
        }
        did?.(node);
        const text = textOf(told);
        if (json !== true && text !== undefined) {
          print(surroundings, oneLine(`${node}: ${text}${ageText(told)}`));
        }
      }
      if (surroundings.stdout.isClosed && !isChange) enough.abort();
    },
  );
  if (asked.ok || enough.signal.aborted) return exit;
  return !isChange && IS_KEPT.test(route)
    ? unread(surroundings, options, asked, "what was last known of them")
    : unansweredAsItIs(surroundings, asked);
}

function isFailure(told: Values): told is { errorcode: number; error: string } {
  return typeof told["errorcode"] === "number" && typeof told["error"] === "string";
}

/** What a controller says neither begins a line of its own nor steers a terminal. */
function oneLine(text: string): string {
  return spelledOutControls(text);
}

function ageText(values: Values): string {
  const age = valueOf(values, "age");
  return age === undefined ? "" : ` (${age} s ago)`;
}

/** The text of `{"NAME": {"value": TEXT}}`. */
export function valueOf(values: Values, name: string): string | undefined {
  const told = values[name];
  if (typeof told !== "object" || told === null || !("value" in told)) return undefined;
  return told.value === null ? "" : String(told.value);
}
