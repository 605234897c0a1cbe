/** `version`: what this program is. */
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { print, printJson, type Surroundings } from "../surroundings.ts";

export function version(surroundings: Surroundings, options: GlobalOptions): Promise<ExitCode> {
  const { version, features, deno, build, support } = surroundings.version;
  if (options.json === true) {
    printJson(surroundings, surroundings.version);
  } else {
    print(surroundings, `confluent ${version}`);
    print(surroundings, `features: ${features.length === 0 ? "none" : features.join(", ")}`);
    print(surroundings, `protocol ${support.fewest} to ${support.most}`);
    print(surroundings, `feature level ${support.level}`);
    print(surroundings, `Deno ${deno}`);
    print(surroundings, `build ${build}`);
  }
  return Promise.resolve(DONE);
}
