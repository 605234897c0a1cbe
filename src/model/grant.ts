/**
 * Who was granted the key of each node last, in a row `grant/NODE` of its own; and who claimed a
 * key that another holds: the newest such claim of each node, of so many nodes, in one cell.
 */
import { CLAIM_TOLD_MS, MAX_CLAIMS } from "../base/boot_limits.ts";
import { armedAtMs, armedRow } from "./arming.ts";
import { nodeOfRow, nodeRow, type Operation, ROW_MARK } from "./operation.ts";
import type { Rows } from "./rows.ts";

const GRANT_PREFIX = "grant/";
const CLAIMS_ROW = "claims", CLAIMS_CELL = "newest";

/** The row that tells of the node's last grant. */
export function grantRow(node: string): string {
  return GRANT_PREFIX + node;
}

/** Whether it is a row of this file. */
export function isGrantRow(row: string): boolean {
  return row.startsWith(GRANT_PREFIX) || row === CLAIMS_ROW;
}

/** Who asked for a key, and when. */
export interface Asker {
  /** Milliseconds since 1970, by the member's clock. */
  readonly atMs: number;
  /** The name of the member that was asked. */
  readonly member: string;
  readonly address: string;
  /** Empty where it is not known: the asker is behind a router. */
  readonly mac: string;
}

/** `token`: by the one-time token; `port`: by a privileged port, on a network that is trusted. */
export type GrantHow = "token" | "port";

/** A grant. */
export interface Grant extends Asker {
  readonly how: GrantHow;
}

/** A claim that was refused. */
export interface Claim extends Asker {
  readonly node: string;
}

/** What keeps the grant, in the entry that makes it. */
export function grantOperation(node: string, grant: Grant): Operation {
  const { atMs, member, address, mac, how } = grant;
  const cells = { [ROW_MARK]: "", at: String(atMs), member, address, mac, how };
  return { kind: "set", rows: [grantRow(node)], cells: Object.entries(cells) };
}

/** The last grant of the node; undefined where there was none. */
export function grantOf(state: Pick<Rows, "value">, node: string): Grant | undefined {
  const cell = (name: string): string | null => state.value(grantRow(node), name);
  const at = cell("at");
  if (at === null) return undefined;
  const text = (name: string): string => cell(name) ?? "";
  const how = cell("how") === "token" ? "token" : "port";
  return {
    ...{ atMs: Number(at), member: text("member"), address: text("address") },
    ...{ mac: text("mac"), how },
  };
}

/** These rows, of nodes and groups, and those beside them that are there: they go with them. */
export function withRowsBeside(state: Pick<Rows, "exists">, rows: readonly string[]): string[] {
  return [...rows, ...rows.flatMap(rowsBeside).filter((row) => state.exists(row))];
}

/** The rows that a node or a group may have beside its own. They get its new name with it. */
export function rowsBeside(row: string): string[] {
  const node = nodeOfRow(row);
  return row === nodeRow(node) ? [armedRow(row), grantRow(node)] : [armedRow(row)];
}

/** What keeps the claim as the newest of its node: the oldest of others goes where there are too
 * many. Refused where another claim was written meanwhile. */
export function claimOperations(state: Pick<Rows, "value">, claim: Claim): Operation[] {
  const cell = state.value(CLAIMS_ROW, CLAIMS_CELL);
  const others = claimsIn(cell).filter(({ node }) => node !== claim.node);
  const kept = [...others, claim].slice(-MAX_CLAIMS);
  const texts = kept.map(({ node, atMs, member, address, mac }) => [
    ...[node, atMs, member, address, mac],
  ]);
  const rows = [CLAIMS_ROW];
  return [
    {
      kind: "guard",
      guard: { test: "equals", row: CLAIMS_ROW, attribute: CLAIMS_CELL, value: cell },
    },
    { kind: "set", rows, cells: [[ROW_MARK, ""], [CLAIMS_CELL, JSON.stringify(texts)]] },
  ];
}

/** The claims that somebody should look at: newer than CLAIM_TOLD_MS, of nodes that are there and
 * were neither armed nor granted a key since. */
export function openClaims(state: Pick<Rows, "value" | "exists">, wallMs: number): Claim[] {
  return claimsIn(state.value(CLAIMS_ROW, CLAIMS_CELL)).filter((claim) =>
    wallMs - claim.atMs < CLAIM_TOLD_MS && state.exists(nodeRow(claim.node)) &&
    isUnsettled(state, claim)
  );
}

/** The newest claim of the node; undefined where it was armed or granted a key since. */
export function claimOf(state: Pick<Rows, "value">, node: string): Claim | undefined {
  return claimsIn(state.value(CLAIMS_ROW, CLAIMS_CELL))
    .find((claim) => claim.node === node && isUnsettled(state, claim));
}

/** Whether the node was neither armed nor granted a key since. */
function isUnsettled(state: Pick<Rows, "value">, { node, atMs }: Claim): boolean {
  return atMs >= Math.max(armedAtMs(state, nodeRow(node)) ?? 0, grantOf(state, node)?.atMs ?? 0);
}

function claimsIn(cell: string | null): Claim[] {
  const lists = cell === null ? [] : JSON.parse(cell) as unknown[][];
  return lists.map(([node, atMs, member, address, mac]) => ({
    ...{ node: String(node), atMs: Number(atMs), member: String(member) },
    ...{ address: String(address), mac: String(mac) },
  }));
}
