/** One connection to a simulated BMC: TLS, and as much of HTTP/1.1 as clients of a BMC speak. */
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Duplex } from "node:stream";

import { gateSocket } from "../../io/gated_socket.ts";
import type { SimulatedFault } from "./bmc_fault_plan.ts";
import { isChange, type SimulatedAnswer, type SimulatedBmc } from "./simulated_bmc.ts";
import type { SimulatedRequest } from "./simulated_bmc.ts";

const READ_BYTES = 4 * 1024;
const MAX_REQUEST_BYTES = 64 * 1024;
const FLOOD = new Uint8Array(64 * 1024).fill(120);
const TRICKLE_MS = 50;

/** Resolves when the connection is gone, by the signal at the latest. Without a context it speaks
 * plain HTTP. */
export async function converse(
  connection: Deno.TcpConn,
  bmc: SimulatedBmc,
  context: SecureContext | undefined,
  hangUp: AbortSignal,
): Promise<void> {
  if (bmc.fault?.fault === "closes") return connection.close();
  const gate = gateSocket(connection, READ_BYTES);
  hangUp.addEventListener("abort", () => gate.duplex.destroy(), { once: true });
  if (bmc.fault?.fault === "silent") return await untilClosed(gate.duplex);
  const stream: Duplex = context === undefined
    ? gate.duplex
    : new TLSSocket(gate.duplex as Socket, { isServer: true, secureContext: context });
  // The far end may go away at any time, and says so in many ways.
  stream.on("error", () => gate.duplex.destroy());
  gate.duplex.on("close", () => stream.destroy());
  try {
    await new BmcConversation(bmc, stream).run();
  } finally {
    stream.destroy();
    gate.duplex.destroy();
  }
}

/** What comes is read and forgotten. */
async function untilClosed(duplex: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  duplex.on("error", () => duplex.destroy());
  duplex.on("end", () => duplex.destroy());
  duplex.on("close", resolve);
  duplex.resume();
  await promise;
}

class BmcConversation {
  readonly #bmc: SimulatedBmc;
  readonly #stream: Duplex;
  #text = "";

  constructor(bmc: SimulatedBmc, stream: Duplex) {
    this.#bmc = bmc;
    this.#stream = stream;
  }

  async run(): Promise<void> {
    try {
      for await (const bytes of this.#stream) {
        this.#text += new TextDecoder("latin1").decode(bytes as Uint8Array);
        if (this.#text.length > MAX_REQUEST_BYTES) return;
        for (let request = this.#next(); request; request = this.#next()) {
          if (!await this.#serve(request)) return;
        }
      }
    } catch {
      // the far end is gone
    }
  }

  #next(): SimulatedRequest | undefined {
    const end = this.#text.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [line = "", ...lines] = this.#text.slice(0, end).split("\r\n");
    const headers = new Map(lines.map((each): [string, string] => {
      const colon = each.indexOf(":");
      return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
    }));
    const length = Number(headers.get("content-length") ?? 0);
    const bodyAt = end + 4;
    if (this.#text.length < bodyAt + length) return undefined;
    const body = this.#text.slice(bodyAt, bodyAt + length);
    this.#text = this.#text.slice(bodyAt + length);
    const [method = "", path = ""] = line.split(" ");
    return { method, path, headers, body };
  }

  /** Whether the connection goes on. */
  async #serve(request: SimulatedRequest): Promise<boolean> {
    const bmc = this.#bmc, { fault, befalls } = bmc.fault ?? {};
    bmc.requests++;
    if (bmc.traits.answerMs > 0) await pause(bmc.traits.answerMs);
    const isHit = fault !== undefined && (befalls !== "changes" || isChange(request));
    if (fault === "hangs" && isHit) return await this.#hang();
    const answer = bmc.answer(request);
    if (isHit) return await this.#fail(fault, answer);
    await this.#write(printed(answer));
    return request.headers.get("connection")?.toLowerCase() !== "close";
  }

  async #fail(fault: SimulatedFault, answer: SimulatedAnswer): Promise<boolean> {
    switch (fault) {
      case "not-http":
        await this.#write("220 bmc ESMTP at your service\r\n");
        return false;
      case "not-json":
        await this.#write(printed(answer, "<html>Welcome</html>"));
        return true;
      case "senseless":
        await this.#write(printed({ status: 200, document: { Systems: 7, Members: "none" } }));
        return true;
      case "redirects":
        await this.#write(printed({ status: 302, headers: { Location: "https://127.0.0.1:1/" } }));
        return true;
      case "floods":
        await this.#write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (true) await this.#write("10000\r\n", FLOOD, "\r\n");
      // falls through: never
      case "floods-head":
        await this.#write("HTTP/1.1 200 OK\r\n");
        while (true) await this.#write("X-Filler: ", FLOOD.subarray(0, 1_000), "\r\n");
      // falls through: never
      case "trickles":
        await this.#write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (true) {
          await pause(TRICKLE_MS);
          await this.#write("x");
        }
      // falls through: never
      case "drops":
        await this.#write(printed(answer).slice(0, -20));
        return false;
      case "fails":
        await this.#write(printed({ status: 500 }));
        return true;
      default:
        return false;
    }
  }

  async #hang(): Promise<boolean> {
    await new Promise((resolve) => this.#stream.once("close", resolve));
    return false;
  }

  async #write(...parts: readonly (string | Uint8Array)[]): Promise<void> {
    for (const part of parts) {
      await new Promise<void>((resolve, reject) => {
        this.#stream.write(part, (error) => error ? reject(error) : resolve());
      });
    }
  }
}

function printed({ status, headers = {}, document }: SimulatedAnswer, text?: string): string {
  const body = text ?? (document === undefined ? "" : JSON.stringify(document));
  const lines = Object.entries({
    "Content-Type": "application/json",
    "OData-Version": "4.0",
    "Content-Length": String(new TextEncoder().encode(body).length),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} Simulated\r\n${head}\r\n${body}`;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
