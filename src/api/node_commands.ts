/** Commands on nodes: power, what is booted next, health, the light that shows a machine. */
import { COMMAND_MS, MAX_COMMAND_MS } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { nodeRow } from "../model/operation.ts";
import type { NodeCommand, NodePath, NodeResult } from "../model/node_command.ts";
import type { MemberService } from "../service/member_service.ts";
import {
  bootGoalOf,
  bootRequest,
  identifyRequest,
  powerRequest,
} from "../wire/node_command_http.ts";
import { readBody } from "./body.ts";
import { type Answer, type Call, type Handler, parameter } from "./call.ts";
import { unknownNode } from "./draft.ts";
import { linksTo, linkTo } from "./links.ts";
import { isKnown, listBelow, nodesOf } from "./known_nodes.ts";
import { formFor, NOT_GATHERED, resultStream } from "./result_stream.ts";
import type { RouteName } from "./routes.ts";

type Below = "/nodes/:node/" | "/noderange/:range/";
type Path =
  | `${"GET" | "PUT"} ${Below}${"power/state" | "boot/nextdevice" | "identify"}`
  | `GET ${Below}${"health/hardware" | "power/" | "boot/" | "health/"}`;
export type CommandRoute = Extract<RouteName, Path>;

/** What there is of a node beside its attributes. */
export const COMMAND_ITEMS = ["boot/", "deployment/", "health/", "identify", "power/"] as const;

export function commandRoutes(member: MemberService): Record<CommandRoute, Handler> {
  const one = (path: NodePath): Handler => (call) => onNode(member, call, path);
  const many = (path: NodePath): Handler => (call) => onRange(member, call, path);
  const items = (...names: readonly string[]): Handler => (call) =>
    ok({ index: member.index, body: linksTo(call, names) });
  return {
    "GET /nodes/:node/power/": (call) => listBelow(member, call, ["state"]),
    "GET /nodes/:node/power/state": one("power/state"),
    "PUT /nodes/:node/power/state": one("power/state"),
    "GET /nodes/:node/boot/": (call) => listBelow(member, call, ["nextdevice"]),
    "GET /nodes/:node/boot/nextdevice": one("boot/nextdevice"),
    "PUT /nodes/:node/boot/nextdevice": one("boot/nextdevice"),
    "GET /nodes/:node/health/": (call) => listBelow(member, call, ["hardware"]),
    "GET /nodes/:node/health/hardware": one("health/hardware"),
    "GET /nodes/:node/identify": one("identify"),
    "PUT /nodes/:node/identify": one("identify"),
    "GET /noderange/:range/power/": items("state"),
    "GET /noderange/:range/power/state": many("power/state"),
    "PUT /noderange/:range/power/state": many("power/state"),
    "GET /noderange/:range/boot/": items("nextdevice"),
    "GET /noderange/:range/boot/nextdevice": many("boot/nextdevice"),
    "PUT /noderange/:range/boot/nextdevice": many("boot/nextdevice"),
    "GET /noderange/:range/health/": items("hardware"),
    "GET /noderange/:range/health/hardware": many("health/hardware"),
    "GET /noderange/:range/identify": many("identify"),
    "PUT /noderange/:range/identify": many("identify"),
  };
}

/** The node's answer, or its error and that status. */
async function onNode(
  member: MemberService,
  call: Call,
  path: NodePath,
): Promise<Outcome<Answer>> {
  const node = parameter(call, "node");
  const asked = await askedOf(call, path);
  if (!asked.ok) return asked;
  if (!await isKnown(member, call, nodeRow(node))) return unknownNode(node);
  const { command, timeoutMs, isLastKnown } = asked.value;
  const { index } = member;
  if (call.request.method === "HEAD") return ok({ index, body: undefined });
  let result: NodeResult | undefined;
  if (isLastKnown) result = member.observed.result(node, path);
  else {
    const busy = member.commands.busy(1);
    if (busy !== undefined) return busy;
    const { signal } = call.request;
    await member.commands.run([node], command, { signal, timeoutMs, by: call.by }, (told) => {
      result = told;
    });
  }
  if (result === undefined) return refused("unknown-outcome", "nobody waited for the answer");
  if ("values" in result) return ok({ index, body: { ...linkTo(call), ...result.values } });
  const { errorcode, error } = result;
  return ok({ index, body: { errorcode, error }, status: errorcode });
}

async function onRange(
  member: MemberService,
  call: Call,
  path: NodePath,
): Promise<Outcome<Answer>> {
  const asked = await askedOf(call, path);
  if (!asked.ok) return asked;
  const names = await nodesOf(member, call);
  if (!names.ok) return names;
  const nodes = names.value;
  const { command, timeoutMs, isLastKnown } = asked.value;
  const form = formFor(call.request);
  const { index } = member;
  const answer = (content: string | ReadableStream<Uint8Array>): Outcome<Answer> =>
    ok({ index, body: undefined, headers: NOT_GATHERED, raw: { type: form.type, content } });
  if (call.request.method === "HEAD") return answer("");
  if (isLastKnown) {
    return answer(resultStream(form, (tell) => {
      for (const node of nodes) tell(member.observed.result(node, path));
      return Promise.resolve();
    }));
  }
  const busy = member.commands.busy(nodes.length);
  if (busy !== undefined) return busy;
  return answer(resultStream(form, (tell, signal) => {
    return member.commands.run(nodes, command, { signal, timeoutMs, by: call.by }, tell);
  }));
}

interface AskedOf {
  readonly command: NodeCommand;
  readonly timeoutMs: number;
  /** What was last known is wanted, and nobody is to be asked. */
  readonly isLastKnown: boolean;
}

async function askedOf(call: Call, path: NodePath): Promise<Outcome<AskedOf>> {
  const query = new URL(call.request.url).searchParams;
  const timeoutMs = timeoutOf(query.get("timeout"));
  if (!timeoutMs.ok) return timeoutMs;
  const isChange = call.request.method === "PUT";
  if (isChange && call.request.headers.has("if-match")) return NO_CONDITION;
  const command = isChange ? await changeOf(call.request, path) : ok<NodeCommand>({ path });
  if (!command.ok) return command;
  const isLastKnown = !isChange && query.get("stale") === "ok";
  return ok({ command: command.value, timeoutMs: timeoutMs.value, isLastKnown });
}

/** What is stored of a node says nothing of its machine. */
const NO_CONDITION = refused(
  "invalid",
  "If-Match: understood by what changes nodes and groups; nothing was done, leave it out here",
);

async function changeOf(request: Request, path: NodePath): Promise<Outcome<NodeCommand>> {
  switch (path) {
    case "power/state": {
      const body = await readBody(request, powerRequest);
      return body.ok ? ok({ path, set: body.value.state }) : body;
    }
    case "boot/nextdevice": {
      const body = await readBody(request, bootRequest);
      return body.ok ? ok({ path, set: bootGoalOf(body.value) }) : body;
    }
    case "identify": {
      const body = await readBody(request, identifyRequest);
      return body.ok ? ok({ path, set: body.value.identify }) : body;
    }
    case "health/hardware":
      return ok({ path }); // nothing of it can be set, so no route leads here
  }
}

function timeoutOf(text: string | null): Outcome<number> {
  if (text === null) return ok(COMMAND_MS);
  const ms = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) * 1_000 : 0;
  if (ms > 0 && ms <= MAX_COMMAND_MS) return ok(ms);
  const most = MAX_COMMAND_MS / 1_000;
  return refused("invalid", `timeout=${text.slice(0, 32)}: wanted seconds, ${most} at most`);
}
