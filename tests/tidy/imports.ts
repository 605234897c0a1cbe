/** The rules on who may import whom: the floors, the purity line, dead files. */
import ts from "typescript";
import { complain, type Complaint, type Source, walk } from "./source.ts";

/** Floors import downwards only, and within their own folder. Equal numbers never meet. */
export const FLOORS: Readonly<Record<string, number>> = {
  "src/base": 0,
  "src/model": 1,
  "src/wire": 2,
  "src/consensus": 3,
  "src/replica": 3,
  "src/collective": 3,
  "src/netboot": 3,
  "src/hardware": 3,
  "src/io": 4,
  "src/service": 5,
  "src/api": 6,
  "src/cli": 6,
  "src/web": 6,
  "main.ts": 7,
};

const HIGHEST_PURE_FLOOR = 3;

/** Has the files of `profiles/` in the program. */
const DEFAULT_FILES = "src/service/importing/default_files.ts";

/** One import, export-from or `import()` of a literal. */
export interface Import {
  readonly node: ts.Node;
  readonly specifier: string;
  /** The path from the root of the project; undefined where a package is named. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

/** The folder that has a floor: `src/io` of `src/io/dhcp/socket.ts`; undefined outside. */
export function folderOf(path: string): string | undefined {
  if (path === "main.ts") return path;
  const folder = path.split("/").slice(0, 2).join("/");
  return folder in FLOORS && folder !== path ? folder : undefined;
}

export function floorOf(path: string): number | undefined {
  const folder = folderOf(path);
  return folder === undefined ? undefined : FLOORS[folder];
}

/** Whether the purity line runs above this file: floors 0 to 3, and the member machine. */
export function isPure(path: string): boolean {
  const floor = floorOf(path);
  return (floor !== undefined && floor <= HIGHEST_PURE_FLOOR) ||
    /^src\/service\/machine(\/|[^/]*\.ts$)/.test(path);
}

function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) &&
    named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const target = resolve(source.path, specifier.text);
    found.push({ node, specifier: specifier.text, target, typeOnly });
  };
  walk(source.ast, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, isTypeOnly(node));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    }
  });
  return found;
}

export function checkFloors(source: Source): Complaint[] {
  if (source.path.startsWith("tests/")) return [];
  const folder = folderOf(source.path), floor = floorOf(source.path);
  if (folder === undefined || floor === undefined) {
    const folders = Object.keys(FLOORS).join(" ");
    return [`${source.path}:1 stands on no floor; every file is in one of ${folders}`];
  }
  return importsOf(source).flatMap(({ node, target }) => {
    if (target === undefined || folderOf(target) === folder) return [];
    // The one place that says which version this is, and the texts that are handed on as they are.
    if (source.path === "main.ts" && target === "deno.json") return [];
    if (source.path === DEFAULT_FILES && target.startsWith("profiles/")) return [];
    const below = floorOf(target);
    if (below === undefined) {
      return [complain(source, node, `imports ${target}, which is on no floor`)];
    }
    if (below < floor) return [];
    const wrong = `floor ${floor} (${folder}) imports ${target} of floor ${below}`;
    return [complain(source, node, `${wrong}; imports go down, or stay in their folder`)];
  });
}

function isAllowedPackage(path: string, specifier: string): boolean {
  return (path === "src/base/crypto.ts" && specifier === "node:crypto") ||
    (path.startsWith("src/wire/") && specifier === "zod") ||
    (path === "src/model/noderange/pattern.ts" && specifier === "re2js");
}

const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  ..."Deno fetch Date performance crypto Promise PromiseLike process Worker WebSocket".split(" "),
  ..."setTimeout setInterval setImmediate clearTimeout clearInterval queueMicrotask".split(" "),
  ..."AsyncIterable AsyncIterator AsyncGenerator AbortSignal AbortController console".split(" "),
  ..."localStorage sessionStorage navigator globalThis window self require".split(" "),
]);

/** Whether an identifier is the mere name of something, as in `a.Date` and `{ Date: 1 }`. */
function isNameOnly(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return true;
  return (ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent) ||
    ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) || ts.isGetAccessor(parent) || ts.isSetAccessor(parent) ||
    ts.isEnumMember(parent)) && parent.name === node;
}

/** The names a file declares itself: those hide the globals of the same name. */
function declaredIn(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  walk(source.ast, (node) => {
    const named = ts.isVariableDeclaration(node) || ts.isParameter(node) ||
      ts.isBindingElement(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) ||
      ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
      ts.isImportSpecifier(node) || ts.isImportClause(node) || ts.isNamespaceImport(node);
    if (named && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
  });
  return names;
}

function checkPureImports(source: Source): Complaint[] {
  return importsOf(source).flatMap(({ node, specifier, target, typeOnly }) => {
    if (target === undefined) {
      if (isAllowedPackage(source.path, specifier)) return [];
      return [complain(source, node, `imports "${specifier}" below the purity line`)];
    }
    if (typeOnly || isPure(target)) return [];
    const wrong = `takes a value from ${target}, which is above the purity line`;
    return [complain(source, node, `${wrong}; import its types only, or be handed the value`)];
  });
}

export function checkPurity(source: Source): Complaint[] {
  if (!isPure(source.path)) return [];
  const complaints = checkPureImports(source);
  const declared = declaredIn(source);
  const add = (node: ts.Node, what: string): void => {
    complaints.push(complain(source, node, `uses ${what} below the purity line`));
  };
  walk(source.ast, (node) => {
    if (node.kind === ts.SyntaxKind.AsyncKeyword) add(node, "async");
    else if (ts.isAwaitExpression(node) || ts.isForOfStatement(node) && node.awaitModifier) {
      add(node, "await");
    } else if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") {
      add(node, "Math.random");
    } else if (
      ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text) && !isNameOnly(node) &&
      !declared.has(node.text)
    ) add(node, node.text);
  });
  return complaints;
}

/** Everything that the files of `roots` import, directly or not. */
export function reachableFrom(roots: readonly string[], all: readonly Source[]): Set<string> {
  const byPath = new Map(all.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const open = [...roots];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = byPath.get(path);
    if (source === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const { target } of importsOf(source)) if (target !== undefined) open.push(target);
  }
  return seen;
}

/**
 * Files that nobody uses: neither the program, nor what the tests of many files (simulator,
 * contracts, system) stand on. A file's own mirror test does not keep it alive.
 */
export function checkDeadFiles(all: readonly Source[]): Complaint[] {
  const mirrors = /^tests\/(base|model|wire|consensus|replica|collective|netboot|hardware)\//;
  const roots = all.map((source) => source.path)
    .filter((path) => path === "main.ts" || (path.startsWith("tests/") && !mirrors.test(path)));
  const alive = reachableFrom(roots, all);
  return all.filter((source) => source.path.startsWith("src/") && !alive.has(source.path))
    .map((source) => `${source.path}:1 is imported by nothing that main.ts reaches; remove it`);
}

/** Imports of files that are not there: a rename half done. */
export function checkMissingTargets(all: readonly Source[]): Complaint[] {
  const there = new Set(all.map((source) => source.path));
  return all.flatMap((source) =>
    importsOf(source)
      .filter(({ target }) => target !== undefined && /\.tsx?$/.test(target) && !there.has(target))
      .map(({ node, target }) => complain(source, node, `imports ${target}, which is not there`))
  );
}
