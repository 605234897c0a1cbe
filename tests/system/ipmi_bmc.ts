/** Controllers and leave to act on them, as the driver of IPMI is told of them. */
import { systemClock } from "../../src/io/clock.ts";
import type { Bmc, Leave } from "../../src/service/hardware/driver.ts";
import { IPMI_PASSWORD, IPMI_USER } from "./ipmi_sim.ts";

export function bmcAt(address: string, more: Partial<Bmc> = {}): Bmc {
  return {
    node: "n1",
    address,
    user: IPMI_USER,
    password: IPMI_PASSWORD,
    policy: "tofu",
    pinned: undefined,
    tlsName: undefined,
    ...more,
  };
}

export interface LeaveSettings {
  readonly withinMs?: number;
  /** The lease from now on, which nothing renews. */
  readonly leaseMs?: number;
  readonly signal?: AbortSignal;
  /** What its lease is at each look, instead. */
  readonly looks?: number[];
  /** Aborted where the member must not act any more. */
  readonly revoked?: AbortSignal;
}

export function leaveOf(settings: LeaveSettings = {}): Leave {
  const { withinMs = 20_000, leaseMs = 3_600_000 } = settings;
  const nowMs = systemClock.now().monoMs;
  const never = new AbortController().signal;
  return {
    grant: {
      epoch: 1,
      leaseLeftMs: () => settings.looks?.shift() ?? nowMs + leaseMs - systemClock.now().monoMs,
      signal: settings.revoked ?? never,
      end: () => {},
    },
    signal: settings.signal ?? never,
    deadlineMs: nowMs + withinMs,
    pin: () => Promise.resolve(),
  };
}
