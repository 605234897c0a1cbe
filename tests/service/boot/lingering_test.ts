import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { TFTP_CONTENDED_MS, TFTP_LINGER_MS, TFTP_LOOK_MS } from "../../../src/base/boot_limits.ts";
import { Lingering } from "../../../src/service/boot/lingering.ts";

/** A client that answers after so long; each look costs a little time, or as much as it is told. */
class Scene {
  nowMs = 0;
  lookMs = 0.001;
  looks = 0;
  sleeps = 0;
  answers = 0;
  readonly #answerMs: number;
  #dueMs: number;
  readonly lingering: Lingering;

  constructor(answerMs: number) {
    this.#answerMs = this.#dueMs = answerMs;
    this.lingering = new Lingering({
      receive: () => {
        this.looks++;
        this.nowMs += this.lookMs;
        if (this.nowMs < this.#dueMs) return 0;
        this.answered();
        return 1;
      },
      awaits: (mostMs) => {
        this.sleeps++;
        const untilMs = Math.min(this.nowMs + mostMs, Math.max(this.#dueMs, this.nowMs));
        this.nowMs = untilMs;
        return this.#dueMs <= untilMs;
      },
      nowMs: () => this.nowMs,
    });
  }

  answered(): void {
    this.answers++;
    this.#dueMs = this.nowMs + this.#answerMs;
  }
}

Deno.test("who answers at once is looked for, without sleep, for a bounded time", () => {
  const scene = new Scene(0.02);
  scene.lingering.linger();
  equal(scene.sleeps, 0);
  holds(scene.answers > 20, String(scene.answers));
  holds(scene.nowMs >= TFTP_LINGER_MS && scene.nowMs < TFTP_LINGER_MS + 2 * TFTP_LOOK_MS);
});

Deno.test("who takes a little longer is slept for, and in time not looked for", () => {
  const scene = new Scene(0.15);
  for (let i = 0; i < 40; i++) scene.lingering.linger();
  holds(scene.answers > 100);
  const { looks } = scene;
  for (let i = 0; i < 10; i++) scene.lingering.linger();
  holds(scene.looks - looks < 200, `${scene.looks - looks} looks`);
});

Deno.test("who is far away costs next to nothing", () => {
  const scene = new Scene(50);
  let spentMs = 0;
  for (let i = 0; i < 1_000; i++) {
    const beganMs = scene.nowMs;
    scene.lingering.linger();
    spentMs += scene.nowMs - beganMs;
    scene.nowMs += 50;
    scene.answered(); // the poller told of it
  }
  holds(spentMs / 1_000 < 0.02, `${spentMs / 1_000} ms each time`);
});

Deno.test("where processors are contended it sleeps, and looks again later", () => {
  const scene = new Scene(0.02);
  scene.lookMs = 3; // ousted within each look
  scene.lingering.linger();
  scene.lookMs = 0.001;
  const { looks } = scene;
  scene.lingering.linger();
  deepEqual([scene.looks - looks, scene.sleeps > 10], [scene.sleeps, true]);
  scene.nowMs += TFTP_CONTENDED_MS;
  const { sleeps } = scene;
  scene.lingering.linger();
  equal(scene.sleeps, sleeps);
});
