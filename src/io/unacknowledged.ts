/**
 * Whether the far end's kernel has what was sent. Only ours knows, and tells it in the tables under
 * /proc/net: `tx_queue` of a connection is what was written and not acknowledged yet.
 */

/** A TCP connection by its ports, which is enough to tell it from others of one process. */
export interface Ports {
  readonly local: number;
  readonly remote: number;
}

const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** One reading of the tables serves all who ask meanwhile: they are long on a busy host. */
let reading: Promise<readonly string[]> | undefined;

/** Bytes that are on their way or still here; undefined where the kernel has no such connection. */
export async function unacknowledged(ports: Ports): Promise<number | undefined> {
  reading ??= readTables().finally(() => reading = undefined);
  return unacknowledgedIn(await reading, ports);
}

async function readTables(): Promise<readonly string[]> {
  return await Promise.all(TABLES.map((table) => Deno.readTextFile(table).catch(() => "")));
}

/** Found in the text of the tables (Linux, proc_net_tcp.txt). */
export function unacknowledgedIn(
  tables: readonly string[],
  { local, remote }: Ports,
): number | undefined {
  const [near, far] = [local, remote].map((port) =>
    port.toString(16).toUpperCase().padStart(4, "0")
  );
  const line = new RegExp(
    `^ *\\d+: [0-9A-F]+:${near} [0-9A-F]+:${far} [0-9A-F]{2} ([0-9A-F]{8}):`,
    "m",
  );
  for (const table of tables) {
    const queue = line.exec(table)?.[1];
    if (queue !== undefined) return parseInt(queue, 16);
  }
  return undefined;
}
