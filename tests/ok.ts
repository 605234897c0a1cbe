/**
 * Runs the checks one after another and tells each one's name, time and outcome:
 * `deno task ok` all but the system tests, `deno task test` (`--all`) those too.
 * What a step prints is shown where it fails. The last line is the totals.
 */

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** Its own counts are added up, instead of one for the step. */
  readonly isTest?: boolean;
  readonly timeLimitMs?: number;
  /** Another program than Deno. */
  readonly program?: string;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const SYSTEM_FOLDER = "system";
const DEPLOYMENT_FOLDER = `tests/${SYSTEM_FOLDER}/deployment`;
/** Folders of tests/ that are steps of their own; every other one is a unit test folder. */
const OWN_STEPS = ["tidy", "contract", "golden", "sim", "bench", SYSTEM_FOLDER];
const SEEDS = 300;
/** In how many worlds each deliberate bug must show itself. */
const MUTANT_SEEDS = 5_000;
const STEP_LIMIT_MS = 10 * 60_000;
const MUTANTS_LIMIT_MS = 20 * 60_000;
const SYSTEM_LIMIT_MS = 45 * 60_000;

function exists(path: string): boolean {
  try {
    Deno.lstatSync(`${ROOT}/${path}`);
    return true;
  } catch {
    return false; // absent, or as good as
  }
}

function hasTests(folder: string): boolean {
  if (!exists(folder)) return false;
  return [...Deno.readDirSync(`${ROOT}/${folder}`)].some((entry) =>
    entry.isDirectory ? hasTests(`${folder}/${entry.name}`) : entry.name.endsWith("_test.ts")
  );
}

function testStep(name: string, folders: readonly string[], ...flags: string[]): Step[] {
  const there = folders.filter((folder) => folder.endsWith(".ts") || hasTests(folder));
  if (there.length === 0) return [];
  return [{ name, args: ["test", "-A", "--no-check", ...flags, ...there], isTest: true }];
}

function planSteps(all: boolean): Step[] {
  const unit = [...Deno.readDirSync(`${ROOT}/tests`)]
    .filter((entry) => entry.isDirectory && !OWN_STEPS.includes(entry.name))
    .map((entry) => `tests/${entry.name}`).sort();
  const entries = [...(exists("main.ts") ? ["main.ts"] : []), "src", "tests"];
  const quick: Step[] = [
    { name: "lock", args: ["install", "--frozen"] },
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "types", args: ["check", "--quiet", ...entries] },
    ...testStep("law", ["tests/tidy_test.ts", "tests/tidy"]),
    ...testStep("unit", unit, "--parallel"),
    ...testStep("contract", ["tests/contract"], "--parallel"),
    ...testStep("golden", ["tests/golden"]),
    ...testStep("sim tests", ["tests/sim"]),
    { name: `${SEEDS} seeds`, args: ["task", "--quiet", "sim", "--seeds", String(SEEDS)] },
  ];
  if (!all) return quick;
  const mutants: Step = {
    name: "mutants",
    args: ["task", "--quiet", "sim", "--mutant", "all", "--seeds", String(MUTANT_SEEDS)],
    timeLimitMs: MUTANTS_LIMIT_MS,
  };
  const compile: Step = { name: "compile", program: "bash", args: ["compile.sh"] };
  // Those that look at when things happen have the machine for themselves.
  const system = [
    ...testStep("system", [`tests/${SYSTEM_FOLDER}`], `--ignore=${DEPLOYMENT_FOLDER}`),
    ...testStep("deployment", [DEPLOYMENT_FOLDER], "--parallel"),
  ].map((step) => ({ ...step, timeLimitMs: SYSTEM_LIMIT_MS }));
  return [...quick, mutants, ...(exists("main.ts") ? [compile] : []), ...system];
}

/** The counts of a JUnit report; undefined where none was written. */
function readReport(path: string): Counts | undefined {
  let report: string;
  try {
    report = Deno.readTextFileSync(path);
  } catch {
    return undefined; // the run ended before its report
  }
  const cases = report.split("<testcase ").slice(1);
  const failed = cases.filter((each) => /<(failure|error)[ >]/.test(each)).length;
  const skipped = cases.filter((each) => /<skipped/.test(each)).length;
  return { passed: cases.length - failed - skipped, failed, skipped };
}

async function gather(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) text += piece;
  return text;
}

interface Ran {
  readonly success: boolean;
  readonly output: string;
}

async function run(step: Step, report: string): Promise<Ran> {
  const flags = step.isTest ? [`--junit-path=${report}`] : [];
  const limit = AbortSignal.timeout(step.timeLimitMs ?? STEP_LIMIT_MS);
  const child = new Deno.Command(step.program ?? Deno.execPath(), {
    args: [...step.args, ...flags],
    cwd: ROOT,
    env: { DENO: Deno.execPath(), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: limit,
  }).spawn();
  const [status, out, err] = await Promise.all([
    child.status,
    gather(child.stdout),
    gather(child.stderr),
  ]);
  const late = limit.aborted ? "\nstopped: it took longer than its limit\n" : "";
  return { success: status.success && !limit.aborted, output: out + err + late };
}

function countOf(step: Step, ran: Ran, report: string): Counts {
  const one = { passed: ran.success ? 1 : 0, failed: ran.success ? 0 : 1, skipped: 0 };
  if (!step.isTest) return one;
  const counts = readReport(report);
  if (counts === undefined) return one;
  // A test file that cannot be loaded fails without any test of its own.
  return ran.success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** Of a test run only what failed; of anything else all of it. */
function fromErrors(output: string): string {
  return output.slice(Math.max(0, output.indexOf("\n ERRORS"))).trimEnd();
}

async function main(): Promise<number> {
  const started = performance.now();
  const folder = Deno.makeTempDirSync({ prefix: "confluent-ok-" });
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [at, step] of planSteps(Deno.args.includes("--all")).entries()) {
    const begun = performance.now();
    const report = `${folder}/${at}.xml`;
    const ran = await run(step, report);
    const counts = countOf(step, ran, report);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(6);
    const outcome = counts.failed === 0 ? "ok    " : "FAILED";
    const tests = step.isTest ? `${counts.passed} passed, ${counts.failed} failed` : "";
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
    console.log(`${outcome} ${seconds} s  ${step.name.padEnd(10)} ${tests}${skipped}`.trimEnd());
    if (counts.failed > 0) console.log(fromErrors(ran.output));
    else for (const line of ran.output.match(/^skipped: .*$/gm) ?? []) console.log(`  ${line}`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  Deno.removeSync(folder, { recursive: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`all steps took ${seconds} s; skipped tests: ${total.skipped}`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
