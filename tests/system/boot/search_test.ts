/** Machines of a segment search for members, by all ways that their own system has. */
import { deepEqual, equal, match } from "node:assert/strict";

import type { SearchField } from "../../../src/wire/ssdp.ts";
import type { Server } from "../collective.ts";
import { type Program, until } from "../program.ts";
import { type BootSite, bootTest } from "./boot_site.ts";
import type { SearchOrder, SearchTold } from "./search_child.ts";
import { clientMac, INTERFACE, serverAddress } from "./segment.ts";

const CHILD = new URL("search_child.ts", import.meta.url).pathname;
const DATAGRAM = new URL("../../../src/io/datagram.ts", import.meta.url).href;
const PENDING = "deployment.pendingprofile";

/** A machine that searches until it is ended. */
class Searching {
  readonly #program: Program;

  constructor(
    { segment }: BootSite,
    place: string,
    by: SearchOrder["by"],
    ...fields: readonly SearchField[]
  ) {
    const order: SearchOrder = { fields, by };
    const run = [Deno.execPath(), "run", "-A", "--no-config", CHILD, JSON.stringify(order)];
    this.#program = segment.start(place, ...run);
  }

  /** Once so many different answers came, and it has ended; sorted by who sent them. */
  async answers(count: number): Promise<SearchTold[]> {
    await until(`${count} answers came`, () => {
      if (this.#program.hasEnded) throw new Error(`it ended:\n${this.#program.said()}`);
      return Promise.resolve(this.#program.out.length >= count || undefined);
    });
    return await this.end();
  }

  async end(): Promise<SearchTold[]> {
    const { out } = await this.#program.kill();
    const told = out.split("\n").filter((line) => line !== "")
      .map((line): SearchTold => JSON.parse(line));
    return told.sort((a, b) => a.from < b.from ? -1 : 1);
  }
}

function mac(place: string): SearchField {
  return { name: "mac", value: clientMac(place) };
}

/** The link-local address that a place has of that interface. */
async function linkLocal(site: BootSite, place: string, name: string): Promise<string> {
  return await until(`${place} has an address on ${name}`, async () => {
    const shown = await site.segment.done(place, "ip", "-6", "addr", "show", "dev", name);
    return /inet6 (fe80::[0-9a-f:]+)\/64 scope link *$/m.exec(shown)?.[1];
  });
}

/** Once each of the members remembers of a node that it told it nothing, and why. */
async function areSilent(
  asked: Server,
  subject: string,
  members: readonly Server[],
  why: RegExp,
): Promise<void> {
  await until(`${subject} is told nothing: ${why}`, async () => {
    const { out } = await asked.run("explain", subject);
    const lines = out.split("\n").filter((line) => line.includes("SEARCH from"));
    const isSaid = ({ name }: Server): boolean =>
      lines.some((line) => line.includes(` ${name}: `) && why.test(line));
    return members.every(isSaid) || undefined;
  });
}

async function uuidOf(member: Server): Promise<SearchField> {
  const { body } = await member.ask("GET", "/uuid");
  const { uuid } = body as { uuid: { value: string } };
  return { name: "confluentuuid", value: uuid.value };
}

await bootTest(
  "a machine without an address finds every candidate by IPv6, and by IPv4 once it has one",
  { members: 3, clients: 2 },
  async (site) => {
    const { segment, first, members } = site;
    await site.node("n1", { "net.hwaddr": clientMac("c1"), "net.ipv4_address": "10.77.1.51/16" });
    const ours = await uuidOf(first);
    const self = {
      node: "n1",
      via: INTERFACE,
      on: INTERFACE,
      isDefaultNet: true,
      isPresent: false,
    };
    const own6 = await Promise.all([1, 2, 3].map((i) => linkLocal(site, `s${i}`, INTERFACE)));

    const by6 = await new Searching(site, "c1", ["6"], ours, mac("c1")).answers(3);
    deepEqual(
      by6,
      own6.map((from) => ({ from, ...self })).sort((a, b) => a.from < b.from ? -1 : 1),
    );
    await segment.done("c1", "ip", "addr", "add", "10.77.1.51/16", "brd", "+", "dev", INTERFACE);
    const own4 = [1, 2, 3].map((i) => ({ from: serverAddress(i), ...self }));
    deepEqual(await new Searching(site, "c1", ["4"], ours, mac("c1")).answers(3), own4);
    deepEqual(await new Searching(site, "c1", ["broadcast"], ours, mac("c1")).answers(3), own4);
    match(
      await first.done("explain", "n1"),
      /m3: SEARCH from fe80::\S+ on eth0: answered, eth0, the network of its own address/,
    );

    // Of an address that is in no network of theirs.
    await segment.sh(
      "c1",
      `ip addr flush dev ${INTERFACE} scope global; ` +
        `ip addr add 10.99.0.1/16 brd + dev ${INTERFACE}`,
    );
    const elsewhere = new Searching(site, "c1", ["4"], ours, mac("c1"));
    await areSilent(first, "n1", members, /10\.99\.0\.1 is in no network of eth0/);
    deepEqual(await elsewhere.end(), []);

    const others: SearchField = { name: "confluentuuid", value: "00ff" };
    const foreign = new Searching(site, "c1", ["6"], others, mac("c1"));
    await areSilent(first, "n1", members, /it searches for the collective 00ff, not for this one/);
    deepEqual(await foreign.end(), []);

    const stranger = new Searching(site, "c2", ["6"], ours, mac("c2"));
    await areSilent(first, clientMac("c2"), members, /no node has its hardware address/);
    deepEqual(await stranger.end(), []);
    const { body } = await first.ask("GET", "/discovery/by-mac/");
    match(JSON.stringify(body), new RegExp(`"mac":"${clientMac("c2")}".*a search for members`));

    const unnamed = new Searching(site, "c1", ["6"], mac("c1"));
    await areSilent(first, "n1", members, /it does not name this collective, and no profile/);
    deepEqual(await unnamed.end(), []);
    await first.done("nodeattrib", "n1", `${PENDING}=alma`);
    const pending = await new Searching(site, "c1", ["6"], mac("c1")).answers(3);
    deepEqual(pending.map(({ from }) => from).sort(), [...own6].sort());

    await first.done("nodeattrib", "n1", "collective.managercandidates=m1,m2");
    const chosen = new Searching(site, "c1", ["6"], ours, mac("c1"));
    await areSilent(first, "n1", members.slice(2), /m3 may not answer: it is none of/);
    deepEqual((await chosen.answers(2)).map(({ from }) => from), own6.slice(0, 2).sort());

    await Promise.all(members.slice(1).map((member) => member.kill()));
    await first.shows(/quorum/);
    const alone = new Searching(site, "c1", ["6"], ours, mac("c1"));
    await areSilent(first, "n1", [first], /no answer: no quorum/);
    deepEqual(await alone.end(), []);
  },
);

await bootTest(
  "an interface that comes later is served, by its link-local address, and no other answers there",
  { members: 2, clients: 1, farClients: 1, interfaces: `${INTERFACE},eth1` },
  async (site) => {
    const { segment, first } = site;
    await site.node("n1", { "net.hwaddr": clientMac("q1"), "net.ipv4_address": "10.77.1.51/16" });
    const ours = await uuidOf(first);
    const searching = new Searching(site, "q1", ["6", "4"], ours, mac("q1"));
    for (const place of ["s1", "s2"]) await segment.link(place, "eth1", "far");
    const far = await Promise.all(["s1", "s2"].map((place) => linkLocal(site, place, "eth1")));
    const told = await searching.answers(2);
    const self = { node: "n1", on: INTERFACE, isDefaultNet: false, isPresent: false, via: "eth1" };
    deepEqual(told, far.sort().map((from) => ({ from, ...self })));

    // Who asks on one link is answered on that link, by the address there.
    const near = await Promise.all(["s1", "s2"].map((one) => linkLocal(site, one, INTERFACE)));
    const again = await new Searching(site, "c1", ["6"], ours, mac("q1")).answers(2);
    deepEqual(
      again.map(({ from, via }) => [from, via]),
      near.sort().map((from) => [from, INTERFACE]),
    );

    // It goes and comes back: another interface of the same name.
    await segment.unlink("s1", "eth1");
    await segment.link("s1", "eth1", "far");
    const back = await new Searching(site, "q1", ["6"], ours, mac("q1")).answers(2);
    equal(back.every(({ via }) => via === "eth1"), true);
  },
);

/** Has the port for itself alone. */
const HOLDER = `const { openDatagramSocket } = await import("${DATAGRAM}");
  if (!openDatagramSocket({ port: 1900 }).ok) throw new Error("the port is another's");
  console.log("holds it");
  setInterval(() => {}, 1_000);`;

await bootTest(
  "a port that another program has for itself is told of, and taken once it is free",
  { members: 1, clients: 1 },
  async (site) => {
    const { first, segment } = site;
    await site.node("n1", { "net.hwaddr": clientMac("c1"), "net.ipv4_address": "10.77.1.51/16" });
    await segment.done("c1", "ip", "addr", "add", "10.77.1.51/16", "brd", "+", "dev", INTERFACE);
    const ours = await uuidOf(first);
    await first.kill();
    const holder = segment.start("s1", Deno.execPath(), "eval", "--no-config", HOLDER);
    await holder.line(/^holds it$/);
    await first.serve();
    const remedy =
      /cannot listen on UDP port 1900 of IPv4: deno \(process \d+\) has it .*; stop it/;
    await until("check tells of the port", async () => {
      return remedy.test((await first.run("check")).out) || undefined;
    });
    equal((await new Searching(site, "c1", ["6"], ours, mac("c1")).answers(1)).length, 1);
    await holder.kill();
    equal((await new Searching(site, "c1", ["4"], ours, mac("c1")).answers(1)).length, 1);
    equal(remedy.test((await first.run("check")).out), false);
  },
);
