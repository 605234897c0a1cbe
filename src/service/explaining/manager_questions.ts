/** Questions to managers about their nodes, until they are answered or it took too long. */
import { EXPLAIN_WAIT_MS, MAX_EXPLAINS } from "../../base/limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { MemberId } from "../../model/member.ts";
import {
  encodeExplainFrame,
  type ExplainFrame,
  type ManagerWord,
} from "../../wire/explain_frame.ts";

export interface Wires {
  /** False where there is no link. */
  send(to: MemberId, frame: Uint8Array): boolean;
  nameOf(member: MemberId): string;
}

/** What a manager says, or why it does not. */
export type Heard = { readonly word: ManagerWord } | { readonly silence: string };

interface Question {
  readonly peer: MemberId;
  readonly answer: (heard: Heard) => void;
}

export class ManagerQuestions {
  readonly #wires: Wires;
  readonly #clock: Clock;
  readonly #open = new Map<number, Question>();
  #lastId = 0;

  constructor(wires: Wires, clock: Clock) {
    this.#wires = wires;
    this.#clock = clock;
  }

  async ask(peer: MemberId, node: string): Promise<Heard> {
    const name = this.#wires.nameOf(peer);
    if (this.#open.size >= MAX_EXPLAINS) {
      return { silence: `${name} was not asked: ${this.#open.size} questions are under way` };
    }
    const id = ++this.#lastId;
    if (!this.#wires.send(peer, encodeExplainFrame({ type: "explainAsk", id, node }))) {
      return { silence: `Collective member ${name} is unreachable` };
    }
    return await new Promise((resolve) => {
      const silence = `Collective member ${name} does not answer`;
      const cancel = this.#clock.after(EXPLAIN_WAIT_MS, () => answer({ silence }));
      const answer = (heard: Heard): void => {
        cancel();
        this.#open.delete(id);
        resolve(heard);
      };
      this.#open.set(id, { peer, answer });
    });
  }

  /** An answer. One that nobody waits for any more is let pass. */
  heard(peer: MemberId, { id, word }: Extract<ExplainFrame, { type: "explained" }>): void {
    const question = this.#open.get(id);
    if (question?.peer === peer) question.answer({ word });
  }

  /** Nothing more comes over the link that there was. */
  down(peer: MemberId): void {
    const silence = `Collective member ${this.#wires.nameOf(peer)} went unreachable`;
    for (const question of this.#open.values()) {
      if (question.peer === peer) question.answer({ silence });
    }
  }

  /** This member stops. */
  close(): void {
    for (const { answer } of this.#open.values()) answer({ silence: "this member stops" });
  }
}
