/** What is deployed on a node, or about to be, in one line. */
import { spelledOutControls } from "../base/one_line.ts";
import type { ProfileValues } from "../wire/deployment_http.ts";

/** `n1: pending: alma (node authentication armed), locked, installing: 40 %, at TIME`. */
export function deploymentLine(node: string, values: ProfileValues): string {
  const { lock, state } = values;
  const parts = [
    profileText(values),
    ...lock.value === "unlocked" ? [] : [lock.value],
    ...state.value === null ? [] : [stateText(values)],
  ];
  // What a node says of itself neither begins a line of its own nor steers a terminal.
  return spelledOutControls(`${node}: ${parts.join(", ")}`);
}

function profileText({ pending, staged, completed, armed }: ProfileValues): string {
  const profile = pending.value !== null
    ? `pending: ${pending.value}`
    : staged.value !== null
    ? `staged: ${staged.value}`
    : completed.value !== null
    ? `completed: ${completed.value}`
    : "No profile pending or applied";
  return armed.value === null ? profile : `${profile} (node authentication armed)`;
}

function stateText({ state, state_detail, state_last_updated }: ProfileValues): string {
  const detail = state_detail.value === null ? "" : `: ${state_detail.value}`;
  const time = state_last_updated.value === null ? "" : `, at ${state_last_updated.value}`;
  return `${state.value}${detail}${time}`;
}
