/** The namespace that a scene of raw_sockets_child.ts runs in, as its parts look at it. */
import type { Outcome } from "../../src/base/outcome.ts";
import { listInterfaces } from "../../src/io/interfaces.ts";

export const MARKER = "the last one";

/** Whoever runs this has little besides it: no package is needed. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

export function indexOf(name: string): number {
  const found = valueOf(listInterfaces()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no interface ${name}`);
  return found.index;
}

export function nameOf(index: number): string {
  return valueOf(listInterfaces()).find((one) => one.index === index)?.name ?? `#${index}`;
}

/** Whether the shell could do it. */
export function run(command: string): boolean {
  return new Deno.Command("sh", { args: ["-c", command], stderr: "null" }).outputSync().success;
}
