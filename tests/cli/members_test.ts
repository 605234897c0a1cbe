/** invite, join, collective: what is asked of the service and of the programs. */
import { deepEqual, equal, match } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import { SUPPORT } from "../../src/model/support.ts";
import type { JoinOptions, ServeOptions } from "../../src/service/programs.ts";
import type { CollectiveView, MemberView } from "../../src/service/member_service.ts";
import { encodeToken } from "../../src/wire/token.ts";
import { lines, run, withService } from "./shell.ts";

const TOKEN = encodeToken({
  id: "0123456789abcdef",
  index: 7,
  role: "learner",
  name: "m2",
  expiresAtMs: 1_900_000_000_000,
  addresses: ["m1:13001"],
  secret: new Uint8Array(32).fill(7),
});

Deno.test("a token is alone on stdout, and words about it are not", async () => {
  await withService([], async ({ run, member }) => {
    deepEqual(await run("invite m2 --expires 30m"), {
      code: 0,
      out: "T\n",
      err: "It makes one server a member called m2, until 2030-01-01T00:00:00.000Z: " +
        "run `confluent join TOKEN` there.\n",
    });
    await run("invite m3 -n --replace");
    const by = "local administrator";
    deepEqual(member.invited, [
      { name: "m2", expiresMs: 1_800_000, nonvoting: undefined, replaces: undefined, by },
      { name: "m3", expiresMs: 3_600_000, nonvoting: true, replaces: true, by },
    ]);
    equal(JSON.parse((await run("invite m2 --json")).out).token, "T");
  });
});

Deno.test("an invitation that cannot be is refused", async () => {
  await withService([], async ({ run, member }) => {
    const soon = await run("invite m2 --expires soon");
    deepEqual([soon.code, soon.out], [2, ""]);
    match(soon.err, /--expires: "soon": wanted 90s, 30m, 1h, 7d/);
    const long = await run("invite m2 --expires 8d");
    deepEqual(long, {
      code: 1,
      out: "",
      err: "Error: Bad Request - expires: 8d is not within 1s and 7d\n",
    });
    match((await run(["invite", "m 2"])).err, /"m 2" is not a valid member name/);
    deepEqual(member.invited, []);
  });
});

Deno.test("a service that answers is asked to join, and tells how it gets on", async () => {
  await withService([], async ({ run, member }) => {
    const requests: unknown[] = [];
    const join = member.join.bind(member);
    member.join = (request, progress) => {
      requests.push(request);
      return join(request, progress);
    };
    const joined = {
      code: 0,
      out: "joined name=m1 collective=c1\n",
      err: "asking m9\ncopying 40 %\n",
    };
    deepEqual(await run(["join", TOKEN]), joined);
    deepEqual(await run("join - --server m9 --replace --name m2", { stdin: `${TOKEN}\n` }), joined);
    deepEqual(requests, [{ token: TOKEN }, { token: TOKEN, server: "m9", replace: true }]);
  });
});

Deno.test("notices are told after a join", async () => {
  await withService([], async ({ run, member }) => {
    const notices = ["m1 and m2 are both needed: with one of them down nothing can be changed"];
    const answer = { name: "m2", collective: "c1", role: "voter", members: [], notices } as const;
    member.join = () => Promise.resolve(ok(answer));
    equal((await run(["join", TOKEN])).err, `Notice: ${notices[0]}\n`);
  });
});

Deno.test("a join that a service refuses ends with its reason", async () => {
  await withService([], async ({ run, member }) => {
    const refuse = async (...refusal: Parameters<typeof refused>): Promise<unknown[]> => {
      member.join = () => Promise.resolve(refused(...refusal));
      const { code, out, err } = await run(["join", TOKEN]);
      return [code, out, err];
    };
    deepEqual(await refuse("unauthorized", "the token expired"), [
      5,
      "",
      "Error: cannot join: the token expired\n",
    ]);
    deepEqual((await refuse("no-quorum", "m3 does not answer")).slice(0, 2), [3, ""]);
    deepEqual((await refuse("conflict", "it holds 3 nodes"))[0], 1);
  });
});

