/** Members that are cut off, and time that goes by: what nodes are told then. */
import { deepEqual, equal, match } from "node:assert/strict";

import { agreed, leaderOf, type Server } from "../collective.ts";
import { until, works } from "../program.ts";
import { addressOf, newKey, type SelfClient } from "./self_client.ts";
import { PROFILE, type SelfSite, selfTest } from "./self_site.ts";

const ARMED_S = 4 * 3_600, EARLY_S = 300;
/** `$LIB` is for the loader, which knows the machine's library folder. */
const FAKETIME = "/usr/$LIB/faketime/libfaketimeMT.so.1";

function ahead(seconds: number): readonly string[] {
  const words = [`LD_PRELOAD=${FAKETIME}`, `FAKETIME=+${seconds}s`];
  return ["env", ...words, "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"];
}

/** What each of the endpoints says to who asks rightly. */
const ASKED = [
  "whoami",
  "deploycfg2",
  "deploycfg",
  "netcfg",
  "nodelist",
  "myattribs",
  "bmcconfig",
  "scriptlist/post.d",
  "profileprivate/pending/secret",
];

/** All that it may ask of the member, and what it would report, is answered 503, and no more. */
async function isWithoutSay(client: SelfClient, member: Server): Promise<void> {
  const headers = [`CONFLUENT_IDS: mac=${client.mac}`];
  const posts = [["registerapikey", newKey()], ["updatestatus", "status: staged"]] as const;
  for (const path of ASKED) {
    const { status, text } = await client.own(member, path, { headers });
    equal(status, 503, `${path}: ${text}`);
    match(text, /"error":".*quorum/);
  }
  for (const [path, body] of posts) {
    equal((await client.own(member, path, { body })).status, 503, path);
  }
  // A file of its profile that anybody may have needs no quorum.
  const open = await client.fetch(member, `/confluent-public/os/${PROFILE}/profile.yaml`);
  equal(open.status, 200, open.text);
}

/** Members pass each other nothing any more; the cables and all clients stay. */
async function part({ boot }: SelfSite, alone: Server): Promise<void> {
  for (const other of boot.members) {
    if (other === alone) continue;
    const [one, two] = [addressOf(alone), addressOf(other)];
    await boot.segment.drop(`ip saddr ${one} ip daddr ${two}`);
    await boot.segment.drop(`ip saddr ${two} ip daddr ${one}`);
  }
}

await selfTest(
  "a member in a minority answers 503, and never by what it knew; the others go on",
  { members: 3, clients: 2 },
  async (site) => {
    const { first, members } = site.boot;
    const n1 = await site.client("c1", "n1"), n2 = await site.client("c2", "n2");
    await site.granted(n1);
    await site.arms("n2");
    for (const member of members) equal((await n1.own(member, "deploycfg2")).status, 200);
    const alone = await leaderOf(members);
    const others = members.filter((member) => member !== alone) as [Server, Server];
    const [one, two] = others;

    await part(site, alone);
    // What it was asked in the moment before it sees that it is alone comes to nothing.
    const lost = newKey();
    match(String((await n2.register(alone, { body: lost })).status), /^50[34]$/);
    await until("the one who led sees that it is alone", async () => {
      return (await n1.own(alone, "myattribs")).status === 503 || undefined;
    });
    await isWithoutSay(n1, alone);
    await until("the others have a leader", async () => {
      const { code } = await one.run("nodedeploy", "n1", "-n", PROFILE, "-p");
      return code === 0 || undefined;
    });
    equal((await n1.own(two, "myattribs")).status, 401);
    equal((await n2.register(one)).status, 200);
    equal((await n2.own(two, "updatestatus", { body: "status: staged" })).text, "OK");
    equal((await n1.own(alone, "myattribs")).status, 503);
    equal((await n2.own(alone, "myattribs")).status, 503);

    await site.boot.segment.passAll();
    await agreed(members, members.length);
    await site.movesOn(n2);
    for (const member of members) {
      equal((await n1.own(member, "myattribs")).status, 401, member.name);
      equal((await n2.own(member, "myattribs")).status, 200, member.name);
      equal((await n2.own(member, "myattribs", { key: lost })).status, 401, member.name);
    }

    await Promise.all(members.slice(1).map((member) => member.kill()));
    await first.shows(/quorum/);
    await isWithoutSay(n2, first);
    await members[2]?.serve();
    await until("two have quorum", async () => {
      const answers = await Promise.all(
        [members[0], members[2]].map(async (member) =>
          (await n2.own(member as Server, "myattribs")).status
        ),
      );
      return answers.every((status) => status === 200) || undefined;
    });
  },
);

const HAS_FAKETIME = await works([...ahead(1), "true"], "libfaketime (faketime)");
if (HAS_FAKETIME) {
  await selfTest(
    "an arming ends after four hours",
    { members: 1, clients: 2 },
    async (site) => {
      const { first } = site.boot;
      const n1 = await site.client("c1", "n1"), n2 = await site.client("c2", "n2");
      await site.arms("n1,n2");
      await first.stop();
      await first.serve(ahead(ARMED_S - EARLY_S));
      equal((await n1.register(first)).status, 200);
      await first.stop();
      await first.serve(ahead(ARMED_S + EARLY_S));
      const { status, text } = await n2.register(first);
      equal(status, 403, text);
      match(text, /its arming is over \(deployment\.apiarmed\); arm it anew/);
      equal((await n1.own(first, "myattribs")).status, 200);
      await site.arms("n2");
      deepEqual((await n2.register(first)).text, "Accepted");
    },
  );
}
