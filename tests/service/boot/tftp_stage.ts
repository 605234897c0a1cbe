/** A TFTP server on a port of the loopback, with files of its own, for tests. */
import type { Outcome } from "../../../src/base/outcome.ts";
import { refused } from "../../../src/base/outcome.ts";
import { type Clock, systemClock } from "../../../src/io/clock.ts";
import { openNamedFile } from "../../../src/io/content_files.ts";
import { openDatagramSocket } from "../../../src/io/datagram.ts";
import { Poller } from "../../../src/io/poller.ts";
import type { OpenTftp, TftpSource } from "../../../src/service/boot/tftp_openings.ts";
import { type TftpEvent, TftpServer } from "../../../src/service/boot/tftp_server.ts";
import { TftpClient } from "./tftp_client.ts";

export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

/** A clock that goes when it is told to. */
export class HandClock implements Clock {
  #nowMs = 1_000;
  readonly #timers = new Map<() => void, number>();

  now(): { readonly monoMs: number; readonly wallMs: number } {
    return { monoMs: this.#nowMs, wallMs: this.#nowMs };
  }

  after(ms: number, call: () => void): () => void {
    this.#timers.set(call, this.#nowMs + ms);
    return () => void this.#timers.delete(call);
  }

  /** Goes on so far, in small steps. */
  pass(ms: number): void {
    for (const untilMs = this.#nowMs + ms; this.#nowMs < untilMs;) {
      this.#nowMs += 50;
      for (const [call, atMs] of [...this.#timers]) {
        if (atMs > this.#nowMs) continue;
        this.#timers.delete(call);
        call();
      }
    }
  }
}

export interface Stage {
  readonly server: TftpServer;
  readonly folder: string;
  readonly events: TftpEvent[];
  /** Resolves with the next event of that type. */
  event(type: TftpEvent["type"]): Promise<TftpEvent>;
  client(): Promise<TftpClient>;
}

export interface StageOptions {
  readonly clock?: Clock;
  readonly open?: OpenTftp;
}

/** Runs the test with a server that serves a folder, and cleans up. */
export async function onStage(
  test: (stage: Stage) => Promise<void>,
  options: StageOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-tftp-" });
  const poller = valueOf(Poller.open());
  const events: TftpEvent[] = [];
  let told: () => void = () => {};
  const server = new TftpServer({
    socket: valueOf(openDatagramSocket({ port: 0, address: 0x7f00_0001 })),
    poller,
    clock: options.clock ?? systemClock,
    open: options.open ?? ((path) => openBelow(folder, path)),
    events: (event) => {
      events.push(event);
      told();
    },
  });
  const clients: TftpClient[] = [];
  let seen = 0;
  try {
    await test({
      server,
      folder,
      events,
      async event(type): Promise<TftpEvent> {
        for (;; seen++) {
          while (seen >= events.length) {
            await new Promise<void>((resolve) => void (told = resolve));
          }
          const event = events[seen];
          if (event?.type !== type) continue;
          seen++;
          return event;
        }
      },
      async client(): Promise<TftpClient> {
        const client = await TftpClient.of(server.socket.port);
        clients.push(client);
        return client;
      },
    });
  } finally {
    server.close();
    await poller.close();
    for (const client of clients) await client.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names without a slash are files of the folder; others are forbidden. */
async function openBelow(folder: string, path: string): Promise<Outcome<TftpSource>> {
  if (path.includes("/")) return refused("forbidden", `${path} leads elsewhere`);
  const opened = await openNamedFile(`${folder}/${path}`);
  return opened.ok ? { ok: true, value: { kind: "file", file: opened.value } } : opened;
}

/** Bytes that differ from place to place. */
export function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
