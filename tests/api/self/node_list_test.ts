/** Whom a node trusts to log in. */
import { deepEqual, equal, match } from "node:assert/strict";

import { NODE_LIST_KEPT_MS } from "../../../src/base/boot_limits.ts";
import { endpointStage } from "./endpoint_stage.ts";

const OWN = ["127.0.0.1", "::1", "localhost", "localhost.localdomain"];

Deno.test("all nodes and members, by all of their names and addresses", async () => {
  const { ask, set, clock } = await endpointStage();
  set("n1", { "dns.domain": "hpc.example", "net.hostname": "login" });
  set("n2", { "net.ib.ipv6_address": "fd00:9::2/64" });
  const { status, text, headers } = await ask("GET nodelist", { headers: { accept: "*/*" } });
  deepEqual([status, headers.get("content-type")], [200, "text/plain; charset=utf-8"]);
  deepEqual(
    text.trim().split("\n").toSorted(),
    [
      ...[...OWN, "n1", "n1.hpc.example", "login", "login.hpc.example", "10.0.0.7"],
      ...["n2", "fd00:9::2", "n10", "m1", "m1.hpc.example"],
    ].toSorted(),
  );
  equal(text.indexOf("\nn2\n") < text.indexOf("\nn10\n"), true, "in natural order");
  set("n2", { "net.ib.hostname": "n2-ib" });
  clock.monoMs += NODE_LIST_KEPT_MS - 1;
  equal((await ask("GET nodelist")).text.includes("n2-ib"), false, "it is kept a while");
  clock.monoMs += 1;
  equal((await ask("GET nodelist")).text.includes("n2-ib"), true);
});

Deno.test("what is no name of a host makes nobody trusted, whichever node has it", async () => {
  const { ask, set } = await endpointStage();
  set("n2", { "dns.domain": "x\n+\ny: z", "net.hostname": "*,!n1,+,$(id),@cert-authority,#n,ok" });
  for (const accept of ["*/*", "application/yaml"]) {
    const { text } = await ask("GET nodelist", { headers: { accept } });
    const lines = text.trim().split("\n").map((line) => line.replace(/^- '?|'$/g, ""));
    const own = [...OWN, "10.0.0.7", "m1", "n1", "n2", "n10", "ok"];
    deepEqual(lines.toSorted(), own.toSorted());
  }
});

Deno.test("a list of YAML or JSON for who asks for that", async () => {
  const { ask } = await endpointStage();
  const by = async (accept: string): Promise<string> =>
    (await ask("GET nodelist", { headers: { accept } })).text;
  match(await by("application/yaml"), /^- '?[^\n]+\n- /);
  match((await ask("GET nodelist")).text, /^- n10$/m, "where nothing is said");
  const names = JSON.parse(await by("application/json")) as string[];
  equal(names.includes("n10"), true);
  equal((await ask("GET nodelist", { headers: { accept: "text/html" } })).status, 406);
});

Deno.test("ssh.trustnodes says which nodes, and then members are none of them", async () => {
  const { ask, set } = await endpointStage();
  set("n1", { "ssh.trustnodes": "n2" });
  const names = async (): Promise<string[]> =>
    (await ask("GET nodelist", { headers: { accept: "*/*" } })).text.trim().split("\n");
  deepEqual((await names()).toSorted(), [...OWN, "n2"].toSorted());
  set("n1", { "ssh.trustnodes": "n2,(" });
  const wrong = await ask("GET nodelist");
  equal(wrong.status, 400);
  match(wrong.text, /ssh\.trustnodes: /);
});
