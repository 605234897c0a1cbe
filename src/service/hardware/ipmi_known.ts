/** What was learnt of controllers by speaking to them; forgotten with this member's process. */
import { MAX_IPMI_KNOWN } from "../../base/limits.ts";

/** How a controller is spoken to best. */
export interface IpmiHabits {
  /** It did not answer the last time. */
  isSilent: boolean;
  /** The user is an operator there, no administrator. */
  isOperator: boolean;
  /** To be taken without asking which it has. */
  cipherSuite: number | undefined;
}

export class KnownControllers {
  /** The one that was looked up last is the last one. */
  readonly #habits = new Map<string, IpmiHabits>();

  of(key: string): IpmiHabits {
    const habits = this.#habits.get(key) ??
      { isSilent: false, isOperator: false, cipherSuite: undefined };
    this.#habits.delete(key);
    this.#habits.set(key, habits);
    const [oldest] = this.#habits.keys();
    if (this.#habits.size > MAX_IPMI_KNOWN && oldest !== undefined) this.#habits.delete(oldest);
    return habits;
  }
}
