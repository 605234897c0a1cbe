/** `collective drain`: a member that hands its nodes over and gets none, until that is undone. */
import { drainAnswer, type DrainedAnswer, drainLine } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { exitCodeOf, inPath } from "../service_client.ts";
import { complain, print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export interface CollectiveDrainOptions {
  readonly undo?: boolean;
}

export function collectiveDrain(
  surroundings: Surroundings,
  options: CollectiveDrainOptions & GlobalOptions,
  name: string,
): Promise<ExitCode> {
  const path = `/collective/members/${inPath(name)}/drain`;
  return withService(surroundings, options, async (service) => {
    if (options.undo === true) {
      const asked = await service.ask(`DELETE ${path}`, drainAnswer);
      if (!asked.ok) return unanswered(surroundings, asked);
      if (options.json === true) printJson(surroundings, asked.value);
      else print(surroundings, `${name}: not drained any more`);
      return DONE;
    }
    let done: DrainedAnswer | undefined;
    let exit: ExitCode = FAILED, why = "the service ended before it was done; ask again";
    const asked = await service.follow(`POST ${path}`, drainLine, {}, (line) => {
      if ("progress" in line) tell(surroundings, line.progress);
      else if ("done" in line) done = line.done;
      else [exit, why] = [exitCodeOf(line), line.error];
    });
    if (!asked.ok) return unanswered(surroundings, asked);
    if (done !== undefined) return shown(surroundings, options, done);
    complain(surroundings, why);
    return exit;
  });
}

function shown(
  surroundings: Surroundings,
  options: GlobalOptions,
  done: DrainedAnswer,
): ExitCode {
  const { name, drained, handedOver, going, staying, notices } = done;
  const words = drained ? "drained" : "not drained any more";
  if (options.json === true) printJson(surroundings, done);
  else print(surroundings, `${name}: ${words}, ${counted(handedOver)} handed over`);
  for (const { count, example, why } of staying) {
    const more = count === 1 ? `${example} stays` : `${example} and ${moreOf(count - 1)} stay`;
    tell(surroundings, `${more} with ${name}: ${why}`);
  }
  for (const notice of notices) tell(surroundings, `Notice: ${notice}`);
  if (going === 0) return drained ? DONE : FAILED;
  complain(
    surroundings,
    `${counted(going)} ${
      going === 1 ? "is" : "are"
    } still on their way, which goes on by itself; ` +
      "ask again to see how far it is",
  );
  return FAILED;
}

function counted(count: number): string {
  return count === 1 ? "1 node" : `${count} nodes`;
}

function moreOf(count: number): string {
  return count === 1 ? "1 more node" : `${count} more nodes`;
}
