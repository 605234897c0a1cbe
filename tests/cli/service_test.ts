/** Which service is asked, and what becomes of its answers: words, and the exit code. */
import { deepEqual, equal, match } from "node:assert/strict";

import { refused } from "../../src/base/outcome.ts";
import { inFolder, run, TOKEN, withService } from "./shell.ts";

Deno.test("a service is named by option, by environment, or by default", async () => {
  await withService(["n1"], async ({ socket, url }) => {
    const listed = { code: 0, out: "n1\n", err: "" };
    const elsewhere = {
      CONFLUENT_SOCKET: "/nonexistent/a",
      CONFLUENT_SERVER: "http://127.0.0.1:9",
    };
    deepEqual(await run(["--socket", socket, "nodelist"], { env: elsewhere }), listed);
    deepEqual(await run(["nodelist", "--socket", socket], { env: elsewhere }), listed);
    const members = await run(["--socket", socket, "collective", "show"], { env: elsewhere });
    equal(members.code, 0);
    deepEqual(
      await run(["collective", "--socket", socket, "show"], { env: elsewhere }),
      members,
    );
    deepEqual(await run(["nodelist"], { env: { CONFLUENT_SOCKET: socket } }), listed);
    const token = { CONFLUENT_TOKEN: TOKEN };
    deepEqual(await run(["nodelist", "--server", url], { env: token }), listed);
    deepEqual(await run(["nodelist", "--server", `${url}/`], { env: token }), listed);
    const host = url.replace("http://", "");
    const env = { ...token, CONFLUENT_SERVER: host, CONFLUENT_SOCKET: "/nonexistent/a" };
    deepEqual(await run(["nodelist"], { env }), listed);
    deepEqual(await run(["--server", url, "nodelist", "--socket", socket]), {
      code: 2,
      out: "",
      err: "Error: --server and --socket name two services; give one of them\n" +
        "Read `confluent help`.\n",
    });
  });
});

Deno.test("a service that cannot be reached is exit code 4, and its place is told", async () => {
  await inFolder(async (folder) => {
    const socket = `${folder}/http.sock`;
    const absent = await run(["nodelist", "--socket", socket]);
    deepEqual(absent, {
      code: 4,
      out: "",
      err: `Error: cannot reach the service at ${socket}: nothing answers there; start it with ` +
        "`confluent serve`, or name another with --socket or --server\n",
    });
    const left = Deno.listen({ transport: "unix", path: socket });
    left.close();
    equal((await run(["nodelist", "--socket", socket])).code, 4);
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const refusing = await run(["nodelist", "--server", `127.0.0.1:${port}`]);
    deepEqual([refusing.code, refusing.out], [4, ""]);
    match(refusing.err, new RegExp(`http://127\\.0\\.0\\.1:${port}: nothing answers there`));
  });
  match((await run(["nodelist"])).err, /at \/run\/confluent\/http\.sock: /);
});

Deno.test("a connection that breaks leaves a change in doubt", async () => {
  const breaking = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of breaking) {
      await connection.read(new Uint8Array(64));
      connection.close();
    }
  })();
  const server = `127.0.0.1:${breaking.addr.port}`;
  const read = await run(["nodelist", "--server", server]);
  deepEqual([read.code, /may or may not/.test(read.err)], [4, false]);
  const written = await run(["noderemove", "n1", "--server", server]);
  deepEqual([written.code, /it may or may not have been done: look/.test(written.err)], [4, true]);
  breaking.close();
  await serving;
});

Deno.test("something else that answers is told apart", async () => {
  const other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response("<html>", { status: request.method === "GET" ? 200 : 502 }),
  );
  const server = `127.0.0.1:${other.addr.port}`;
  const read = await run(["nodelist", "--server", server]);
  deepEqual([read.code, read.out], [1, ""]);
  match(read.err, /is not this service, or of another version/);
  match((await run(["noderemove", "n1", "--server", server])).err, /another version: status 502/);
  await other.shutdown();
});

Deno.test("a server that no URL names, or one with a secret in it, is wrong usage", async () => {
  const wrong = async (server: string): Promise<string> => {
    const { code, err } = await run(["nodelist", "--server", server]);
    equal(code, 2);
    return err;
  };
  match(await wrong("ftp://m1"), /"ftp:\/\/m1" cannot be read; wanted a URL as http:\/\/m1:4005/);
  match(await wrong("http://:::"), /cannot be read/);
  match(await wrong("m1:4005/?token=x"), /cannot be read/);
  const secret = await wrong("http://admin:hidden@m1:4005");
  match(secret, /CONFLUENT_TOKEN/);
  equal(secret.includes("hidden"), false);
});

Deno.test("who proves nothing, or something false, is not allowed", async () => {
  await withService(["n1"], async ({ url }) => {
    const nobody = await run(["nodelist", "--server", url]);
    deepEqual([nobody.code, nobody.out], [5, ""]);
    match(nobody.err, /put a token in the environment variable CONFLUENT_TOKEN/);
    const env = { CONFLUENT_TOKEN: "not-the-one" };
    deepEqual(await run(["nodelist", "--server", url], { env }), {
      code: 5,
      out: "",
      err: "Error: the token is not valid\n",
    });
  });
});

Deno.test("without quorum: 3, who is missing, and what may be done", async () => {
  await withService(["n1"], async ({ run, member }) => {
    await run("nodeattrib n1 location.rack=7");
    member.holdsQuorum = false;
    member.ageMs = 4_100;
    const no = "Error: Collective does not have quorum (no answer from m2)\n";
    deepEqual(await run("nodeattrib n1 location.rack=8"), { code: 3, out: "", err: no });
    deepEqual(await run("nodeattrib n1"), {
      code: 3,
      out: "",
      err: `${no}Error: the local copy, which may be behind, is shown with --stale\n`,
    });
    const age = "Warning: this is the local copy; a majority was last heard 5 seconds ago\n";
    const copy = { code: 0, out: "n1: location.rack: 7\n", err: age };
    const all = `n1: groups: everything\n${copy.out}`;
    deepEqual(await run("nodeattrib n1 --stale"), { ...copy, out: all });
    deepEqual(await run("--stale nodelist n1 location.rack"), copy);
    deepEqual(await run("nodelist"), { code: 0, out: "n1\n", err: age });
    for (const line of ["nodedefine n2", "noderemove n1", "invite m2", "collective remove m2"]) {
      deepEqual(await run(line), { code: 3, out: "", err: no });
    }
  });
});

Deno.test("a member that lags, and a write of unknown outcome, are failures", async () => {
  await withService(["n1"], async ({ run, member }) => {
    member.isCaughtUp = false;
    const lags = await run("nodeattrib n1 type=server");
    deepEqual([lags.code, lags.err], [1, "Error: this member is 3 entries behind\n"]);
    match((await run("nodeattrib n1 --stale")).err, /^Warning: this is the local copy/);
    member.isCaughtUp = true;
    member.nextWrite = refused("unknown-outcome", "it may or may not have been done");
    deepEqual(await run("nodeattrib n1 type=server"), {
      code: 1,
      out: "",
      err: "Error: it may or may not have been done\n",
    });
  });
});

Deno.test({
  name: "a socket that may not be opened is not allowed",
  ignore: Deno.uid() === 0, // root may open every socket
  async fn(): Promise<void> {
    await withService(["n1"], async ({ run, socket }) => {
      await Deno.chmod(socket, 0o000);
      const { code, err } = await run("nodelist");
      deepEqual([code, /permission denied to this user/.test(err)], [5, true]);
    });
  },
});
