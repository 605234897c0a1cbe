/**
 * Scripts of who answers. Lines at the margin are directions; the indented lines under each are
 * what came of it, and are what the test compares:
 *
 *     order m1 m2 m3
 *     all hear DISCOVER
 *       m1 tells m2 m3
 *       m1 answers
 *       m2 leaves it to m1
 *       m3 leaves it to m1
 *
 * What a member tells reaches nobody unless a direction says so; `until` lets time pass, and each
 * does what is due at its time.
 */
import { deepEqual, fail } from "node:assert/strict";

import type { MemberId } from "../../src/model/member.ts";
import { Answering, type AnsweringEffect, type AnswerNote } from "../../src/netboot/answering.ts";
import { idOf, MAC } from "./boot_stage.ts";

/** Plays the directions of `script`, and fails where what comes of them is not what it says. */
export function transcript(script: string): void {
  const expected = outdent(script);
  deepEqual(new Play().perform(expected), expected);
}

function outdent(script: string): string[] {
  const lines = script.replace(/^\n/, "").trimEnd().split("\n");
  const margin = /^ */.exec(lines[0] ?? "")?.[0] ?? "";
  return lines.map((line) => line.startsWith(margin) ? line.slice(margin.length) : line);
}

interface Cast {
  readonly name: string;
  readonly answering: Answering<string>;
  /** What it told and nobody heard yet. */
  readonly told: { readonly to: readonly MemberId[]; readonly note: AnswerNote }[];
}

class Play {
  readonly #cast = new Map<string, Cast>();
  readonly #lines: string[] = [];
  #order: readonly MemberId[] = [];
  #nowMs = 0;

  perform(script: readonly string[]): string[] {
    for (const line of script) {
      if (line.startsWith(" ")) continue;
      this.#lines.push(line);
      this.#direct(line);
    }
    return this.#lines;
  }

  #direct(line: string): void {
    const rules: readonly (readonly [RegExp, (...parts: string[]) => void])[] = [
      [/^order (.+)$/, (names = "") => this.#enters(names)],
      [
        /^(.+) hears? (DISCOVER|REQUEST)(?: (\d+))?(?:, (\d+) ms late)?$/,
        (who = "", kind, xid, lag) => {
          for (const one of this.#named(who)) {
            this.#hears(
              one,
              kind === "DISCOVER",
              xid,
              Number(lag ?? 0),
            );
          }
        },
      ],
      [/^what (\w+) told reaches (.+)$/, (from = "", who = "") => this.#reaches(from, who)],
      [/^what (\w+) told is lost$/, (from = "") => void this.#one(from).told.splice(0)],
      [/^(\w+) is dead$/, (name = "") => void this.#cast.delete(name)],
      [/^until (\d+) ms$/, (ms) => this.#until(Number(ms))],
      [/^(\w+) stands still until (\d+) ms$/, (_, ms) => void (this.#nowMs = Number(ms))],
      [/^(\w+) goes on, (\d+) ms late$/, (name = "", ms) => {
        this.#ticks(this.#one(name), Number(ms));
      }],
    ];
    for (const [pattern, act] of rules) {
      const parts = pattern.exec(line);
      if (parts !== null) return act(...parts.slice(1));
    }
    fail(`nobody knows how to "${line}"`);
  }

  #enters(names: string): void {
    this.#order = names.split(" ").map(idOf);
    for (const name of names.split(" ")) {
      if (this.#cast.has(name)) continue;
      this.#cast.set(name, { name, answering: new Answering(() => idOf(name)), told: [] });
    }
  }

  #one(name: string): Cast {
    return this.#cast.get(name) ?? fail(`${name} is not on stage`);
  }

  #named(who: string): Cast[] {
    return who === "all" ? [...this.#cast.values()] : who.split(" ").map((name) => this.#one(name));
  }

  #hears(one: Cast, isDiscover: boolean, xid: string | undefined, lagMs: number): void {
    const asked = {
      mac: MAC,
      xid: Number(xid ?? 1),
      kind: isDiscover ? "discover" : "selecting",
    } as const;
    const effects = one.answering.heard(
      { ...asked, order: this.#order, reply: "" },
      this.#nowMs,
      lagMs,
    );
    this.#write(one, effects);
  }

  #reaches(from: string, who: string): void {
    const reached = this.#named(who).map(({ name }) => name);
    for (const { to, note } of this.#one(from).told) {
      for (const name of reached) {
        if (to.includes(idOf(name))) this.#one(name).answering.noted(note, idOf(from), this.#nowMs);
      }
    }
  }

  /** Each event at its time. */
  #until(untilMs: number): void {
    for (;;) {
      const next = [...this.#cast.values()].sort((a, b) =>
        a.answering.deadlineMs - b.answering.deadlineMs
      )[0];
      if (next === undefined || next.answering.deadlineMs > untilMs) break;
      this.#nowMs = next.answering.deadlineMs;
      this.#ticks(next);
    }
    this.#nowMs = untilMs;
  }

  #ticks(one: Cast, lagMs = 0): void {
    this.#write(one, one.answering.tick(this.#nowMs, lagMs));
  }

  #write(one: Cast, effects: readonly AnsweringEffect<string>[]): void {
    for (const effect of effects) this.#lines.push(`  ${one.name} ${this.#did(one, effect)}`);
  }

  #did(one: Cast, effect: AnsweringEffect<string>): string {
    switch (effect.effect) {
      case "note":
        one.told.push(effect);
        return `tells ${effect.to.map(nameOf).join(" ")}`;
      case "answer":
        return effect.afterMs === 0 ? "answers" : `answers after ${effect.afterMs} ms`;
      case "left":
        return nameOf(effect.to) === one.name
          ? "has its answer or gives it soon"
          : `leaves it to ${nameOf(effect.to)}`;
    }
  }
}

function nameOf(id: MemberId): string {
  return `m${Number(id)}`;
}
