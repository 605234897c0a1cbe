/** Searches that a member hears: how many it looks at, and of whom. */
import { deepEqual, equal } from "node:assert/strict";

import {
  MAX_SEARCHES,
  MAX_SEARCHES_OF_ONE,
  MAX_SEARCHES_OFF_LINK,
} from "../../../src/base/boot_limits.ts";
import type { Clock } from "../../../src/io/clock.ts";
import type { GroupPeer, GroupSocket } from "../../../src/io/group_socket.ts";
import { interface4Of, type Ipv4, ipv4Of } from "../../../src/model/ipv4.ts";
import type { MemberId } from "../../../src/model/member.ts";
import type { SearchView } from "../../../src/netboot/search_decision.ts";
import { BootLog } from "../../../src/service/boot/boot_log.ts";
import { noSearchCounts } from "../../../src/service/boot/search_counts.ts";
import { SearchService } from "../../../src/service/boot/search_service.ts";
import type { Logger } from "../../../src/service/logger.ts";
import { printSearch } from "../../../src/wire/ssdp.ts";

const ON = 2, NEAR = ipv4Of("10.0.0.20") ?? 0, FAR = ipv4Of("10.9.0.1") ?? 0;
const nothing = (): void => {};
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const SEARCH = printSearch([{ name: "allconfluent" }]);

interface Hearing {
  readonly counts: ReturnType<typeof noSearchCounts>;
  /** Those of them who were answered. */
  hears(from: readonly Ipv4[]): Ipv4[];
  passes(ms: number): void;
}

function hearing(): Hearing {
  let monoMs = 0;
  const waiting: GroupPeer[] = [], answered: Ipv4[] = [], counts = noSearchCounts();
  const clock: Clock = { now: () => ({ monoMs, wallMs: 0 }), after: () => () => {} };
  const local = interface4Of("10.0.0.1/16");
  const on = { index: ON, name: "eth0", locals: local === undefined ? [] : [local], locals6: [] };
  const view: SearchView = {
    ...{ self: "m1" as MemberId, members: [], isHeld: true, uuid: "00aa" },
    recognize: () => ({ node: undefined, why: "nobody knows it", isStranger: false }),
    candidatesOf: () => undefined,
  };
  const service = new SearchService({
    ...{ clock, counts, view, timeline: new BootLog(), log: SILENT },
    interfaces: { byIndex: () => on } as never,
  });
  const socket = {
    tooLong: 0,
    dropped: () => 0,
    receive: (_: number, take: (bytes: Uint8Array, from: GroupPeer) => void) => {
      for (const peer of waiting.splice(0)) take(SEARCH, peer);
    },
    send: ({ host }: GroupPeer) => answered.push(Number(host.address)),
  } as unknown as GroupSocket;
  return {
    counts,
    hears: (from: readonly Ipv4[]): Ipv4[] => {
      const peer = { port: 1900, interfaceIndex: ON };
      waiting.push(...from.map((address) => ({ host: { family: 4, address } as const, ...peer })));
      answered.splice(0);
      service.readable(socket);
      return [...answered];
    },
    passes: (ms: number): void => void (monoMs += ms),
  };
}

Deno.test("one machine, and all together, are looked at so often in a second", () => {
  const { hears, passes, counts } = hearing();
  const again = Array.from({ length: MAX_SEARCHES_OF_ONE + 5 }, () => NEAR);
  equal(hears(again).length, MAX_SEARCHES_OF_ONE);
  deepEqual(hears([NEAR + 1]), [NEAR + 1]);
  passes(1_000);
  equal(hears(Array.from({ length: MAX_SEARCHES + 9 }, (_, i) => NEAR + i)).length, MAX_SEARCHES);
  deepEqual(hears([NEAR]), []);
  equal(counts.floods, 5 + 9 + 1);
  passes(1_000);
  deepEqual(hears([NEAR]), [NEAR]);
});

Deno.test("whoever is not on the link takes nothing from those who are", () => {
  const { hears, counts } = hearing();
  deepEqual(hears(Array.from({ length: MAX_SEARCHES * 2 }, (_, i) => FAR + i)), []);
  equal(counts.silences, MAX_SEARCHES_OFF_LINK);
  deepEqual(hears([NEAR]), [NEAR]);
});
