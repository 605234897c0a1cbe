import { deepEqual, equal, match } from "node:assert/strict";

import {
  FOREIGN_ASK_MS,
  FOREIGN_KEPT_MS,
  FOREIGN_TELL_MS,
  MAX_FOREIGN_NOTICES,
  MAX_FOREIGN_SERVERS,
} from "../../../src/base/boot_limits.ts";
import { ipv4Of, type Network, networkOf } from "../../../src/model/ipv4.ts";
import { ForeignServers } from "../../../src/service/boot/foreign_servers.ts";

const ip = (text: string): number => ipv4Of(text) ?? 0;
const HERE: readonly Network[] = [networkOf(ip("10.0.0.0"), 24)];
const THERE: readonly Network[] = [networkOf(ip("10.9.0.0"), 24)];
const SERVER = ip("10.0.0.1");

Deno.test("a server counts where it was heard, and is news once", () => {
  const servers = new ForeignServers();
  equal(servers.on(HERE, 0), undefined);
  equal(servers.heard(SERVER, "eth0", HERE, 0), true);
  equal(servers.heard(SERVER, "eth0", HERE, 10), false);
  equal(servers.on(HERE, 10), SERVER);
  equal(servers.on([...THERE, ...HERE], 10), SERVER);
  equal(servers.on(THERE, 10), undefined);
  equal(servers.on([], 10), undefined);
});

Deno.test("one whose address is of another network counts where it was heard", () => {
  const servers = new ForeignServers();
  servers.heard(ip("192.168.1.1"), "eth0", HERE, 0);
  equal(servers.on(HERE, 0), ip("192.168.1.1"));
  equal(
    servers.on([networkOf(ip("10.0.0.0"), 25)], 0),
    undefined,
    "another prefix is another link",
  );
  servers.heard(ip("10.9.0.1"), "eth0", HERE, 0);
  equal(servers.on(THERE, 0), ip("10.9.0.1"), "it lies there by its address");
});

Deno.test("it is forgotten when it was not heard for long, and then is news again", () => {
  const servers = new ForeignServers();
  servers.heard(SERVER, "eth0", HERE, 0);
  servers.heard(SERVER, "eth0", HERE, 1_000);
  equal(servers.on(HERE, FOREIGN_KEPT_MS + 999), SERVER);
  equal(servers.countAt(FOREIGN_KEPT_MS + 999), 1);
  equal(servers.on(HERE, FOREIGN_KEPT_MS + 1_000), undefined);
  deepEqual(servers.notices("m1", FOREIGN_KEPT_MS + 1_000), []);
  equal(servers.countAt(FOREIGN_KEPT_MS + 1_000), 0);
  equal(servers.heard(SERVER, "eth0", HERE, FOREIGN_KEPT_MS + 1_000), true);
});

Deno.test("so many are remembered, the newest", () => {
  const servers = new ForeignServers();
  for (let i = 0; i <= MAX_FOREIGN_SERVERS; i++) servers.heard(SERVER + i, "eth0", HERE, i);
  equal(servers.countAt(100), MAX_FOREIGN_SERVERS);
  const lines = servers.notices("m1", 100);
  equal(lines.length, MAX_FOREIGN_NOTICES + 1);
  match(lines[0] ?? "", /^10\.0\.0\.65, which is no member/, "the newest first");
  match(lines.at(-1) ?? "", /^60 more servers, which are no members, answer m1 with DHCP$/);
  equal(servers.on(HERE, 100), SERVER + 1);
  // One that is heard again goes to the end, and takes nobody's place.
  servers.heard(SERVER + 5, "eth0", HERE, 100);
  equal(servers.on(HERE, 100), SERVER + 1);
  servers.heard(SERVER + 1, "eth0", HERE, 100);
  equal(servers.on(HERE, 100), SERVER + 2);
  equal(servers.countAt(100), MAX_FOREIGN_SERVERS);
});

Deno.test("of many that are made up, one in a while is news", () => {
  const servers = new ForeignServers();
  const news = [0, 1, FOREIGN_TELL_MS - 1, FOREIGN_TELL_MS, FOREIGN_TELL_MS + 1].map((nowMs, i) =>
    servers.heard(SERVER + i, "eth0", HERE, nowMs)
  );
  deepEqual(news, [true, false, false, true, false]);
});

Deno.test("an interface is asked so often at most, each by itself", () => {
  const servers = new ForeignServers();
  deepEqual([servers.mayAsk("eth0", 0), servers.mayAsk("eth1", 0)], [true, true]);
  deepEqual([servers.mayAsk("eth0", FOREIGN_ASK_MS - 1), servers.mayAsk("eth0", FOREIGN_ASK_MS)], [
    false,
    true,
  ]);
  equal(servers.mayAsk("eth0", FOREIGN_ASK_MS + 1), false);
});

Deno.test("people are told which it is, what comes of it, and what helps", () => {
  const servers = new ForeignServers();
  servers.heard(SERVER, "eth0", HERE, 0);
  const [line = ""] = servers.notices("m1", 0);
  match(line, /^10\.0\.0\.1, which is no member, answers DHCP on eth0 of m1: m1 gives boot files/);
  match(line, /stop that server, or start m1 with --dhcp-authoritative eth0$/);
});
