/** A page of metrics, read line by line: the text format 0.0.4 of Prometheus. */
import { equal, match, ok as holds } from "node:assert/strict";

export interface Family {
  readonly type: string;
  readonly help: string;
  /** By name and labels as they stand there: `confluent_members{state="alive"}`. */
  readonly samples: Map<string, number>;
}

const VALUE = String.raw`(?:[-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf)|NaN)`;
const LABELS = String.raw`\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\}`;
const SAMPLE = new RegExp(String.raw`^([a-z_]+)(${LABELS})? (${VALUE})$`);

/** By name. Every family stands once and whole, its help and type before its samples, and what is
 * named as what. */
export function readMetrics(page: string): Map<string, Family> {
  holds(page.endsWith("\n"), "the last line ends");
  const families = new Map<string, Family>();
  let name = "", help = "";
  for (const line of page.split("\n").filter((line) => line !== "")) {
    const [, of = "", told = ""] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    if (of !== "") {
      equal(families.has(of), false, `${of} stands twice`);
      [name, help] = [of, told];
      continue;
    }
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      equal(type[1], name, `the type of ${name} follows its help`);
      families.set(name, { type: type[2] ?? "", help, samples: new Map() });
      continue;
    }
    match(line, SAMPLE);
    const [, sampled = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    const family = families.get(name);
    holds(family !== undefined, `${line} stands before its type`);
    const suffix = family.type === "histogram" ? /_(?:bucket|sum|count)$/ : /$/;
    equal(sampled.replace(suffix, ""), name, `${line} stands among ${name}`);
    equal(family.samples.has(sampled + labels), false, `${line} is told twice`);
    family.samples.set(sampled + labels, Number(value.replace("Inf", "Infinity")));
  }
  for (const [name, family] of families) isWhole(name, family);
  return families;
}

function isWhole(name: string, { type, samples }: Family): void {
  match(name, /^confluent_/);
  equal(name.endsWith("_total"), type === "counter", `${name} is a ${type}`);
  if (type !== "histogram") return;
  const of = (sample: string): number | undefined => samples.get(`${name}_${sample}`);
  equal(of('bucket{le="+Inf"}'), of("count"));
  const counts = [...samples].filter(([one]) => one.includes("_bucket")).map(([, count]) => count);
  holds(counts.every((count, i) => count >= (counts[i - 1] ?? 0)), `${name}: buckets add up`);
}
