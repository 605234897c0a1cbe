/** For which names nodes' certificates are asked of the collective's CAs. */
import { deepEqual, equal, match } from "node:assert/strict";

import { MAX_CERTIFIED_NAMES } from "../../../src/base/boot_limits.ts";
import { refused } from "../../../src/base/outcome.ts";
import { address, endpointStage } from "./endpoint_stage.ts";

const OWN = ["127.0.0.1", "::1", "localhost", "localhost.localdomain"];

Deno.test("tlscert: the node's names and addresses, whatever the request says", async () => {
  const { ask, set, member } = await endpointStage();
  set("n1", { "dns.domain": "hpc.example", "net.ib.hostname": "n1-ib" });
  const { status, text } = await ask("POST tlscert", { body: "a request" });
  deepEqual([status, text], [200, "signed\n"]);
  set("n1", { "pubkeys.tls_lifetime": "10" });
  await ask("POST tlscert", { body: "a request" });
  const names = ["n1", "n1.hpc.example", "n1-ib", "n1-ib.hpc.example", "10.0.0.7"];
  deepEqual(member.authority.asked, [["a request", names, 47], ["a request", names, 10]]);
  deepEqual(member.reports.map(([, { asked, outcome, told }]) => [asked, outcome, told])[0], [
    ...["tlscert from 10.0.0.7", "answered", `for ${names.join(" ")}`],
  ]);
});

Deno.test("sshcert: these, and those by which every host knows itself", async () => {
  const { ask, member } = await endpointStage();
  member.authority.answer = { ok: true, value: "ssh-ed25519-cert-v01@openssh.com AAAA" };
  const { status, text } = await ask("POST sshcert", { body: "ssh-ed25519 AAAA n1\n" });
  deepEqual([status, text], [200, "ssh-ed25519-cert-v01@openssh.com AAAA\n"]);
  const [[key, names, days] = []] = member.authority.asked;
  deepEqual([key, days], ["ssh-ed25519 AAAA n1", undefined]);
  deepEqual(names, ["n1", "10.0.0.7", ...OWN]);
});

Deno.test("without an address of its own a node has that of its name", async () => {
  const { ask, set, names, member } = await endpointStage();
  set("n1", { "net.ipv4_address": null });
  names.set("n1", address("10.0.0.77"));
  await ask("POST tlscert", { body: "x" });
  deepEqual(member.authority.asked[0]?.[1], ["n1", "10.0.0.77"]);
});

Deno.test("so many names are in one certificate, the node's own among them", async () => {
  const { ask, set, member } = await endpointStage();
  const hosts = Array.from({ length: MAX_CERTIFIED_NAMES + 5 }, (_, i) => `h${i}`).join(",");
  set("n1", { "net.hostname": hosts });
  for (const path of ["tlscert", "sshcert"]) await ask(`POST ${path}`, { body: "x" });
  for (const [, names] of member.authority.asked) {
    equal(names.length, MAX_CERTIFIED_NAMES);
    equal(names[0], "n1");
  }
});

Deno.test("what cannot be signed is refused, and why it was is on the timeline", async () => {
  const { ask, set, member } = await endpointStage();
  for (const path of ["tlscert", "sshcert"]) {
    const empty = await ask(`POST ${path}`, { body: " \n" });
    equal(empty.status, 400, path);
    match(empty.text, /the body is empty: wanted a/);
  }
  deepEqual(member.authority.asked, []);
  member.authority.answer = refused("unavailable", "there is no CA yet");
  const none = await ask("POST tlscert", { body: "x" });
  equal(none.status, 503);
  deepEqual(member.reports.at(-1)?.[1].told, "there is no CA yet");
  set("n1", { "pubkeys.tls_lifetime": "long" });
  const wrong = await ask("POST tlscert", { body: "x" });
  equal(wrong.status, 409);
  match(wrong.text, /pubkeys\.tls_lifetime: .*long.*: wanted days, as 47/);
});
