/**
 * What a rotation leaves to do: every sealed cell is sealed anew by the newest key. Each entry is
 * refused where one of its cells was changed meanwhile, or where another key became the newest;
 * what was refused is looked at again. So it may stop anywhere, and whoever goes on begins anew.
 */
import { RESEAL_CELLS, RESEAL_SLICE } from "../base/limits.ts";
import { ok, type Outcome } from "../base/outcome.ts";
import { newestGuard } from "../collective/key_ring.ts";
import type { Clock } from "../io/clock.ts";
import type { Random } from "../io/random.ts";
import type { Operation } from "../model/operation.ts";
import { type CollectiveKey, seal, SEAL_IV_BYTES, sealedBy, unseal } from "../model/sealing.ts";
import { fromCell, toCell } from "../model/stored_value.ts";
import type { StateView, Written } from "./member_service.ts";
import { pause } from "./waiting.ts";

/** What is needed of the member, and the keys it has. */
export interface Resealer {
  readonly state: StateView;
  readonly keys: ReadonlyMap<string, CollectiveKey>;
  readonly newest: CollectiveKey;
  readonly random: Random;
  readonly clock: Clock;
  write(operations: readonly Operation[]): Promise<Outcome<Written>>;
}

/** What one pass came to. */
export interface Resealed {
  /** Cells that were sealed by the newest key now. */
  readonly done: number;
  /** Those that another had changed, by then: another pass is due. */
  readonly missed: number;
  /** Those of a key that is there and yet does not open them, as `ROW ATTRIBUTE`. */
  readonly damaged: readonly string[];
}

/** One pass over all cells. Refused as soon as a write is. */
export async function reseal(on: Resealer): Promise<Outcome<Resealed>> {
  let done = 0, missed = 0, looked = 0;
  const damaged: string[] = [];
  let batch: Operation[] = [], cells = 0;
  const flush = async (): Promise<Outcome<void>> => {
    if (cells === 0) return ok();
    const written = await on.write([newestGuard(on.newest.id), ...batch]);
    if (!written.ok) return written;
    if (written.value.verdict.result === "refused") missed += cells;
    else done += cells;
    batch = [];
    cells = 0;
    return ok();
  };
  for (const row of [...on.state.rows("")]) {
    if (++looked % RESEAL_SLICE === 0) await pause(on.clock);
    for (const [attribute, cell] of [...on.state.valuesOf(row)]) {
      const fresh = resealed(on, row, attribute, cell);
      if (fresh === undefined) continue;
      if (fresh === "damaged") {
        damaged.push(`${row} ${attribute}`);
        continue;
      }
      batch.push(
        { kind: "guard", guard: { test: "equals", row, attribute, value: cell } },
        { kind: "set", rows: [row], cells: [[attribute, fresh.cell]] },
      );
      if (++cells < RESEAL_CELLS) continue;
      const flushed = await flush();
      if (!flushed.ok) return flushed;
    }
  }
  const flushed = await flush();
  return flushed.ok ? ok({ done, missed, damaged }) : flushed;
}

/** The cell by the newest key; undefined where it is by that already, or by none that is here. */
function resealed(
  { keys, newest, random }: Resealer,
  row: string,
  attribute: string,
  cell: string,
): { readonly cell: string } | "damaged" | undefined {
  const stored = fromCell(cell);
  if (stored.kind !== "sealed") return undefined;
  const key = keys.get(sealedBy(stored.sealed) ?? "");
  if (key === undefined || key.id === newest.id) return undefined;
  const plain = unseal(key, row, attribute, stored.sealed);
  if (plain === undefined) return "damaged";
  const sealed = seal(newest, row, attribute, plain, random.bytes(SEAL_IV_BYTES));
  return { cell: toCell({ kind: "sealed", sealed }) };
}
