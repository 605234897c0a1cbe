/**
 * An inventory of many nodes in one atomic write: a list in one body, or, for as many as there may
 * be, a node a line (`application/x-ndjson`), written into a stage as the lines come.
 */
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { nodeName } from "../model/node_name.ts";
import { nodeRow, type Operation } from "../model/operation.ts";
import type { MemberService, StagedWrite } from "../service/member_service.ts";
import type { Sealing } from "../service/secrets.ts";
import {
  type AttributeInput,
  type CreatedMany,
  createNode,
  type ExistingPolicy,
  existingPolicy,
  uncheckedNodes,
} from "../wire/http.ts";
import { type Changes, changesOf } from "./attribute_input.ts";
import { misshapen, readLines } from "./body.ts";
import type { Answer, Call } from "./call.ts";
import { addChanges } from "./changing.ts";
import { creation, Numbering } from "./creating.ts";
import { Draft, ifMatch } from "./draft.ts";
import { stageFor } from "./dry_run.ts";
import { ManagerWarnings } from "./manager_warnings.ts";
import { cellChanges, listChanges, type RowChanges } from "./row_changes.ts";

/** What a request lists, not looked at yet. */
type Nodes = Iterable<Outcome<unknown>> | AsyncIterable<Outcome<unknown>>;

/** A node as a request lists it. */
export interface Listed {
  readonly name: string;
  readonly changes: Changes;
}

/** Of a list of unknown length: the first time, and the most. What is left over is lost, so few are
 * taken for few nodes. */
const FIRST_NUMBERS = 8;
const MOST_NUMBERS = 1_000;

/** Whether the body is lines of JSON. */
export function isLines(request: Request): boolean {
  return /^application\/x-ndjson\b/.test(request.headers.get("content-type") ?? "");
}

/** `at` is where it stands in the body, for the refusal. */
export async function listedOf(
  member: MemberService,
  { name, ...values }: { readonly name: string } & Readonly<Record<string, AttributeInput>>,
  at = "",
): Promise<Outcome<Listed>> {
  const valid = nodeName(name);
  if (!valid.ok) return refused("invalid", at + valid.refusal.message);
  const changes = await changesOf(member, { kind: "node", name }, values, at);
  return changes.ok ? ok({ name, changes: changes.value }) : changes;
}

/** The nodes of one request, sorted by what becomes of them. */
export class Inventory {
  readonly #member: MemberService;
  readonly #existing: ExistingPolicy;
  readonly #seen = new Set<string>();
  readonly #created: string[] = [];
  readonly #updated: string[] = [];
  readonly #skipped: string[] = [];
  readonly #operations: Operation[] = [];
  /** Groups that must be there, and rows that must be as they are. */
  readonly #groups = new Set<string>();
  readonly #readFrom: string[] = [];
  #sealing: Sealing | undefined;
  readonly #since: number;
  readonly #numbering: Numbering;
  readonly #warnings: ManagerWarnings;

  constructor(
    member: MemberService,
    existing: ExistingPolicy,
    numbering: Numbering,
  ) {
    this.#member = member;
    this.#existing = existing;
    this.#since = member.index;
    this.#numbering = numbering;
    this.#warnings = new ManagerWarnings(member.members);
  }

