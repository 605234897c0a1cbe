/** `demo`: three real members on this machine, what happens to them, and a place to try things. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode, FAILED, INTERRUPTED } from "../exit_code.ts";
import { readGivenFile } from "../given_file.ts";
import { type InventoryTable, readInventory } from "../inventory_table.ts";
import { complain, print, type Surroundings } from "../surroundings.ts";
import { onStage, showLogs, strong, whereItIs } from "../stage/on_stage.ts";
import type { Stage } from "../stage/stage.ts";
import { madeUpCluster } from "./made_up_cluster.ts";
import { Story } from "./story.ts";

export interface DemoOptions {
  readonly inventory?: string;
  readonly once?: boolean;
}

export async function demo(
  surroundings: Surroundings,
  options: DemoOptions & GlobalOptions,
): Promise<ExitCode> {
  const path = options.inventory ?? "the made-up cluster";
  const table = await tableOf(surroundings, options.inventory);
  if (!table.ok) {
    complain(surroundings, table.refusal.message);
    return FAILED;
  }
  const say = (line: string): void => print(surroundings, line);
  return await onStage(surroundings, "demo", say, async (stage, interrupted) => {
    const story = new Story(stage, table.value, path);
    const exit = await play(surroundings, stage, story, interrupted);
    if (exit !== DONE || options.once === true) return exit;
    invite(surroundings, stage, story);
    await interrupted;
    return DONE;
  });
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

function invite(surroundings: Surroundings, stage: Stage, story: Story): void {
  const say = (line: string): void => print(surroundings, line);
  const confluent = surroundings.ownCommand.join(" ");
  const [first, , last] = story.actors;
  if (first === undefined || last === undefined) return;
  say("");
  for (const line of story.actors.flatMap(whereItIs)) say(line);
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
