/** `invite`: a token for a new member, alone on stdout. */
import { durationMs, inviteAnswer } from "../../wire/http.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export interface InviteOptions {
  readonly expires: string;
  readonly nonvoting?: boolean;
  readonly replace?: boolean;
}

export async function invite(
  surroundings: Surroundings,
  options: InviteOptions & GlobalOptions,
  name: string,
): Promise<ExitCode> {
  const { expires, nonvoting, replace } = options;
  if (durationMs(expires) === undefined) {
    const wanted = "wanted 90s, 30m, 1h, 7d, or a number of seconds";
    return misused(surroundings, "invite", `--expires: "${expires}": ${wanted}`);
  }
  const body = { name, expires, nonvoting, replaces: replace };
  return await withService(surroundings, options, async (service) => {
    const asked = await service.ask("POST /collective/invitations", inviteAnswer, { body });
    if (!asked.ok) return unanswered(surroundings, asked);
    const { token, role, expires } = asked.value;
    if (options.json === true) printJson(surroundings, asked.value);
    else print(surroundings, token);
    const kind = role === "nonvoting" ? "a member without a vote" : "a member";
    tell(
      surroundings,
      `It makes one server ${kind} called ${asked.value.name}, until ${expires}: run ` +
        "`confluent join TOKEN` there.",
    );
    return DONE;
  });
}
