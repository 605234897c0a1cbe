/** `--maxnodes`: a question before many nodes are changed. */
import { links } from "../../wire/http.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { complain, type Surroundings } from "../surroundings.ts";
import { misused } from "../command.ts";
import { unanswered } from "../with_service.ts";

/** DONE where the range has no more nodes than it may, or somebody at the terminal says yes. */
export async function confirmedSize(
  surroundings: Surroundings,
  { maxnodes }: { readonly maxnodes?: number },
  service: ServiceClient,
  range: string,
  does: string,
): Promise<ExitCode> {
  if (maxnodes === undefined) return DONE;
  if (!Number.isInteger(maxnodes) || maxnodes < 0) {
    return misused(surroundings, "", "--maxnodes takes a whole number of nodes");
  }
  const asked = await service.ask(`GET /noderange/${inPath(range)}/nodes/`, links);
  if (!asked.ok) return unanswered(surroundings, asked);
  const count = asked.value._links.item.length;
  if (count <= maxnodes) return DONE;
  const what = `this ${does} ${count} nodes, and --maxnodes is ${maxnodes}`;
  if (!surroundings.stdin.isTerminal) {
    complain(surroundings, `${what}; without a terminal nobody can agree, so nothing was done`);
    return FAILED;
  }
  const answer = await surroundings.stdin.ask(`${what}. Go on (y/n)? `);
  if (/^y(es)?$/i.test(answer?.trim() ?? "")) return DONE;
  complain(surroundings, "nothing was done");
  return FAILED;
}

/** Acts where that many nodes are agreed to. */
export async function confirmed(
  surroundings: Surroundings,
  options: { readonly maxnodes?: number },
  service: ServiceClient,
  range: string,
  does: string,
  act: () => Promise<ExitCode>,
): Promise<ExitCode> {
  const size = await confirmedSize(surroundings, options, service, range, does);
  return size === DONE ? await act() : size;
}
