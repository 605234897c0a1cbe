/** What members know of each other's profiles, over links that carry every frame at once. */
import { deepEqual, equal, throws } from "node:assert/strict";

import { MalformedError } from "../../../src/base/bytes.ts";
import { type MemberId, memberId } from "../../../src/model/member.ts";
import type { ProfileStanding } from "../../../src/service/content/profile_standing.ts";
import { ContentState } from "../../../src/service/content/content_state.ts";
import { encodeContentTold } from "../../../src/wire/content_frame.ts";

const A = "aa".repeat(32), B = "bb".repeat(32);

class Side {
  readonly name: string;
  id: MemberId;
  isLooked = true;
  frames = 0;
  readonly held = new Map<string, ProfileStanding>();
  readonly state: ContentState;
  readonly bench: Bench;

  constructor(bench: Bench, number: number) {
    this.bench = bench;
    this.name = `m${number}`;
    this.id = memberId(String(number).padStart(16, "0"));
    this.state = new ContentState({
      profiles: this,
      self: () => this.id,
      members: () => bench.sides,
      reference: (profile) => bench.references.get(profile),
      sendFrame: (to, frame, lane) => {
        equal(lane, "bulk");
        this.frames++;
        return bench.send(this, to, frame);
      },
    });
  }

  get names(): readonly string[] {
    return [...this.held.keys()];
  }

  standing(name: string): ProfileStanding | undefined {
    return this.held.get(name);
  }

  holds(name: string, more: Partial<ProfileStanding> = {}): void {
    this.held.set(name, {
      name,
      isBootable: more.whyNot === undefined,
      whyNot: undefined,
      profile: undefined,
      kernel: undefined,
      initramfs: [],
      digest: A,
      whyNoDigest: undefined,
      ...more,
    });
    this.state.changed();
  }

  /** `m1 equal, m2 missing`. */
  sees(profile: string): string {
    return this.state.heldBy(profile).map(({ name, content }) => `${name} ${content}`).join(", ");
  }

  link(other: Side, isUp: boolean): void {
    this.bench.link(this, other, isUp);
  }
}

class Bench {
  readonly sides: Side[] = [];
  readonly references = new Map<string, string>();
  readonly #links = new Set<string>();

  static of(count: number): [Side, Side, Side] {
    const bench = new Bench();
    for (let i = 1; i <= count; i++) bench.sides.push(new Side(bench, i));
    return bench.sides as [Side, Side, Side];
  }

  send(from: Side, to: MemberId, frame: Uint8Array): boolean {
    const far = this.sides.find(({ id }) => id === to);
    if (far === undefined || !this.#links.has([from.id, to].sort().join())) return false;
    equal(far.state.frame(from.id, frame), true);
    return true;
  }

  link(one: Side, other: Side, isUp: boolean): void {
    const key = [one.id, other.id].sort().join();
    if (isUp) this.#links.add(key);
    else this.#links.delete(key);
    one.state.linked(other.id, isUp);
    other.state.linked(one.id, isUp);
  }
}

Deno.test("each knows what the others hold, from when their link is up, and each change", () => {
  const [m1, m2, m3] = Bench.of(3);
  m1.holds("p");
  m2.holds("p", { digest: B });
  equal(m1.sees("p"), "m1 unset, m2 silent, m3 silent");
  for (const [one, other] of [[m1, m2], [m1, m3], [m2, m3]] as const) one.link(other, true);
  for (const side of [m1, m2, m3]) equal(side.sees("p"), "m1 unset, m2 unset, m3 missing");
  m3.holds("p", { digest: undefined });
  m3.holds("q");
  equal(m1.sees("p"), "m1 unset, m2 unset, m3 reading");
  deepEqual(m2.state.names(), ["p", "q"]);
  m3.held.delete("q");
  m3.state.changed();
  deepEqual(m2.state.names(), ["p"]);
});

Deno.test("with a reference it is said who is equal to it and who is not", () => {
  const [m1, m2, m3] = Bench.of(3);
  m1.bench.references.set("p", A);
  for (const [one, other] of [[m1, m2], [m1, m3], [m2, m3]] as const) one.link(other, true);
  m1.holds("p");
  m2.holds("p", { digest: B });
  m3.holds("p", { whyNot: "boot/kernel is missing" });
  equal(m2.sees("p"), "m1 equal, m2 differs, m3 equal");
  const [, , holder] = m2.state.heldBy("p");
  deepEqual([holder?.isBootable, holder?.why], [false, "boot/kernel is missing"]);
  m3.holds("p", { digest: undefined, whyNoDigest: "scripts/x cannot be read" });
  equal(m2.sees("p"), "m1 equal, m2 differs, m3 unreadable");
});

Deno.test("whoever is not linked any more is not known, and tells anew", () => {
  const [m1, m2] = Bench.of(2);
  m2.holds("p");
  m1.link(m2, true);
  equal(m1.sees("p"), "m1 missing, m2 unset");
  m1.link(m2, false);
  deepEqual([m1.sees("p"), m1.state.names()], ["m1 missing, m2 silent", []]);
  m2.holds("q");
  m1.link(m2, true);
  deepEqual(m1.state.names(), ["p", "q"]);
});

Deno.test("nothing is told before the first look: it would say that nothing is there", () => {
  const [m1, m2] = Bench.of(2);
  m1.isLooked = false;
  m1.link(m2, true);
  m1.holds("p");
  equal(m1.frames, 0);
  equal(m2.sees("p"), "m1 silent, m2 missing");
  equal(m1.sees("q"), "m1 silent, m2 missing");
  m1.isLooked = true;
  m1.state.changed();
  equal(m2.sees("p"), "m1 unset, m2 missing");
});

Deno.test("who may send the files is judged of the members in question alone", () => {
  const [m1, m2, m3] = Bench.of(3);
  m1.bench.references.set("p", A);
  for (const other of [m2, m3]) m1.link(other, true);
  m1.holds("p");
  m2.holds("p", { digest: B });
  const among = (...sides: readonly Side[]): string[] =>
    [...m1.state.mayServe("p", sides.map(({ id }) => id)).values()].map(({ may }) => may);
  deepEqual(among(m1, m2, m3), ["preferred", "able", "not"]);
  deepEqual(among(m3, m2), ["not", "preferred"]);
});

Deno.test("another service's frame is let pass, and one that makes no sense is not", () => {
  const [m1, m2] = Bench.of(2);
  equal(m1.state.frame(m2.id, Uint8Array.of(136, 0)), false);
  throws(() => m1.state.frame(m2.id, Uint8Array.of(152)), MalformedError);
  const held = { profile: "../x", isBootable: true, digest: undefined, why: undefined };
  throws(() => m1.state.frame(m2.id, encodeContentTold([held])), MalformedError);
});
