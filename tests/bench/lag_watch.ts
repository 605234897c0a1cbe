/** How late the loops of members are, as it shows from outside. */
import { pause } from "./processes.ts";

const LOOK_MS = 20;

/** What `act` comes to, and how long any of them took at the worst to answer, meanwhile, a question
 * that takes no time. */
export async function watchingLag<T>(
  questions: readonly (() => Promise<unknown>)[],
  act: () => Promise<T>,
): Promise<T & { readonly lagMs: number }> {
  let isOver = false;
  const watching = Promise.all(questions.map((ask) => slowest(ask, () => isOver)));
  try {
    const result = await act();
    isOver = true;
    return { ...result, lagMs: Math.max(...await watching) };
  } finally {
    isOver = true;
  }
}

async function slowest(ask: () => Promise<unknown>, isOver: () => boolean): Promise<number> {
  let worstMs = 0;
  while (!isOver()) {
    const asked = performance.now();
    await ask();
    worstMs = Math.max(worstMs, performance.now() - asked);
    await pause(LOOK_MS);
  }
  return worstMs;
}
