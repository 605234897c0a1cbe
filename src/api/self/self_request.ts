/** What the service of nodes for themselves is asked by, over HTTPS. */

/** A request of a node, its body read already, and who sent it. */
export interface SelfRequest {
  readonly request: Request;
  readonly peer: {
    /** Without the prefix `::ffff:` of an IPv4 address. */
    readonly address: string;
    readonly port: number;
  };
}

/** Answers every request below `/confluent-api/self/`. */
export type SelfService = (request: SelfRequest) => Promise<Response>;
