/**
 * Answers of many nodes as they are read: each node is told as it is when its turn comes, in slices
 * between which others are served, and no faster than the client takes them.
 */
import { utf8 } from "../base/bytes.ts";
import { membersOf, type Told } from "./attributes.ts";
import type { Answer } from "./call.ts";
import { pause } from "./pause.ts";
import { takeSlice } from "./slice.ts";

type Attributes = Iterable<Told>;

/**
 * `{...head, "databynode": [{NODE: {NAME: VALUE}}, ...], ...more}`, an entry for each attribute of
 * each node, and an empty one for a node without any.
 */
export function streamed(
  index: number,
  head: Readonly<Record<string, unknown>>,
  nodes: readonly string[],
  attributesOf: (node: string) => Attributes,
  more: Readonly<Record<string, unknown>> = {},
): Answer {
  return streamedTexts(index, head, nodes, (node) => nodeText(node, attributesOf(node)), more);
}

/** The same with an entry a node, `{NODE: VALUES}`. */
export function streamedValues(
  index: number,
  head: Readonly<Record<string, unknown>>,
  nodes: readonly string[],
  valuesOf: (node: string) => Readonly<Record<string, unknown>>,
): Answer {
  const text = (node: string): string => JSON.stringify({ [node]: valuesOf(node) });
  return streamedTexts(index, head, nodes, text, {});
}

function streamedTexts(
  index: number,
  head: Readonly<Record<string, unknown>>,
  nodes: readonly string[],
  entryOf: (node: string) => string,
  more: Readonly<Record<string, unknown>>,
): Answer {
  const texts = textOf(head, nodes, entryOf, more);
  const first = takeSlice(texts);
  if (first.isAll) return raw(index, first.text);
  let next: typeof first | undefined = first;
  const content = new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      if (next === undefined) await pause();
      const { text, isAll } = next ?? takeSlice(texts);
      next = undefined;
      controller.enqueue(utf8(text));
      if (isAll) controller.close();
    },
  }, { highWaterMark: 0 });
  return raw(index, content);
}

function raw(index: number, content: string | ReadableStream<Uint8Array>): Answer {
  return { index, body: undefined, raw: { type: "application/json", content } };
}

function* textOf(
  head: Readonly<Record<string, unknown>>,
  nodes: readonly string[],
  entryOf: (node: string) => string,
  more: Readonly<Record<string, unknown>>,
): Generator<string> {
  yield `{${membersOf(head)}${Object.keys(head).length > 0 ? "," : ""}"databynode":[`;
  let isFirst = true;
  for (const node of nodes) {
    yield (isFirst ? "" : ",") + entryOf(node);
    isFirst = false;
  }
  yield `]${Object.keys(more).length > 0 ? "," : ""}${membersOf(more)}}\n`;
}

function nodeText(node: string, attributes: Attributes): string {
  const name = JSON.stringify(node);
  let text = "";
  // Names of attributes need no escaping.
  for (const [attribute, json] of attributes) {
    text += (text === "" ? "{" : ",{") + name + ':{"' + attribute + '":' + json + "}}";
  }
  return text === "" ? `{${name}:{}}` : text;
}
