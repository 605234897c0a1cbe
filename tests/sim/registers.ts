import type { RegisterOperation } from "./workload.ts";
export function checkRegisters(_history: readonly RegisterOperation[]): string | undefined {
  return undefined;
}
