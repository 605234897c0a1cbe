/**
 * What a dump changes, entry by entry, written into a stage as it comes: only what differs from the
 * rows that are there. The one entry of the log that it ends in is refused where a row that was
 * compared has changed by then.
 *
 * R1  Nothing of it is written once a fault was found; all of its faults are told together.
 * R2  A secret is sealed anew only where its plain text differs.
 * R3  A node that is there keeps its number where the dump has none; nodes that are merged get new
 *     ones.
 */
import { MAX_FAULTS_TOLD } from "../base/limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { armedRow } from "../model/arming.ts";
import { EVERYTHING } from "../model/catalogue/membership.ts";
import { ARMED } from "../model/deployment.ts";
import { withRowsBeside } from "../model/grant.ts";
import { groupExists, REMOVED } from "../model/groups.ts";
import { groupName, nodeName } from "../model/node_name.ts";
import { groupRow, type Guard, type Operation, ROW_MARK } from "../model/operation.ts";
import { fromCell, toCell } from "../model/stored_value.ts";
import type { MemberService, StagedWrite } from "../service/member_service.ts";
import type { Sealing } from "../service/secrets.ts";
import type { DumpEntry, DumpKind, DumpMembers, Restored } from "../wire/dump.ts";
import type { Call } from "./call.ts";
import { Draft } from "./draft.ts";
import { accountCell, ROW_PREFIXES } from "./dump_rows.ts";
import { ManagerWarnings } from "./manager_warnings.ts";
import { Turn } from "./pause.ts";
import { MEMBERS, RowReader, type WantedRow } from "./wanted_row.ts";

/** What a restoration stands on. */
export interface RestorationParts {
  readonly member: MemberService;
  readonly call: Call;
  readonly stage: StagedWrite;
  readonly sealing: Sealing;
  readonly reader: RowReader;
  readonly isMerge: boolean;
  /** Rows that are compared must not be newer. */
  readonly since: number;
}

const INDEX = "id.index";
/** Rows in one operation that drops them. */
const DROPPED_AT_ONCE = 1_000;

