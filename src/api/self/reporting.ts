/** What a node reports of its deployment, and what becomes of that: see
 * src/model/deployment_status.ts. */
import { toHex, utf8 } from "../../base/bytes.ts";
import { sha256 } from "../../base/crypto.ts";
import { Allowances } from "../../base/allowances.ts";
import {
  MAX_NODE_KEYS_KNOWN,
  MAX_STATUS_REPORT_BYTES,
  REPORT_BURST,
  REPORTS_PER_SECOND,
} from "../../base/boot_limits.ts";
import { MAX_CHANGE_TRIES, MAX_KEY_LENGTH } from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { oneLine } from "../../base/one_line.ts";
import { FewAtOnce } from "../../io/few_at_once.ts";
import {
  NOTHING_PENDING,
  type ReportingNode,
  statusOperations,
  type StatusReport,
} from "../../model/deployment_status.ts";
import { NODE_KEY } from "../../model/node_key.ts";
import { KEY_PREFIX, nodeRow, type Operation } from "../../model/operation.ts";
import { pause } from "../../service/waiting.ts";
import { readStatusReport } from "../../wire/status_report.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import type { SelfParts } from "./self_parts.ts";

export function statusEndpoint(parts: SelfParts): SelfEndpoint {
  const turns = new FewAtOnce(1);
  const reports = new Allowances(REPORT_BURST, REPORTS_PER_SECOND, MAX_NODE_KEYS_KNOWN);
  return {
    ...{ method: "POST", path: "updatestatus", needsKey: true },
    handler: async (call): Promise<Outcome<SelfAnswer>> => {
      if (reports.take(call.node, parts.clock.now().monoMs) > 0) return TOO_MANY;
      const key = keyCell(parts, call);
      const report = await turns.run(() => readReport(parts, call.body));
      if (!report.ok) return report;
      const answer = await take(parts, call, report.value, key);
      parts.member.boots?.reported(call.node, {
        asked: `report from ${call.peer.address}: ${reportText(report.value)}`,
        ...answer.ok && !("status" in answer.value)
          ? { outcome: "answered", told: "taken" }
          : { outcome: "failed", told: answer.ok ? NOTHING_PENDING : answer.refusal.message },
      });
      return answer;
    },
  };
}

function reportText({ status, state, detail }: StatusReport): string {
  const words = { status, state, state_detail: detail };
  const told = Object.entries(words).filter(([, text]) => text !== undefined);
  return told.map(([key, text]) => `${key} ${text}`).join(", ");
}

/** A report that was made for that takes 0.1 s of the loop: many at once must not take it all. */
async function readReport({ clock }: SelfParts, body: Uint8Array): Promise<Outcome<StatusReport>> {
  if (body.length > MAX_STATUS_REPORT_BYTES) {
    return refused(
      "too-large",
      `a report of ${body.length} bytes; MAX_STATUS_REPORT_BYTES is ${MAX_STATUS_REPORT_BYTES}`,
    );
  }
  const { parse } = await import("yaml");
  await pause(clock);
  try {
    const text = new TextDecoder().decode(body);
    return readStatusReport(parse(text, { logLevel: "error", maxAliasCount: 0 }));
  } catch (error) {
    return refused("invalid", `the report is no YAML: ${oneLine(error)}`);
  }
}

/** By which the report was proven. */
function keyCell({ member }: SelfParts, { node }: SelfCall): string | null {
  return member.state.value(nodeRow(node), NODE_KEY);
}

/** Writes what follows from the report, made anew where another write overtook it; but not for who
 * has lost its key meanwhile: what it says is of a deployment before. */
async function take(
  parts: SelfParts,
  call: SelfCall,
  report: StatusReport,
  key: string | null,
): Promise<Outcome<SelfAnswer>> {
  const once = onceOf(call);
  if (!once.ok) return once;
  const { member } = parts, node = reporting(member, call.node);
  const isProven: Operation = {
    kind: "guard",
    guard: { test: "equals", row: nodeRow(call.node), attribute: NODE_KEY, value: key },
  };
  for (let tries = 1;; tries++) {
    const time = new Date(member.agreedWallMs()).toISOString();
    const made = statusOperations(node, report, call.peer.address, time);
    if (!made.ok && once.value.length === 0) return NOTHING;
    // Of a report that was taken before, nothing may be pending any more: its key says so.
    const operations = made.ok ? made.value : NEVER;
    const written = await member.write([isProven, ...operations, ...once.value]);
    if (!written.ok) return written;
    const { verdict } = written.value;
    switch (verdict.result) {
      case "applied":
      case "repeated":
        return ok({ text: report.status === undefined ? "Accepted" : "OK" });
      case "refused": {
        if (verdict.row.startsWith(KEY_PREFIX)) return KEY_REFUSED;
        if (keyCell(parts, call) !== key) return REVOKED;
        if (!made.ok) return NOTHING;
        if (tries < MAX_CHANGE_TRIES) continue;
        return refused("busy", `node ${call.node} is changed by others all the time; try again`);
      }
      case "duplicate":
      case "outdated":
        return refused("unknown-outcome", "the report may or may not have been taken; ask again");
    }
  }
}

const TOO_MANY = refused(
  "busy",
  `more than ${REPORT_BURST} reports of this node, which is REPORT_BURST; ask again in a while`,
);
const NOTHING: Outcome<SelfAnswer> = ok({ status: 500, text: NOTHING_PENDING });
const NEVER: readonly Operation[] = [
  { kind: "guard", guard: { test: "exists", rows: ["never"] } },
];
const REVOKED = refused("unauthorized", "its key was revoked meanwhile");
const KEY_REFUSED = refused(
  "conflict",
  "this Idempotency-Key was used for another report, or too many are remembered; nothing was done",
);

function reporting({ nodes, state }: SelfParts["member"], name: string): ReportingNode {
  return {
    name,
    text: (attribute) => nodes.resolver.textOf(name, attribute).trim(),
    cell: (attribute) => state.value(nodeRow(name), attribute),
    isInherited: (attribute) => nodes.inheritance.inherited(name).has(attribute),
  };
}

/** What makes it safe to send a report again, to another member too, where no answer came. */
function onceOf({ headers, node, body }: SelfCall): Outcome<Operation[]> {
  const key = headers.get("idempotency-key");
  if (key === undefined) return ok([]);
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_KEY_LENGTH) {
    const wanted = `wanted 1 to ${MAX_KEY_LENGTH} visible ASCII characters`;
    return refused("invalid", `Idempotency-Key: ${wanted}`);
  }
  return ok([{
    kind: "once",
    key: toHex(sha256(utf8(JSON.stringify(["node", node, key])))).slice(0, 32),
    request: toHex(sha256(body)).slice(0, 16),
  }]);
}
