/**
 * Members that share one replicated state and one agreed time, both under control; each has a data
 * folder of its own, and the collective key unless it is taken away.
 */
import { ok, type Outcome, refused } from "../../../src/base/outcome.ts";
import { newKeyOperations } from "../../../src/collective/key_ring.ts";
import { systemClock } from "../../../src/io/clock.ts";
import { systemRandom } from "../../../src/io/random.ts";
import type { Operation } from "../../../src/model/operation.ts";
import { type CollectiveKey, sealedBy, unseal } from "../../../src/model/sealing.ts";
import { Replica } from "../../../src/replica/replica.ts";
import type { HostAddress } from "../../../src/service/addresses.ts";
import {
  type AuthorityOwner,
  CertificateAuthority,
} from "../../../src/service/authority/authority.ts";
import type { Written } from "../../../src/service/member_service.ts";
import { reseal } from "../../../src/service/resealing.ts";
import { sealingBy } from "../../../src/service/secrets.ts";
import { encodeBody } from "../../../src/wire/entry.ts";
import { ManualClock } from "../../contract/link_bench.ts";

export const DAY_MS = 86_400_000;
/** The id of the collective. */
export const UUID = "0123456789abcdef0123456789abcdef";

export class AuthorityStage {
  readonly replica = new Replica();
  readonly clock = new ManualClock();
  /** The agreed time. */
  wallMs = Date.UTC(2026, 0, 1);
  readonly keys = new Map<string, CollectiveKey>();
  /** Awaited before each write is applied. */
  before: () => Promise<void> = () => Promise.resolve();
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.newKey("aa");
  }

  get newest(): CollectiveKey {
    return [...this.keys.values()].at(-1) as CollectiveKey;
  }

  newKey(name: string): void {
    const key = { id: name.padStart(16, "0"), bytes: systemRandom.bytes(32) };
    const before = [...this.keys.keys()].at(-1);
    this.apply(newKeyOperations(key, before, [], () => systemRandom.bytes(32)));
    this.keys.set(key.id, key);
  }

  apply(operations: readonly Operation[]): Written {
    const index = this.replica.applied + 1;
    const body = encodeBody({ operations });
    const { verdict } = this.replica.apply({ index, term: 1, hlc: 1024 * index, body });
    return { index, verdict };
  }

  value(row: string, attribute: string): string | null {
    return this.replica.cells.value(row, attribute);
  }

  /** Seals all anew by the newest key, and forgets the others. */
  async reseals(): Promise<void> {
    const { newest, keys, replica } = this;
    const write = (operations: readonly Operation[]): Promise<Outcome<Written>> =>
      Promise.resolve(ok(this.apply(operations)));
    const random = systemRandom, clock = systemClock;
    await reseal({ state: replica.cells, keys, newest, random, clock, write });
    for (const id of [...keys.keys()]) if (id !== newest.id) keys.delete(id);
  }

  /** Time passes for all. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.clock.advance(ms);
  }

  async member(name: string, given: Partial<Member> = {}): Promise<StagedMember> {
    const data = `${this.folder}/${name}`;
    await Deno.mkdir(data, { recursive: true });
    const member: Member = {
      ...{ isLeader: true, isTold: true, hasKey: true, advertised: "10.0.0.1:13001", host: [] },
      ...given,
    };
    return new StagedMember(this, name, data, member);
  }
}

/** What may change of a member. */
interface Member {
  isLeader: boolean;
  isTold: boolean;
  /** The collective key. */
  hasKey: boolean;
  advertised: string;
  host: readonly HostAddress[];
}

export class StagedMember {
  readonly is: Member;
  readonly data: string;
  readonly authority: CertificateAuthority;
  readonly lines: string[] = [];
  /** Serial numbers, one by one: of each certificate that it used. */
  readonly used: string[] = [];

  constructor(stage: AuthorityStage, name: string, data: string, is: Member) {
    this.is = is;
    this.data = data;
    const owner: AuthorityOwner = {
      ...{ name, state: stage.replica.cells, collective: UUID },
      get isLeader() {
        return is.isLeader;
      },
      get isTold() {
        return is.isTold;
      },
      get addresses() {
        return [is.advertised];
      },
      secrets: {
        get hasNewest() {
          return is.hasKey;
        },
        sealing: () =>
          Promise.resolve(is.hasKey ? ok(sealingBy(stage.newest, systemRandom)) : NO_KEY),
        unseal: (row, attribute, sealed) => {
          const key = is.hasKey ? stage.keys.get(sealedBy(sealed) ?? "") : undefined;
          if (key === undefined) return NO_KEY;
          const plain = unseal(key, row, attribute, sealed);
          return plain === undefined ? refused("invalid", "it does not open") : ok(plain);
        },
      },
      agreedWallMs: () => stage.wallMs,
      write: async (operations) => {
        await stage.before();
        return ok(stage.apply(operations));
      },
    };
    const tell = (line: string): void => void this.lines.push(line);
    this.authority = new CertificateAuthority(owner, {
      ...{ clock: stage.clock, random: systemRandom, data, servesNodes: true },
      log: { debug: () => {}, info: tell, warn: tell, error: tell },
      hostAddresses: () => is.host,
    });
    this.authority.leaf.watch(({ certificatePem }) => void this.used.push(certificatePem));
  }

  /** Looks until nothing more is to be done at once. */
  async looks(stage: AuthorityStage): Promise<void> {
    for (let i = 0; i < 4; i++) {
      stage.clock.advance(10_000);
      await this.authority.turned();
    }
  }
}

const NO_KEY = refused("unavailable", "the collective key is not here");

export async function inAuthorityStage(
  test: (stage: AuthorityStage) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-authority-" });
  try {
    await test(new AuthorityStage(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
