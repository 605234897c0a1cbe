/** What is behind the port for nodes: named once the API stands, asked for at each request. */
import type { Answerer } from "../listen.ts";
import type { SelfService } from "../self/self_request.ts";

export interface Doors {
  /** The API; undefined while the member starts. */
  api?: Answerer;
  /** What nodes ask for themselves; undefined: nothing. */
  self?: SelfService;
}
