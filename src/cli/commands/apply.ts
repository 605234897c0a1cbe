/** `apply`: what a dump would change, and, once somebody agrees, the change. */
import { restored } from "../../wire/dump.ts";
import { collectiveAnswer, type DryRun, dryRun } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import type { PassphraseOptions } from "../dump/passphrase.ts";
import { type ReadyDump, readyDump, send } from "../dump/sending.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import type { ServiceClient } from "../service_client.ts";
import { complain, print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { tellRestored } from "./restore.ts";

/** Differences that are shown. */
const SHOWN = 200;
/** Characters of a value. */
const SHOWN_OF_VALUE = 60;

export interface ApplyOptions extends PassphraseOptions {
  readonly yes?: boolean;
}

export async function apply(
  surroundings: Surroundings,
  options: ApplyOptions & GlobalOptions,
  folder: string,
): Promise<ExitCode> {
  const ready = await readyDump(surroundings, options, folder);
  if (!ready.ok) {
    complain(surroundings, ready.refusal.message);
    return FAILED;
  }
  return await withService(
    surroundings,
    options,
    async (service) => await applyTo(surroundings, options, service, ready.value),
  );
}

async function applyTo(
  surroundings: Surroundings,
  options: ApplyOptions & GlobalOptions,
  service: ServiceClient,
  ready: ReadyDump,
): Promise<ExitCode> {
  // What changes from here on was not part of what is shown.
  const before = await service.ask("GET /collective/", collectiveAnswer);
  if (!before.ok) return unanswered(surroundings, before);
  const query = { dryRun: "1" };
  const would = await send(surroundings, service, ready, dryRun, { mode: "restore", query });
  if (!would.ok) return unanswered(surroundings, would);
  const isJson = options.json === true;
  if (isJson) printJson(surroundings, would.value);
  else show(surroundings, would.value);
  const { count } = would.value;
  if (count === 0) return DONE;
  if (options.yes !== true && !await isAgreed(surroundings, count)) return FAILED;
  const headers = { "If-Match": `"${before.value.index}"` };
  const done = await send(surroundings, service, ready, restored, { mode: "restore", headers });
  if (!done.ok) return unanswered(surroundings, done);
  if (!isJson) tellRestored(surroundings, done.value);
  return DONE;
}

async function isAgreed(surroundings: Surroundings, count: number): Promise<boolean> {
  const { stdin } = surroundings;
  if (!stdin.isTerminal) {
    complain(
      surroundings,
      "without a terminal nobody can agree, so nothing was changed; --yes agrees beforehand",
    );
    return false;
  }
  const answer = await stdin.ask(
    `Make ${count === 1 ? "this change" : `these ${count} changes`} (y/n)? `,
  );
  if (/^y(es)?$/i.test(answer?.trim() ?? "")) return true;
  complain(surroundings, "nothing was changed");
  return false;
}

const SIGNS = { created: "+", removed: "-", set: "~", cleared: "~" } as const;

function show(surroundings: Surroundings, { count, changes }: DryRun): void {
  if (count === 0) return tell(surroundings, "nothing differs");
  for (const change of changes.slice(0, SHOWN)) {
    const name = `${SIGNS[change.change]} ${change.kind} ${change.name}`;
    print(surroundings, change.attribute === undefined ? name : `${name} ${detailOf(change)}`);
  }
  if (count > SHOWN) print(surroundings, `... and ${count - Math.min(SHOWN, changes.length)} more`);
}

function detailOf({ change, attribute, from, to }: DryRun["changes"][number]): string {
  if (change === "cleared") return `${attribute}: ${shown(from)} cleared`;
  if (to === undefined) return `${attribute}: a secret, not shown`;
  return `${attribute}: ${from === undefined ? "" : `${shown(from)} -> `}${shown(to)}`;
}

/** A secret has no value to show. */
function shown(text: string | undefined): string {
  if (text === undefined) return "";
  const quoted = JSON.stringify(text);
  return quoted.length > SHOWN_OF_VALUE ? `${quoted.slice(0, SHOWN_OF_VALUE)}..."` : quoted;
}
