/** What the process takes of its machine. */
import process from "node:process";

import type { Metrics } from "./metrics.ts";

/** What stands behind `confluent version`. */
export interface Build {
  readonly version: string;
  readonly build: string;
  readonly deno: string;
}

export function measureProcess(metrics: Metrics, { version, build, deno }: Build): void {
  const startedSeconds = Date.now() / 1_000 - performance.now() / 1_000;
  metrics.readOut(
    "gauge",
    "confluent_build_info",
    "always 1; what runs stands in the labels",
    () => [[{ version, build, deno }, 1]],
    ["version", "build", "deno"],
  );
  metrics.readOut(
    "gauge",
    "confluent_process_start_time_seconds",
    "when the process began, since the epoch",
    () => startedSeconds,
  );
  metrics.readOut(
    "counter",
    "confluent_process_cpu_seconds_total",
    "time on a processor, in user mode and in the kernel",
    () => {
      const { user, system } = process.cpuUsage();
      return [[{ mode: "user" }, user / 1e6], [{ mode: "system" }, system / 1e6]];
    },
    ["mode"],
  );
  metrics.readOut(
    "gauge",
    "confluent_process_resident_memory_bytes",
    "memory of the process that is in RAM",
    () => Deno.memoryUsage().rss,
  );
  metrics.readOut(
    "gauge",
    "confluent_process_heap_used_bytes",
    "memory of V8's heap that is in use",
    () => Deno.memoryUsage().heapUsed,
  );
  metrics.readOut(
    "gauge",
    "confluent_process_open_fds",
    "open file descriptors",
    () => Array.from(Deno.readDirSync("/proc/self/fd")).length,
  );
}
