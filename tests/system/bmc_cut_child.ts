/**
 * Inside a network of its own: a change is written while its way to the BMC is cut. Says what came
 * of it, and what the BMC was told once the way was there again.
 */
import { CHANGE_LEASE_MS } from "../../src/base/limits.ts";
import { RedfishStage } from "../service/hardware/redfish_stage.ts";

/** Longer than the kernel waits until it sends again what was lost in a cut of two seconds. */
const RESENT_MS = 5_000;

function nft(...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command("nft", { args: [...args] }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

await RedfishStage.play({}, async (stage) => {
  const [, port = ""] = stage.first.address.split(":");
  nft("add", "table", "ip", "cut");
  nft("add", "chain", "ip", "cut", "in", "{ type filter hook input priority 0; }");
  let isCut = false;
  // The lease is asked for right before the change is written.
  const leaseLeftMs = (): number => {
    if (!isCut) nft("add", "rule", "ip", "cut", "in", "tcp", "dport", port, "drop");
    isCut = true;
    return 4_000;
  };
  const begun = performance.now();
  const wishes = { withinMs: 20_000, leaseLeftMs };
  const error = await stage.fails({ path: "power/state", set: "on" }, undefined, wishes);
  const afterMs = performance.now() - begun;
  nft("flush", "table", "ip", "cut");
  await pause(RESENT_MS);
  const { errorcode, message } = error;
  const inTime = afterMs >= CHANGE_LEASE_MS && afterMs < CHANGE_LEASE_MS + 1_500;
  console.log(JSON.stringify({ errorcode, message, inTime, actions: stage.actions }));
});
Deno.exit(0);
