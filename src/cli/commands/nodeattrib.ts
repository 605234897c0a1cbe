/** `nodeattrib`: attributes of nodes shown, set or cleared; a change is one write. */
import { hasWildcard } from "../../model/wildcard.ts";
import type { AttributeOutput } from "../../wire/http.ts";
import type { Assignments } from "../assignments.ts";
import { type ChangeOptions, changesAsked } from "../attribute_changes.ts";
import { attributeMatcher } from "../../model/catalogue/attribute_match.ts";
import { AttributePrinter } from "../attribute_printer.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import { Gathering, type NodeAttributes, valueText } from "../node_attributes.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { complain, type Surroundings, warn } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";
import { confirmedSize } from "./confirmed_size.ts";
import { DATA_BY_NODE, showAttributes, shownOf } from "./show_attributes.ts";
import { type DryRunOption, tellDryRun } from "./tell_dry_run.ts";

export interface NodeattribOptions extends ChangeOptions, DryRunOption {
  readonly blame?: boolean;
  readonly maxnodes?: number;
}

type Options = NodeattribOptions & GlobalOptions;

export async function nodeattrib(
  surroundings: Surroundings,
  options: Options,
  range: string,
  words: readonly string[],
): Promise<ExitCode> {
  const asked = await changesAsked(surroundings, options, words);
  if (!asked.ok) return misused(surroundings, "nodeattrib", asked.refusal.message);
  const changes = asked.value;
  if (changes === undefined && options.dryRun === true) {
    return misused(surroundings, "nodeattrib", "--dry-run is for attributes that are set");
  }
  return await withService(surroundings, options, async (service) => {
    if (changes === undefined) {
      const show = shownOf(words, options.blame);
      return await showAttributes(surroundings, options, service, range, show);
    }
    const does = "changes attributes of";
    const size = await confirmedSize(surroundings, options, service, range, does);
    return size === DONE ? await change(surroundings, options, service, range, changes) : size;
  });
}

async function change(
  surroundings: Surroundings,
  options: Options,
  service: ServiceClient,
  range: string,
  changes: Assignments,
): Promise<ExitCode> {
  const route = `PUT /noderange/${inPath(range)}/attributes/current`;
  const body = Object.fromEntries(changes);
  if (options.dryRun === true) {
    return await tellDryRun(surroundings, options, service, route, { body });
  }
  // With a wildcard only the whole of a node tells what became of it.
  const isMinimal = ![...changes.keys()].some(hasWildcard);
  const headers: Record<string, string> = isMinimal ? { Prefer: "return=minimal" } : {};
  const telling = tellingOf(surroundings, options, changes);
  const gathering = new Gathering((node) => telling.take(node));
  const asked = await service.list(route, DATA_BY_NODE, { body, headers }, (parts) => {
    gathering.take(parts);
    return telling.flush();
  });
  if (!asked.ok) return unanswered(surroundings, asked);
  if (asked.value === undefined) return DONE;
  gathering.end();
  const exit = telling.end();
  for (const warning of asked.value._warnings ?? []) warn(surroundings, warning);
  return exit;
}

/** What tells of a change: the values as JSON, those that were set, or, after a clear, nothing. */
function tellingOf(
  surroundings: Surroundings,
  { json, clear }: Options,
  changes: Assignments,
): Pick<AttributePrinter, "take" | "flush" | "end"> {
  if (json === true) return new AttributePrinter(surroundings, { json, blame: false });
  return new SetPrinter(surroundings, clear === true ? [] : [...changes.keys()]);
}

/** `n1: VALUE` for each node, attribute by attribute, in the order in which they were typed. */
class SetPrinter {
  readonly #surroundings: Surroundings;
  readonly #attributes: { matches: (name: string) => boolean; isFirst: boolean; text: string }[];
  #hasFailed = false;

  constructor(surroundings: Surroundings, names: readonly string[]) {
    this.#surroundings = surroundings;
    this.#attributes = names.map((name, i) => {
      return { matches: attributeMatcher(name), isFirst: i === 0, text: "" };
    });
  }

  take({ node, attributes, error }: NodeAttributes): void {
    if (error !== undefined) {
      this.#hasFailed = true;
      complain(this.#surroundings, `${node}: ${error}`);
    }
    for (const attribute of this.#attributes) {
      for (const [name, value] of attributes) {
        if (attribute.matches(name)) {
          attribute.text += `${node}: ${setText(value)}`.trimEnd() + "\n";
        }
      }
    }
  }

  /** The first attribute goes out as it comes; the others wait until it is told of all nodes. */
  flush(): boolean {
    const { stdout } = this.#surroundings;
    for (const attribute of this.#attributes) {
      if (!attribute.isFirst || attribute.text === "") continue;
      stdout.write(attribute.text);
      attribute.text = "";
    }
    return !stdout.isClosed;
  }

  end(): ExitCode {
    const text = this.#attributes.map((attribute) => attribute.text).join("");
    if (text !== "") this.#surroundings.stdout.write(text);
    return this.#hasFailed ? FAILED : DONE;
  }
}

/** A list is told as the original tells it. */
function setText(value: AttributeOutput): string {
  if (!Array.isArray(value)) return valueText(value);
  return `[${value.map((part) => `'${part}'`).join(", ")}]`;
}
