/** A request of a node, as a listener hands it to the self-service API. */

export interface SelfRequest {
  /** Its body was read already, and is bounded. */
  readonly request: Request;
  /** Who is at the far end: an IPv4 address without `::ffff:`, and the source port. */
  readonly peer: { readonly address: string; readonly port: number };
}
