/** One member's share of many BMCs, by the driver alone: asks for power at each SIGUSR2. */
import { systemClock } from "../../src/io/clock.ts";
import { createRedfishDriver } from "../../src/service/hardware/redfish.ts";
import { createLogger } from "../../src/service/logger.ts";

/** What one round took, in milliseconds, of those that answered. */
export interface Asked {
  readonly answered: number;
  readonly failed: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What a member allows at a time. */
const AT_ONCE = 768;
const WITHIN_MS = 12_000;

async function ask(
  driver: ReturnType<typeof createRedfishDriver>,
  addresses: readonly string[],
): Promise<Asked> {
  const begun = performance.now(), never = new AbortController().signal;
  const grant = { epoch: 1, leaseLeftMs: () => 4_000, signal: never, end: () => {} };
  const took: number[] = [];
  let failed = 0;
  const queue = [...addresses];
  const askNext = async (): Promise<void> => {
    for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
      const bmc = { node: address, address, user: "admin", password: "simulated" } as const;
      const demand = { policy: "tofu", pinned: undefined, tlsName: undefined } as const;
      const deadlineMs = performance.now() + WITHIN_MS;
      const leave = { grant, signal: never, deadlineMs, pin: () => Promise.resolve() };
      try {
        await driver.run({ ...bmc, ...demand }, { path: "power/state" }, leave);
        took.push(performance.now() - begun);
      } catch {
        failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  return {
    answered: took.length,
    failed,
    firstMs: Math.min(...took),
    lastMs: Math.max(...took),
  };
}

if (import.meta.main) {
  const addresses: string[] = JSON.parse(Deno.args[0] ?? "[]");
  const driver = createRedfishDriver({
    clock: systemClock,
    log: createLogger("error", "text", console.error),
    memberName: () => "bench",
  });
  Deno.addSignalListener("SIGUSR2", () => {
    void ask(driver, addresses).then((asked) => console.log(`asked ${JSON.stringify(asked)}`));
  });
  setInterval(() => {}, WITHIN_MS); // a listener alone does not keep the process
  console.log("ready");
}
