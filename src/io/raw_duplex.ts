/**
 * A socket as TLS sees it, with a gate in front. A `node:tls` socket in Deno reads on into memory
 * when it is paused, whatever lies beneath it; so whoever wants the far end to wait closes the
 * gate, which pauses the raw socket below TLS, and then the kernel's window does the rest.
 */
import { Duplex } from "node:stream";
import type { Socket } from "node:net";

import { concat } from "../base/bytes.ts";

export interface GatedSocket {
  /** What TLS runs over. Destroying it destroys the raw socket, and the other way round. */
  readonly duplex: Duplex;
  /** Reads no more from the kernel. At most what one read gave is still on its way. */
  hold(): void;
  release(): void;
  /** What the kernel said when the connection broke: TLS above does not pass it on. */
  readonly failure: string | undefined;
}

export function gateSocket(raw: Socket): GatedSocket {
  const duplex = new Duplex({
    // Nothing to do on demand: what is read goes up at once, and the gate alone holds it back.
    read: () => {},
    write: (chunk: Uint8Array, _encoding, done) => void raw.write(chunk, done),
    writev: (chunks, done) => {
      raw.write(concat(chunks.map(({ chunk }) => chunk as Uint8Array)), done);
    },
    final: (done) => void raw.end(done),
    destroy: (error, done) => {
      raw.destroy();
      done(error);
    },
  });
  raw.on("data", (chunk: Uint8Array) => void duplex.push(chunk));
  raw.on("end", () => void duplex.push(null));
  let failure: string | undefined;
  duplex.on("error", (error) => failure ??= error.message);
  raw.on("error", (error) => void duplex.destroy(error));
  raw.on("close", () => void duplex.destroy());
  return {
    duplex,
    hold: () => void raw.pause(),
    release: () => void raw.resume(),
    get failure() {
      return failure;
    },
  };
}
