/** Many machines ask three members for addresses, and each has exactly one OFFER for a DISCOVER. */
import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { watchingLag } from "../../bench/lag_watch.ts";
import { simulatedMachines } from "../../bench/simulated_machines.ts";
import type { StormResult } from "../../bench/storm_exchange.ts";
import { storm, type StormWish } from "../../bench/storming.ts";
import { leaderOf, type Server } from "../collective.ts";
import { type BootSite, bootTest } from "./boot_site.ts";

const MACHINES = 200;
const STEADILY = 100;
/** Where a member's loop is later than this, it may not have heard in time that another answers: */
const LATE_MS = 500;
/** so many may be answered twice then. */
const MOST_DOUBLED = 1 / 200;
/** So soon a machine is answered when the one that would have is gone. */
const SOON_MS = 2_000;

type Weathered = StormResult & { readonly lagMs: number };

async function weathered(
  site: BootSite,
  asked: readonly Server[],
  wish: Partial<StormWish>,
): Promise<Weathered> {
  const questions = asked.map((member) => () => member.ask("GET", "/healthz"));
  const machines = { machines: MACHINES, ...wish };
  const result = await watchingLag(questions, () => storm(machines, site.segment.at("c1")));
  // Of a member that is busy the test knows only how late it was.
  if (result.lagMs > LATE_MS) console.log(`a loop was ${Math.round(result.lagMs)} ms late`);
  return result;
}

function haveOneAnswerEach({ different, naks, doubled, doubles, begun, lagMs }: Weathered): void {
  deepEqual({ different, naks }, { different: 0, naks: 0 });
  const most = lagMs > LATE_MS ? Math.ceil(begun * MOST_DOUBLED) : 0;
  holds(doubled <= most, `${doubled} of ${begun} were answered twice:\n${doubles.join("\n")}`);
}

/** Soon enough, though no machine asks twice. */
async function areAnsweredWithout(site: BootSite, lost: Server): Promise<void> {
  const left = site.members.filter((member) => member !== lost);
  const without = await weathered(site, left, { perSecond: STEADILY, repeatAfterMs: [] });
  haveOneAnswerEach(without);
  equal(without.offered, MACHINES);
  const { offerMs: { most }, lagMs } = without;
  holds(most <= SOON_MS + lagMs, `${most} ms until an OFFER, a loop ${lagMs} ms late`);
}

await bootTest(
  "200 machines have one answer each: a hundred a second, all at once, and with a member lost",
  { members: 3, clients: 1 },
  async (site) => {
    const lines = simulatedMachines(MACHINES, "10.77").map(({ name, mac, address }) =>
      `${name},${mac},${address}/16`
    );
    const file = `${site.segment.folder}/machines.csv`;
    await Deno.writeTextFile(file, `name,net.hwaddr,net.ipv4_address\n${lines.join("\n")}\n`);
    await site.first.done("nodedefine", "--file", file);

    const steady = await weathered(site, site.members, { perSecond: STEADILY });
    haveOneAnswerEach(steady);
    equal(steady.ended, MACHINES);
    equal(Object.keys(steady.servers).length, 3, "each member answers some");

    const atOnce = await weathered(site, site.members, {});
    haveOneAnswerEach(atOnce);
    equal(atOnce.ended, MACHINES);

    const lost = await leaderOf(site.members);
    // One that hangs is still linked with the others, which wait for its word.
    lost.running.signal("SIGSTOP");
    await areAnsweredWithout(site, lost);
    await lost.kill();
    await areAnsweredWithout(site, lost);
  },
);
