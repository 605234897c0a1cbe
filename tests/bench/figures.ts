/** What benchmarks measured, and on what machine: medians with their spread, and whether a target
 * was met. */

/** One thing that was measured several times. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** One for each run; empty where it could not be measured, and `note` says why. */
  readonly values: readonly number[];
  readonly target?: Target;
  readonly note?: string;
}

/** The bound that the median, or the worst of the runs, keeps or does not. */
export interface Target {
  readonly of: "median" | "worst";
  readonly is: "at least" | "at most";
  readonly bound: number;
}

export const atLeast = (bound: number): Target => ({ of: "median", is: "at least", bound });
export const atMost = (bound: number): Target => ({ of: "median", is: "at most", bound });
export const neverOver = (bound: number): Target => ({ of: "worst", is: "at most", bound });
export const neverUnder = (bound: number): Target => ({ of: "worst", is: "at least", bound });

export function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** The value below which `share` of them lie; NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const inOrder = sorted(values);
  return inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * share))] ?? NaN;
}

/** The middle one, or the mean of the two in the middle; NaN where there are none. */
export function median(values: readonly number[]): number {
  const inOrder = sorted(values), middle = inOrder.length / 2;
  const low = inOrder[Math.ceil(middle) - 1] ?? NaN, high = inOrder[Math.floor(middle)] ?? NaN;
  return (low + high) / 2;
}

/** Undefined where there is no target. What was not measured keeps none. */
export function isMet({ values, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  const worst = target.is === "at least" ? Math.min(...values) : Math.max(...values);
  const judged = target.of === "median" ? median(values) : worst;
  if (values.length === 0) return false;
  return target.is === "at least" ? judged >= target.bound : judged <= target.bound;
}

/** A number with three digits that mean something. */
export function shorten(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100 || size === 0) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export function printFigure(figure: Figure): string {
  const { what, unit, values, target, note } = figure;
  const ofMany = values.length > 1
    ? ` (${shorten(Math.min(...values))} to ${shorten(Math.max(...values))}, ${values.length} runs)`
    : "";
  const verdict = target === undefined
    ? ""
    : `; target: ${target.of} ${target.is} ${shorten(target.bound)}: ` +
      (isMet(figure) ? "met" : "MISSED");
  const said = note === undefined ? "" : `\n      ${note}`;
  return `  ${what}: ${shorten(median(values))} ${unit}${ofMany}${verdict}${said}`;
}

/** The 1, 5 and 15 minute averages. */
export function loadAverages(): string {
  return Deno.readTextFileSync("/proc/loadavg").split(" ").slice(0, 3).join(" ");
}

/** Where figures were taken, one line each. */
export async function surroundings(folder: string): Promise<string[]> {
  const model = /^model name\s*: (.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1];
  const { sync, kind } = { sync: await syncTimes(folder), kind: await fileSystemOf(folder) };
  return [
    `${new Date().toISOString()}, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}`,
    `${navigator.hardwareConcurrency} cores (${model ?? "unknown"}), load ${loadAverages()}`,
    `disk (${kind}): 4 KiB written and synced in ${shorten(median(sync))} ms ` +
    `(median of ${sync.length}; 99th of 100: ${shorten(quantile(sync, 0.99))} ms)`,
  ];
}

const SYNCS = 200;

async function syncTimes(folder: string): Promise<number[]> {
  const path = `${folder}/sync`, block = new Uint8Array(4096).fill(120), times: number[] = [];
  using file = await Deno.open(path, { create: true, write: true });
  for (let i = 0; i < SYNCS; i++) {
    const begun = performance.now();
    await file.write(block);
    await file.syncData();
    times.push(performance.now() - begun);
  }
  await Deno.remove(path);
  return times;
}

/** A file system in memory would make every figure of a durable write a lie. */
async function fileSystemOf(folder: string): Promise<string> {
  const { stdout } = await new Deno.Command("stat", { args: ["-f", "-c", "%T", folder] }).output();
  const kind = new TextDecoder().decode(stdout).trim();
  return kind === "tmpfs" ? "tmpfs: NOTHING IS DURABLE HERE, set TMPDIR to a disk" : kind;
}
