/** What nodes are answered over HTTPS, who they are said to be, and by which certificate. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";

import { utf8 } from "../../../src/base/bytes.ts";
import { ok } from "../../../src/base/outcome.ts";
import { makeAuthority } from "../../../src/io/certificate_signing.ts";
import type { SelfRequest } from "../../../src/api/self/self_request.ts";
import { listenNodesHttps } from "../../../src/api/nodes_https/listening.ts";
import { inHttpsStage, issued, NAME, TlsClient } from "./https_stage.ts";

Deno.test("boot files are there as without TLS, computed ones before those that lie", async () => {
  await inHttpsStage(
    async ({ client, put, events }) => {
      await put("os/p1/kernel", "0123456789");
      const node = await client();
      const whole = await node.ask("/confluent-public/os/p1/kernel");
      deepEqual([whole.status, whole.body], [200, "0123456789"]);
      const part = await node.ask("/confluent-public/os/p1/kernel", {
        fields: ["Range: bytes=2-4"],
      });
      deepEqual([part.status, part.body, part.fields.get("content-range")], [
        206,
        "234",
        "bytes 2-4/10",
      ]);
      const head = await node.ask("/confluent-public/os/p1/kernel", { method: "HEAD" });
      deepEqual([head.status, head.fields.get("content-length")], [200, "10"]);
      equal((await node.ask("https://any/confluent-public/os/p1/kernel")).body, "0123456789");
      equal((await node.ask("/confluent-public/site/site.cpio")).body, "made");
      equal((await node.ask("/confluent-public/../private/x")).status, 403);
      deepEqual(events.map(({ status, bytes }) => [status, bytes]).slice(0, 3), [
        [200, 10],
        [206, 3],
        [200, 0],
      ]);
    },
    (path) => {
      const made = { body: utf8("made"), type: "application/octet-stream" };
      return Promise.resolve(ok(path === "site/site.cpio" ? made : undefined));
    },
  );
});

Deno.test("a target of the other scheme is misdirected, and ends the connection", async () => {
  await inHttpsStage(async ({ client, put }) => {
    await put("x", "x");
    for (const target of ["http://any/confluent-public/x", "http://any/confluent-api/", "*"]) {
      const node = await client();
      const answer = await node.ask(target);
      deepEqual([answer.status, answer.fields.get("connection")], [400, "close"], target);
      equal(await node.rest(), "");
    }
  });
});

Deno.test("the API gets what was asked without the words of proxies, and as TCP", async () => {
  await inHttpsStage(async ({ client, doors }) => {
    const seen: string[] = [];
    doors.api = async (request, from) => {
      const { pathname, search } = new URL(request.url);
      const { headers } = request, body = await request.text();
      seen.push([request.method, pathname + search, from?.via, body].join(" "));
      seen.push([headers.get("authorization"), headers.get("x-forwarded-for")].join(" "));
      return new Response("told", { status: 201, headers: { "confluent-index": "7" } });
    };
    const node = await client();
    const answer = await node.ask("/confluent-api/nodes/?a=b", {
      method: "POST",
      fields: ["Authorization: Bearer x", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"],
      body: "{}",
    });
    deepEqual([answer.status, answer.body, answer.fields.get("confluent-index")], [
      201,
      "told",
      "7",
    ]);
    deepEqual(seen, ["POST /nodes/?a=b tcp {}", "Bearer x "]);
    const elsewhere = await node.ask("/");
    deepEqual([elsewhere.status, elsewhere.fields.get("connection")], [404, "keep-alive"]);
  });
});

Deno.test("a node's request is handed on with its address, port and fields", async () => {
  await inHttpsStage(async ({ client, doors }) => {
    const seen: SelfRequest[] = [];
    doors.self = (request) => {
      seen.push(request);
      return Promise.resolve(new Response("NODENAME: n1\n"));
    };
    const node = await client();
    equal(
      (await node.ask("/confluent-api/self/whoami", { fields: ["CONFLUENT_APIKEY: secret"] })).body,
      "NODENAME: n1\n",
    );
    const [{ peer, request } = { peer: undefined, request: undefined }] = seen;
    deepEqual(peer, { address: "127.0.0.1", port: node.socket.localPort });
    equal(request?.headers.get("confluent_apikey"), "secret");
    // A path that only looks like one of its own is the API's, where a token is wanted.
    doors.api = (request) => Promise.resolve(new Response(new URL(request.url).pathname));
    equal((await node.ask("/confluent-api/self/../nodes/")).body, "/nodes/");
    equal((await node.ask("/confluent-api/selfish")).body, "/selfish");
    equal(seen.length, 1);
  });
});

Deno.test("a member that starts has them turn to another", async () => {
  await inHttpsStage(async ({ client }) => {
    const node = await client();
    for (const path of ["self/whoami", "self/", "nodes/"]) {
      equal((await node.ask(`/confluent-api/${path}`)).status, 503, path);
    }
  });
});

Deno.test("requests that are sent at once are answered one after the other", async () => {
  await inHttpsStage(async ({ client, doors }) => {
    let under = 0, most = 0;
    doors.api = async (request) => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 1)); // others have their turn
      under--;
      return new Response(new URL(request.url).pathname);
    };
    const node = await client();
    for (let i = 0; i < 8; i++) node.send(`GET /confluent-api/${i} HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (let i = 0; i < 8; i++) equal((await node.answer()).body, `/${i}`);
    equal(most, 1);
  });
});

Deno.test("what the API fails at ends the connection, and no key is told of", async () => {
  await inHttpsStage(async ({ client, doors, told, nodes }) => {
    doors.api = () => Promise.reject(new Error("a fault"));
    const node = await client();
    node.send("GET /confluent-api/x HTTP/1.1\r\nHost: x\r\nCONFLUENT_APIKEY: secret\r\n\r\n");
    equal(await node.rest(), "");
    deepEqual(told, ["GET /confluent-api/x: a fault"]);
    equal(nodes.counts.aborted, 1);
  });
});

Deno.test("another certificate is shown to whoever connects next; who is here stays", async () => {
  await inHttpsStage(async ({ client, nodes, issue, put, told }) => {
    await put("x", "x");
    const before = await client(), first = before.socket.getPeerCertificate().fingerprint256;
    const made = await issue();
    nodes.use(made);
    const after = await client(), second = after.socket.getPeerCertificate().fingerprint256;
    equal(first === second, false);
    for (const node of [before, after]) {
      equal((await node.ask("/confluent-public/x")).status, 200);
    }
    nodes.use({ ...made, keyPem: "damaged" });
    deepEqual(told, ["cannot use the certificate for nodes: its key is damaged, or another's"]);
    equal((await client()).socket.getPeerCertificate().fingerprint256, second);
  });
});

Deno.test("who trusts another CA, or wants another name, does not connect", async () => {
  await inHttpsStage(async ({ nodes, ca }) => {
    const other = await makeAuthority("another", Date.now());
    await rejects(TlsClient.to(nodes.address, other.certificatePem));
    const client = await TlsClient.to(nodes.address, ca);
    equal(client.socket.authorized, true);
    client.close();
    const { Socket } = await import("node:net");
    const { connect } = await import("node:tls");
    const port = Number(nodes.address.split(":")[1]);
    await rejects(
      new Promise((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, ca, servername: `not-${NAME}` }, () => {
          socket.destroy();
          resolve(undefined);
        });
        socket.on("error", reject);
        equal(socket instanceof Socket, true);
      }),
      /not-0123|name/i,
    );
  });
});

Deno.test("a port that somebody has, and a key of another certificate, are told", async () => {
  await inHttpsStage(async ({ nodes, clock, root, issue }) => {
    const port = Number(nodes.address.split(":")[1]);
    const order = {
      ...{ at: { host: "127.0.0.1", port }, content: root, clock },
      certificate: await issue(),
      compute: () => Promise.resolve(ok(undefined)),
      done: () => {},
      tell: () => {},
    };
    const taken = await listenNodesHttps(order, {});
    equal(taken.ok, false);
    if (taken.ok) return;
    equal(taken.refusal.kind, "conflict");
    const [action, ...rest] = taken.refusal.message.split("; ");
    match(action ?? "", /^cannot listen on 127\.0\.0\.1:\d+: .*deno.* has the port$/);
    deepEqual(rest, ["stop it or choose another with --https"]);
    const at = { host: "127.0.0.1", port: 0 };
    const [{ certificatePem }, { keyPem }] = [await issue(), await issue()];
    for (const key of ["none", keyPem]) {
      const unfit = { certificatePem, keyPem: key };
      const refused = await listenNodesHttps({ ...order, at, certificate: unfit }, {});
      match(refused.ok ? "" : refused.refusal.message, /its key is damaged, or another's$/);
    }
  });
});

Deno.test("an answer under way ends when the port closes, the idle are let go", async () => {
  const authority = await makeAuthority("confluent of a test", Date.now());
  await inHttpsStage(async ({ clock, root }) => {
    const begun = Promise.withResolvers<void>(), may = Promise.withResolvers<void>();
    const listening = await listenNodesHttps({
      ...{ at: { host: "127.0.0.1", port: 0 }, content: root, clock },
      certificate: await issued(authority),
      compute: () => Promise.resolve(ok(undefined)),
      done: () => {},
      tell: () => {},
    }, {
      api: async () => {
        begun.resolve();
        await may.promise;
        return new Response("whole");
      },
    });
    if (!listening.ok) throw new Error(listening.refusal.message);
    const nodes = listening.value;
    const [busy, idle] = await Promise.all(
      [1, 2].map(() => TlsClient.to(nodes.address, authority.certificatePem)),
    );
    const answer = busy?.ask("/confluent-api/x");
    await begun.promise;
    const closed = nodes.close();
    equal(await idle?.rest(), "");
    may.resolve();
    const { body, fields } = await answer ?? { body: "", fields: new Map() };
    deepEqual([body, fields.get("connection")], ["whole", "close"]);
    await closed;
    await rejects(TlsClient.to(nodes.address, authority.certificatePem));
  });
});
