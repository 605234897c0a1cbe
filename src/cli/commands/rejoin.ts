/** `collective rejoin`: back after a lost disk. */
import { type GlobalOptions, misused } from "../command.ts";
import type { ExitCode } from "../exit_code.ts";
import { concluded, voiceOf } from "../running.ts";
import { type ServeFlags, serveOptions } from "../serve_options.ts";
import type { Surroundings } from "../surroundings.ts";

export interface RejoinFlags extends ServeFlags {
  /** False after --no-serve. */
  readonly serve: boolean;
}

export async function rejoin(
  surroundings: Surroundings,
  options: RejoinFlags & GlobalOptions,
): Promise<ExitCode> {
  const serving = await serveOptions(surroundings, options);
  if (!serving.ok) return misused(surroundings, "collective rejoin", serving.refusal.message);
  const voice = voiceOf(surroundings);
  const ended = await surroundings.programs.rejoin(serving.value, !options.serve, voice);
  return concluded(surroundings, ended);
}
