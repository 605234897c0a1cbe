/** `demo`: three real members on this machine, what happens to them, and a place to try things. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode, FAILED, INTERRUPTED } from "../exit_code.ts";
import { readGivenFile } from "../given_file.ts";
import { type InventoryTable, readInventory } from "../inventory_table.ts";
import { complain, print, type Surroundings } from "../surroundings.ts";
import { madeUpCluster } from "./made_up_cluster.ts";
import { Stage } from "./stage.ts";
import { Story } from "./story.ts";

export interface DemoOptions {
  readonly inventory?: string;
  readonly once?: boolean;
}

const LOG_LINES_SHOWN = 12;

export async function demo(
  surroundings: Surroundings,
  options: DemoOptions & GlobalOptions,
): Promise<ExitCode> {
  const path = options.inventory ?? "the made-up cluster";
  const table = await tableOf(surroundings, options.inventory);
  const opened = table.ok
    ? await Stage.open(surroundings.ownCommand, surroundings.env("TMPDIR"))
    : table;
  if (!table.ok || !opened.ok) {
    if (!opened.ok) complain(surroundings, opened.refusal.message);
    return FAILED;
  }
  const interrupted = Promise.withResolvers<"interrupted">();
  const unhear = surroundings.onInterrupt(() => interrupted.resolve("interrupted"));
  const stage = opened.value;
  const story = new Story(stage, table.value, path);
  try {
    const exit = await play(surroundings, stage, story, interrupted.promise);
    if (exit !== DONE || options.once === true) return exit;
    invite(surroundings, stage, story);
    await interrupted.promise;
    return DONE;
  } finally {
    await stage.close();
    print(surroundings, `Stopped; ${stage.folder} is removed.`);
    unhear();
  }
}

async function tableOf(
  surroundings: Surroundings,
  path: string | undefined,
): Promise<Outcome<InventoryTable>> {
  if (path === undefined) return ok(madeUpCluster());
  const text = await readGivenFile(surroundings, path);
  const table = text.ok ? readInventory(text.value) : text;
  if (table.ok || !text.ok) return table;
  return refused("invalid", `cannot use table ${path}: ${table.refusal.message}`);
}

async function play(
  surroundings: Surroundings,
  stage: Stage,
  story: Story,
  interrupted: Promise<"interrupted">,
): Promise<ExitCode> {
  const began = performance.now();
  const { steps } = story;
  print(surroundings, `Three members on this machine, in ${stage.folder}`);
  for (const [i, { title, run }] of steps.entries()) {
    print(surroundings, strong(surroundings, `${i + 1}/${steps.length} ${title}`));
    const outcome = await Promise.race([run(), interrupted]);
    if (outcome === "interrupted") {
      print(surroundings, `Interrupted in step ${i + 1}.`);
      return INTERRUPTED;
    }
    if (!outcome.ok) {
      complain(surroundings, `step ${i + 1} did not come true: ${outcome.refusal.message}`);
      showLogs(surroundings, stage);
      return FAILED;
    }
    for (const line of outcome.value) print(surroundings, `    ${line}`);
  }
  const took = ((performance.now() - began) / 1000).toFixed(1);
  print(surroundings, strong(surroundings, `All ${steps.length} steps came true, in ${took} s.`));
  return DONE;
}

/** What each process said last: their files are removed with the rest. */
function showLogs(surroundings: Surroundings, stage: Stage): void {
  for (const process of stage.processes) {
    const state = process.ended === undefined ? "runs" : `ended: ${process.ended}`;
    const lines = process.lastLines(LOG_LINES_SHOWN);
    complain(surroundings, `${process.name} (${state}), the end of its log ${process.logFile}:`);
    for (const line of lines.length === 0 ? ["(nothing)"] : lines) {
      surroundings.stderr.write(`    ${line}\n`);
    }
  }
}

function invite(surroundings: Surroundings, stage: Stage, story: Story): void {
  const say = (line: string): void => print(surroundings, line);
  const confluent = surroundings.ownCommand.join(" ");
  const [first, , last] = story.actors;
  if (first === undefined || last === undefined) return;
  say("");
  for (const { name, process, ready } of story.actors) {
    say(`${name}: pid ${process.pid}  socket ${ready.socket}  api http://${ready.api}`);
    say(`    peers ${ready.peer}  log ${process.logFile}`);
  }
  say("");
  say("Try in another shell:");
  say(`    export CONFLUENT_SOCKET=${first.ready.socket}`);
  say(`    ${confluent} collective show -v`);
  say(`    ${confluent} nodelist`);
  say(`    ${confluent} nodeattrib ${story.node} info.note=hello`);
  say(`    ${confluent} --socket ${last.ready.socket} nodeattrib ${story.node}`);
  say(`    kill -9 ${first.process.pid}`);
  say(`    curl -H "Authorization: Bearer $(cat ${stage.folder}/${last.name}/token)" \\`);
  say(`        http://${last.ready.api}/collective/`);
  say("");
  say(strong(surroundings, "Ctrl-C stops them and removes all of it."));
}

function strong({ stdout, env }: Surroundings, text: string): string {
  return stdout.isTerminal && !env("NO_COLOR") ? `\x1b[1m${text}\x1b[0m` : text;
}
