/** What an endpoint of the self-service API is, what it is given, and what it gives back. */
import type { Outcome } from "../../base/outcome.ts";
import type { ContentFile } from "../../io/content_files.ts";
import type { SelfRequest } from "./self_request.ts";

/** One request that was let in: quorum is held and, where the endpoint needs a key, it is right. */
export interface SelfCall {
  /** Its key proved it where the endpoint needs one; else what the request says, maybe nothing:
   * then it is empty. Of a proven one there is a row; a claimed one may be anything. */
  readonly node: string;
  readonly peer: SelfRequest["peer"];
  /** By names in lower case, each `_` of them as `-`: `confluent-mgtiface`. */
  readonly headers: ReadonlyMap<string, string>;
  /** What stands in the request's path for each `:name` and `*name` of the endpoint's, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/**
 * - `document`: printed as flat YAML, or as JSON for who asks for that; 406 for who takes neither.
 * - `text`: sent as it stands; `type` is `text/plain` where it is not given.
 * - `file`: sent whole, and closed by whoever sends it.
 * - `status`: an answer of another status, with a line or with nothing.
 */
export type SelfAnswer =
  | { readonly document: unknown }
  | { readonly text: string; readonly type?: string }
  | { readonly file: ContentFile }
  | { readonly status: number; readonly text?: string };

export interface SelfEndpoint {
  readonly method: "GET" | "POST";
  /** Below `/confluent-api/self/`; `:name` stands for one segment, `*name` at the end for all that
   * follow, slashes included. The endpoint judges what stands there: `..` may. */
  readonly path: string;
  readonly needsKey: boolean;
  /** A refusal becomes the status of its kind and one line. */
  readonly handler: (call: SelfCall) => Outcome<SelfAnswer> | Promise<Outcome<SelfAnswer>>;
}