  get answer(): CreatedMany {
    const [created, updated, skipped] = [this.#created, this.#updated, this.#skipped];
    return { created, updated, skipped, ...this.#warnings.inBody };
  }

  /** Whether the node is listed already. */
  has(name: string): boolean {
    return this.#seen.has(name);
  }

  /** Takes in a node that is not listed yet. */
  async add({ name, changes }: Listed): Promise<Outcome<void>> {
    this.#seen.add(name);
    if (this.#existing === "refuse" || !this.#member.state.exists(nodeRow(name))) {
      this.#created.push(name);
      this.#warnings.take(changes.sets);
      return this.#take(await creation(this.#member, [name], changes, this.#numbering));
    }
    if (this.#existing === "skip") {
      this.#skipped.push(name);
      return ok();
    }
    this.#updated.push(name);
    this.#warnings.take(changes.sets);
    const cells = this.#take(await cellChanges(this.#member, [nodeRow(name)], changes));
    if (!cells.ok || changes.list === undefined) return cells;
    return this.#take(await listChanges(this.#member, [name], changes.list));
  }

  #take(made: Outcome<RowChanges>): Outcome<void> {
    if (!made.ok) return made;
    this.#operations.push(...made.value.operations);
    this.#readFrom.push(...made.value.readFrom);
    for (const group of made.value.groups) this.#groups.add(group);
    this.#sealing ??= made.value.sealing; // the oldest: if its key is the newest, so are all
    return ok();
  }

  /** The changes since this was last called. */
  takeOperations(): Operation[] {
    return this.#operations.splice(0);
  }

  /** What must be so for all of it. `before`: operations that were written already. */
  draft(call: Call, before = 0): Outcome<Draft> {
    const since = ifMatch(call.request);
    if (!since.ok) return since;
    const [created, updated] = [this.#created.map(nodeRow), this.#updated.map(nodeRow)];
    const draft = new Draft(before);
    if (created.length > 0) draft.demandAbsent(created);
    if (updated.length > 0) draft.demandExisting(updated);
    draft.demandUnchanged([...created, ...updated], since.value);
    addChanges(
      draft,
      {
        operations: [],
        readFrom: this.#readFrom,
        groups: [...this.#groups],
        sealing: this.#sealing,
      },
      this.#since,
    );
    return ok(draft);
  }

  /** Where nothing of it is to be written: what is there already. */
  get index(): number {
    return this.#member.index;
  }

  /** Writes it as one entry: its index, once it is applied here. */
  async commit(call: Call): Promise<Outcome<number>> {
    const draft = this.draft(call);
    if (!draft.ok) return draft;
    const operations = this.takeOperations();
    if (operations.length === 0) return ok(this.index);
    for (const operation of operations) draft.value.add(operation);
    return await draft.value.commit(this.#member, call);
  }
}

/** POST /nodes/ with a list. It goes into a stage as well: whatever its length, the loop is never
 * held up by more of it than a few parts. */
export async function createListed(
  member: MemberService,
  call: Call,
  body: unknown,
): Promise<Outcome<Answer>> {
  const parsed = uncheckedNodes.safeParse(body);
  if (!parsed.success) return misshapen(parsed.error.issues);
  const { nodes, existing } = parsed.data;
  return await createEach(member, call, existing, nodes.values().map((node) => ok(node)));
}

/** POST /nodes/?existing=POLICY with a node a line: the whole of it is never in memory. */
export async function createFromLines(
  member: MemberService,
  call: Call,
): Promise<Outcome<Answer>> {
  const policy = existingPolicy.safeParse(call.context.req.query("existing") ?? "refuse");
  if (!policy.success) return misshapen(policy.error.issues);
  return await createEach(member, call, policy.data, readLines(call.request));
}

async function createEach(
  member: MemberService,
  call: Call,
  existing: ExistingPolicy,
  nodes: Nodes,
): Promise<Outcome<Answer>> {
  const inventory = new Inventory(
    member,
    existing,
    new Numbering(member, call, FIRST_NUMBERS, MOST_NUMBERS),
  );
  const stage = stageFor(member, call);
  const index = await stageEach(member, inventory, stage, call, nodes);
  if (!index.ok) await stage.abandon();
  return index.ok ? ok({ index: index.value, body: inventory.answer }) : index;
}

async function stageEach(
  member: MemberService,
  inventory: Inventory,
  stage: StagedWrite,
  call: Call,
  nodes: Nodes,
): Promise<Outcome<number>> {
  let line = 0, staged = 0;
  for await (const json of nodes) {
    if (!json.ok) return json;
    const at = `nodes[${line}]`;
    const parsed = createNode.safeParse(json.value);
    if (!parsed.success) return misshapen(parsed.error.issues, ["nodes", line]);
    const { name } = parsed.data;
    if (inventory.has(name)) return refused("invalid", `${at}: ${name} is listed twice`);
    const listed = await listedOf(member, parsed.data, `${at}: `);
    if (!listed.ok) return listed;
    const added = await inventory.add(listed.value);
    if (!added.ok) return added;
    line++;
    for (const operation of inventory.takeOperations()) {
      staged++;
      const added = await stage.add(operation);
      if (!added.ok) return added;
    }
  }
  if (line === 0) return refused("invalid", "nodes: wanted at least one node");
  if (staged === 0) return ok(inventory.index);
  const draft = inventory.draft(call, staged);
  return draft.ok ? await draft.value.commitThrough(stage, call) : draft;
}
