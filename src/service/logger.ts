/** What a service tells its administrator: one line each on stderr, for people or for machines. */
import { spelledOutControls } from "../base/one_line.ts";
import type { LogLevel } from "./programs.ts";

export interface Logger {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Text lines carry no time: the journal has it. JSON lines do. Secrets are never passed here. What
 * others said, a file's name say, neither begins a line of its own nor steers a terminal. */
export function createLogger(
  level: LogLevel,
  format: "text" | "json",
  write: (line: string) => void,
): Logger {
  const log = (of: LogLevel): (line: string) => void => {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return () => {};
    const prefix = of === "info" ? "" : `${of}: `;
    if (format === "text") return (line) => write(prefix + spelledOutControls(line));
    return (line) =>
      write(JSON.stringify({ time: new Date().toISOString(), level: of, message: line }));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}
