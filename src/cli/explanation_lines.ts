/** An explanation of a node as lines for people, what matters most first. */
import { spelledOutControls } from "../base/one_line.ts";
import { macOf } from "../model/hardware_address.ts";
import type {
  Explanation,
  ToldBootEvent,
  ToldBoots,
  ToldOperation,
} from "../wire/explanation_http.ts";
import { valueOf } from "./node_results.ts";

/** What users and controllers said neither begins a line of its own nor steers a terminal. */
export function explanationLines(told: Explanation): string[] {
  const { node, exists, boots } = told;
  if (!exists && macOf(node) !== undefined) {
    const remedy = `nodeattrib NODE net.hwaddr=${node}`;
    return [
      `no node has the hardware address ${node}; if it is one: ${remedy}`,
      ...bootLines(boots),
    ]
      .map(spelledOutControls);
  }
  return [
    managerLine(told),
    ...refusalLines(told),
    ...futureLines(told),
    ...leaseLines(told),
    ...wantedLines(told),
    ...knownLines(told),
    ...operationLines(told),
    ...bootLines(told.boots),
  ].map(spelledOutControls);
}

function managerLine({ node, manager }: Explanation): string {
  if (manager === null) return `${node} is managed by nobody`;
  const { name, since, because, epoch } = manager;
  const time = since === null ? "" : ` since ${localTime(since)}`;
  const why = because === "" ? "" : ` because ${because}`;
  return `${node} is managed by ${name}${time}${why} (epoch ${epoch})`;
}

function refusalLines({ manager, refused }: Explanation): string[] {
  if (refused !== null) return [`a command would be refused: ${refused}`];
  return manager === null ? [] : [`a command would be carried out by ${manager.name}`];
}

function futureLines({ moving, stuck }: Explanation): string[] {
  const to = moving?.to === null
    ? "it is about to be nobody's"
    : `it is about to go to ${moving?.to}`;
  return [
    ...moving === null ? [] : [`${to}: ${moving.because}`],
    ...stuck === null ? [] : [`it does not go where it should: ${stuck}`],
  ];
}

function leaseLines({ manager, lease, refused }: Explanation): string[] {
  if (manager === null) return [];
  const { name, silence } = manager;
  if (silence !== null) return silence === refused ? [] : [`${name} says no more: ${silence}`];
  if (lease === null) return [];
  if (lease <= 0) return [`${name} may not act: it has no lease`];
  return [`${name} may act: its lease runs for ${lease} s more`];
}

function wantedLines({ wanted, candidates }: Explanation): string[] {
  const members = candidates.map(({ name, unable, nodes }) =>
    `${name} (${unable === null ? "" : `${unable}, `}${nodes} ${nodes === 1 ? "node" : "nodes"})`
  );
  const who = members.length === 0 ? "none is a member" : members.join(", ");
  return [
    ...wanted.manager === "" ? [] : [`collective.manager: ${wanted.manager}`],
    ...wanted.candidates === ""
      ? []
      : [`collective.managercandidates: ${wanted.candidates}: ${who}`],
    ...wanted.failback ? ["collective.failback: it goes back to a candidate that was away"] : [],
    ...wanted.faults,
  ];
}

function knownLines({ lastKnown: { power, health, seen } }: Explanation): string[] {
  const known = { power, health };
  const lines = Object.entries(known).flatMap(([name, fact]) =>
    fact === null ? [] : [`${name}: ${fact.value}, ${agoText(fact.age)}, seen by ${fact.by}`]
  );
  if (lines.length > 0 || seen === null) return lines;
  return [`it answered ${seen.by} ${agoText(seen.age)}`];
}

function operationLines({ manager, operations }: Explanation): string[] {
  const isTold = manager === null || manager.silence === null;
  if (operations.length === 0) {
    return [isTold ? "no operations are remembered" : `${manager.name} alone knows what was done`];
  }
  return ["last operations:", ...operations.map((one) => `    ${operationText(one)}`)];
}

/** How it boots, and how it did. */
export function bootLines(boots: Explanation["boots"]): string[] {
  if (boots === null) return [];
  const { outlook, faults, events, silent } = boots;
  return [
    ...faults.length === 0 ? [] : ["what is set is not what it should be:"],
    ...faults.map((fault) => `    ${fault}`),
    ...outlook.length === 0 ? [] : ["if it booted now:", ...outlook.map(outlookLine)],
    events.length === 0 ? "no boots are remembered" : "last boots:",
    ...events.map((one) => `    ${bootText(one)}`),
    ...silent.map((why) => `what is remembered may not be all: ${why}`),
  ];
}

function outlookLine({ via, client, members, told }: ToldBoots["outlook"][number]): string {
  return `    on ${via}, ${client}: ${answerersText(members)}: ${told}`;
}

/** `m2 answers, else m1, then m3`; the member that was asked speaks for itself alone where it does
 * not answer. */
export function answerersText([first, ...others]: readonly string[]): string {
  if (first === undefined) return "no answer from here";
  const rest = others.length === 0 ? "" : `, else ${others.join(", then ")}`;
  return `${first} answers${rest}`;
}

function bootText({ at, member, asked, outcome, told, count }: ToldBootEvent): string {
  const times = count === 1 ? "" : ` (${count} times, this the last)`;
  const said = outcome === "silence"
    ? `no answer: ${told}`
    : outcome === "failed"
    ? `failed: ${told}`
    : told;
  return `${localTime(at)} ${member}: ${asked}: ${said}${times}`;
}

function operationText(operation: ToldOperation): string {
  const { command, by, through, member, at, age, took, outcome } = operation;
  const what = `${localTime(at)} ${command.path} ${goalText(command)}`;
  const who = `by ${by} through ${through}, at ${member}`;
  if (outcome === null) return `${what} ${who}: under way for ${age} s`;
  return `${what} ${who}: ${outcomeText(outcome)} (${took ?? 0} s)`;
}

function goalText(command: ToldOperation["command"]): string {
  const set = "set" in command ? command.set : undefined;
  if (set === undefined) return "asked";
  if (typeof set === "string") return `set to ${set}`;
  const { nextdevice, bootmode, persistent } = set;
  const mode = bootmode === undefined ? "" : ` by ${bootmode}`;
  return `set to ${nextdevice}${mode}${persistent === true ? " from then on" : ""}`;
}

function outcomeText(outcome: NonNullable<ToldOperation["outcome"]>): string {
  if ("error" in outcome) return `${outcome.errorcode} ${outcome.error}`;
  const { values } = outcome;
  const words = Object.keys(values).flatMap((name) => {
    const value = valueOf(values, name);
    return value === undefined ? [] : [`${name} ${value}`];
  });
  return words.length === 0 ? "done" : words.join(", ");
}

function agoText(seconds: number): string {
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3_600)} h ago`;
}

/** `2026-11-25 16:20:09`, where this command runs. */
function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}`;
}
