/**
 * The port to what stands in a machine and controls it (its BMC): one promise, a driver for each
 * way of reaching one. `hardwaremanagement.method` chooses.
 */
import type { NodeCommand, NodeValues } from "../../model/node_command.ts";
import type { Grant } from "../duty.ts";

/** How the controller of one node is reached, from the node's attributes. */
export interface Bmc {
  readonly node: string;
  /** `id.uuid`: which machine it is, where its controller has several. */
  readonly uuid?: string | undefined;
  /** `hardwaremanagement.manager` without a prefix length: a host, or `host:port`. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** `secret.ipmikg`: the key K_g of IPMI, where the controller wants one. */
  readonly kg?: string | undefined;
  /** `pubkeys.addpolicy`: how a certificate is taken that is not pinned. */
  readonly policy: "tofu" | "manual" | "ca" | "ca-only";
  /** `pubkeys.tls_hardwaremanager`: what its certificate must be, `sha256$` and 64 hexadecimal
   * digits. */
  readonly pinned: string | undefined;
  /** `hardwaremanagement.manager_tls_name`: the name its certificate must have, for `ca`. */
  readonly tlsName: string | undefined;
}

/** The reason with which the signal of {@link Leave} is aborted at the deadline. */
export const DEADLINE_OVER = new Error("the deadline is over");

/** What a driver needs beside the command. */
export interface Leave {
  /** Leave to act, by this member; the driver asks it before every changing request. */
  readonly grant: Grant;
  /** Aborted where nobody waits for the answer any more, or with DEADLINE_OVER. */
  readonly signal: AbortSignal;
  /** Of the service's monotonic clock. */
  readonly deadlineMs: number;
  /** Told the fingerprint that was seen where none was pinned and the policy takes it. Resolves
   * once it is kept; refuses (throws {@link DriverError}) where another was kept meanwhile. */
  readonly pin: (fingerprint: string) => Promise<void>;
}

/** What one node's controller could not do. `errorcode` is the status that is told of it. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly errorcode: number;

  constructor(errorcode: number, message: string) {
    super(message);
    this.errorcode = errorcode;
  }
}

/**
 * Runs one command on one controller. Everything it does is bounded: it ends by the deadline, holds
 * no more memory than limits.ts says, and throws nothing but {@link DriverError}:
 *
 * - 401 or 502: the credentials are wrong; 502: the certificate is not the pinned one;
 * - 501: the controller cannot do that; 404: it has no such thing;
 * - 502: what it says makes no sense, or it redirects, or breaks off before a change was asked for;
 * - 504: it does not answer, or a change was asked for and nobody knows what became of it. A
 *   changing request of which one byte went out is never sent again;
 * - 503: this member must not act (no lease left), nothing was asked of the controller.
 */
export interface Driver {
  run(bmc: Bmc, command: NodeCommand, leave: Leave): Promise<NodeValues>;
  /** Ends sessions and connections; what is under way fails with 503. */
  close(): Promise<void>;
}
