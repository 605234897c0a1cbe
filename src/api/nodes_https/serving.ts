/** From a request of a node to its answer: boot files, the API, what nodes ask for themselves. */
import type { IncomingMessage, ServerResponse } from "node:http";

import { oneLine } from "../../base/one_line.ts";
import type { HttpsOrder } from "../../service/boot/boot_ports.ts";
import { fileRequestOf, targetWithin } from "../../wire/file_request.ts";
import { answerBoot, type BootAnswer, refusalAnswer, wrongAnswer } from "../boot/answering.ts";
import type { SelfRequest } from "../self/self_request.ts";
import { fieldsOf, requestOf, restOf, type Unfit, urlOf } from "./asking.ts";
import type { NodeConnection } from "./connection.ts";
import type { Doors } from "./doors.ts";
import { sendBootAnswer, sendResponse } from "./sending.ts";

const PUBLIC = /^\/+confluent-public(?:[/?]|$)/;
const API = /^\/confluent-api(\/.*)?$/s;
const SELF = /^\/confluent-api\/self(?:\/|$)/;
const TCP = { via: "tcp" } as const;

/** What is counted of requests. */
export interface RequestCounts {
  readonly answers: Map<number, number>;
  aborted: number;
}

export class NodeRequests {
  readonly #order: HttpsOrder;
  readonly #doors: Doors;
  readonly #counts: RequestCounts;

  constructor(order: HttpsOrder, doors: Doors, counts: RequestCounts) {
    this.#order = order;
    this.#doors = doors;
    this.#counts = counts;
  }

  /** The connection ends after it where not all of it was read, or not all of the answer sent. */
  async serve(
    message: IncomingMessage,
    response: ServerResponse,
    peer: SelfRequest["peer"],
    connection: NodeConnection,
  ): Promise<void> {
    response.on("error", () => {}); // told by the promise of whoever writes
    try {
      await (PUBLIC.test(targetWithin(message.url ?? "", "https") ?? "")
        ? this.#serveFile(message, response, peer.address, connection)
        : this.#serveApi(message, response, peer, connection));
    } catch (error) {
      this.#counts.aborted++;
      if (!response.headersSent && !response.destroyed) {
        this.#order.tell(`${message.method} ${message.url}: ${oneLine(error)}`);
      }
      connection.endsAfterThis();
      response.destroy();
    }
  }

  async #serveFile(
    message: IncomingMessage,
    response: ServerResponse,
    address: string,
    connection: NodeConnection,
  ): Promise<void> {
    const { clock, content, compute, done } = this.#order;
    const fromMs = clock.now().monoMs;
    const { method = "", url = "", httpVersion } = message, scheme = "https";
    const lines = fieldsOf(message).map(([name, value]) => `${name}: ${value}`);
    const isOldVersion = httpVersion === "1.0";
    const parsed = fileRequestOf({ method, target: url, scheme, isOldVersion, lines });
    connection.goesOn();
    const isWrong = parsed.wrong !== undefined;
    const answer = isWrong
      ? wrongAnswer(parsed.wrong)
      : await answerBoot(parsed.request, address, content, compute);
    if (isWrong) connection.endsAfterThis();
    const { status } = answer, isHead = method === "HEAD";
    const path = isWrong ? url : parsed.request.path;
    try {
      const bytes = await this.#sendFile(response, answer, isHead, connection);
      const tookMs = clock.now().monoMs - fromMs;
      done({ address, path, status, bytes, tookMs, aborted: false });
    } catch (error) {
      const tookMs = clock.now().monoMs - fromMs;
      done({ address, path, status, bytes: 0, tookMs, aborted: true });
      throw error;
    }
  }

  async #serveApi(
    message: IncomingMessage,
    response: ServerResponse,
    peer: SelfRequest["peer"],
    connection: NodeConnection,
  ): Promise<void> {
    const isHead = message.method === "HEAD";
    const url = urlOf(message);
    if (url === undefined) {
      const unfit = { status: 400, why: "wanted a target as /PATH" } as const;
      return await this.#refuse(message, response, unfit, connection);
    }
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    connection.is("reading");
    const request = await requestOf(message, url, gone.signal);
    connection.goesOn();
    if (!(request instanceof Request)) {
      return await this.#refuse(message, response, request, connection);
    }
    const answer = await this.#answer(request, url, peer);
    if (answer === undefined) {
      const why = "there are /confluent-public/ and /confluent-api/ here";
      await this.#sendFile(response, refusalAnswer(404, why), isHead, connection);
      return;
    }
    this.#count(answer.status);
    await sendResponse(response, answer, isHead, connection);
  }

  /** Undefined for a path that nothing is at. */
  async #answer(
    request: Request,
    url: URL,
    peer: SelfRequest["peer"],
  ): Promise<Response | undefined> {
    const { api, self } = this.#doors;
    const path = API.exec(url.pathname)?.[1];
    if (path === undefined) return undefined;
    const starting = (): Response => new Response("this member starts\n", { status: 503 });
    if (SELF.test(url.pathname)) return await self?.({ request, peer }) ?? starting();
    if (api === undefined) return starting();
    url.pathname = path;
    return await api(new Request(url, request), TCP);
  }

  /** What it sends still is read, for a moment: a connection that ends before would be reset, and
   * the answer lost. */
  async #refuse(
    message: IncomingMessage,
    response: ServerResponse,
    { status, why }: Unfit,
    connection: NodeConnection,
  ): Promise<void> {
    connection.endsAfterThis();
    const answer = refusalAnswer(status, why), isHead = message.method === "HEAD";
    await this.#sendFile(response, answer, isHead, connection, async () => {
      connection.is("leaving");
      await restOf(message);
    });
  }

  async #sendFile(
    response: ServerResponse,
    answer: BootAnswer,
    isHead: boolean,
    connection: NodeConnection,
    beforeEnd?: () => Promise<void>,
  ): Promise<number> {
    this.#count(answer.status);
    return await sendBootAnswer(response, answer, isHead, connection, beforeEnd);
  }

  #count(status: number): void {
    this.#counts.answers.set(status, (this.#counts.answers.get(status) ?? 0) + 1);
  }
}
