/** What the data folder `store_v1` was made of, and what a member that opens it must find. */
import { memberId } from "../../src/model/member.ts";
import { nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";

/** The folder itself. */
export const STORE_V1 = new URL("./store_v1", import.meta.url).pathname;
export const SELF = { id: memberId("1".repeat(16)), name: "m1" };
/** Without a vote; it rotated its certificate, and nobody has met the new one. */
export const OTHER = { id: memberId("2".repeat(16)), name: "m2" };
export const SUPPORT_V1 = { fewest: 1, most: 1, level: 1 };

/** Longer than what is kept of a row in one piece. */
const LONG = "x".repeat(45_000);

function node(name: string, ...cells: [attribute: string, value: string][]): Operation {
  return { kind: "set", rows: [nodeRow(name)], cells: [[ROW_MARK, ""], ...cells] };
}

/** One list for each entry, in their order. */
export const OPERATIONS: readonly (readonly Operation[])[] = [
  [node("n1", ["location.rack", "7"], ["info.note", "é and \u{1F40D}"])],
  [node("n2", ["info.note", "gone again"]), node("n3")],
  [{ kind: "clear", rows: [nodeRow("n2")], attributes: ["info.note"] }],
  [{ kind: "drop", rows: [nodeRow("n3")] }],
  // Refused: n1 is there.
  [
    { kind: "guard", guard: { test: "absent", rows: [nodeRow("n1")] } },
    { kind: "set", rows: [nodeRow("n1")], cells: [["location.rack", "8"]] },
  ],
  [node("n4", ...[1, 2].map((n): [string, string] => [`custom.long${n}`, LONG]))],
  [
    {
      kind: "guard",
      guard: { test: "equals", row: nodeRow("n1"), attribute: "type", value: null },
    },
    { kind: "set", rows: [nodeRow("n1")], cells: [["type", "server"]] },
  ],
  [node("n5", ["info.note", ""])],
];

/** What the nodes are after that. */
export const NODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  n1: { "location.rack": "7", "info.note": "é and \u{1F40D}", "type": "server" },
  n2: {},
  n4: Object.fromEntries([1, 2].map((n) => [`custom.long${n}`, LONG])),
  n5: { "info.note": "" },
};
