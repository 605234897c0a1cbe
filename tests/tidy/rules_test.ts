/** The rules of the law, each shown a text that breaks it and one that does not. */
import { deepStrictEqual, match } from "node:assert/strict";
import { checkDocs, checkMirror } from "./exports.ts";
import { checkDeadFiles, checkFloors, checkMissingTargets, checkPurity } from "./imports.ts";
import { checkPlacesIn } from "./places.ts";
import { checkBarrel, checkDialect, checkFileName, checkSizes } from "./shape.ts";
import { type Complaint, parseSource, type Source } from "./source.ts";

interface Example {
  readonly name: string;
  readonly path: string;
  readonly rule: (source: Source) => readonly Complaint[];
  readonly breaks?: readonly string[];
  readonly keeps?: readonly string[];
}

const EXAMPLES: readonly Example[] = [
  {
    name: "floors: upwards",
    path: "src/wire/peer.ts",
    rule: checkFloors,
    breaks: [
      `import { a } from "../io/store.ts";`,
      `import type { A } from "../service/a.ts";`,
      `export { a } from "../consensus/raft.ts";`,
      `const a = import("../io/store.ts");`,
      `type A = import("../io/store.ts").A;`,
      `import { a } from "../../tests/a.ts";`,
    ],
    keeps: [`import { a } from "../base/a.ts"; import { b } from "./b.ts";`],
  },
  {
    name: "floors: machines side by side",
    path: "src/consensus/raft.ts",
    rule: checkFloors,
    breaks: [`import { a } from "../replica/replica.ts";`],
    keeps: [`import { a } from "./deep/log.ts"; import { z } from "zod";`],
  },
  {
    name: "floors: surfaces side by side",
    path: "src/cli/nodes.ts",
    rule: checkFloors,
    breaks: [`import type { A } from "../api/tree.ts";`, `import { a } from "../../main.ts";`],
    keeps: [`import { a } from "../service/join.ts";`],
  },
  {
    name: "floors: a file on none",
    path: "src/elsewhere/a.ts",
    rule: checkFloors,
    breaks: [`export const A = 1;`],
  },
  {
    name: "purity",
    path: "src/replica/replica.ts",
    rule: checkPurity,
    breaks: [
      `const a = Date.now();`,
      `const a = new Date(0);`,
      `const a = Math.random();`,
      `setTimeout(f, 1);`,
      `type A = Promise<void>;`,
      `async function a() {}`,
      `const a = { async b() {} };`,
      `for await (const a of b) c(a);`,
      `Deno.exit(1);`,
      `const a = crypto.randomUUID();`,
      `const { now } = performance;`,
      `import { hostname } from "node:os";`,
      `import { z } from "zod";`,
      `const a = [fetch];`,
      `globalThis.fetch();`,
    ],
    keeps: [
      `const a = b.Date + b.fetch(); const c = { Promise: 1 }; interface D { crypto: string }`,
      `function tick(performance: number) { return performance; }`,
      `import { sha256 } from "../base/crypto.ts";`,
      `// Date.now() and a Promise\nconst a = "Date";`,
    ],
  },
  {
    name: "purity: what two floors may",
    path: "src/wire/schema.ts",
    rule: checkPurity,
    breaks: [`import { createHash } from "node:crypto";`],
    keeps: [`import { z } from "zod";`],
  },
  {
    name: "purity: regular expressions of users",
    path: "src/model/noderange/pattern.ts",
    rule: checkPurity,
    breaks: [`import { z } from "zod";`],
    keeps: [`import { RE2JS } from "re2js";`],
  },
  {
    name: "purity: the member machine",
    path: "src/service/machine/disk.ts",
    rule: checkPurity,
    breaks: [`import { KvStore } from "../../io/store_kv.ts";`, `await x;`],
    keeps: [`import type { Store } from "../../io/store.ts";`],
  },
  {
    name: "purity: above the line",
    path: "src/service/member_service.ts",
    rule: checkPurity,
    keeps: [`export async function a() { await fetch("x"); }`],
  },
  {
    name: "sizes",
    path: "src/base/a.ts",
    rule: checkSizes,
    breaks: [
      "\n".repeat(501),
      `const a = "${"x".repeat(100)}";`,
      `function a() {\n${"b();\n".repeat(71)}}`,
      `const a = () => {\n${"b();\n".repeat(71)}};`,
      `class A {\n  b() {\n${"b();\n".repeat(71)}}}`,
    ],
    keeps: ["\n".repeat(500), `function a() {\n${"b();\n".repeat(70)}}`],
  },
  {
    name: "barrels",
    path: "src/base/a.ts",
    rule: checkBarrel,
    breaks: [`export * from "./b.ts";`, `import { b } from "./b.ts"; export { b };`],
    keeps: [`export { b } from "./b.ts"; export const A = 1;`, `import "./b.ts";`, `export {};`],
  },
  {
    name: "dialect",
    path: "src/base/a.ts",
    rule: checkDialect,
    breaks: [
      `@sealed class A {}`,
      `class A extends B {}`,
      `let a: any;`,
      `const a = b as any;`,
      `a().catch(() => {});`,
      `a().catch(() => undefined);`,
      `a().then(b, function () {});`,
      `try { a(); } catch {}`,
    ],
    keeps: [
      `class A extends Error {}`,
      `class A implements B {} interface C extends D {}`,
      `a().catch((error) => log(error)); const any = "any";`,
      `try { a(); } catch { /* closed already */ }`,
    ],
  },
  {
    name: "mirror tests",
    path: "src/wire/peer.ts",
    rule: (source) => checkMirror(source, new Set(["tests/wire/other_test.ts"])),
    breaks: [
      `export function a() {}`,
      `export class A {}`,
      `export const A = make();`,
      `function a() {} export { a };`,
    ],
    keeps: [
      `export interface A { b: 1 } export type C = A;`,
      `export const A = ["b", 1] as const;`,
    ],
  },
  {
    name: "docs",
    path: "src/io/peer.ts",
    rule: checkDocs,
    breaks: [
      `export interface A { b: 1 }`,
      `export class A {}`,
      `// not a doc\nexport type A = 1;`,
      `/** The file. */\nimport "./b.ts";\nexport class Other {}`,
      `export function a() { b(); c(); }`,
    ],
    keeps: [
      `/** A. */\nexport interface A { b: 1 }`,
      `/** A. */\nexport function a(b: 1): 1;\nexport function a(b: 2): 2;`,
      `/** The file. */\nimport "./b.ts";\nexport class Peer {}`,
      `export function hex(b: Uint8Array): string { return c(b); }`,
      `export const MAX_PEERS = 64;`,
      `export type Peer = z.infer<typeof peer>;`,
      `class Inner {}`,
    ],
  },
  {
    name: "places",
    path: "README.md",
    rule: (source) => checkPlacesIn(source.path, source.text),
    breaks: ["see /" + "work/main", "cd /" + "root/x", "https://registry." + "npmjs.org/zod"],
    keeps: ["/var/lib/confluent", "a/work/b", "https://example.org/root/x"],
  },
];

