/** A CA of tests: it remembers what it was asked to sign, and answers as a test says. */
import { ok, type Outcome } from "../../src/base/outcome.ts";
import { collectiveUuid } from "../../src/model/collective_uuid.ts";
import type { Rows } from "../../src/model/rows.ts";
import type { CollectiveAuthority } from "../../src/service/authority/collective_authority.ts";

export class StandInAuthority implements CollectiveAuthority {
  pems: readonly string[] = [];
  sshPublic: string | undefined;
  answer: Outcome<string> = ok("signed\n");
  /** The request or key, its names, and days. */
  readonly asked: (readonly [string, readonly string[], number | undefined])[] = [];
  readonly #state: Pick<Rows, "value">;

  constructor(state: Pick<Rows, "value">) {
    this.#state = state;
  }

  get uuid(): string {
    return collectiveUuid(this.#state, "c0ffee");
  }

  certificates(): readonly string[] {
    return this.pems;
  }

  signTls(request: string, names: readonly string[], days: number): Promise<Outcome<string>> {
    this.asked.push([request, names, days]);
    return Promise.resolve(this.answer);
  }

  signSsh(key: string, names: readonly string[], days?: number): Promise<Outcome<string>> {
    this.asked.push([key, names, days]);
    return Promise.resolve(this.answer);
  }
}
