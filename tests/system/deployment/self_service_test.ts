/** Nodes register their keys over the wire: who is granted one, by how many, and who not. */
import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";

import { hmacBy } from "../../api/self/self_stage.ts";
import { agreed, type Server } from "../collective.ts";
import { until } from "../program.ts";
import { shown } from "./deployed_nodes.ts";
import { addressOf, curl, type Got, newKey, type SelfClient } from "./self_client.ts";
import { clientMac, INTERFACE } from "../boot/segment.ts";
import { PROFILE, type SelfSite, selfTest } from "./self_site.ts";

const ARMED = "node authentication armed";
const ROUNDS = 4, AT_ONCE = 10;
const ACCEPTED = "200 Accepted";

function said({ status, text }: Got): string {
  return `${status} ${text}`;
}

/** Refused, for that reason and no other. */
function isRefused(got: Got, why: RegExp): void {
  equal(got.status, 403, said(got));
  match(got.text, /no key is granted to/);
  match(got.text, why);
}

/** What each member answers who asks with that key. */
async function proven(
  client: SelfClient,
  members: readonly Server[],
  key = client.key,
): Promise<number[]> {
  const all: number[] = [];
  for (const member of members) {
    const { status, text } = await client.ask(member, "myattribs", { key });
    if (status === 401) equal(text, "Unauthorized");
    all.push(status);
  }
  return all;
}

async function isNotice(members: readonly Server[], wanted: RegExp): Promise<void> {
  for (const member of members) {
    await member.shows(wanted);
    match((await member.run("check")).out, wanted);
  }
}

await selfTest(
  "a key is granted once, and every member knows it until a new deployment",
  { members: 3, clients: 2 },
  async (site) => {
    const { first, members } = site.boot, [, second, third] = members as [Server, Server, Server];
    const n1 = await site.client("c1", "n1"), n2 = await site.client("c2", "n2");
    const thief = await site.at("c2", "n1");

    for (const member of members) isRefused(await n1.register(member), /it is not armed/);
    await site.arms("n1,n2");
    match(await shown(first, "n1"), new RegExp(`pending: ${PROFILE} .*${ARMED}`));

    isRefused(await n1.register(first, { isUnprivileged: true }), /from port 2\d{4}: wanted one/);
    const other = new RegExp(`${thief.address} has ${clientMac("c2")}, which is no net.\\*hwaddr`);
    isRefused(await thief.register(second), other);
    isRefused(await n1.register(first, { node: "n9" }), /it is not armed/);
    equal((await n1.register(first, { node: "" })).status, 403);
    equal((await n1.register(first, { body: "short" })).status, 400);
    const plain = `http://${addressOf(first)}/confluent-api/self/registerapikey`;
    const open = await curl(site.boot, "c1", "--local-port", "600-1023", "-d", n1.key, plain);
    equal(open.status >= 400, true, said(open));
    match(await shown(first, "n1"), new RegExp(ARMED));

    equal(said(await n1.register(second)), ACCEPTED);
    doesNotMatch(await shown(third, "n1"), new RegExp(ARMED));
    equal(said(await n2.register(third)), ACCEPTED);
    deepEqual(await proven(n1, members), [200, 200, 200]);
    match((await n1.own(third, "myattribs")).text, new RegExp(`^net.hwaddr: ${n1.mac}$`, "m"));
    // Whose answer was lost asks again, somebody else.
    equal(said(await n1.register(third)), ACCEPTED);

    deepEqual(await proven(n1, members, newKey()), [401, 401, 401]);
    deepEqual(await proven(n1, members, n2.key), [401, 401, 401]);
    equal((await n1.own(first, "myattribs", { node: "" })).status, 401);
    equal((await n1.own(first, "myattribs", { node: "n9" })).status, 401);
    equal((await n1.ask(first, "myattribs")).status, 401);

    const granted = `registerapikey from ${n1.address} .*its key is granted`;
    await until("each tells of the grant", async () => {
      const told = await Promise.all(members.map((one) => one.done("explain", "n1")));
      return told.every((text) => new RegExp(granted).test(text)) || undefined;
    });
    await site.movesOn(n1);
    for (const member of members) {
      isRefused(await n1.register(member, { body: newKey() }), /it is not armed/);
    }
    const claim = `n1: a second claim for its key from ${n1.address} \\(${n1.mac}\\)`;
    await isNotice(members, new RegExp(`${claim}.*was granted to .*${n1.mac}`));
    match(await third.done("explain", "n1"), /registerapikey from .*: no key is granted to n1/);
    deepEqual(await proven(n1, members), [200, 200, 200]);

    const old = n1.key;
    n1.key = newKey();
    await site.arms("n1");
    deepEqual(await proven(n1, members, old), [401, 401, 401]);
    equal(said(await n1.register(third)), ACCEPTED);
    await site.movesOn(n1);
    deepEqual(await proven(n1, members), [200, 200, 200]);
    deepEqual(await proven(n1, members, old), [401, 401, 401]);
    equal((await first.collective()).notices.some((one) => one.includes("second claim")), false);

    await site.arms("n2");
    await second.done("nodedeploy", "n2", "-c");
    isRefused(await n2.register(first), /it is not armed/);
  },
);

