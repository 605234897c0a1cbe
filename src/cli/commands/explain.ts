/** `explain`: why a node has the manager that it has, what a command on it would meet, and how it
 * boots; what would become of requests in a capture. */
import { MAX_REPLAYED } from "../../base/boot_limits.ts";
import { explanation, type ReplayAnswer, replayAnswer } from "../../wire/explanation_http.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { recordedRequests } from "../capture_requests.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { answerersText, explanationLines } from "../explanation_lines.ts";
import { inPath } from "../service_client.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unansweredAsItIs, warnOfAge, withService } from "../with_service.ts";
import { spelledOutControls } from "../../base/one_line.ts";

interface ExplainOptions extends GlobalOptions {
  readonly pcap?: string;
}

export function explain(
  surroundings: Surroundings,
  options: ExplainOptions,
  node?: string,
): Promise<ExitCode> {
  if (options.pcap !== undefined) return explainCapture(surroundings, options, options.pcap, node);
  if (node === undefined) {
    return Promise.resolve(misused(surroundings, "explain", "name a node, or a capture by --pcap"));
  }
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask(`GET /explain/${inPath(node)}`, explanation);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else for (const line of explanationLines(asked.value)) print(surroundings, line);
    warnOfAge(surroundings, asked);
    return DONE;
  });
}

/** What the member makes of each request in the capture; of those of one node where it is named. */
async function explainCapture(
  surroundings: Surroundings,
  options: ExplainOptions,
  path: string,
  node: string | undefined,
): Promise<ExitCode> {
  const recorded = await recordedRequests(path);
  if (!recorded.ok) return misused(surroundings, "explain", recorded.refusal.message);
  const { requests, times, endsEarly } = recorded.value;
  return await withService(surroundings, options, async (service) => {
    const decided: (Decision & { readonly at: string })[] = [];
    for (let at = 0; at < requests.length; at += MAX_REPLAYED) {
      const body = { requests: requests.slice(at, at + MAX_REPLAYED) };
      const asked = await service.ask("POST /explain/requests", replayAnswer, { body });
      if (!asked.ok) return unansweredAsItIs(surroundings, asked);
      asked.value.decisions.forEach((one, i) => {
        decided.push({ at: new Date(times[at + i] ?? 0).toISOString(), ...one });
      });
    }
    const meant = decided.filter((one) => node === undefined || one.node === node);
    if (options.json === true) printJson(surroundings, { decisions: meant });
    else for (const one of meant) print(surroundings, spelledOutControls(decisionText(one)));
    if (meant.length === 0) tell(surroundings, "there are no such DHCP requests in the capture");
    if (endsEarly) tell(surroundings, "the capture ends within a packet");
    return DONE;
  });
}

type Decision = ReplayAnswer["decisions"][number];

function decisionText({ at, mac, node, asked, members, told }: Decision & { at: string }): string {
  const who = node ?? (mac === "" ? "?" : mac);
  if (asked === "") return `${at} ${who}: ${told}`;
  return `${at} ${who}: ${asked}: ${answerersText(members)}: ${told}`;
}
