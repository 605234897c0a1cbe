/** `serve`: a member in the foreground. */
import { type GlobalOptions, misused } from "../command.ts";
import type { ExitCode } from "../exit_code.ts";
import { concluded, voiceOf } from "../running.ts";
import { type ServeFlags, serveOptions } from "../serve_options.ts";
import type { Surroundings } from "../surroundings.ts";

export async function serve(
  surroundings: Surroundings,
  options: ServeFlags & GlobalOptions,
): Promise<ExitCode> {
  const serving = await serveOptions(surroundings, options);
  if (!serving.ok) return misused(surroundings, "serve", serving.refusal.message);
  const ended = await surroundings.programs.serve(serving.value, voiceOf(surroundings));
  return concluded(surroundings, ended);
}