await selfTest(
  "of many who ask at once, three members together grant one",
  { members: 3, clients: 1 },
  async (site) => {
    const { members } = site.boot;
    const n1 = await site.client("c1", "n1");
    for (let round = 0; round < ROUNDS; round++) {
      await site.arms("n1");
      await agreed(members, members.length);
      await site.movesOn(n1);
      const keys = Array.from({ length: AT_ONCE }, newKey);
      const answers = await Promise.all(
        keys.map((body, at) => n1.register(members[at % 3] as Server, { body })),
      );
      const statuses = answers.map(({ status }) => status).sort();
      deepEqual(statuses, [200, ...Array.from({ length: AT_ONCE - 1 }, () => 403)]);
      await site.movesOn(n1);
      for (const [at, key] of keys.entries()) {
        const status = answers[at]?.status === 200 ? 200 : 401;
        deepEqual(await proven(n1, members, key), [status, status, status]);
      }
    }
  },
);

/** The address that every link has, once nobody else has it. */
async function linkLocal(site: SelfSite, place: string): Promise<string> {
  return await until(`${place} has an address of its link`, async () => {
    const told = await site.boot.segment.done(place, "ip", "-6", "addr", "show", INTERFACE);
    return /inet6 (fe80::[0-9a-f:]+)\/64 scope link *$/m.exec(told)?.[1];
  });
}

await selfTest(
  "a node without an address registers by its link's, and no other machine does",
  { members: 1, clients: 2 },
  async (site) => {
    const { first, segment } = site.boot;
    const n1 = await site.client("c1", "n1"), thief = await site.at("c2", "n1");
    await site.arms("n1");
    const member = await linkLocal(site, "s1");
    for (const place of ["c1", "c2"]) {
      await linkLocal(site, place);
      await segment.done(place, "ip", "-4", "addr", "flush", "dev", INTERFACE);
    }
    const to = `[${member}%${INTERFACE}]`;
    isRefused(await thief.register(first, { to }), new RegExp(`${thief.mac}, which is no net`));
    equal(said(await n1.register(first, { to })), ACCEPTED);
    equal((await n1.own(first, "myattribs", { to })).status, 200);
  },
);

await selfTest(
  "who takes the address of a node is not the node",
  { members: 1, clients: 2 },
  async (site) => {
    const { first } = site.boot;
    const n1 = await site.client("c1", "n1"), thief = await site.at("c2", "n1");
    await site.arms("n1");
    equal(
      (await n1.ask(first, "whoami", { headers: [`CONFLUENT_IDS: mac=${n1.mac}`] })).text,
      "n1",
    );
    const { address } = n1;
    await site.movesOn(n1);
    await thief.takes(address);
    isRefused(await thief.register(first), new RegExp(`${address} has ${thief.mac}, which is no`));
    equal(said(await n1.register(first)), ACCEPTED);
  },
);

