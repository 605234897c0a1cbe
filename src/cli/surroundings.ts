/**
 * What the command line stands on: streams, environment, programs. Everything is handed in, so
 * that tests run the same commands as a terminal does.
 */
import { oneLine } from "../base/one_line.ts";
import type { Programs } from "../service/programs.ts";
import type { VersionAnswer } from "../wire/http.ts";

export interface Output {
  readonly isTerminal: boolean;
  /** Whether nobody reads it any more. */
  readonly isClosed: boolean;
  write(text: string): void;
}

export interface Input {
  readonly isTerminal: boolean;
  /** All that comes until the end. */
  text(): Promise<string>;
  /** One line typed by a person after the prompt; undefined where there is no more. */
  ask(prompt: string): Promise<string | undefined>;
  /** The same, and what is typed is not shown. */
  askSecretly(prompt: string): Promise<string | undefined>;
}

export interface Surroundings {
  /** Data. */
  readonly stdout: Output;
  /** Words. */
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: (name: string) => string | undefined;
  readonly programs: Programs;
  readonly version: VersionAnswer;
  /** Where the options of `serve` may stand as well: /etc/confluent/service.yaml. */
  readonly serviceFile: string;
  /** How to run this very program again: its file, and what must stand before its arguments. */
  readonly ownCommand: readonly string[];
  /** Calls back when the user wants an end (Ctrl-C, SIGTERM). What is returned stops listening. */
  readonly onInterrupt: (call: () => void) => () => void;
}

/** Data that could not be written, where somebody waits for it: on a full disk, say. */
export class OutputFailed extends Error {
  override readonly name = "OutputFailed";
}

/** The same output, of which whatever fails is an {@link OutputFailed}. */
export function tellingFailures(output: Output): Output {
  return {
    isTerminal: output.isTerminal,
    get isClosed(): boolean {
      return output.isClosed;
    },
    write(text: string): void {
      try {
        output.write(text);
      } catch (error) {
        throw new OutputFailed(`cannot write the output: ${oneLine(error)}`);
      }
    },
  };
}

/** A line of data. */
export function print({ stdout }: Surroundings, line: string): void {
  stdout.write(`${line}\n`);
}

export function printJson(surroundings: Surroundings, value: unknown): void {
  print(surroundings, JSON.stringify(value, undefined, 2));
}

/** A line of words. */
export function tell({ stderr }: Surroundings, line: string): void {
  stderr.write(`${line}\n`);
}

export function warn(surroundings: Surroundings, line: string): void {
  tell(surroundings, `Warning: ${line}`);
}

/** Behind a message: the members whose silence is the cause, where there are such. */
export function silentText(missing: readonly string[] = []): string {
  return missing.length === 0 ? "" : ` (no answer from ${missing.join(", ")})`;
}

/** Why something was not done: action, value, what would be right. */
export function complain(surroundings: Surroundings, line: string): void {
  tell(surroundings, `Error: ${line}`);
}
