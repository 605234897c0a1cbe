/** What can go wrong between this host and a controller. */

/**
 * - `unreachable`: nothing listens there, or there is no way to it;
 * - `silent`: it did not answer in time;
 * - `tls`: it does not speak TLS, or none that is spoken here;
 * - `unsent`: the connection was gone before one byte of the request was sent on it;
 * - `closed`: the connection broke before one byte of the answer came;
 * - `cut`: it broke amid the answer;
 * - `nonsense`: what came is not HTTP;
 * - `too-large`: more came than limits.ts allows;
 * - `stopped`: whoever asked wants no answer any more.
 */
export type BmcFaultKind =
  | "unreachable"
  | "silent"
  | "tls"
  | "unsent"
  | "closed"
  | "cut"
  | "nonsense"
  | "too-large"
  | "stopped";

/** Thrown by all that speaks to controllers below the drivers; foreseen, every one of them. */
export class BmcFault extends Error {
  override readonly name = "BmcFault";
  readonly kind: BmcFaultKind;

  constructor(kind: BmcFaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
