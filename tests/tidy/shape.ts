/** The rules on how one file is written: its size, its names, and what it does without. */
import ts from "typescript";
import { complain, type Complaint, type Source, walk } from "./source.ts";

export const MAX_FILE_LINES = 500;
export const MAX_BODY_LINES = 70;
export const MAX_COLUMNS = 100;

const BANNED_WORDS: ReadonlySet<string> = new Set(
  "util utils helper helpers common misc data info handler2".split(" "),
);

export function checkSizes(source: Source): Complaint[] {
  const complaints: Complaint[] = [];
  const lines = source.text.replace(/\n$/, "").split("\n");
  if (lines.length > MAX_FILE_LINES) {
    complaints.push(`${source.path}:1 has ${lines.length} lines; at most ${MAX_FILE_LINES}`);
  }
  lines.forEach((line, at) => {
    const columns = [...line].length;
    if (columns > MAX_COLUMNS) {
      complaints.push(`${source.path}:${at + 1} has ${columns} columns; at most ${MAX_COLUMNS}`);
    }
  });
  walk(source.ast, (node) => {
    const body = ts.isFunctionLike(node) && "body" in node ? node.body : undefined;
    if (body === undefined || !ts.isBlock(body)) return;
    const place = (at: number): number => source.ast.getLineAndCharacterOfPosition(at).line;
    const inside = place(body.getEnd()) - place(body.getStart(source.ast)) - 1;
    if (inside <= MAX_BODY_LINES) return;
    const wrong = `has a function body of ${inside} lines; at most ${MAX_BODY_LINES}`;
    complaints.push(complain(source, node, wrong));
  });
  return complaints;
}

/** Names of files and folders: snake_case, and none of the words that say nothing. */
export function checkFileName(path: string): Complaint[] {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  const complaints: Complaint[] = [];
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.d)?\.tsx?$/.test(name)) {
    complaints.push(`${path}:1 is not named in snake_case`);
  }
  for (const part of parts) {
    const words = part.replace(/\..*$/, "").split("_");
    const banned = words.find((word) => BANNED_WORDS.has(word));
    if (banned !== undefined) {
      complaints.push(`${path}:1 has "${banned}" in its name; name what it is instead`);
    }
  }
  return complaints;
}

/** A file that only hands on what others export. */
export function checkBarrel(source: Source): Complaint[] {
  const statements = source.ast.statements;
  const handsOn = statements.some((statement) =>
    ts.isExportDeclaration(statement) &&
    (statement.moduleSpecifier !== undefined || !isEmpty(statement.exportClause))
  );
  const only = statements.every((statement) =>
    ts.isExportDeclaration(statement) || ts.isImportDeclaration(statement)
  );
  if (!handsOn || !only) return [];
  return [`${source.path}:1 only re-exports; import from where things are declared`];
}

/** `export {}` hands on nothing; it only says that a file is a module. */
function isEmpty(clause: ts.NamedExportBindings | undefined): boolean {
  return clause === undefined || (ts.isNamedExports(clause) && clause.elements.length === 0);
}

export function checkDialect(source: Source): Complaint[] {
  const complaints: Complaint[] = [];
  walk(source.ast, (node) => {
    const wrong = wrongDialect(node);
    if (wrong !== undefined) complaints.push(complain(source, node, wrong));
  });
  return complaints;
}

function wrongDialect(node: ts.Node): string | undefined {
  if (ts.isDecorator(node)) return "has a decorator; call a function instead";
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "says `any`; say `unknown` and narrow it";
  if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ExtendsKeyword) {
    const base = node.types[0]?.expression.getText();
    if (!ts.isInterfaceDeclaration(node.parent) && base !== "Error") {
      return `inherits from ${base}; only Error is inherited from`;
    }
  }
  if (ts.isCallExpression(node) && swallows(node)) {
    return "swallows a failure with an empty .catch(); handle it, or say why it cannot matter";
  }
  if (ts.isCatchClause(node) && node.block.statements.length === 0 && !hasComment(node.block)) {
    return "swallows a failure with an empty catch block; handle it, or say why it cannot matter";
  }
  return undefined;
}

function hasComment(block: ts.Block): boolean {
  return /\/\/|\/\*/.test(block.getText());
}

/** `.catch(() => {})`, `.catch(() => undefined)`, `.then(f, () => {})`. */
function swallows(call: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(call.expression)) return false;
  const name = call.expression.name.text;
  const handler = name === "catch" ? call.arguments[0] : undefined;
  const onRejected = name === "then" ? call.arguments[1] : handler;
  if (onRejected === undefined) return false;
  if (!ts.isArrowFunction(onRejected) && !ts.isFunctionExpression(onRejected)) return false;
  const body = onRejected.body;
  if (ts.isBlock(body)) return body.statements.length === 0;
  return /^(undefined|null|void 0)$/.test(body.getText());
}
