/** Results of many nodes, sent as they come: as one JSON object, or a line each. */
import { utf8 } from "../base/bytes.ts";
import { MAX_RESULTS_WAITING_BYTES } from "../base/limits.ts";
import type { NodeResult } from "../model/node_command.ts";

/** How results are written one after another. */
export interface ResultForm {
  readonly type: string;
  readonly head: string;
  readonly between: string;
  readonly tail: string;
}

const AS_OBJECT: ResultForm = {
  type: "application/json",
  head: '{"databynode":[',
  between: ",",
  tail: "]}\n",
};
const AS_LINES: ResultForm = {
  type: "application/x-ndjson",
  head: "",
  between: "\n",
  tail: "",
};

/** Lines where they were asked for. */
export function formFor({ headers }: Request): ResultForm {
  return headers.get("accept")?.includes(AS_LINES.type) ? AS_LINES : AS_OBJECT;
}

/** A proxy, or this server, that gathered or compressed them would hold results back. */
export const NOT_GATHERED = {
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

export function resultText(result: NodeResult): string {
  const { node, ...told } = result;
  return JSON.stringify({ [node]: "values" in told ? told.values : told });
}

/**
 * `run` tells results until it resolves; its signal is aborted where the client goes away, or does
 * not take what there is.
 */
export function resultStream(
  { head, between, tail }: ResultForm,
  run: (tell: (result: NodeResult) => void, signal: AbortSignal) => Promise<void>,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  let waiting = head;
  let isFirst = true, isOver = false;
  let wake = (): void => {};
  const add = (text: string): void => {
    waiting += text;
    if (waiting.length > MAX_RESULTS_WAITING_BYTES) stop.abort();
    wake();
  };
  // An object's elements have something between them, every line an end.
  const tell = (result: NodeResult): void => {
    const text = resultText(result);
    if (between === "\n") add(`${text}\n`);
    else add(isFirst ? text : between + text);
    isFirst = false;
  };
  const running = run(tell, stop.signal).finally(() => {
    isOver = true;
    add(tail);
  });
  return new ReadableStream({
    async pull(controller): Promise<void> {
      while (waiting === "" && !isOver) await new Promise<void>((resolve) => wake = resolve);
      if (stop.signal.aborted) return controller.error(new Error("results were not taken"));
      if (isOver) await running; // what nobody foresaw breaks the answer off
      if (waiting !== "") controller.enqueue(utf8(waiting));
      else controller.close();
      waiting = "";
    },
    cancel: () => stop.abort(),
  }, { highWaterMark: 0 });
}
