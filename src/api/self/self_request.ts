/** A request of a node, as a listener hands it to the self-service API. */

/** Its body was read already, and is bounded. */
export interface SelfRequest {
  readonly request: Request;
  /** Who is at the far end: an IPv4 address without `::ffff:`, and the source port. */
  readonly peer: { readonly address: string; readonly port: number };
}

/** Answers every request below `/confluent-api/self/`. */
export type SelfService = (request: SelfRequest) => Promise<Response>;
