/**
 * What the collective signs certificates with, as rows of the replicated state:
 *
 *     authority/tls        its mark, and which CA is the newest
 *     authority/tls/ID     certificate (PEM), key (PKCS #8 in PEM, sealed), made (ms since 1970)
 *     authority/ssh        public (the line of the key), key (the same, sealed)
 *
 * ID is 16 hexadecimal digits, drawn. The mark is what guards the making: of several members that
 * make one at a time, one does. What they are for: docs/decisions/0036-collective-authority.md.
 */
import { type Operation, ROW_MARK } from "./operation.ts";
import type { Rows } from "./rows.ts";
import { fromCell, toCell } from "./stored_value.ts";

const TLS_ROW = "authority/tls";
/** Names the newest CA. */
const NEWEST_CELL = "newest";
/** The row and cells of the key that signs hosts' keys for SSH. */
export const SSH_ROW = "authority/ssh";
export const PUBLIC_CELL = "public";
const CERTIFICATE_CELL = "certificate";
const MADE_CELL = "made";
/** Of both: what is sealed. */
export const KEY_CELL = "key";

/** One CA. */
export interface Authority {
  readonly row: string;
  readonly certificatePem: string;
  /** See sealing.ts. */
  readonly sealedKey: string;
  readonly madeMs: number;
}

/** The row of that CA. */
export function authorityRow(id: string): string {
  return `${TLS_ROW}/${id}`;
}

/** All that are there, the older before the newer; the same order at all members. */
export function authoritiesOf(rows: Pick<Rows, "rows" | "value">): Authority[] {
  return [...rows.rows(`${TLS_ROW}/`)].flatMap((row) => {
    const certificatePem = rows.value(row, CERTIFICATE_CELL);
    const sealedKey = sealedIn(rows, row);
    if (certificatePem === null || sealedKey === undefined) return [];
    return [{ row, certificatePem, sealedKey, madeMs: Number(rows.value(row, MADE_CELL)) }];
  }).sort((a, b) => a.madeMs - b.madeMs || (a.row < b.row ? -1 : 1));
}

/** What makes a CA; refused where another was made since `before` was the newest in the state.
 * `sealedKey` is sealed for {@link authorityRow} and {@link KEY_CELL}. */
export function newAuthorityOperations(
  id: string,
  { certificatePem, sealedKey, madeMs }: Omit<Authority, "row">,
  before: string | null,
): Operation[] {
  return [
    {
      kind: "guard",
      guard: { test: "equals", row: TLS_ROW, attribute: NEWEST_CELL, value: before },
    },
    { kind: "set", rows: [TLS_ROW], cells: [[ROW_MARK, ""], [NEWEST_CELL, id]] },
    {
      kind: "set",
      rows: [authorityRow(id)],
      cells: [
        [ROW_MARK, ""],
        [CERTIFICATE_CELL, certificatePem],
        [KEY_CELL, toCell({ kind: "sealed", sealed: sealedKey })],
        [MADE_CELL, String(madeMs)],
      ],
    },
  ];
}

/** The id of the newest CA, for the above. */
export function newestAuthority(rows: Pick<Rows, "value">): string | null {
  return rows.value(TLS_ROW, NEWEST_CELL);
}

/** The key that signs hosts' keys. */
export interface SshAuthority {
  readonly publicLine: string;
  readonly sealedKey: string;
}

/** Undefined before it is made. */
export function sshAuthorityOf(rows: Pick<Rows, "value">): SshAuthority | undefined {
  const publicLine = rows.value(SSH_ROW, PUBLIC_CELL), sealedKey = sealedIn(rows, SSH_ROW);
  return publicLine === null || sealedKey === undefined ? undefined : { publicLine, sealedKey };
}

/** What makes that key; refused where another line than `before` is in {@link PUBLIC_CELL}. */
export function newSshAuthorityOperations(
  { publicLine, sealedKey }: SshAuthority,
  before: string | null,
): Operation[] {
  const sealed = toCell({ kind: "sealed", sealed: sealedKey });
  return [
    {
      kind: "guard",
      guard: { test: "equals", row: SSH_ROW, attribute: PUBLIC_CELL, value: before },
    },
    {
      kind: "set",
      rows: [SSH_ROW],
      cells: [[ROW_MARK, ""], [PUBLIC_CELL, publicLine], [KEY_CELL, sealed]],
    },
  ];
}

function sealedIn(rows: Pick<Rows, "value">, row: string): string | undefined {
  const stored = fromCell(rows.value(row, KEY_CELL) ?? "");
  return stored.kind === "sealed" ? stored.sealed : undefined;
}
