/**
 * The commands on nodes and groups, as the original's were recorded: one after the other, on what
 * is needed of site-a. Where ours do otherwise, `ours` says what and `why` says why.
 */
import { deepEqual, equal } from "node:assert/strict";

import { GROUPS, groupsText } from "../../src/model/groups.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { lines, type Ran, type Service, withService } from "../cli/shell.ts";
import { recordedCases } from "./site.ts";

interface Recorded {
  readonly argv?: readonly string[];
  /** A command, and a pipe behind it. */
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  readonly unordered?: true;
  readonly ours?: Partial<Pick<Recorded, "stdout" | "stderr" | "exit">>;
  readonly why?: string;
}

/** As in a dump of the original. */
type Value =
  | { readonly value: string | number | boolean }
  | { readonly expression: string }
  | { readonly cryptvalue: string }
  | { readonly hashvalue: string }
  | readonly string[];

interface Site {
  readonly nodegroups: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly nodes: Readonly<Record<string, Readonly<Record<string, Value>>>>;
}

function cellOf(value: Value): string {
  if (Array.isArray(value)) return groupsText(value);
  if ("expression" in value) return toCell({ kind: "expression", expression: value.expression });
  if ("cryptvalue" in value) return toCell({ kind: "sealed", sealed: value.cryptvalue });
  if ("hashvalue" in value) return toCell({ kind: "hashed", hashes: { crypt: value.hashvalue } });
  return toCell({ kind: "text", text: String((value as { value: unknown }).value) });
}

function rowOf(row: string, attributes: Readonly<Record<string, Value>>): Operation {
  const cells = Object.entries(attributes).map(([name, value]) => [name, cellOf(value)] as const);
  return { kind: "set", rows: [row], cells: [[ROW_MARK, ""], ...cells.filter(isNotEmptyList)] };
}

function isNotEmptyList([name, cell]: readonly [string, string]): boolean {
  return name !== GROUPS || cell !== "";
}

function load({ member }: Service): void {
  const site: Site = JSON.parse(
    Deno.readTextFileSync(new URL("cli_site.json", import.meta.url)),
  );
  member.apply(Object.entries(site.nodegroups).map(([name, has]) => rowOf(groupRow(name), has)));
  member.apply(Object.entries(site.nodes).map(([name, has]) => rowOf(nodeRow(name), has)));
}

/** What comes out of a pipe that people use. */
function piped(ran: Ran, pipe: string): Ran {
  const all = lines(ran.out);
  const count = /^head -(\d+)$/.exec(pipe)?.[1];
  if (count !== undefined) {
    return { ...ran, out: all.slice(0, Number(count)).map((line) => `${line}\n`).join("") };
  }
  equal(pipe, "wc -l");
  return { ...ran, out: `${all.length}\n` };
}

Deno.test("the recorded commands print what was recorded", async () => {
  await withService([], async (service) => {
    load(service);
    for (const recorded of recordedCases<Recorded>("cli")) {
      const [command = "", pipe] = (recorded.shell ?? "").split(" | ");
      const argv = recorded.argv ?? command.split(" ");
      const [calledAs = "", ...args] = argv;
      const asked = { calledAs, ...recorded.env === undefined ? {} : { env: recorded.env } };
      const ran = await service.run(args, asked);
      const { code, out, err } = pipe === undefined ? ran : piped(ran, pipe);
      const { stdout, stderr, exit } = { ...recorded, ...recorded.ours };
      const order = recorded.unordered ? (text: string): string[] => lines(text).sort() : lines;
      deepEqual([argv, code, order(out), err], [argv, exit, order(stdout), stderr]);
      equal(out.endsWith("\n"), stdout.endsWith("\n"));
    }
  });
});
