/** All that a member knows of nodes by having been seen, as bytes that can be compared. */
import type { ObservedCell } from "../../src/model/observed.ts";
import type { ObservedMap } from "../../src/replica/observed.ts";
import { encodeObserved } from "../../src/wire/observed.ts";

function keyOf({ node, fact }: ObservedCell): string {
  return `${node}/${fact}`;
}

export function observedBytes(map: ObservedMap): Uint8Array {
  const cells = [...map.cells()].sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
  return encodeObserved({ type: "observed", upTo: 0, cells });
}
