/** `nodedefine`: nodes of a range, or of a table, made in one write. */
import { APPLY_STAGE_MS } from "../../base/limits.ts";
import { type CreatedMany, createdMany, type ExistingPolicy } from "../../wire/http.ts";
import { readAssignments } from "../assignments.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { readGivenFile } from "../given_file.ts";
import { type InventoryTable, readInventory } from "../inventory_table.ts";
import type { Asked, AskOptions, ServiceClient } from "../service_client.ts";
import { complain, printJson, type Surroundings, warn } from "../surroundings.ts";
import { unanswered, unansweredAsItIs, withService } from "../with_service.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

/** To send a table, and to have it applied. */
const TABLE_MS = 2 * APPLY_STAGE_MS;

export interface NodedefineOptions extends DryRunOption {
  readonly file?: string;
  readonly existing?: ExistingPolicy;
}

export async function nodedefine(
  surroundings: Surroundings,
  options: NodedefineOptions & GlobalOptions,
  range: string | undefined,
  words: readonly string[],
): Promise<ExitCode> {
  const wrong = (message: string): ExitCode => misused(surroundings, "nodedefine", message);
  if (options.file !== undefined) {
    if (range !== undefined) return wrong("nodes come from --file or from a noderange, not both");
    return await defineTable(surroundings, options, options.file);
  }
  if (range === undefined) return wrong("wanted a noderange, or a table with --file");
  if (options.existing !== undefined) return wrong("--existing is for nodes of a table (--file)");
  const changes = readAssignments(words);
  if (!changes.ok) return wrong(changes.refusal.message);
  if (changes.value.has("name")) return wrong("name is no attribute: names come from the range");
  const asking = { body: { ...Object.fromEntries(changes.value), name: range } };
  return await withService(surroundings, options, async (service) => {
    const route = "POST /noderange/";
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, asking);
    }
    const asked = await service.ask(route, createdMany, asking);
    if (!asked.ok) return unansweredAsItIs(surroundings, asked);
    return show(surroundings, options, asked.value);
  });
}

async function defineTable(
  surroundings: Surroundings,
  options: NodedefineOptions & GlobalOptions,
  path: string,
): Promise<ExitCode> {
  const text = await readGivenFile(surroundings, path);
  const table = text.ok ? readInventory(text.value) : text;
  if (!table.ok) {
    const { message } = table.refusal;
    complain(surroundings, text.ok ? `cannot use table ${path}: ${message}` : message);
    return FAILED;
  }
  return await withService(surroundings, options, async (service) => {
    if (options.dryRun === true) {
      const asking = askingFor(table.value, options.existing);
      const reword = (message: string): string => withLine(message, path, table.value);
      return await tellDryRun(surroundings, options, service, "POST /nodes/", asking, reword);
    }
    const asked = await loadTable(service, path, table.value, options.existing);
    if (!asked.ok) return unanswered(surroundings, asked);
    return show(surroundings, options, asked.value);
  });
}

/** Makes the nodes of a table in one write. A refusal names the line of the table it is about. */
export async function loadTable(
  service: ServiceClient,
  path: string,
  table: InventoryTable,
  existing?: ExistingPolicy,
): Promise<Asked<CreatedMany>> {
  const asked = await service.ask("POST /nodes/", createdMany, askingFor(table, existing));
  if (asked.ok || asked.failure === undefined) return asked;
  return { ...asked, message: withLine(asked.message, path, table) };
}

/** A refusal of a node in the list names its line in the table. */
function withLine(message: string, path: string, table: InventoryTable): string {
  return message.replace(
    /^(?:Bad Request - )?nodes\[(\d+)\]/,
    (_, i) => `${path}, line ${table.lines[Number(i)]}`,
  );
}

function askingFor(table: InventoryTable, existing: ExistingPolicy = "refuse"): AskOptions {
  return { lines: table.nodes, query: { existing }, timeoutMs: TABLE_MS };
}

function show(
  surroundings: Surroundings,
  options: GlobalOptions,
  answer: CreatedMany,
): ExitCode {
  const { created, updated = [], skipped = [], _warnings = [] } = answer;
  for (const warning of _warnings) warn(surroundings, warning);
  if (options.json === true) {
    printJson(surroundings, answer);
    return DONE;
  }
  const line = (what: string) => (name: string): string => `${name}: ${what}\n`;
  const lines = [
    ...created.map(line("created")),
    ...updated.map(line("updated")),
    ...skipped.map(line("skipped")),
  ];
  if (lines.length > 0) surroundings.stdout.write(lines.join(""));
  return DONE;
}
