/** `sim`: simulated nodes and a real collective on this machine, for people who want to try it. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { oneLine } from "../../base/one_line.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { type ExitCode, FAILED } from "../exit_code.ts";
import { onStage } from "../stage/on_stage.ts";
import { complain, print, type Surroundings, tell } from "../surroundings.ts";
import { ActionRecord } from "./action_record.ts";
import { Fleet } from "./fleet.ts";
import { enoughFiles, readPlan, type SimPlan } from "./sim_plan.ts";
import type { RecordedAction } from "./simulated_bmc.ts";
import { Simulation } from "./simulation.ts";

export interface SimOptions {
  readonly silent?: string;
  readonly record?: string;
}

export async function sim(
  surroundings: Surroundings,
  options: SimOptions & GlobalOptions,
  count: string,
): Promise<ExitCode> {
  const plan = readPlan(count, options.silent);
  if (!plan.ok) return misused(surroundings, "sim", plan.refusal.message);
  const record = options.record === undefined ? ok(undefined) : ActionRecord.open(options.record);
  if (!record.ok) return fail(surroundings, record.refusal.message);
  using file = record.value;
  let simulation: Simulation | undefined;
  const fleet = await startFleet(plan.value, (action) => simulation?.hear(action));
  if (!fleet.ok) return fail(surroundings, fleet.refusal.message);
  const isJson = options.json === true;
  const say = (line: string): void => (isJson ? tell : print)(surroundings, line);
  try {
    return await onStage(surroundings, "sim", say, async (stage, interrupted) => {
      const on = { stage, fleet: fleet.value, record: file, isJson, say };
      simulation = new Simulation(surroundings, plan.value, on);
      return await simulation.run(interrupted);
    });
  } finally {
    // Afterwards: members that stop log out of the controllers.
    fleet.value.close();
  }
}

function fail(surroundings: Surroundings, message: string): ExitCode {
  complain(surroundings, message);
  return FAILED;
}

async function startFleet(
  plan: SimPlan,
  record: (action: RecordedAction) => void,
): Promise<Outcome<Fleet>> {
  try {
    const enough = enoughFiles(plan, await Deno.readTextFile("/proc/self/limits"));
    if (!enough.ok) return enough;
    const fleet = await Fleet.start({ count: plan.count, record });
    for (const { bmc } of fleet.all.slice(plan.count - plan.silent)) {
      bmc.fault = { fault: "silent" };
    }
    return ok(fleet);
  } catch (error) {
    return refused("unavailable", `cannot start simulated controllers: ${oneLine(error)}`);
  }
}
