/** Promises not to answer a member (src/collective/promises.ts), as they are told and kept. */
import type { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { MemberId } from "../model/member.ts";
import { readMemberId } from "./roster.ts";

/** As it is asked for, kept on disk, and told. */
export interface SilencePromise {
  /** Who is not answered. */
  readonly of: MemberId;
  /** The term of the leader that asked. */
  readonly term: number;
  /** Which of that leader's askings it was. */
  readonly ask: number;
  /** Where the leader's log ended then. */
  readonly since: number;
}

export function writePromise(w: ByteWriter, { of, term, ask, since }: SilencePromise): void {
  w.text(of).uint(term).uint(ask).uint(since);
}

export function readPromise(r: ByteReader): SilencePromise {
  return { of: readMemberId(r), term: r.uint(), ask: r.uint(), since: r.uint() };
}
