/** Attributes of the nodes of a range, printed: what `nodelist` and `nodeattrib` have in common. */
import { dataByNode } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { asJson, attributeLine, byNode, choose, type NodeAttributes } from "../node_attributes.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { complain, printJson, type Surroundings } from "../surroundings.ts";
import { readQuery, unanswered, warnOfAge } from "../with_service.ts";

export interface Show {
  readonly blame: boolean;
  /** What is set, or every attribute there is. */
  readonly element: "all" | "current";
  /** Only what these ask for; none asks for everything. */
  readonly words: readonly string[];
}

export async function showAttributes(
  surroundings: Surroundings,
  options: GlobalOptions,
  service: ServiceClient,
  range: string,
  { blame, element, words }: Show,
): Promise<ExitCode> {
  const told = words.length > 0 ? "current" : element;
  const route = `GET /noderange/${inPath(range)}/attributes/${told}`;
  const asked = await service.ask(route, dataByNode, { query: readQuery(options) });
  if (!asked.ok) {
    const exit = unanswered(surroundings, asked);
    if (asked.failure?.errorcode === 503 && options.stale !== true) {
      complain(surroundings, "the local copy, which may be behind, is shown with --stale");
    }
    return exit;
  }
  const all = byNode(asked.value);
  const { nodes, complaints } = words.length === 0
    ? { nodes: all, complaints: [] }
    : choose(all, words);
  if (options.json === true) printJson(surroundings, asJson(nodes));
  else printLines(surroundings, nodes, blame);
  warnOfAge(surroundings, asked);
  return conclude(surroundings, nodes, complaints);
}

function printLines(
  { stdout }: Surroundings,
  nodes: readonly NodeAttributes[],
  blame: boolean,
): void {
  let text = "";
  for (const { node, attributes } of nodes) {
    for (const [name, value] of attributes) text += `${attributeLine(node, name, value, blame)}\n`;
  }
  if (text !== "") stdout.write(text);
}

/** Names every node that failed, and every word that asks for nothing. */
export function conclude(
  surroundings: Surroundings,
  nodes: readonly NodeAttributes[],
  complaints: readonly string[] = [],
): ExitCode {
  const failed = nodes.filter(({ error }) => error !== undefined);
  for (const { node, error } of failed) complain(surroundings, `${node}: ${error}`);
  for (const complaint of complaints) complain(surroundings, complaint);
  return failed.length + complaints.length === 0 ? DONE : FAILED;
}