/** See above. Once it refused nothing more is to be given to it but what is left of the dump. */
export class Restoration {
  readonly #parts: RestorationParts;
  readonly #counts = { group: zero(), node: zero(), usergroup: zero(), user: zero() };
  readonly #skipped = { group: [] as string[], node: [] as string[] };
  readonly #faults: string[] = [];
  #faultCount = 0;
  #staged = 0;
  #entries = 0;
  readonly #seen = {
    group: new Set<string>(),
    node: new Set<string>(),
    usergroup: new Set<string>(),
    user: new Set<string>(),
  };
  /** Rows that were there, and rows that were not. */
  readonly #compared: string[] = [];
  readonly #created: string[] = [];
  /** New nodes that are to get a number. */
  readonly #numberless: string[] = [];
  #highest = 0;
  readonly #groups = new GroupsOfDump();
  readonly #warnings: ManagerWarnings;
  readonly #turn = new Turn();

  constructor(parts: RestorationParts) {
    this.#parts = parts;
    this.#warnings = new ManagerWarnings(parts.member.members);
  }

  /** What was done, or would be. */
  get answer(): Restored {
    return { ...this.#counts, skipped: this.#skipped, ...this.#warnings.inBody };
  }

  /** How many entries came. */
  get entries(): number {
    return this.#entries;
  }

  /** The highest number that a node of the dump has. */
  get highest(): number {
    return this.#highest;
  }

  /** Nodes without a number, as they came. */
  get numberless(): readonly string[] {
    return this.#numberless;
  }

  /** Takes in a line. Refused where the stage is: it came to nothing. */
  async take(line: DumpEntry | DumpMembers): Promise<Outcome<void>> {
    if (this.#turn.isOver) await this.#turn.pass();
    const { kind, name } = line;
    if (kind === "members") {
      this.#groups.list(name, line.nodes);
      return ok();
    }
    this.#entries++;
    const isNew = this.#begin(kind, name);
    if (!isNew) return ok();
    return kind === "node" || kind === "group"
      ? await this.#takeHolder(kind, name, line.content)
      : await this.#takeAccount(kind, name, line.content);
  }

  /** Tells of something that is wrong with the dump. */
  fault(message: string): void {
    this.#faultCount++;
    if (this.#faults.length < MAX_FAULTS_TOLD) this.#faults.push(message);
  }

  /** Adds an operation, unless all will come to nothing anyway (R1). */
  async add(operation: Operation): Promise<Outcome<void>> {
    if (this.#faultCount > 0) return ok();
    this.#staged++;
    return await this.#parts.stage.add(operation);
  }

  /** Removes what no line named. */
  async removeOthers(): Promise<Outcome<void>> {
    const { member } = this.#parts;
    const kinds = Object.entries(ROW_PREFIXES) as [DumpKind, string][];
    let rows: string[] = [];
    for (const row of member.state.rows("")) {
      if (this.#turn.isOver) await this.#turn.pass();
      const slash = row.indexOf("/") + 1;
      const kind = kinds.find(([, prefix]) => prefix.length === slash && row.startsWith(prefix))
        ?.[0];
      if (kind === undefined || this.#seen[kind].has(row.slice(slash))) continue;
      this.#counts[kind].removed++;
      this.#compared.push(row);
      rows.push(...withRowsBeside(member.state, [row]));
      if (rows.length < DROPPED_AT_ONCE) continue;
      const dropped = await this.add({ kind: "drop", rows });
      if (!dropped.ok) return dropped;
      rows = [];
    }
    const dropped = rows.length === 0 ? ok() : await this.add({ kind: "drop", rows });
    return dropped.ok ? await this.#removeEverything() : dropped;
  }

  /** Writes all of it as one entry, under these guards and its own: the entry's index. */
  async commit(guards: readonly (readonly [Guard, Refused])[]): Promise<Outcome<number>> {
    const { member, call, stage, sealing, since } = this.#parts;
    this.#checkGroups();
    if (this.#faultCount > 0) return this.#faulty();
    if (this.#staged === 0) return ok(member.index);
    const draft = new Draft(this.#staged);
    const overtaken = (row: string): Refused => this.#overtaken(row);
    if (this.#created.length > 0) {
      draft.demand({ test: "absent", rows: this.#created }, overtaken);
    }
    if (this.#compared.length > 0) {
      draft.demand({ test: "unchanged", rows: this.#compared, since }, overtaken);
    }
    for (const [guard, meaning] of guards) draft.demand(guard, () => meaning);
    if (sealing.guard.kind === "guard") {
      draft.demand(sealing.guard.guard, () => CHANGED_KEY);
    }
    return await draft.commitThrough(stage, call);
  }

  // ----

  /** A dump with groups, none of which is that of all, is of a database where it was removed. */
  async #removeEverything(): Promise<Outcome<void>> {
    const { state } = this.#parts.member;
    const isNamed = this.#seen.group.has(EVERYTHING) || this.#groups.isEverythingNamed;
    const isRemoved = this.#seen.group.size > 0 && !isNamed;
    if (isRemoved !== groupExists(state, EVERYTHING)) return ok();
    const rows = [groupRow(EVERYTHING)];
    return await this.add(
      isRemoved
        ? { kind: "set", rows, cells: [[REMOVED, "true"]] }
        : { kind: "clear", rows, attributes: [REMOVED] },
    );
  }

  #begin(kind: DumpKind, name: string): boolean {
    const seen = this.#seen[kind];
    if (seen.has(name)) {
      this.fault(`${kind} ${name.slice(0, 64)}: it stands there a second time`);
      return false;
    }
    seen.add(name);
    const valid = isAccount(kind) ? accountName(kind, name) : holderName(kind, name);
    if (!valid.ok) this.fault(`${kind} ${name.slice(0, 64)}: ${valid.refusal.message}`);
    return valid.ok;
  }

  async #takeHolder(
    kind: "node" | "group",
    name: string,
    content: Readonly<Record<string, unknown>>,
  ): Promise<Outcome<void>> {
    const { member, reader, isMerge } = this.#parts;
    const row = ROW_PREFIXES[kind] + name;
    const isThere = member.state.exists(row);
    if (isMerge && (isThere || name === EVERYTHING)) {
      if (name !== EVERYTHING) this.#skipped[kind].push(name);
      this.#counts[kind].unchanged++;
      return ok();
    }
    const fault = (message: string): void => this.fault(`${kind} ${name}: ${message}`);
    const wanted = reader.read(kind, content, fault);
    this.#warnings.take(wanted.cells);
    if (kind === "group") {
      const nodes = content[MEMBERS];
      if (nodes !== undefined) {
        if (isNames(nodes)) this.#groups.list(name, nodes);
        else fault(`${MEMBERS}: wanted a list of names`);
      }
      if (wanted.cells.has("noderange")) this.#groups.dynamic.add(name);
      const isNothing = wanted.cells.size === 0 && wanted.secrets.size === 0;
      if (name === EVERYTHING && isNothing && !isThere) return ok(); // #removeEverything sees to it
    } else {
      this.#groups.listed(name, wanted.groups);
      this.#number(name, row, isThere, wanted);
    }
    return await this.#become(kind, row, isThere, wanted);
  }

  #number(name: string, row: string, isThere: boolean, { cells }: WantedRow): void {
    const { member, isMerge } = this.#parts;
    const given = isMerge ? undefined : cells.get(INDEX);
    const present = isThere ? member.state.value(row, INDEX) ?? undefined : undefined;
    const number = given ?? present;
    cells.delete(INDEX);
    if (number === undefined) this.#numberless.push(name);
    else {
      cells.set(INDEX, number);
      this.#highest = Math.max(this.#highest, Number(number));
    }
  }

  async #takeAccount(
    kind: "user" | "usergroup",
    name: string,
    content: Readonly<Record<string, unknown>>,
  ): Promise<Outcome<void>> {
    if (this.#parts.isMerge) return ok();
    const wanted: WantedRow = { cells: new Map(), secrets: new Map(), groups: [] };
    for (const attribute in content) {
      const cell = accountCell(attribute, content[attribute]);
      if (cell.ok) wanted.cells.set(attribute, cell.value);
      else this.fault(`${kind} ${name}: ${cell.refusal.message}`);
    }
    const row = ROW_PREFIXES[kind] + name;
    return await this.#become(kind, row, this.#parts.member.state.exists(row), wanted);
  }

  /** Adds what makes the row what is wanted. */
  async #become(
    kind: DumpKind,
    row: string,
    isThere: boolean,
    wanted: WantedRow,
  ): Promise<Outcome<void>> {
    (isThere ? this.#compared : this.#created).push(row);
    if (this.#faultCount > 0) return ok();
    const { member, sealing } = this.#parts;
    const { cells, secrets } = wanted;
    const clears: string[] = [];
    for (const [attribute, cell] of member.state.valuesOf(row)) {
      if (cells.get(attribute) === cell) cells.delete(attribute);
      else if (secrets.has(attribute)) {
        if (this.#isAlike(row, attribute, cell, secrets)) secrets.delete(attribute);
      } else if (!cells.has(attribute) && !isDisarmed(attribute, cell)) clears.push(attribute);
    }
    const sets: [string, string][] = isThere ? [...cells] : [[ROW_MARK, ""], ...cells];
    for (const [attribute, plain] of secrets) {
      const sealed = sealing.seal(row, attribute, plain);
      if (sealed.ok) sets.push([attribute, toCell({ kind: "sealed", sealed: sealed.value })]);
      else this.fault(`${kind} ${row.slice(row.indexOf("/") + 1)}: ${sealed.refusal.message}`);
    }
    const isAlike = sets.length === 0 && clears.length === 0;
    this.#counts[kind][isThere ? isAlike ? "unchanged" : "changed" : "created"]++;
    if (clears.length > 0) {
      const cleared = await this.add({ kind: "clear", rows: [row], attributes: clears });
      if (!cleared.ok) return cleared;
    }
    if (cells.has(ARMED) && member.state.exists(armedRow(row))) {
      // Until when it counts was said of another arming: by a dump nobody is armed.
      const ended = await this.add({ kind: "drop", rows: [armedRow(row)] });
      if (!ended.ok) return ended;
    }
    return sets.length === 0 ? ok() : await this.add({ kind: "set", rows: [row], cells: sets });
  }

  #isAlike(
    row: string,
    attribute: string,
    cell: string,
    secrets: ReadonlyMap<string, string>,
  ): boolean {
    const stored = fromCell(cell);
    if (stored.kind !== "sealed") return false;
    const plain = this.#parts.member.secrets.unseal(row, attribute, stored.sealed);
    return plain.ok && plain.value === secrets.get(attribute);
  }

  #checkGroups(): void {
    const { member, isMerge } = this.#parts;
    const isKnown = (group: string): boolean =>
      this.#seen.group.has(group) || (isMerge && member.nodes.hasGroup(group));
    const isDynamic = (group: string): boolean =>
      this.#groups.dynamic.has(group) || (isMerge && member.nodes.rangeOf(group) !== undefined);
    for (const message of this.#groups.faults(isKnown, isDynamic, isMerge)) this.fault(message);
  }

  #faulty(): Refused {
    const more = this.#faultCount - this.#faults.length;
    const rest = more > 0 ? `; and ${more} more` : "";
    return refused("invalid", `${this.#faults.join("; ")}${rest}`);
  }

  #overtaken(row: string): Refused {
    const what = `${row.replace("/", " ")} was changed by somebody else meanwhile`;
    return this.#parts.call.request.headers.has("if-match")
      ? refused("stale", `${what}; nothing was done`)
      : refused("busy", `${what}; nothing was done, try again`);
  }
}

const CHANGED_KEY = refused("busy", "the collective's key was rotated meanwhile; try again");

/** Who is in which group, as both sides of a dump tell it. */
class GroupsOfDump {
  readonly dynamic = new Set<string>();
  /** Whether any node lists the group of all. */
  isEverythingNamed = false;
  /** Groups whose nodes are listed. */
  readonly #lists = new Set<string>();
  /** By group, the nodes that only one of the two sides told so far. */
  readonly #onOneSide = new Map<string, Set<string>>();

  /** Nodes that a group lists. */
  list(group: string, nodes: readonly string[]): void {
    this.#lists.add(group);
    if (group === EVERYTHING) return;
    for (const node of nodes) this.#toggle(group, node);
  }

  /** Groups that a node lists. */
  listed(node: string, groups: readonly string[]): void {
    for (const group of groups) {
      if (group === EVERYTHING) this.isEverythingNamed = true;
      else this.#toggle(group, node);
    }
  }

  *faults(
    isKnown: (group: string) => boolean,
    isDynamic: (group: string) => boolean,
    isMerge: boolean,
  ): Iterable<string> {
    for (const [group, nodes] of this.#onOneSide) {
      const [node] = nodes;
      if (!isKnown(group)) {
        yield `node ${node ?? "?"}: groups: there is no group ${group}`;
      } else if (isDynamic(group)) {
        if (node !== undefined) yield `node ${node}: groups: ${group} has a noderange, not members`;
      } else if (!isMerge && this.#lists.has(group) && node !== undefined) {
        yield `group ${group}: it and node ${node} do not agree: one lists the other as its own, ` +
          "and is not listed by it";
      }
    }
  }

  #toggle(group: string, node: string): void {
    let nodes = this.#onOneSide.get(group);
    if (nodes === undefined) this.#onOneSide.set(group, nodes = new Set());
    if (!nodes.delete(node)) nodes.add(node);
  }
}

function zero(): { created: number; changed: number; removed: number; unchanged: number } {
  return { created: 0, changed: 0, removed: 0, unchanged: 0 };
}

function isAccount(kind: DumpKind): kind is "user" | "usergroup" {
  return kind === "user" || kind === "usergroup";
}

function holderName(kind: DumpKind, name: string): Outcome<string> {
  if (kind === "node") return nodeName(name);
  return name === EVERYTHING ? ok(name) : groupName(name);
}

function accountName(kind: "user" | "usergroup", name: string): Outcome<string> {
  // deno-lint-ignore no-control-regex
  if (/^[^\x00-\x1f/]{1,253}$/.test(name)) return ok(name);
  return refused("invalid", `not a name that a ${kind} may have`);
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** A grant took from the node what its group arms it by: without that it would be armed anew. */
function isDisarmed(attribute: string, cell: string): boolean {
  return attribute === ARMED && cell === "";
}
