/**
 * A TCP connection as TLS sees it, with a gate in front. A `node:tls` socket in Deno reads on into
 * memory when it is paused, whatever lies beneath it; so whoever wants the far end to wait closes
 * the gate below TLS: then nothing is read, and the kernel's window does the rest.
 */
import { Duplex } from "node:stream";

import { concat } from "../base/bytes.ts";

/** What one read takes from the kernel at most. */
const READ_BYTES = 64 * 1024;

export interface GatedSocket {
  /** What TLS runs over. Destroying it closes the connection. */
  readonly duplex: Duplex;
  /** Reads no more from the kernel. At most what one read gave is still on its way. */
  hold(): void;
  release(): void;
  /** What the kernel said when the connection broke: TLS above does not pass it on. */
  readonly failure: string | undefined;
}

/** Small writes leave at once, and a host that vanished is noticed in the end. */
export function gateSocket(connection: Deno.TcpConn): GatedSocket {
  connection.setNoDelay(true);
  connection.setKeepAlive(true);
  let failure: string | undefined;
  let gate: PromiseWithResolvers<void> | undefined;

  const duplex = new Duplex({
    // Nothing to do on demand: what is read goes up at once, and the gate alone holds it back.
    read: () => {},
    write: (chunk: Uint8Array, _encoding, done) => {
      writeAll(connection, chunk).then(() => done(), done);
    },
    writev: (chunks, done) => {
      const bytes = concat(chunks.map(({ chunk }) => chunk as Uint8Array));
      writeAll(connection, bytes).then(() => done(), done);
    },
    final: (done) => void connection.closeWrite().then(() => done(), done),
    destroy: (error, done) => {
      connection.close();
      gate?.resolve();
      done(error);
    },
  });
  duplex.on("error", (error) => failure ??= error.message);

  async function pump(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      while (!duplex.destroyed) {
        const length = await connection.read(buffer);
        if (duplex.destroyed) return;
        duplex.push(length === null ? null : buffer.slice(0, length));
        if (length === null) return;
        if (gate !== undefined) await gate.promise;
      }
    } catch (error) {
      // Closing the connection ends a read under way with an error that says nothing.
      if (!duplex.destroyed) duplex.destroy(error instanceof Error ? error : undefined);
    }
  }

  void pump();
  return {
    duplex,
    hold: () => void (gate ??= Promise.withResolvers<void>()),
    release: () => {
      gate?.resolve();
      gate = undefined;
    },
    get failure() {
      return failure;
    },
  };
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
