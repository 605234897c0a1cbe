/** The rules on what a file offers: a mirror test for behaviour, a word of doc for every export. */
import ts from "typescript";
import { floorOf } from "./imports.ts";
import { complain, type Complaint, type Source } from "./source.ts";

const HIGHEST_MIRRORED_FLOOR = 3;
const HIGHEST_DOCUMENTED_FLOOR = 4;
const LIMITS: readonly string[] = ["src/base/limits.ts", "src/base/boot_limits.ts"];

type Declared = ts.Statement & { readonly modifiers?: ts.NodeArray<ts.ModifierLike> };

function isExported(statement: ts.Statement): boolean {
  const modifiers = (statement as Declared).modifiers;
  return modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

/** A constant made of literals only: a table, not behaviour. */
function isLiteral(node: ts.Expression | undefined): boolean {
  let literal = true;
  const see = (part: ts.Node): void => {
    if (ts.isCallExpression(part) || ts.isNewExpression(part) || ts.isFunctionLike(part)) {
      literal = false;
    }
    ts.forEachChild(part, see);
  };
  if (node !== undefined) see(node);
  return literal;
}

/** Whether a statement exports something that does something when called. */
function exportsBehaviour(statement: ts.Statement): boolean {
  if (ts.isExportDeclaration(statement)) {
    return !statement.isTypeOnly && statement.moduleSpecifier === undefined;
  }
  if (!isExported(statement)) return false;
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return true;
  return ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.some((each) => !isLiteral(each.initializer));
}

/** The test that belongs to a file: `tests/wire/peer_test.ts` of `src/wire/peer.ts`. */
export function mirrorOf(path: string): string {
  return path.replace(/^src\//, "tests/").replace(/\.ts$/, "_test.ts");
}

export function checkMirror(source: Source, there: ReadonlySet<string>): Complaint[] {
  const floor = floorOf(source.path);
  if (floor === undefined || floor > HIGHEST_MIRRORED_FLOOR || LIMITS.includes(source.path)) {
    return [];
  }
  if (!source.ast.statements.some(exportsBehaviour)) return [];
  const mirror = mirrorOf(source.path);
  return there.has(mirror) ? [] : [`${source.path}:1 has no mirror test; write ${mirror}`];
}

function hasDoc(source: Source, statement: ts.Statement): boolean {
  const comments = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  const last = comments.at(-1);
  return last !== undefined && source.text.startsWith("/**", last.pos);
}

/**
 * What needs no words: one plain statement under a name and types that say it all, or the type of
 * a schema, which is documented where the schema is.
 */
function isObvious(statement: ts.Statement): boolean {
  if (ts.isTypeAliasDeclaration(statement)) {
    return /^z\.(infer|input)</.test(statement.type.getText());
  }
  if (!ts.isFunctionDeclaration(statement)) return false;
  return (statement.body?.statements.length ?? 0) <= 1 && statement.parameters.length <= 2;
}

/** One line in a list of tables and bounds: its section's heading and its unit are its words. */
function isPlainConstant(statement: ts.Statement): boolean {
  return ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.every((each) =>
      /^[A-Z][A-Z0-9_]*$/.test(each.name.getText()) && isLiteral(each.initializer)
    );
}

/**
 * What the comment at the head of its file speaks for: the thing the file is named after (`Raft`
 * of raft.ts), and in a codec, whose head shows the frame, its readers and writers.
 */
function isSpokenForByHead(source: Source, statement: ts.Statement): boolean {
  if (!source.text.startsWith("/**")) return false;
  const name = nameOf(statement);
  const file = source.path.replace(/^.*\//, "").replace(/\.ts$/, "");
  if (name.toLowerCase() === file.replaceAll("_", "")) return true;
  return source.path.startsWith("src/wire/") && ts.isFunctionDeclaration(statement) &&
    /^(encode|decode|read|write|parse|print)[A-Z]/.test(name);
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((each) => each.name.getText()).join(", ");
  }
  return (statement as ts.Statement & { readonly name?: ts.Identifier }).name?.text ?? "default";
}

export function checkDocs(source: Source): Complaint[] {
  const floor = floorOf(source.path);
  if (floor === undefined || floor > HIGHEST_DOCUMENTED_FLOOR) return [];
  const documented = new Set<string>();
  const complaints: Complaint[] = [];
  for (const statement of source.ast.statements) {
    if (!isExported(statement)) continue;
    const name = nameOf(statement);
    if (hasDoc(source, statement)) documented.add(name);
    // The doc of the first overload, or of a type, also speaks for the value of the same name.
    if (documented.has(name) || isObvious(statement) || isPlainConstant(statement)) continue;
    if (isSpokenForByHead(source, statement)) continue;
    complaints.push(complain(source, statement, `exports ${name} without a doc comment`));
  }
  return complaints;
}
