/** What the law reads: the files of the tree, each parsed once by TypeScript's own parser. */
import ts from "typescript";

/** One TypeScript file of the project. */
export interface Source {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
}

/** One place where a rule is broken: `path:line what is wrong; what would be right`. */
export type Complaint = string;

export function parseSource(path: string, text: string): Source {
  return { path, text, ast: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** The line, counted from 1, on which a node's own text begins. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.ast.getLineAndCharacterOfPosition(node.getStart(source.ast)).line + 1;
}

export function complain(source: Source, node: ts.Node, wrong: string): Complaint {
  return `${source.path}:${lineOf(source, node)} ${wrong}`;
}

/** Calls `see` for `node` and everything below it. */
export function walk(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => walk(child, see));
}

/** Every file git would keep: tracked, or new and not ignored. Without git, every file there is. */
export function listTree(root: string): string[] {
  try {
    const listing = new Deno.Command("git", {
      args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      cwd: root,
      stderr: "null",
    }).outputSync();
    if (listing.success) {
      const paths = new TextDecoder().decode(listing.stdout).split("\0");
      return [...new Set(paths)].filter((path) => path !== "" && isFile(`${root}/${path}`)).sort();
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return [...listFolder(root, "")].sort();
}

function isFile(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false; // deleted, and the deletion is not committed yet
  }
}

function* listFolder(root: string, folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(`${root}/${folder}`)) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if ([".git", "node_modules", "dist", "coverage"].includes(path)) continue;
    if (entry.isDirectory) yield* listFolder(root, path);
    else if (entry.isFile) yield path;
  }
}

/** The TypeScript files among `paths` that the law is about. */
export function readSources(root: string, paths: readonly string[]): Source[] {
  return paths
    .filter((path) => path === "main.ts" || /^(src|tests)\/.*\.tsx?$/.test(path))
    .map((path) => parseSource(path, Deno.readTextFileSync(`${root}/${path}`)));
}
