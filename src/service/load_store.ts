/** A member out of its store, of whose records only a few are in memory at a time. */
import type { Store } from "../io/store.ts";
import { type Loaded, Loading } from "./machine/loading.ts";

/**
 * The member, or undefined where the store is empty. Throws {@link DamageError} where the store is
 * not what was written, {@link MalformedError} where its records do not say what they should.
 */
export async function loadStore(store: Pick<Store, "load">): Promise<Loaded | undefined> {
  const loading = new Loading();
  for await (const record of store.load()) loading.take(record);
  return loading.finish();
}