await selfTest(
  "strangers are granted nothing, but where a token or a trusted network says so",
  { members: 2, clients: 2, farClients: 1 },
  async (site) => {
    const { first, members, segment } = site.boot, [, second] = members as [Server, Server];
    const far = await site.client("q1", "n3"), n1 = await site.client("c1", "n1");
    await site.arms("n1,n3");
    const nowhere = / is on no network of this member/;
    const ids = [`CONFLUENT_IDS: mac=${far.mac}`];
    for (const member of members) isRefused(await far.register(member), nowhere);
    // No field speaks for another address.
    const headers = [
      "X-Forwarded-For: 10.77.1.1",
      "X-Real-IP: 10.77.1.1",
      "Forwarded: for=10.77.1.1",
    ];
    isRefused(await far.register(first, { headers }), nowhere);
    equal((await far.ask(first, "whoami", { headers: ids })).status, 403);
    equal((await n1.ask(first, "whoami", { headers: ids })).text, "n3");

    // On the wire of a member, in a network that it has no address in.
    await n1.takes("10.99.0.1");
    for (const place of ["s1", "s2"]) {
      await segment.done(place, "ip", "route", "add", "10.99.0.0/16", "dev", INTERFACE);
    }
    await segment.done("c1", "ip", "route", "add", "10.77.0.0/16", "dev", INTERFACE);
    isRefused(await n1.register(first), /10\.99\.0\.1 is on no network of this member/);
    // Of who asks on the member itself no hardware address is known.
    const own = ["--cacert", site.trust.ca, "--local-port", "600-1023", "-d", n1.key];
    const named = ["-H", "CONFLUENT_NODENAME: n1", "--connect-to", "::127.0.0.1:"];
    const url = `https://${site.trust.uuid}.confluent/confluent-api/self/registerapikey`;
    isRefused(await curl(site.boot, "s1", ...own, ...named, url), /no hardware address is known/);

    await first.done("nodeattrib", "n3", "secret.selfapiarmtoken=right-token");
    const byToken = (token: string): string[] =>
      Object.entries(hmacBy(token, far.key)).map(([name, value]) => `${name}: ${value}`);
    const how = { isUnprivileged: true };
    for (const member of members) {
      const wrong = await far.register(member, { ...how, headers: byToken("wrong-token") });
      isRefused(wrong, /its HMAC was made with another token/);
    }
    const of = await far.register(first, {
      ...how,
      headers: byToken("right-token"),
      body: newKey(),
    });
    isRefused(of, /its HMAC was made with another token/); // of another key
    equal(said(await far.register(second, { ...how, headers: byToken("right-token") })), ACCEPTED);
    deepEqual(await proven(far, members), [200, 200]);
    const body = newKey();
    const headers2 = Object.entries(hmacBy("right-token", body)).map((one) => one.join(": "));
    for (const member of members) {
      const spent = await far.register(member, { ...how, headers: headers2, body });
      isRefused(spent, /its token was used already/);
    }

    await site.arms("n3");
    await first.done("nodeattrib", "n3", "trusted.subnets=192.0.2.0/24, 10.78.0.0/24");
    await far.takes("10.78.0.77", 24);
    equal((await far.ask(first, "whoami", { headers: ids })).text, "n3");
    isRefused(await far.register(second, how), /from port 2\d{4}: wanted one below 1024/);
    isRefused(await far.register(second, { node: "n1" }), nowhere);
    equal(said(await far.register(second)), ACCEPTED);
    deepEqual(await proven(far, members), [200, 200]);
  },
);
