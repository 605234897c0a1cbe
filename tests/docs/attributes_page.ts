/** docs/ATTRIBUTES.md, made of the catalogue. */
import { ALIASES, FAMILIES } from "../../src/model/attribute.ts";
import type { Attribute } from "../../src/model/catalogue/entry.ts";
import {
  DESCRIBED,
  KINDS,
  otherNames,
  restrictions,
  wordsTold,
} from "../../src/model/catalogue/help.ts";

/** Where it stands in the tree. */
export const PAGE = "docs/ATTRIBUTES.md";

const TOP = `# Attributes

What nodes and groups are described by. \`confluent help NAME\` says the same of one attribute,
\`confluent help 'net.*'\` of several. This page is made of the catalogue in
\`src/model/catalogue/\`: \`deno task docs\` writes it anew.

A value set to nothing (\`info.note=\`) hides what a group says; a cleared one has no value of its
own. Where certain words are taken, nothing is taken too, and no expression. Names of your own begin
with \`custom.\`; between dots stand letters, digits and \`_\`, a letter first, and \`-\` before
a letter. NAME in \`net.NAME.LEAF\` is the name of a network, which may have dots in it, or, in
\`power.NAME.LEAF\`, of a feed: parts that are numbers are right there (\`net.eth0.100.mtu\`,
\`power.1.pdu\`).
`;

/** The whole page. */
export function attributesPage(): string {
  const all = [...DESCRIBED.values()];
  const kinds = Object.entries(KINDS).map(([kind, words]) => `| ${kind} | ${words} |`);
  const aliases = [...ALIASES].map(([alias, name]) => `| \`${alias}\` | \`${name}\` |`);
  return [
    TOP,
    table("name", "kind", "what it is for", "values, and what goes where it is unset"),
    ...all.map(row),
    "\n## Kinds\n",
    table("kind", "holds"),
    ...kinds,
    "\n## Other names\n",
    "Understood in requests, never told. On the command line `hm.` stands for " +
    "`hardwaremanagement.`;\n" + FAMILIES.map((one) => `\`${one}.NAME.LEAF\``).join(" and ") +
    " are taken for every leaf above.\n",
    table("name", "stands for"),
    ...aliases,
    "",
  ].join("\n");
}

function table(...heads: string[]): string {
  return `| ${heads.join(" | ")} |\n|${" --- |".repeat(heads.length)}`;
}

function row(attribute: Attribute): string {
  const { name, kind, about, vocabulary, unset } = attribute;
  const words = [
    ...vocabulary === undefined ? [] : [wordsTold(vocabulary)],
    ...unset === undefined ? [] : [`unset: ${unset}`],
    ...restrictions(attribute),
    ...otherNames(attribute).filter((other) => !other.includes("NAME")).map((one) =>
      `also \`${one}\``
    ),
  ];
  return `| \`${name}\` | ${kind} | ${about} | ${words.join("; ").replaceAll("|", "\\|")} |`;
}
