/** `restore` and `merge`: the database of a dump, in one change. */
import { type Restored, restored, type RestoreHead } from "../../wire/dump.ts";
import type { GlobalOptions } from "../command.ts";
import type { PassphraseOptions } from "../dump/passphrase.ts";
import { readyDump, send } from "../dump/sending.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { complain, printJson, type Surroundings, tell, warn } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export async function restore(
  surroundings: Surroundings,
  options: PassphraseOptions & GlobalOptions,
  folder: string,
): Promise<ExitCode> {
  return await become(surroundings, options, folder, "restore");
}

export async function merge(
  surroundings: Surroundings,
  options: PassphraseOptions & GlobalOptions,
  folder: string,
): Promise<ExitCode> {
  return await become(surroundings, options, folder, "merge");
}

async function become(
  surroundings: Surroundings,
  options: PassphraseOptions & GlobalOptions,
  folder: string,
  mode: RestoreHead["mode"],
): Promise<ExitCode> {
  const ready = await readyDump(surroundings, options, folder);
  if (!ready.ok) {
    complain(surroundings, ready.refusal.message);
    return FAILED;
  }
  return await withService(surroundings, options, async (service) => {
    const asked = await send(surroundings, service, ready.value, restored, { mode });
    if (!asked.ok) return unanswered(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else tellRestored(surroundings, asked.value);
    return DONE;
  });
}

/** A line for each kind of which there is something. */
export function tellRestored(surroundings: Surroundings, done: Restored): void {
  const kinds = [["group", "groups"], ["node", "nodes"], ["usergroup", "user groups"], [
    "user",
    "users",
  ]] as const;
  for (const [kind, words] of kinds) {
    const { created, changed, removed, unchanged } = done[kind];
    if (created + changed + removed + unchanged === 0) continue;
    tell(
      surroundings,
      `${words}: ${created} created, ${changed} changed, ${removed} removed, ` +
        `${unchanged} as they were`,
    );
  }
  for (const [kind, names] of Object.entries(done.skipped)) {
    for (const name of names) tell(surroundings, `${kind} ${name}: exists already, skipped`);
  }
  for (const warning of done._warnings ?? []) warn(surroundings, warning);
}
