/** Members without a vote: they have everything, serve, forward, and never count. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { memberTest, type Server, settled } from "./collective.ts";
import { until } from "./program.ts";

memberTest("a member without a vote serves and forwards, and is never counted", async (scene) => {
  const [m1, m2, m3] = await scene.members(3) as [Server, Server, Server];
  const m4 = scene.server(), m5 = scene.server();
  const invited = await m2.run("invite", "m4", "-n");
  equal(invited.code, 0, invited.err);
  match(invited.err, /It makes one server a member without a vote called m4/);
  await m4.join(invited.out);
  await m5.join(await m4.invite("m5", "--nonvoting"));
  const all = [m1, m2, m3, m4, m5];
  await settled(all);
  const shown = await m1.done("collective", "show");
  match(shown, /^ {4}m4 \(nonvoting\)$/m);
  const { members } = await m4.collective();
  deepEqual(members.filter(({ voting }) => voting).map(({ name }) => name).sort(), [
    "m1",
    "m2",
    "m3",
  ]);
  equal(members.find(({ name }) => name === "m4")?.role, "nonvoting");
  equal((await m4.ask("GET", "/readyz")).status, 200);

  // It forwards writes and reads what the leader knows.
  await m4.wrote("n1", "by m4");
  const read = await m4.ask("GET", "/nodes/n1/attributes/current?consistent=1");
  match(JSON.stringify(read.body), /by m4/);
  equal(await m5.dump(), await m1.dump());

  // Three of five answer, and that is no majority: two of them have no vote.
  for (const member of [m2, m3]) await member.kill();
  await until("m1 and m4 know that quorum is lost", async () => {
    const views = await Promise.all([m1, m4].map((member) => member.collective()));
    return views.every(({ quorum }) => !quorum) || undefined;
  });
  for (const member of [m1, m4]) {
    const refused = await member.write("n1", "without a majority");
    equal(refused.status, 503);
    deepEqual((refused.body as { missing: string[] }).missing.sort(), ["m2", "m3"]);
    equal((await member.ask("GET", "/nodes/n1/attributes/current?stale=ok")).status, 200);
  }
  await m2.serve();
  await m3.serve();
  await settled(all);

  // And with both of them away the voters do not miss them.
  for (const member of [m4, m5]) await member.kill();
  await m1.wrote("n1", "without them");
  await until("m1 sees them down", async () => {
    const { members, quorum, missing } = await m1.collective();
    const down = members.filter(({ state }) => state === "down").map(({ name }) => name);
    holds(quorum && missing.length === 0);
    return down.length === 2 || undefined;
  });
  for (const member of [m4, m5]) await member.serve();
  await settled(all);

  // None of them ever leads, also where the leader goes.
  for (const member of [m1, m2, m3]) {
    await member.stop();
    await until("another voter leads", async () => {
      const { leader, quorum } = await m4.collective();
      holds(leader !== "m4" && leader !== "m5");
      return (quorum && leader !== null && leader !== member.name) || undefined;
    });
    await m5.wrote("n1", `without ${member.name}`);
    await member.serve();
    await settled(all);
  }
});
