/** The name this program was called by: decision 0011 says how each kind of executable tells it. */

/**
 * The last part of the path this process was called by: `nodelist` where a symbolic link of that
 * name was. A launcher that executes the runtime hands the name on in CONFLUENT_ARGV0.
 */
export function calledAs(
  env: (name: string) => string | undefined,
  readText: (path: string) => string,
): string {
  const path = env("CONFLUENT_ARGV0") ?? firstArgument(readText);
  return path.replace(/\/+$/, "").replace(/^.*\//, "");
}

function firstArgument(readText: (path: string) => string): string {
  try {
    return readText("/proc/self/cmdline").split("\0")[0] ?? "";
  } catch {
    return ""; // a system without /proc: then every command must be named
  }
}
