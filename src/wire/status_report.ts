/** A node's report of its status, as it is after its YAML or JSON was read: `status`, `state` and
 * `state_detail`, of which one is there. Other keys are left alone. */
import { z } from "zod";

import { MAX_STATE_DETAIL_LENGTH, MAX_STATE_LENGTH } from "../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { oneLine } from "../base/one_line.ts";
import { STATUSES, type StatusReport } from "../model/deployment_status.ts";

const WANTED = `wanted lines as \`status: staged\` or \`state: installing\`; a status is one of ` +
  `${STATUSES.join(", ")}`;

/** A word that YAML takes for a number or a truth is a text as well; an empty one says nothing. */
function text(most: number): z.ZodType<string | undefined> {
  return z.union([z.string(), z.number(), z.boolean()], { error: "wanted a text" }).nullish()
    .transform((value) => {
      const line = oneLine(value ?? "");
      return line === "" ? undefined : line.slice(0, most);
    });
}

const statusReport = z.looseObject({
  status: z.enum(STATUSES, { error: `wanted one of ${STATUSES.join(", ")}` }).nullish(),
  state: text(MAX_STATE_LENGTH),
  state_detail: text(MAX_STATE_DETAIL_LENGTH),
}, { error: WANTED });

/** What the report says; `invalid` with what would be right. */
export function readStatusReport(parsed: unknown): Outcome<StatusReport> {
  const read = statusReport.safeParse(parsed);
  if (!read.success) {
    const [issue] = read.error.issues;
    const key = issue?.path.join(".") ?? "";
    const given = key === "" ? "" : `${key}: ${shown((parsed as Record<string, unknown>)[key])}: `;
    return refused("invalid", given + (issue?.message ?? WANTED));
  }
  const { status, state, state_detail: detail } = read.data;
  if (status === undefined || status === null) {
    if (state === undefined && detail === undefined) return refused("invalid", WANTED);
  }
  return ok({ status: status ?? undefined, state, detail });
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 64) ?? "nothing";
}
