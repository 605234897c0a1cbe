/** `osdeploy import` and `osdeploy importcheck`: profiles made of installation media. */
import {
  type FingerprintAnswer,
  fingerprintAnswer,
  type ImportAnswer,
  importLine,
} from "../../wire/media_http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { exitCodeOf } from "../service_client.ts";
import { complain, print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

const BROKEN_OFF = "the service ended before it said what became of it: see `osdeploy list`";

export interface OsdeployImportOptions {
  /** Of the profile. */
  readonly name?: string;
}

export function osdeployImport(
  surroundings: Surroundings,
  options: OsdeployImportOptions & GlobalOptions,
  medium: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const { name } = options;
    const body = {
      filename: wholePath(options, medium),
      ...name === undefined ? {} : { profile: name },
    };
    let done: ImportAnswer | undefined;
    let exit: ExitCode = FAILED, why = BROKEN_OFF;
    let last = "";
    const progress = new Progress(surroundings, () => last);
    const asked = await service.follow(
      "POST /deployment/importing/",
      importLine,
      { body },
      (line) => {
        if ("done" in line) done = line.done;
        else if ("error" in line) [exit, why] = [exitCodeOf(line), line.error];
        else {
          last = line.progress;
          if (!surroundings.stderr.isTerminal) tell(surroundings, last);
        }
      },
    );
    progress.end();
    if (!asked.ok) return unanswered(surroundings, asked);
    if (done !== undefined) return shown(surroundings, options, done);
    complain(surroundings, why);
    return exit;
  });
}

function shown(surroundings: Surroundings, { json }: GlobalOptions, done: ImportAnswer): ExitCode {
  const { imported, digest, notices } = done;
  const told = digest === null ? "" : `, digest ${digest.slice(0, 12)}`;
  if (json === true) printJson(surroundings, done);
  else print(surroundings, `${imported}: imported${told}`);
  for (const notice of notices) tell(surroundings, `Notice: ${notice}`);
  return DONE;
}

export function osdeployImportCheck(
  surroundings: Surroundings,
  options: GlobalOptions,
  medium: string,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const body = { filename: wholePath(options, medium) };
    const asked = await service.ask("POST /deployment/fingerprint/", fingerprintAnswer, {
      body,
      timeoutMs: Infinity,
    });
    if (!asked.ok) return unanswered(surroundings, asked);
    if (options.json === true) printJson(surroundings, asked.value);
    else for (const line of linesOf(asked.value)) print(surroundings, line);
    if (asked.value.warning !== null) tell(surroundings, `Notice: ${asked.value.warning}`);
    return DONE;
  });
}

function linesOf(found: FingerprintAnswer): readonly string[] {
  const { label, profile, distribution, kernel, initramfs, files, bytes } = found;
  return [
    label,
    `profile: ${profile}`,
    `distribution: ${distribution}`,
    `kernel: ${kernel}`,
    `initramfs: ${initramfs}`,
    `keeps: ${files} files, ${Math.ceil(bytes / (1024 * 1024))} MiB`,
  ];
}

/** The service runs in another folder; that of another host is told where it lies there. */
function wholePath({ at }: GlobalOptions, medium: string): string {
  if (medium.startsWith("/") || at.server !== undefined) return medium;
  return `${Deno.cwd()}/${medium.replace(/^(\.\/+)+/, "")}`;
}
