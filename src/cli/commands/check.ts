/** `check`: what is wrong with a member and its collective, and the repair that somebody chose. */
import { type CheckAnswer, checkAnswer, repairAnswer } from "../../wire/http.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode, FAILED, UNREACHABLE } from "../exit_code.ts";
import { serveOptions } from "../serve_options.ts";
import type { ServiceClient } from "../service_client.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export interface CheckOptions {
  readonly repair?: boolean;
  readonly from?: string;
  readonly data?: string;
}

export function check(
  surroundings: Surroundings,
  options: CheckOptions & GlobalOptions,
): Promise<ExitCode> {
  const { repair, from } = options;
  if ((repair === true) !== (from !== undefined)) {
    const wanted =
      "--repair and --from NAME belong together: NAME is the member whose state is kept";
    return Promise.resolve(misused(surroundings, "check", wanted));
  }
  return withService(surroundings, options, async (service) => {
    if (from !== undefined) return await repairFrom(surroundings, options, service, from);
    const asked = await service.ask("GET /check", checkAnswer);
    if (asked.ok) return report(surroundings, options, asked.value);
    const isNamed = options.at.server !== undefined;
    if (asked.exit !== UNREACHABLE || isNamed) return unanswered(surroundings, asked);
    return await checkData(surroundings, options, service.place);
  });
}

/** Where no service answers there is still its folder. */
async function checkData(
  surroundings: Surroundings,
  options: CheckOptions & GlobalOptions,
  place: string,
): Promise<ExitCode> {
  const { data } = options;
  const serving = await serveOptions(surroundings, data === undefined ? {} : { data });
  if (!serving.ok) return misused(surroundings, "check", serving.refusal.message);
  tell(surroundings, `No service answers at ${place}; looking at ${serving.value.data} alone.`);
  const { name, findings } = await surroundings.programs.check(serving.value);
  return report(surroundings, options, { name: name ?? serving.value.data, findings });
}

function report(
  surroundings: Surroundings,
  { json }: GlobalOptions,
  { name, findings }: Readonly<{ name: string; findings: readonly string[] }>,
): ExitCode {
  const answer: CheckAnswer = { name, findings: [...findings] };
  if (json === true) printJson(surroundings, answer);
  else {
    for (const finding of findings) print(surroundings, finding);
    if (findings.length === 0) tell(surroundings, `${name}: nothing was found wrong.`);
  }
  return findings.length === 0 ? DONE : FAILED;
}

async function repairFrom(
  surroundings: Surroundings,
  { json }: GlobalOptions,
  service: ServiceClient,
  from: string,
): Promise<ExitCode> {
  const asked = await service.ask("POST /collective/repair", repairAnswer, { body: { from } });
  if (!asked.ok) return unanswered(surroundings, asked);
  const { repaired } = asked.value;
  if (json === true) printJson(surroundings, asked.value);
  else if (repaired.length === 0) {
    print(surroundings, `no state is known to differ from that of ${from}: nothing was done`);
  } else for (const name of repaired) print(surroundings, `${name}: takes a copy of ${from}`);
  return DONE;
}
