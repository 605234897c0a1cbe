/**
 * Connections that prove nothing: silent ones, and ones that send a byte a second. One that is
 * closed comes back a little later, so that the pressure stays. A program of its own, so that what
 * it costs does not slow the one that measures. Prints `standing` when all have connected once, and
 * then once a second how many are open.
 */
import type { Address } from "./kept_connection.ts";

export interface StrangerOrder {
  readonly addresses: readonly Address[];
  /** At each address. */
  readonly silent: number;
  readonly slow: number;
  /** How long one stays away that was closed. */
  readonly awayMs: number;
}

const BYTE_MS = 1_000;
const BYTE = new Uint8Array([0x16]);

let open = 0, connected = 0, closed = 0;

async function stand(
  { host, port }: Address,
  isSlow: boolean,
  awayMs: number,
): Promise<never> {
  for (let isFirst = true;; isFirst = false) {
    try {
      using conn = await Deno.connect({ hostname: host, port });
      open++;
      if (isFirst) connected++;
      await (isSlow ? sendSlowly(conn) : waitForEnd(conn)).finally(() => open--);
    } catch {
      // Refused, reset or ended: it comes back all the same.
    }
    closed++;
    await pause(awayMs);
  }
}

async function waitForEnd(conn: Deno.TcpConn): Promise<void> {
  const room = new Uint8Array(64);
  while (await conn.read(room) !== null);
}

async function sendSlowly(conn: Deno.TcpConn): Promise<never> {
  for (;;) {
    await conn.write(BYTE);
    await pause(BYTE_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

if (import.meta.main) {
  const { addresses, silent, slow, awayMs } = JSON.parse(Deno.args[0] ?? "") as StrangerOrder;
  for (const address of addresses) {
    for (let i = 0; i < silent + slow; i++) void stand(address, i >= silent, awayMs);
  }
  const wanted = addresses.length * (silent + slow);
  while (connected < wanted) await pause(50);
  for (;;) {
    console.log(`standing: ${open} of ${wanted} open, ${closed} were closed so far`);
    await pause(1_000);
  }
}
