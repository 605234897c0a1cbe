/**
 * A TCP connection as TLS sees it, with a gate in front. A `node:tls` socket in Deno reads on into
 * memory when it is paused, whatever lies beneath it; so whoever wants the far end to wait closes
 * the gate below TLS: then nothing is read, and the kernel's window does the rest.
 */
import type { Socket } from "node:net";
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

/**
 * Small writes leave at once, and a host that vanished is noticed in the end. `readBytes` is what
 * one read takes at most, and what every such socket costs.
 */
export function gateSocket(connection: Deno.TcpConn, readBytes = READ_BYTES): GatedSocket {
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
    const buffer = new Uint8Array(readBytes);
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

/**
 * The same over a socket of `node:net`, for ends that may have to take back what they sent: only
 * such a socket can be reset. It reads on as TLS takes what was read, and not while it is held.
 */
export function gateNodeSocket(socket: Socket): GatedSocket {
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  let failure: string | undefined;
  let isHeld = false, hasEnded = false;
  const duplex = new Duplex({
    read: () => void (isHeld || socket.resume()),
    write: (chunk: Uint8Array, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  duplex.on("error", (error) => failure ??= error.message);
  socket.on("data", (bytes: Uint8Array) => {
    if (!duplex.push(bytes) || isHeld) socket.pause();
  });
  socket.on("end", () => {
    hasEnded = true;
    duplex.push(null);
  });
  socket.on("error", (error) => duplex.destroy(error));
  socket.on("close", () => void (hasEnded || duplex.destroy()));
  return {
    duplex,
    hold: () => {
      isHeld = true;
      socket.pause();
    },
    release: () => {
      isHeld = false;
      socket.resume();
    },
    get failure() {
      return failure;
    },
  };
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
