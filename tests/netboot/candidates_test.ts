import { deepEqual } from "node:assert/strict";

import { candidatesFor } from "../../src/netboot/candidates.ts";

function of(candidates: ReadonlySet<string> | string | undefined): [string[] | undefined, unknown] {
  const { names, fault } = candidatesFor("n1", {
    candidatesOf: (node) => node === "n1" ? candidates : "another node",
  });
  return [names && [...names], fault];
}

Deno.test("any member may where nothing is set, else those that are named", () => {
  deepEqual(of(undefined), [undefined, undefined]);
  deepEqual(of(new Set(["m1", "m3"])), [["m1", "m3"], undefined]);
});

Deno.test("none may where it names none, or makes no sense", () => {
  const empty = "collective.managercandidates names no member: set it to some";
  deepEqual(of(new Set()), [[], empty]);
  const senseless = "collective.managercandidates makes no sense: no such group";
  deepEqual(of("no such group"), [undefined, senseless]);
});