for (const { name, path, rule, breaks, keeps } of EXAMPLES) {
  Deno.test(`rule: ${name}`, () => {
    for (const text of breaks ?? []) {
      const found = rule(parseSource(path, text));
      if (found.length === 0) throw new Error(`not caught in ${path}: ${text.slice(0, 80)}`);
      match(found[0] ?? "", new RegExp(`^${path.replaceAll(".", "\\.")}:\\d+ `));
    }
    for (const text of keeps ?? []) deepStrictEqual(rule(parseSource(path, text)), [], text);
  });
}

Deno.test("rule: names of files", () => {
  for (const path of ["src/io/kvStore.ts", "src/io/kv-store.ts", "src/cli/node_utils.ts"]) {
    deepStrictEqual(checkFileName(path).length, 1, path);
  }
  deepStrictEqual(checkFileName("src/common/store.ts").length, 1);
  deepStrictEqual(checkFileName("src/io/store_kv2.ts"), []);
});

Deno.test("rule: dead files, and imports of what is not there", () => {
  const tree = [
    parseSource("main.ts", `import "./src/io/a.ts";`),
    parseSource("src/io/a.ts", `const b = import("./b.ts");`),
    parseSource("src/io/b.ts", ""),
    parseSource("src/io/a_fake.ts", ""),
    parseSource("tests/contract/a_contract.ts", `import "../../src/io/a_fake.ts";`),
    parseSource("src/wire/dead.ts", `import "./gone.ts";`),
    parseSource("tests/wire/dead_test.ts", `import "../../src/wire/dead.ts";`),
  ];
  deepStrictEqual(checkDeadFiles(tree).map((each) => each.split(":")[0]), ["src/wire/dead.ts"]);
  deepStrictEqual(checkMissingTargets(tree), [
    "src/wire/dead.ts:1 imports src/wire/gone.ts, which is not there",
  ]);
});
