/** The same as described.ts, of commands on nodes. */
import type { Content, Described, ShapeName } from "./described.ts";
import type { CommandRoute } from "./node_commands.ts";

function json(shape: ShapeName): Content {
  return { type: "application/json", shapes: [shape] };
}

const LINES: Content = { type: "application/x-ndjson", shapes: ["NodeLine"] };
const LINKS: Described = {
  summary: "What there is of it",
  answers: [json("Links")],
  refuses: ["invalid", "not-found"],
};
const TIMEOUT = { timeout: "seconds that any node may take; 30 where it is not said, 600 at most" };
const READING = {
  ...TIMEOUT,
  stale: "`ok` tells what was last known, with its age, and asks nobody",
};

/** Of one node: its answer, or its error as the status. */
function ofNode(summary: string, body?: ShapeName): Described {
  return {
    summary,
    about: "Carried out by the member that manages the node.",
    ...body === undefined ? {} : { body: [json(body)] },
    query: body === undefined ? READING : TIMEOUT,
    answers: [json("NodeValues")],
    refuses: ["invalid", "not-found", "conflict", "busy", "unknown-outcome"],
    fails: [401, 501, 502],
  };
}

/** Of many: always 200, an answer or an error of each. */
function ofRange(summary: string, body?: ShapeName): Described {
  return {
    summary,
    about: "Results come in the order in which nodes answer, and are sent as they come: in one " +
      "object, or with `Accept: application/x-ndjson` a line a node. A node that failed has an " +
      "`errorcode`.",
    ...body === undefined ? {} : { body: [json(body)] },
    query: body === undefined ? READING : TIMEOUT,
    answers: [json("NodeResults"), LINES],
    refuses: ["invalid", "not-found", "busy"],
  };
}

const POWER = "Whether the power is on", SET_POWER = "Switches the power, or starts it anew";
const BOOT = "What is booted next", SET_BOOT = "Sets what is booted next, or from then on";
const HEALTH = "How the hardware is, and what is wrong with it";
const LIGHT = "Whether the light is on that shows where it stands";
const SET_LIGHT = "Switches the light that shows where it stands";

export const DESCRIBED_COMMANDS: Readonly<Record<CommandRoute, Described>> = {
  "GET /nodes/:node/power/": LINKS,
  "GET /nodes/:node/power/state": ofNode(POWER),
  "PUT /nodes/:node/power/state": ofNode(SET_POWER, "PowerRequest"),
  "GET /nodes/:node/boot/": LINKS,
  "GET /nodes/:node/boot/nextdevice": ofNode(BOOT),
  "PUT /nodes/:node/boot/nextdevice": ofNode(SET_BOOT, "BootRequest"),
  "GET /nodes/:node/health/": LINKS,
  "GET /nodes/:node/health/hardware": ofNode(HEALTH),
  "GET /nodes/:node/identify": ofNode(LIGHT),
  "PUT /nodes/:node/identify": ofNode(SET_LIGHT, "IdentifyRequest"),
  "GET /noderange/:range/power/": LINKS,
  "GET /noderange/:range/power/state": ofRange(POWER),
  "PUT /noderange/:range/power/state": ofRange(SET_POWER, "PowerRequest"),
  "GET /noderange/:range/boot/": LINKS,
  "GET /noderange/:range/boot/nextdevice": ofRange(BOOT),
  "PUT /noderange/:range/boot/nextdevice": ofRange(SET_BOOT, "BootRequest"),
  "GET /noderange/:range/health/": LINKS,
  "GET /noderange/:range/health/hardware": ofRange(HEALTH),
  "GET /noderange/:range/identify": ofRange(LIGHT),
  "PUT /noderange/:range/identify": ofRange(SET_LIGHT, "IdentifyRequest"),
};
