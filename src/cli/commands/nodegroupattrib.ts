/** `nodegroupattrib`: what nodes of a group inherit, and who is in it: shown, set or cleared. */
import { GROUP_CATALOGUE } from "../../model/attribute.ts";
import { groupAttributesAnswer } from "../../wire/http.ts";
import { type ChangeOptions, changesAsked } from "../attribute_changes.ts";
import { AttributePrinter } from "../attribute_printer.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { Choice, isAttribute, type NodeAttributes } from "../node_attributes.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { type Surroundings, warn } from "../surroundings.ts";
import { readQuery, unanswered, unread, warnOfAge, withService } from "../with_service.ts";
import { type Show, shownOf } from "./show_attributes.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export interface NodegroupattribOptions extends ChangeOptions, DryRunOption {
  readonly blame?: boolean;
}

type Options = NodegroupattribOptions & GlobalOptions;

export async function nodegroupattrib(
  surroundings: Surroundings,
  options: Options,
  group: string,
  words: readonly string[],
): Promise<ExitCode> {
  const asked = await changesAsked(surroundings, options, words);
  if (!asked.ok) return misused(surroundings, "nodegroupattrib", asked.refusal.message);
  const changes = asked.value;
  if (changes === undefined && options.dryRun === true) {
    return misused(surroundings, "nodegroupattrib", "--dry-run is for attributes that are set");
  }
  return await withService(surroundings, options, async (service) => {
    if (changes === undefined) {
      return await show(surroundings, options, service, group, shownOf(words, options.blame));
    }
    const route = `PUT /nodegroups/${inPath(group)}/attributes/current`;
    const asking = { body: Object.fromEntries(changes) };
    if (options.dryRun === true) {
      return await tellDryRun(surroundings, options, service, route, asking);
    }
    const asked = await service.ask(route, groupAttributesAnswer, asking);
    if (!asked.ok) return unanswered(surroundings, asked);
    for (const warning of asked.value._warnings ?? []) warn(surroundings, warning);
    if (options.json === true) print(surroundings, options, attributesOf(group, asked.value));
    return DONE;
  });
}

async function show(
  surroundings: Surroundings,
  options: Options,
  service: ServiceClient,
  group: string,
  { element, words }: Show,
): Promise<ExitCode> {
  const told = words.length > 0 ? "current" : element;
  const asked = await service.ask(
    `GET /nodegroups/${inPath(group)}/attributes/${told}`,
    groupAttributesAnswer,
    { query: readQuery(options) },
  );
  if (!asked.ok) return unread(surroundings, options, asked);
  const choice = words.length > 0 ? new Choice(words, GROUP_CATALOGUE) : undefined;
  const all = attributesOf(group, asked.value);
  const exit = print(surroundings, options, choice?.of(all) ?? all, choice);
  warnOfAge(surroundings, asked);
  return exit;
}

/** What stands beside links and the like in the answer. */
function attributesOf(group: string, answer: Readonly<Record<string, unknown>>): NodeAttributes {
  const attributes = new Map(
    Object.entries(answer).flatMap(([name, value]) =>
      name.startsWith("_") || !isAttribute(value) ? [] : [[name, value] as const]
    ),
  );
  return { node: group, attributes };
}

function print(
  surroundings: Surroundings,
  { json, blame }: Options,
  attributes: NodeAttributes,
  choice?: Choice,
): ExitCode {
  const printer = new AttributePrinter(surroundings, {
    json: json === true,
    blame: blame === true,
  });
  printer.take(attributes);
  return printer.end(choice?.complaints);
}
