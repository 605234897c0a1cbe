/** Attributes of the nodes of a range, printed: what `nodelist` and `nodeattrib` have in common. */
import { dataByNode } from "../../wire/http.ts";
import { AttributePrinter } from "../attribute_printer.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { Choice, Gathering, isPart } from "../node_attributes.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { readQuery, unread, warnOfAge } from "../with_service.ts";

export interface Show {
  readonly blame: boolean;
  /** What is set, or every attribute there is. */
  readonly element: "all" | "current";
  /** Only what these ask for; none asks for everything. */
  readonly words: readonly string[];
}

/** What `words` ask for: the `element` they begin with, and the attributes that follow. */
export function shownOf(words: readonly string[], blame: boolean | undefined): Show {
  const [first] = words;
  const isElement = first === "all" || first === "current";
  return {
    blame: blame === true,
    element: words.length === 0 || first === "current" ? "current" : "all",
    words: isElement ? words.slice(1) : words,
  };
}

/** What an answer of many nodes is. */
export const DATA_BY_NODE = { key: "databynode", isElement: isPart, schema: dataByNode } as const;

export async function showAttributes(
  surroundings: Surroundings,
  options: GlobalOptions,
  service: ServiceClient,
  range: string,
  { blame, element, words }: Show,
): Promise<ExitCode> {
  const told = words.length > 0 ? "current" : element;
  const wanted = words.length > 0 ? { attributes: words.join() } : {};
  const choice = words.length > 0 ? new Choice(words) : undefined;
  const printer = new AttributePrinter(surroundings, { blame, json: options.json === true });
  const gathering = new Gathering((node) => printer.take(choice?.of(node) ?? node));
  const asked = await service.list(
    `GET /noderange/${inPath(range)}/attributes/${told}`,
    DATA_BY_NODE,
    { query: { ...readQuery(options), ...wanted } },
    (parts) => {
      gathering.take(parts);
      return printer.flush();
    },
  );
  if (!asked.ok) return unread(surroundings, options, asked);
  if (asked.value === undefined) return DONE; // whoever read it has seen enough
  gathering.end();
  const exit = printer.end(choice?.complaints);
  warnOfAge(surroundings, asked);
  return exit;
}