Deno.test("a token that was cut, or an option that goes nowhere, is refused", async () => {
  await withService([], async ({ run, member }) => {
    member.join = () => {
      throw new Error("it was asked to join");
    };
    for (const token of ["x", "cft", TOKEN.slice(0, -1), TOKEN.replace(/.$/, "")]) {
      const { code, out, err } = await run(["join", token]);
      deepEqual([code, out, err.includes(token)], [1, "", false]);
      match(err, /^Error: cannot join: the token is not valid: it was cut, altered or mistyped/);
    }
    const wrong = async (...more: string[]): Promise<string> => {
      const { code, err } = await run(["join", TOKEN, ...more]);
      equal(code, 2);
      return err;
    };
    match(await wrong("--name", "m5"), /the token is for m2 and --name says m5; leave --name out/);
    match(await wrong("--data", "/x"), /leave --data out, or stop the service first/);
    match(await wrong("--log-level", "info"), /leave --log-level out/);
    match(await wrong("--no-serve"), /leave --no-serve out/);
  });
});

Deno.test("where no service answers this process joins", async () => {
  const joins: [ServeOptions, JoinOptions][] = [];
  const env = { CONFLUENT_SOCKET: "/nonexistent/http.sock" };
  const args = ["join", TOKEN, "--server", "m9:13001", "--no-serve", "--data", "/d"];
  const joined = await run(args, {
    env,
    programs: {
      join: (serve, join, { tell, result }) => {
        joins.push([serve, join]);
        tell("copying 40 %");
        result("joined name=m2 collective=c1");
        return Promise.resolve(ok());
      },
    },
  });
  deepEqual(joined, { code: 0, out: "joined name=m2 collective=c1\n", err: "copying 40 %\n" });
  const [[serve, join] = []] = joins;
  deepEqual(join, { token: TOKEN, server: "m9:13001", replace: false, noServe: true });
  deepEqual([serve?.data, serve?.socket, serve?.name], ["/d", env.CONFLUENT_SOCKET, undefined]);
  const refusing = () => Promise.resolve(refused("no-quorum", "no quorum", ["m3"]));
  deepEqual(await run(["join", TOKEN], { env, programs: { join: refusing } }), {
    code: 3,
    out: "",
    err: "Error: no quorum (no answer from m3)\n",
  });
});

const M1: MemberView = {
  name: "m1",
  id: "0123456789abcdef",
  state: "alive",
  role: "voter",
  addresses: ["m1:13001"],
  fingerprint: "ab".repeat(32),
  index: 12,
  lag: 0,
  self: true,
  certificateExpires: "2036-01-01T00:00:00.000Z",
  rotating: false,
  support: SUPPORT,
  nodes: 40,
  drained: false,
};

function members(view: Partial<CollectiveView>): () => CollectiveView {
  return () => ({
    quorum: true,
    leader: "m1",
    missing: [],
    notices: [],
    collective: "c0ffee",
    index: 12,
    level: 1,
    members: [M1],
    ...view,
  });
}

Deno.test("the collective is shown in the words that scripts know", async () => {
  await withService([], async ({ run, member }) => {
    const down = { index: null, lag: null, certificateExpires: null, self: false };
    member.collective = members({
      members: [
        { ...M1, name: "m10", state: "suspect", self: false },
        { ...M1, name: "m3", state: "down", role: "nonvoting", ...down },
        { ...M1, name: "m2", role: "nonvoting", self: false, nodes: 0, drained: true },
        { ...M1, name: "m4", role: "learner", self: false },
        { ...M1, name: "m5", state: "locked", self: false },
        M1,
      ],
      notices: ["m3 does not answer"],
    });
    const { code, out, err } = await run("collective show");
    deepEqual([code, err], [0, "Notice: m3 does not answer\n"]);
    deepEqual(lines(out), [
      "Quorum: True",
      "Leader: m1",
      "Active collective members:",
      "    m2 (nonvoting)",
      "    m4 (joining)",
      "    m10",
      "Offline collective members:",
      "    m3 (nonvoting)",
      "    m5 (locked)",
    ]);
    const more = lines((await run("collective show -v")).out);
    deepEqual(more.slice(0, 9), lines(out));
    equal(more.includes("m3: state: down"), true);
    equal(more.includes("m3: lag:"), true);
    equal(more.includes("m1: certificate expires: 2036-01-01T00:00:00.000Z"), true);
    equal(more.includes("Feature level: 1"), true);
    deepEqual(more.filter((line) => /^m[12]: (nodes|drained)/.test(line)), [
      "m1: nodes: 40",
      "m1: drained: False",
      "m2: nodes: 0",
      "m2: drained: True",
    ]);
    equal(more.includes("m1: protocol: 1 to 1"), true);
    equal(more.includes("m1: feature level: 1"), true);
    const json = JSON.parse((await run("collective show --json")).out);
    deepEqual([json.leader, json.members.length, json.members[1].voting], ["m1", 6, false]);
  });
});

