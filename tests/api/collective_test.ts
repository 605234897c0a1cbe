import { deepEqual, equal } from "node:assert/strict";

import { refused } from "../../src/base/outcome.ts";
import {
  collectiveAnswer,
  drainAnswer,
  drainLine,
  inviteAnswer,
  joinAnswer,
  joinLine,
  rotateAnswer,
  rotateKeyAnswer,
} from "../../src/wire/http.ts";
import { asking, refusalOf } from "./asking.ts";

Deno.test("the collective is told as its schema says, without quorum too", async () => {
  const { ask, member } = asking();
  member.holdsQuorum = false;
  const asked = await ask("GET /collective/");
  const told = collectiveAnswer.parse(asked.body);
  deepEqual([told.quorum, told.missing, told.members[0]?.voting], [false, ["m2"], true]);
  deepEqual(asked.body, told);
});

Deno.test("an invitation is asked for in milliseconds, by whoever asked", async () => {
  const { ask, member } = asking();
  const asked = await ask("POST /collective/invitations", { name: "m2", expires: "30m" });
  equal(inviteAnswer.parse(asked.body).token, "T");
  await ask("POST /collective/invitations", { name: "m3", expires: 90, nonvoting: true });
  const by = "local administrator";
  deepEqual(member.invited, [
    { name: "m2", expiresMs: 1_800_000, nonvoting: undefined, replaces: undefined, by },
    { name: "m3", expiresMs: 90_000, nonvoting: true, replaces: undefined, by },
  ]);
});

Deno.test("an invitation that cannot be is refused before anything is done", async () => {
  const { ask, member } = asking();
  const invite = async (body: unknown): Promise<string> =>
    refusalOf(await ask("POST /collective/invitations", body));
  equal(await invite({ name: "m2", expires: "8d" }), "400 expires: 8d is not within 1s and 7d");
  equal(await invite({ name: "m2", expires: "0" }), "400 expires: 0 is not within 1s and 7d");
  equal(
    await invite({ name: "m2", expires: "soon" }),
    "400 expires: wanted a duration: 90s, 30m, 1h, 7d, or a number of seconds",
  );
  equal((await invite({ name: "m 2" })).slice(0, 36), '400 "m 2" is not a valid member name');
  equal((await invite({ name: "m2", voting: false })).startsWith("400 the body: Unrec"), true);
  deepEqual(member.invited, []);
});

Deno.test("a rotation is asked for, at once or with the old certificate beside", async () => {
  const { ask, member } = asking();
  const asked = await ask("POST /collective/rotate", {});
  deepEqual(rotateAnswer.parse(asked.body).unmet, ["m2"]);
  await ask("POST /collective/rotate", { now: true });
  deepEqual(member.rotations, [false, true]);
  equal(
    refusalOf(await ask("POST /collective/rotate", { now: "soon" })),
    "400 now: wanted true or false",
  );
});

Deno.test("the collective key is rotated, and it is told whether that is over", async () => {
  const { ask, member } = asking();
  const asked = await ask("POST /collective/rotate-key");
  deepEqual(rotateKeyAnswer.parse(asked.body), { key: "fedcba9876543210", over: true });
  member.secrets.rotated = refused("conflict", "the last rotation is not over");
  equal(
    refusalOf(await ask("POST /collective/rotate-key")),
    "409 the last rotation is not over",
  );
});

Deno.test("a join is one answer, or lines of which the last is the answer", async () => {
  const { ask } = asking();
  const plain = await ask("POST /collective/join", { token: "T" });
  const answer = joinAnswer.parse(plain.body);
  deepEqual(answer.members, ["m1", "m9"]);
  const accept = { Accept: "application/x-ndjson" };
  const streamed = await ask("POST /collective/join", { token: "T" }, accept);
  equal(streamed.headers.get("content-type"), "application/x-ndjson");
  deepEqual(linesOf(streamed.text), [
    { progress: "asking m9" },
    { progress: "copying 40 %" },
    { joined: answer },
  ]);
});

Deno.test("a join that is refused says so by status, or in the last line", async () => {
  const { ask } = asking();
  const plain = await ask("POST /collective/join", { token: "false" });
  equal(refusalOf(plain), "401 the token is not valid");
  const accept = { Accept: "application/x-ndjson" };
  const streamed = await ask("POST /collective/join", { token: "false" }, accept);
  equal(streamed.status, 200);
  deepEqual(linesOf(streamed.text), [
    { progress: "asking m9" },
    { errorcode: 401, error: "the token is not valid" },
  ]);
});

Deno.test("a member is removed by its name", async () => {
  const { ask } = asking();
  const removed = await ask("DELETE /collective/members/m2");
  deepEqual([removed.body, removed.headers.get("confluent-index")], [{ deleted: "m2" }, "77"]);
  equal(refusalOf(await ask("DELETE /collective/members/m9")), "404 no member m9");
});

Deno.test("what is wrong with managers of nodes is among the notices", async () => {
  const { ask, member } = asking();
  member.ofNodes = ["nobody manages n1"];
  const told = collectiveAnswer.parse((await ask("GET /collective/")).body);
  deepEqual([told.notices, told.members[0]?.nodes], [["nobody manages n1"], 3]);
});

Deno.test("a member is drained in one answer, or in lines, and back", async () => {
  const { ask } = asking();
  const plain = await ask("POST /collective/members/m2/drain");
  const answer = drainAnswer.parse(plain.body);
  deepEqual(plain.body, answer);
  deepEqual([answer.handedOver, plain.headers.get("confluent-index")], [3, "77"]);
  const accept = { Accept: "application/x-ndjson" };
  const lines = async (name: string): Promise<unknown[]> => {
    const { text } = await ask(`POST /collective/members/${name}/drain`, undefined, accept);
    return text.trimEnd().split("\n").map((line) => drainLine.parse(JSON.parse(line)));
  };
  deepEqual(await lines("m2"), [
    { progress: "m2: 1 of 5 nodes are handed over" },
    { done: answer },
  ]);
  deepEqual(await lines("m9"), [
    { errorcode: 404, error: "Target not found - no member m9" },
  ]);
  const back = await ask("DELETE /collective/members/m2/drain");
  deepEqual(drainAnswer.parse(back.body).drained, false);
  equal(
    refusalOf(await ask("POST /collective/members/m9/drain")),
    "404 no member m9",
  );
});

function linesOf(text: string): unknown[] {
  return text.trimEnd().split("\n").map((line) => joinLine.parse(JSON.parse(line)));
}
