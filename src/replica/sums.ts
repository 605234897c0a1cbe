/**
 * What a state comes to, in a form that two members can compare: 4,096 wrapping sums, each of the
 * hashes of the rows that fall into its bucket and of their cells. A sum follows a change in
 * constant time, and does not depend on the way the state came about. Hashes are keyed with the
 * collective's chain: which texts collide is another question in each.
 */
import { crc32c } from "../base/crc32c.ts";
import type { RowRecord } from "../model/cell.ts";
import type { CollectiveChain } from "../model/collective_chain.ts";

/** How many sums a state has. */
export const BUCKETS = 4_096;
/** The hash of no value. */
const NOTHING = 0;

/** The key of the hashes in a collective. */
export function auditKey(chain: CollectiveChain): number {
  return chain.reduce((key, { random }) => hashText(key, random), 0);
}

/** The hash of a text: 32 bits. */
export function hashText(key: number, text: string | null): number {
  if (text === null) return NOTHING;
  let hash = key ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return finished(stirred(hash, key));
}

/** The hash of a cell: of those of its row, its attribute and its value, and of its stamp. */
export function hashCell(row: number, attribute: number, value: number, stamp: number): number {
  const hash = stirred(stirred(row, attribute), value);
  return finished(stirred(stirred(hash, stamp >>> 0), Math.floor(stamp / 0x1_0000_0000)));
}

/** The hash of what is known of a row beside its cells; 0 where that is nothing. */
export function hashRow(row: number, floor: number, newest: number): number {
  if (floor === 0 && newest === 0) return 0;
  return hashCell(~row, floor >>> 0, Math.floor(floor / 0x1_0000_0000), newest);
}

/** The bucket of a row, by the hash of its name. */
export function bucketOf(row: number): number {
  return row % BUCKETS;
}

/** What a whole row adds to the sum of its bucket. */
export function hashRecord(key: number, { row, floor, newest, cells }: RowRecord): number {
  const name = hashText(key, row);
  return cells.reduce((sum, [attribute, { value, stamp }]) => {
    const hash = hashCell(name, hashText(key, attribute), hashText(key, value), stamp);
    return (sum + hash) >>> 0;
  }, hashRow(name, floor, newest));
}

/** The sums as bytes, four each, little-endian. */
export function sumsToBytes(sums: Uint32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(sums.length * 4));
  sums.forEach((sum, i) => view.setUint32(i * 4, sum, true));
  return new Uint8Array(view.buffer);
}

/** The sums in such bytes; undefined where there are more or fewer. */
export function sumsFromBytes(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.length !== BUCKETS * 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: BUCKETS }, (_, i) => view.getUint32(i * 4, true));
}

/** One number for all sums: it differs for certain where a single one does. */
export function rootOf(sums: Uint32Array): number {
  return crc32c(sumsToBytes(sums));
}

/** A step of MurmurHash3 (Austin Appleby, public domain), x86, 32 bits. */
function stirred(hash: number, part: number): number {
  const scrambled = Math.imul(part, 0xcc9e_2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b87_3593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe654_6b64) | 0;
}

function finished(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