Deno.test("the collective is shown without quorum and without a leader", async () => {
  await withService([], async ({ run, member }) => {
    member.holdsQuorum = false;
    member.collective = members({ quorum: false, leader: null, missing: ["m2"] });
    const { code, out } = await run("collective show");
    deepEqual([code, lines(out)], [0, [
      "Quorum: False",
      "Leader: None",
      "Active collective members:",
      "    m1",
    ]]);
  });
});

Deno.test("a member is removed by name", async () => {
  await withService([], async ({ run }) => {
    deepEqual(await run("collective remove m2"), { code: 0, out: "m2: removed\n", err: "" });
    deepEqual(await run("collective delete m9"), {
      code: 1,
      out: "",
      err: "Error: Target not found - no member m9\n",
    });
  });
});

Deno.test("a member is drained, and what stays with it is said", async () => {
  await withService([], async ({ run, member }) => {
    deepEqual(await run("collective drain m2"), {
      code: 0,
      out: "m2: drained, 3 nodes handed over\n",
      err: "m2: 1 of 5 nodes are handed over\n" +
        "n7 and 1 more node stay with m2: they have no collective.managercandidates\n",
    });
    const json = await run("collective drain m2 --json");
    const { index: _, ...told } = member.drained;
    deepEqual([json.code, JSON.parse(json.out)], [0, told]);
    member.drained = { ...told, index: 1, staying: [], going: 2, notices: ["m2 is slow"] };
    const going = await run("collective drain m2");
    deepEqual([going.code, going.out], [1, "m2: drained, 3 nodes handed over\n"]);
    match(going.err, /^Notice: m2 is slow\nError: 2 nodes are still on their way/m);
    deepEqual(await run("collective drain m2 --undo"), {
      code: 0,
      out: "m2: not drained any more\n",
      err: "",
    });
    const err = "Error: Target not found - no member m9\n";
    deepEqual(await run("collective drain m9"), { code: 1, out: "", err });
    deepEqual(await run("collective drain m9 --undo"), { code: 1, out: "", err });
  });
});

Deno.test("the collective key is rotated, and what is left to do goes on by itself", async () => {
  await withService([], async ({ run, member }) => {
    const out = "the collective key is fedcba9876543210 now\n";
    deepEqual(await run("collective rotate-key"), { code: 0, out, err: "" });
    member.secrets.rotated = ok({ key: "fedcba9876543210", isOver: false });
    const { code, err, ...going } = await run("collective rotate-key");
    deepEqual([code, going.out], [0, out]);
    match(err, /^Secrets are still being sealed anew, which goes on by itself; /);
    const json = JSON.parse((await run("collective rotate-key --json")).out);
    deepEqual(json, { key: "fedcba9876543210", over: false });
    member.secrets.rotated = refused("conflict", "it cannot be handed to m2");
    const not = await run("collective rotate-key");
    deepEqual([not.code, not.out, not.err], [1, "", "Error: it cannot be handed to m2\n"]);
  });
});

Deno.test("a certificate is rotated, and who must meet the new one is told", async () => {
  await withService([], async ({ run, member }) => {
    const fingerprint = "cd".repeat(32);
    const out = `m1: new certificate ${fingerprint}, until 2036-01-01T00:00:00.000Z\n`;
    const { code, err, ...rotated } = await run("collective rotate");
    deepEqual([code, rotated.out], [0, out]);
    match(err, /^The old one is good until these have met the new one: m2; /);
    deepEqual(await run("collective rotate --now"), { code: 0, out, err: "" });
    deepEqual(member.rotations, [false, true]);
    const json = JSON.parse((await run("collective rotate --json")).out);
    deepEqual([json.fingerprint, json.unmet], [fingerprint, ["m2"]]);
  });
});
