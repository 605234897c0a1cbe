/**
 * The law of this tree, as tests. Each names every place that breaks it, and what would be right;
 * `tests/tidy/rules_test.ts` shows that the rules themselves catch what they are for.
 */
import { checkDocs, checkMirror } from "./tidy/exports.ts";
import {
  checkDeadFiles,
  checkFloors,
  checkMissingTargets,
  checkPurity,
  importsOf,
} from "./tidy/imports.ts";
import { checkPlaces } from "./tidy/places.ts";
import { checkBarrel, checkDialect, checkFileName, checkSizes } from "./tidy/shape.ts";
import { type Complaint, listTree, readSources } from "./tidy/source.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const PATHS = listTree(ROOT);
const SOURCES = readSources(ROOT, PATHS);
const THERE = new Set(PATHS);

function law(rule: string, complaints: () => readonly Complaint[]): void {
  Deno.test(`the law: ${rule}`, () => {
    const found = complaints();
    if (found.length === 0) return;
    throw new Error(`${rule}: broken in ${found.length} places\n  ${found.join("\n  ")}`);
  });
}

law("floors import downwards only, or within their folder", () => SOURCES.flatMap(checkFloors));

law(
  "floors 0 to 3 and the member machine have no clock, dice, network or promise",
  () => SOURCES.flatMap(checkPurity),
);

law("every import names a file that is there", () => checkMissingTargets(SOURCES));

law("500 lines a file, 70 a function, 100 columns", () => SOURCES.flatMap(checkSizes));

law(
  "files have snake_case names that say something",
  () => SOURCES.flatMap((source) => checkFileName(source.path)),
);

law("no file only re-exports", () => SOURCES.flatMap(checkBarrel));

law(
  "no decorators, no any, no inheritance beyond Error, no swallowed failure",
  () => SOURCES.flatMap(checkDialect),
);

law(
  "every file of floors 0 to 3 that does something has its mirror test",
  () => SOURCES.flatMap((source) => checkMirror(source, THERE)),
);

law("every export of floors 0 to 4 has a doc comment", () => SOURCES.flatMap(checkDocs));

law("no file names a machine's folder or a package registry", () => checkPlaces(ROOT, PATHS));

Deno.test({
  name: "the law: no dead files",
  ignore: !THERE.has("main.ts"), // nothing is alive before there is a program
  fn(): void {
    const dead = checkDeadFiles(SOURCES);
    if (dead.length > 0) throw new Error(`dead files\n  ${dead.join("\n  ")}`);
  },
});

Deno.test("the law: program code names no test", () => {
  const named = SOURCES.filter((source) => !source.path.startsWith("tests/"))
    .filter((source) => importsOf(source).some(({ target }) => target?.startsWith("tests/")));
  if (named.length > 0) throw new Error(named.map((source) => source.path).join(", "));
});
