/** What plays on a stage, from its folder's making to its removal, and what is told of members. */
import { type ExitCode, FAILED } from "../exit_code.ts";
import { complain, type Surroundings } from "../surroundings.ts";
import { type Actor, type Play, Stage } from "./stage.ts";

const LOG_LINES_SHOWN = 12;

/** However it ends, afterwards no process is left and the folder is gone. */
export async function onStage(
  surroundings: Surroundings,
  play: Play,
  say: (line: string) => void,
  run: (stage: Stage, interrupted: Promise<"interrupted">) => Promise<ExitCode>,
): Promise<ExitCode> {
  const opened = await Stage.open(play, surroundings.ownCommand, surroundings.env("TMPDIR"));
  if (!opened.ok) {
    complain(surroundings, opened.refusal.message);
    return FAILED;
  }
  const stage = opened.value;
  const interrupted = Promise.withResolvers<"interrupted">();
  const unhear = surroundings.onInterrupt(() => interrupted.resolve("interrupted"));
  try {
    return await run(stage, interrupted.promise);
  } finally {
    await stage.close();
    say(`Stopped; ${stage.folder} is removed.`);
    unhear();
  }
}

/** What each process said last: their files are removed with the rest. */
export function showLogs(surroundings: Surroundings, stage: Stage): void {
  for (const process of stage.processes) {
    const state = process.ended === undefined ? "runs" : `ended: ${process.ended}`;
    const lines = process.lastLines(LOG_LINES_SHOWN);
    complain(surroundings, `${process.name} (${state}), the end of its log ${process.logFile}:`);
    for (const line of lines.length === 0 ? ["(nothing)"] : lines) {
      surroundings.stderr.write(`    ${line}\n`);
    }
  }
}

/** How a member is found by who wants to try things. */
export function whereItIs({ name, process, ready }: Actor): string[] {
  return [
    `${name}: pid ${process.pid}  socket ${ready.socket}  api http://${ready.api}`,
    `    peers ${ready.peer}  log ${process.logFile}`,
  ];
}

export function strong({ stdout, env }: Surroundings, text: string): string {
  return stdout.isTerminal && !env("NO_COLOR") ? `\x1b[1m${text}\x1b[0m` : text;
}
