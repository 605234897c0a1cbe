/** Which members may serve a node, by what is set. */
import type { BootView } from "./boot_view.ts";

/** What `collective.managercandidates` of a node comes to. */
export interface Candidates {
  /** Undefined where any member may. */
  readonly names: ReadonlySet<string> | undefined;
  /** Why none may, for people. */
  readonly fault: string | undefined;
}

/** Those of the node of that name. */
export function candidatesFor(node: string, view: Pick<BootView, "candidatesOf">): Candidates {
  const names = view.candidatesOf(node);
  if (typeof names === "string") {
    const fault = `collective.managercandidates makes no sense: ${names}`;
    return { names: undefined, fault };
  }
  if (names?.size !== 0) return { names, fault: undefined };
  return { names, fault: "collective.managercandidates names no member: set it to some" };
}
