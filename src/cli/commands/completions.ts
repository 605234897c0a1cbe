/** `completions`: a script by which a shell completes commands. */
import type { GlobalOptions } from "../command.ts";
import { bashCompletions } from "../completions/bash.ts";
import { fishCompletions } from "../completions/fish.ts";
import { outlineOf } from "../completions/outline.ts";
import { zshCompletions } from "../completions/zsh.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import type { Surroundings } from "../surroundings.ts";

const SCRIPTS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };

export function completions(
  { stdout }: Surroundings,
  { program }: GlobalOptions,
  shell: keyof typeof SCRIPTS,
): Promise<ExitCode> {
  stdout.write(SCRIPTS[shell](outlineOf(program)));
  return Promise.resolve(DONE);
}
