/**
 * Metrics, as Prometheus reads them: whoever does something worth counting asks for a counter, and
 * what is known anyway is read when it is asked for. The registry behind it is prom-client's.
 *
 * Names begin with `confluent_`, have the unit before the end, and `_total` at the end of what only
 * grows. Labels take few values, all known beforehand: never a name or an address that somebody
 * else chooses. Every metric stands in docs/METRICS.md.
 */
import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";

import { assert } from "../../base/assert.ts";

/** A value for every label of a metric. */
export type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** Labels first, where the metric has some. */
type Given<Label extends string, Value extends readonly unknown[]> = [Label] extends [never] ? Value
  : [labels: Labels<Label>, ...Value];

/** What only grows. */
export interface Counter<Label extends string = never> {
  /** One more, or so many. Takes a quarter of a microsecond: what happens more often than 100,000
   * times a second is better counted by its own and read by {@link Metrics.readOut}. */
  add(...given: Given<Label, [count?: number]>): void;
}

/** What goes up and down. */
export interface Gauge<Label extends string = never> {
  set(...given: Given<Label, [value: number]>): void;
}

/** How often what was measured was at most so much. */
export interface Histogram<Label extends string = never> {
  observe(...given: Given<Label, [value: number]>): void;
}

/** A value that is read, with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export interface Metrics {
  counter<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Counter<Label>;

  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Gauge<Label>;

  /** `buckets`: what is counted as at most so much, in ascending order. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;

  /** A metric whose value, or whose samples, `read` gives each time it is asked for. */
  readOut(
    kind: "counter" | "gauge",
    name: string,
    help: string,
    read: () => number | Iterable<Sample>,
    labels?: readonly string[],
  ): void;
}

/** A page of metrics, and what kind of text it is. */
export interface MetricsPage {
  readonly type: string;
  readonly text: string;
}

const NAME = /^confluent(?:_[a-z][a-z0-9]*)+$/;

/** The metrics of a process: one of it, for all that runs there. */
export class MetricsRegistry implements Metrics {
  readonly #registry = new Registry();

  /** All of them as they are now, in the text format 0.0.4. */
  async page(): Promise<MetricsPage> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  counter<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
  ): Counter<Label> {
    const counter = new PromCounter<string>(this.#shape("counter", name, help, labels));
    return {
      add(...given: readonly unknown[]): void {
        const [of, count] = taken(labels, given);
        counter.inc(of, count ?? 1);
      },
    };
  }

  gauge<Label extends string = never>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
  ): Gauge<Label> {
    const gauge = new PromGauge<string>(this.#shape("gauge", name, help, labels));
    return {
      set(...given: readonly unknown[]): void {
        const [of, value] = taken(labels, given);
        gauge.set(of, value ?? 0);
      },
    };
  }

  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly Label[] = [],
  ): Histogram<Label> {
    const shape = this.#shape("histogram", name, help, labels);
    const histogram = new PromHistogram<string>({ ...shape, buckets: [...buckets] });
    return {
      observe(...given: readonly unknown[]): void {
        const [of, value] = taken(labels, given);
        histogram.observe(of, value ?? 0);
      },
    };
  }

  readOut(
    kind: "counter" | "gauge",
    name: string,
    help: string,
    read: () => number | Iterable<Sample>,
    labels: readonly string[] = [],
  ): void {
    const shape = this.#shape(kind, name, help, labels);
    const samples = (): Iterable<Sample> => {
      const told = read();
      return typeof told === "number" ? [[{}, told]] : told;
    };
    if (kind === "counter") {
      new PromCounter<string>({
        ...shape,
        collect(): void {
          this.reset();
          for (const [of, value] of samples()) this.inc(of, value);
        },
      });
    } else {
      new PromGauge<string>({
        ...shape,
        collect(): void {
          this.reset();
          for (const [of, value] of samples()) this.set(of, value);
        },
      });
    }
  }

  #shape(
    kind: "counter" | "gauge" | "histogram",
    name: string,
    help: string,
    labels: readonly string[],
  ): { name: string; help: string; labelNames: string[]; registers: Registry[] } {
    assert(NAME.test(name), `${name} is no name of a metric`);
    assert((kind === "counter") === name.endsWith("_total"), `${name} is a ${kind}`);
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}

/** What {@link Given} stands for. */
function taken(
  labels: readonly string[],
  given: readonly unknown[],
): [labels: Record<string, string>, value: number | undefined] {
  const [first, second] = given;
  return labels.length === 0
    ? [{}, first as number | undefined]
    : [first as Record<string, string>, second as number | undefined];
}
