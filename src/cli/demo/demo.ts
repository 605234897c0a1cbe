import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import type { Surroundings } from "../surroundings.ts";
export function demo(_: Surroundings, __: GlobalOptions): Promise<ExitCode> {
  return Promise.resolve(DONE);
}
