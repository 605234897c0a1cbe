/** The replicated state for reading, as far as the attribute language needs it. Rows are named by
 * operation.ts. */
export interface Rows {
  /** A node's row exists from its definition to its removal, attributes or not. */
  exists(row: string): boolean;
  value(row: string, attribute: string): string | null;
  valuesOf(row: string): Iterable<readonly [attribute: string, value: string]>;
  /** Rows that exist and begin with `prefix`, in no order. */
  rows(prefix: string): Iterable<string>;
  /** The index of the row's last change; 0 for none. */
  newest(row: string): number;
}
