/** Metrics as docs/METRICS.md lists them, and as a page tells them: name, type, labels, help. */
import type { Family } from "../../api/metrics_page.ts";

const PAGE = new URL("../../../docs/METRICS.md", import.meta.url);

/** Those of boot services, which a member has only where it boots machines. */
const OF_BOOT = /^confluent_(?:dhcp|tftp|boot|search)_/;

function rows(): string[] {
  return Deno.readTextFileSync(PAGE).split("\n")
    .filter((line) => /^\| `confluent_\w+` \|/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")))
    .map(([name, type, labels, help]) => [name, type, labels, help].join(" | ")).sort();
}

export function documented(): string[] {
  return rows().filter((row) => !OF_BOOT.test(row));
}

export function documentedOfBoot(): string[] {
  return rows().filter((row) => OF_BOOT.test(row));
}

export function toldBy(families: ReadonlyMap<string, Family>): string[] {
  return Array.from(
    families,
    ([name, family]) => [name, family.type, labelsOf(family), family.help].join(" | "),
  ).sort();
}

function labelsOf({ type, samples }: Family): string {
  const names = [...samples.keys()].flatMap((sample) =>
    [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label)
  );
  return [...new Set(names)].filter((label) => type !== "histogram" || label !== "le").join(", ");
}
