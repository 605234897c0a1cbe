/** The documents against the code: what is listed there must be there, and the other way round. */
import { deepEqual, equal } from "node:assert/strict";
import { Command } from "commander";

import { ROUTES } from "../../src/api/routes.ts";
import { STATUS } from "../../src/api/status.ts";
import * as bootLimits from "../../src/base/boot_limits.ts";
import * as limits from "../../src/base/limits.ts";
import { MUTANTS } from "../../src/base/mutant.ts";
import { declareCommands } from "../../src/cli/commands.ts";
import { declareGlobalOptions } from "../../src/cli/global_options.ts";
import * as exitCodes from "../../src/cli/exit_code.ts";
import { listTree } from "../tidy/source.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const PROTOCOL = read("docs/PROTOCOL.md");
const OPERATIONS = read("docs/OPERATIONS.md");

function read(path: string): string {
  return Deno.readTextFileSync(`${ROOT}/${path}`);
}

/** The cells of the rows whose first cell matches. */
function rows(text: string, first: RegExp): string[][] {
  return text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()))
    .filter((cells) => first.test(cells[0] ?? ""));
}

function unquoted(cell: string | undefined): string {
  return (cell ?? "").replaceAll("`", "").replaceAll("\\|", "|");
}

Deno.test("PROTOCOL lists every limit with its value", () => {
  const listed = rows(PROTOCOL, /^`[A-Z_]+`$/)
    .map(([name, value]): [string, number] => [unquoted(name), Number(value?.replaceAll(",", ""))]);
  deepEqual(Object.fromEntries(listed), { ...limits, ...bootLimits });
});

Deno.test("PROTOCOL lists every frame under its number", () => {
  for (const [file, first] of [["hello", 1], ["peer", 16]] as const) {
    const source = read(`src/wire/${file}.ts`);
    const names = /const NUMBERS[^=]*= \[([^\]]*)\]/.exec(source)?.[1]?.match(/\w+/g) ?? [];
    const last = first + names.length;
    const listed = rows(PROTOCOL, /^\d+$/).filter(([number, name]) =>
      Number(number) >= first && Number(number) < last && /^[a-zA-Z]+$/.test(name ?? "")
    ).map(([number, name]) => `${number} ${name}`);
    for (const [i, name] of names.entries()) {
      equal(listed.includes(`${first + i} ${name}`), true, `${first + i} ${name} is missing`);
    }
  }
});

Deno.test("OPERATIONS lists every route and what it needs", () => {
  const needs = (cell: string): string =>
    ["quorum, unless", "quorum, or", "quorum", "nothing"].find((one) => cell.startsWith(one)) ?? "";
  const names = {
    "always": "nothing",
    "local-copy": "nothing",
    "quorum": "quorum",
    "quorum-or-local-copy": "quorum, or",
    "quorum-unless-locked": "quorum, unless",
  } as const;
  const listed = rows(OPERATIONS, /^`[A-Z]+ \//)
    .map(([route, cell]) => [unquoted(route), needs(cell ?? "")]);
  const wanted = Object.entries(ROUTES).map(([route, { needs }]) => [route, names[needs]]);
  deepEqual(Object.fromEntries(listed), Object.fromEntries(wanted));
});

Deno.test("OPERATIONS lists every option, status and exit code", () => {
  const program = declareGlobalOptions(new Command());
  declareCommands(program, () => () => Promise.resolve());
  const all = (command: Command): string[] => [
    ...command.options.flatMap(({ long }) => long ?? []),
    ...command.commands.flatMap(all),
  ];
  const missing = [...new Set(all(program))].filter((flag) => !OPERATIONS.includes(`\`${flag}\``));
  deepEqual(missing, []);
  const codes = Object.values(exitCodes).filter((code) => typeof code === "number");
  const listed = rows(OPERATIONS, /^\d{1,3}$/).filter((cells) => cells.length === 2);
  deepEqual(listed.map(([code]) => Number(code)), codes.toSorted((a, b) => a - b));
  const told = rows(OPERATIONS, /^\d{3}/).map(([status]) => status).join(" ");
  for (const status of Object.values(STATUS)) equal(told.includes(`${status}`), true, `${status}`);
});

Deno.test("TESTING lists every mutant", () => {
  deepEqual(rows(read("docs/TESTING.md"), /^`[a-z-]+`$/).map(([name]) => unquoted(name)), [
    ...MUTANTS,
  ]);
});

Deno.test("TOPOLOGIES shows every file of docs/topologies as it is", () => {
  const shown = [...read("docs/TOPOLOGIES.md").matchAll(/^```yaml\n(.*?)^```$/gms)]
    .map(([, text]) => text);
  const files = listTree(ROOT).filter((path) => path.startsWith("docs/topologies/"));
  deepEqual(shown.toSorted(), files.map(read).toSorted());
});

Deno.test("every link in the documents leads somewhere", () => {
  const paths = listTree(ROOT);
  const pages = paths.filter((path) => /^(docs\/.*|[A-Z]+)\.md$/.test(path));
  const lost = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!\w+:)([^)#]+)/g)]
      .map(([, target]) => new URL(target ?? "", `file:///${page}`).pathname.slice(1))
      .filter((target) => !paths.some((path) => path === target || path.startsWith(`${target}/`)))
      .map((target) => `${page}: ${target}`)
  );
  deepEqual(lost, []);
});
