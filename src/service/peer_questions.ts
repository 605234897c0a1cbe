/** Questions to other members, until they are answered or it took too long. */
import { EXPLAIN_WAIT_MS, MAX_EXPLAINS } from "../base/limits.ts";
import type { Clock } from "../io/clock.ts";
import type { MemberId } from "../model/member.ts";

export interface Wires {
  /** False where there is no link. */
  send(to: MemberId, frame: Uint8Array): boolean;
  nameOf(member: MemberId): string;
}

/** What a member says, or why it does not. */
export type Heard<Word> = { readonly word: Word } | { readonly silence: string };

interface Question<Word> {
  readonly peer: MemberId;
  readonly answer: (heard: Heard<Word>) => void;
}

export class PeerQuestions<Word> {
  readonly #wires: Wires;
  readonly #clock: Clock;
  readonly #open = new Map<number, Question<Word>>();
  #lastId = 0;

  constructor(wires: Wires, clock: Clock) {
    this.#wires = wires;
    this.#clock = clock;
  }

  /** `frame`: the question, which has the number that its answer names. */
  async ask(peer: MemberId, frame: (id: number) => Uint8Array): Promise<Heard<Word>> {
    const name = this.#wires.nameOf(peer);
    if (this.#open.size >= MAX_EXPLAINS) {
      return { silence: `${name} was not asked: ${this.#open.size} questions are under way` };
    }
    const id = ++this.#lastId;
    if (!this.#wires.send(peer, frame(id))) {
      return { silence: `Collective member ${name} is unreachable` };
    }
    return await new Promise((resolve) => {
      const silence = `Collective member ${name} does not answer`;
      const cancel = this.#clock.after(EXPLAIN_WAIT_MS, () => answer({ silence }));
      const answer = (heard: Heard<Word>): void => {
        cancel();
        this.#open.delete(id);
        resolve(heard);
      };
      this.#open.set(id, { peer, answer });
    });
  }

  /** An answer. One that nobody waits for any more is let pass. */
  heard(peer: MemberId, id: number, word: Word): void {
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
