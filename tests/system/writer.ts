/** Clients that go on writing while members die, and know what they were told. */
import { equal, ok as holds } from "node:assert/strict";

import type { Ledger } from "../bench/ledger.ts";
import type { Answer, Server } from "./collective.ts";
import { until } from "./program.ts";

/** Writes one node through whichever member, one write after another. */
export class Writer {
  readonly ledger: Ledger;
  readonly #members: readonly Server[];
  isOver = false;

  constructor(members: readonly Server[], ledger: Ledger) {
    this.#members = members;
    this.ledger = ledger;
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      const serial = this.ledger.nextSerial();
      const note = { "info.note": `${serial}:`.padEnd(Math.floor(Math.random() * 900), "v") };
      const answer = await this.#ask("PUT", "", note);
      if (answer === undefined || answer.status === 504) {
        this.ledger.isUntold(serial);
        this.ledger.wasRead(await this.#look());
      } else if (answer.status === 200) {
        this.ledger.wasAcknowledged({ serial, index: answer.index });
      } else equal(answer.status, 503, JSON.stringify(answer.body));
    }
  }

  /** What the node is, by a linearizable read, at whichever member answers. */
  async #look(): Promise<{ serial: number; index: number }> {
    return await until(`${this.ledger.node} is read`, async () => {
      const answer = await this.#ask("GET", "?consistent=1");
      return answer?.status === 200 ? seenIn(answer) : undefined;
    });
  }

  /** Undefined where the connection broke: it may or may not have been done. */
  async #ask(method: string, query: string, body?: unknown): Promise<Answer | undefined> {
    const member = this.#members[Math.floor(Math.random() * this.#members.length)] as Server;
    try {
      return await member.ask(method, pathOf(this.ledger.node) + query, body);
    } catch (error) {
      holds(error instanceof TypeError || error instanceof DOMException, String(error));
      return undefined;
    }
  }
}

function pathOf(node: string): string {
  return `/nodes/${node}/attributes/current`;
}

/** Serial 0 stands for a node that was never written. */
function seenIn({ body, etag }: Answer): { serial: number; index: number } {
  const serial = parseInt(/"info\.note":\{"value":"(\d+):/.exec(JSON.stringify(body))?.[1] ?? "0");
  return { serial, index: etag };
}

/** Every member tells the same of everything, and nothing that a writer knows to be wrong. */
export async function lookAtAll(
  members: readonly Server[],
  writers: readonly Writer[],
): Promise<void> {
  for (const member of members) {
    for (const { ledger } of writers) {
      ledger.wasRead(seenIn(await member.ask("GET", pathOf(ledger.node))));
    }
  }
  for (const { ledger } of writers) equal(JSON.stringify(ledger.wrongs), "[]");
  const dumps = await Promise.all(members.map((member) => member.dump()));
  equal(new Set(dumps).size, 1, dumps.join("\n"));
}
