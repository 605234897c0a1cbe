/** What tests of links stand on: a clock told to move, a listener, and both ends of a link. */
import { fail } from "node:assert/strict";

import { fromUtf8 } from "../../src/base/bytes.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import type { Clock } from "../../src/io/clock.ts";
import type {
  Endpoint,
  Link,
  LinkEvents,
  LinkIdentity,
  LinkListener,
  Links,
} from "../../src/io/link.ts";

/** A clock that moves when it is told to. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly call: () => void }>();

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: this.#nowMs, wallMs: this.#nowMs };
  }

  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs);
    for (const timer of due.sort((a, b) => a.atMs - b.atMs)) {
      if (this.#timers.delete(timer)) timer.call();
    }
  }
}

/** A network of one host that can talk to itself. */
export interface LinkBench {
  readonly links: Links;
  readonly clock: ManualClock;
  readonly host: string;
  readonly server: LinkIdentity;
  readonly client: LinkIdentity;
}

/** The receiving side of a link: keeps what comes and lets a test wait for it. */
export class Receiver implements LinkEvents {
  readonly frames: Uint8Array[] = [];
  readonly reasons: string[] = [];
  readonly closing: Promise<string>;
  /** What is done with each frame after it was kept. */
  onFrame: (frame: Uint8Array) => void | Promise<void> = () => {};
  readonly #resolveClosing: (reason: string) => void;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closing = promise;
    this.#resolveClosing = resolve;
  }

  frame(bytes: Uint8Array): void | Promise<void> {
    this.frames.push(bytes);
    for (const { count, resolve } of this.#waiting) if (this.frames.length >= count) resolve();
    this.#waiting = this.#waiting.filter(({ count }) => this.frames.length < count);
    return this.onFrame(bytes);
  }

  closed(reason: string): void {
    this.reasons.push(reason);
    this.#resolveClosing(reason);
  }

  /** The first `count` frames, once they are there; fails the test where the link closes first. */
  async taken(count: number): Promise<Uint8Array[]> {
    if (this.frames.length < count) {
      const enough = new Promise<void>((resolve) => void this.#waiting.push({ count, resolve }));
      await Promise.race([enough, this.closing]);
    }
    if (this.frames.length >= count) return this.frames.slice(0, count);
    return fail(`closed after ${this.frames.length} of ${count} frames: ${this.reasons[0]}`);
  }

  async texts(count: number): Promise<string[]> {
    return (await this.taken(count)).map(fromUtf8);
  }
}

export function valueOf<T>(outcome: Outcome<T>): T {
  return outcome.ok ? outcome.value : fail(outcome.refusal.message);
}

/** A listener and the links it accepted, in order. */
export class Door {
  readonly #arrived: Link[] = [];
  #waiting: ((link: Link) => void)[] = [];
  listener: LinkListener | undefined;

  static async open(bench: LinkBench, at?: Endpoint): Promise<Door> {
    const door = new Door();
    const endpoint = at ?? { host: bench.host, port: 0 };
    const accept = (link: Link): void => door.#accept(link);
    door.listener = valueOf(await bench.links.listen(endpoint, bench.server, accept));
    return door;
  }

  #accept(link: Link): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#arrived.push(link);
    else waiting(link);
  }

  get address(): Endpoint {
    return this.listener?.address ?? fail("not listening");
  }

  async next(): Promise<Link> {
    const link = this.#arrived.shift();
    if (link !== undefined) return link;
    return await new Promise((resolve) => void this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.listener?.close();
  }
}

/** Both ends of one link. */
export interface Pair {
  readonly near: Link;
  readonly far: Link;
  readonly atNear: Receiver;
  readonly atFar: Receiver;
}

export interface PairOptions {
  readonly proven?: boolean;
  readonly openFar?: boolean;
}

export async function pairUp(
  bench: LinkBench,
  door: Door,
  { proven = true, openFar = true }: PairOptions = {},
): Promise<Pair> {
  const near = valueOf(await bench.links.dial(door.address, bench.client));
  const far = await door.next();
  const pair = { near, far, atNear: new Receiver(), atFar: new Receiver() };
  if (proven) {
    near.proven();
    far.proven();
  }
  near.open(pair.atNear);
  if (openFar) far.open(pair.atFar);
  return pair;
}

/** Closes one end and waits until both have been told. */
export async function end({ near, atNear, atFar }: Pair): Promise<void> {
  near.close("the test is over");
  await Promise.all([atNear.closing, atFar.closing]);
}

/** Far beyond what any test takes: a test that waits for what never comes fails instead. */
const PATIENCE_MS = 20_000;

export async function patiently(work: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("waited in vain")), PATIENCE_MS);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
