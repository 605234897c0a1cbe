/** Boot files by HTTP, to clients that know how to ask. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import { listenBootHttp } from "../../src/api/boot/listening.ts";
import { Poller } from "../../src/io/poller.ts";
import { systemClock } from "../../src/io/clock.ts";
import {
  inBootStage,
  NOTHING_COMPUTED,
  numbered,
  RawClient,
  requestFor,
  textOf,
} from "./boot_stage.ts";

const BIG = 3_000_001;

Deno.test("a file is answered whole, with what tells its version; HEAD says the same", async () => {
  await inBootStage(async ({ boot, put, event }) => {
    await put("os/p1/kernel", numbered(BIG));
    const client = await RawClient.to(boot.address);
    const whole = await client.ask("os/p1/kernel");
    deepEqual([whole.status, whole.body], [200, numbered(BIG)]);
    equal(whole.fields.get("content-length"), String(BIG));
    equal(whole.fields.get("accept-ranges"), "bytes");
    match(whole.fields.get("etag") ?? "", /^"[\w.-]+"$/);
    for (const name of ["last-modified", "date"]) {
      match(whole.fields.get(name) ?? "", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    }
    const head = await client.ask("os/p1/kernel", [], "HEAD");
    const same = ["content-length", "etag", "last-modified", "content-type", "connection"];
    deepEqual(
      same.map((name) => head.fields.get(name)),
      same.map((name) => whole.fields.get(name)),
    );
    const { tookMs: _, ...told } = await event(({ bytes }) => bytes > 0);
    deepEqual(told, {
      address: "127.0.0.1",
      path: "/confluent-public/os/p1/kernel",
      status: 200,
      bytes: BIG,
      aborted: false,
    });
    deepEqual([...boot.counts.answers, boot.counts.bytes, boot.counts.connections], [
      [200, 2],
      ...[BIG, 1],
    ]);
    client.close();
  });
});

Deno.test("types are those that firmware goes by", async () => {
  await inBootStage(async ({ boot, put }) => {
    const types: Readonly<Record<string, string>> = {
      "BOOTX64.EFI": "application/efi",
      "boot.img": "application/vnd.efi-img",
      "d.iso": "application/vnd.efi-iso",
      "boot.ipxe": "text/plain; charset=utf-8",
      "profile.yaml": "text/plain; charset=utf-8",
      "kernel": "application/octet-stream",
      "a.b/c": "application/octet-stream",
    };
    const client = await RawClient.to(boot.address);
    for (const [path, type] of Object.entries(types)) {
      await put(path, "x");
      equal((await client.ask(path)).fields.get("content-type"), type, path);
    }
    client.close();
  });
});

Deno.test("one range of bytes is answered by it, and more or none by all", async () => {
  await inBootStage(async ({ boot, put }) => {
    const file = numbered(BIG), last = BIG - 1;
    await put("f", file);
    const client = await RawClient.to(boot.address);
    const parts: readonly (readonly [string, number, number])[] = [
      ["0-0", 0, 1],
      ["1000000-2999999", 1_000_000, 3_000_000],
      ["3000000-", 3_000_000, BIG],
      ["0-", 0, BIG],
      ["-5", BIG - 5, BIG],
      [`-${2 * BIG}`, 0, BIG],
      [`5-${2 * BIG}`, 5, BIG],
      [`${last}-${last}`, last, BIG],
    ];
    for (const [range, from, until] of parts) {
      const part = await client.ask("f", [`Range: bytes=${range}`]);
      equal(part.status, 206, range);
      equal(part.fields.get("content-range"), `bytes ${from}-${until - 1}/${BIG}`);
      deepEqual(part.body, file.slice(from, until), range);
    }
    for (const range of [`${BIG}-`, "-0", `${BIG}-${BIG + 1}`]) {
      const none = await client.ask("f", [`Range: bytes=${range}`]);
      deepEqual([none.status, none.fields.get("content-range")], [416, `bytes */${BIG}`], range);
      equal(none.body.length, 0);
    }
    for (
      const range of ["bytes=2-1", "bytes=-", "bytes=a-b", "bytes=0-0,2-2", "lines=0-1", "0-1"]
    ) {
      const all = await client.ask("f", [`Range: ${range}`]);
      deepEqual([all.status, all.body.length], [200, BIG], range);
    }
    equal((await client.ask("f", ["Range: bytes=0-0"], "HEAD")).status, 200);
    await put("empty", "");
    deepEqual((await client.ask("empty")).fields.get("content-length"), "0");
    equal((await client.ask("empty", ["Range: bytes=0-"])).status, 416);
    client.close();
  });
});

Deno.test("a client that has the file is told so, and gets no range of another one", async () => {
  await inBootStage(async ({ boot, put, root }) => {
    await put("f", "first version");
    await Deno.utime(`${root}/public/f`, 1_700_000_000, 1_700_000_000);
    const client = await RawClient.to(boot.address);
    const status = async (...fields: string[]): Promise<number> =>
      (await client.ask("f", fields)).status;
    const { fields } = await client.ask("f");
    const tag = fields.get("etag") ?? "", time = fields.get("last-modified") ?? "";
    const earlier = new Date(1_699_999_999_000).toUTCString();
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
      equal(await status(`If-None-Match: ${known}`), 304, known);
    }
    equal(await status('If-None-Match: "x"', `If-Modified-Since: ${time}`), 200);
    equal(await status(`If-Modified-Since: ${time}`), 304);
    equal(await status(`If-Modified-Since: ${earlier}`), 200);
    equal(await status("If-Modified-Since: yesterday"), 200);
    equal(await status(`If-Match: ${tag}`), 200);
    equal(await status('If-Match: "x"'), 412);
    equal(await status(`If-Unmodified-Since: ${earlier}`), 412);
    const range = "Range: bytes=0-4";
    equal(await status(range, `If-Range: ${tag}`), 206);
    equal(await status(range, `If-Range: ${time}`), 206);
    equal(await status(range, `If-Range: W/${tag}`), 200);
    equal(await status(range, `If-Range: ${earlier}`), 200);
    await put("f", "other version");
    await Deno.utime(`${root}/public/f`, 1_700_000_000, 1_700_000_001);
    notEqual((await client.ask("f")).fields.get("etag"), tag);
    equal(await status(range, `If-Range: ${tag}`), 200);
    // So young that it may be written again within the second that HTTP can tell apart.
    await put("f", "third version");
    const young = (await client.ask("f")).fields.get("last-modified");
    const before = new Date(Date.parse(young ?? "") + 1000).getTime() > Date.now();
    equal(await status(range, `If-Range: ${young}`), before ? 200 : 206);
    client.close();
  });
});

Deno.test("what is not a file is refused by one line, and nothing is listed", async () => {
  await inBootStage(async ({ boot, put, root }) => {
    await put("os/p1/kernel", "x");
    await Deno.mkdir(`${root}/private`);
    await Deno.writeTextFile(`${root}/private/key`, "SECRET");
    await Deno.symlink("../private/key", `${root}/public/link`);
    await Deno.symlink("..", `${root}/public/up`);
    const client = await RawClient.to(boot.address);
    const statuses: Readonly<Record<string, number>> = {
      "/": 404,
      "/confluent-public": 404,
      "/confluent-public/": 404,
      "/confluent-publicity/os/p1/kernel": 404,
      "/confluent-public/os/p1/": 404,
      "/confluent-public/gone": 404,
      "/etc/passwd": 404,
      "/confluent-public/../private/key": 403,
      "/confluent-public/%2e%2e/private/key": 403,
      "/confluent-public/%2E%2E%2fprivate%2Fkey": 403,
      "/confluent-public/os/..%2f../../private/key": 403,
      "/confluent-public/..%5cprivate%5ckey": 403,
      "/confluent-public/..\\private\\key": 403,
      "/confluent-public/os/p1/kernel%00": 403,
      "/confluent-public/link": 403,
      "/confluent-public/up/private/key": 403,
      "/%63onfluent-public/../private/key": 403,
      "/confluent-public/%252e%252e/private/key": 404,
      "/confluent-public/%c0%ae%c0%ae/private/key": 400,
    };
    for (const [target, status] of Object.entries(statuses)) {
      const fresh = await RawClient.to(boot.address);
      await fresh.send(requestFor(target));
      const answer = await fresh.answer();
      equal(answer.status, status, target);
      match(textOf(answer), /^[^\n]+\n$/);
      equal(textOf(answer).includes("SECRET"), false, target);
      match(answer.fields.get("content-type") ?? "", /^text\/plain/);
      fresh.close();
    }
    for (const path of ["os/p1/kernel", "/os//p1/kernel", "os/./p1/kernel?x=%"]) {
      equal((await client.ask(path)).status, 200, path);
    }
    client.close();
  });
});

Deno.test("a method, a body or a head that is not wanted ends the connection", async () => {
  await inBootStage(async ({ boot }) => {
    const ends: readonly (readonly [number, string])[] = [
      [405, requestFor("/", [], "POST")],
      [405, requestFor("/", [], "OPTIONS")],
      [413, requestFor("/", ["Content-Length: 5"]) + "hello"],
      [413, requestFor("/", ["Transfer-Encoding: chunked"]) + "0\r\n\r\n"],
      [400, "GET /\r\n\r\n"],
      [400, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"],
      [414, requestFor(`/${"x".repeat(4_000)}`)],
      [431, requestFor("/", [`X: ${"y".repeat(9_000)}`])],
      [431, "x".repeat(9_000)],
      [505, "GET / HTTP/2.0\r\n\r\n"],
    ];
    for (const [status, request] of ends) {
      const client = await RawClient.to(boot.address);
      await client.send(request);
      const answer = await client.answer();
      equal(answer.status, status, request.slice(0, 40));
      equal(answer.fields.get("connection"), "close");
      if (status === 405) equal(answer.fields.get("allow"), "GET, HEAD");
      const { bytes, end } = await client.rest();
      deepEqual([bytes.length, end], [0, "ended"]);
      client.close();
    }
    equal(boot.counts.wrong, ends.length);
  });
});

Deno.test("a computed script goes before a file, and is refused as it says", async () => {
  const asked: string[] = [];
  await inBootStage(async ({ boot, put }) => {
    await put("os/p1/boot.ipxe", "of the file");
    await put("os/p1/kernel", "of the file");
    const client = await RawClient.to(boot.address);
    const script = await client.ask("/os//p1/boot.ipxe", ["Range: bytes=0-1"]);
    deepEqual([script.status, textOf(script)], [200, "#!ipxe\n"]);
    equal(script.fields.get("content-type"), "text/x-test");
    const head = await client.ask("os/p1/boot.ipxe", [], "HEAD");
    deepEqual([head.fields.get("content-length"), head.body.length], ["7", 0]);
    equal(textOf(await client.ask("os/p1/kernel")), "of the file");
    const held = await client.ask("os/p1/held");
    deepEqual([held.status, textOf(held)], [503, "no quorum\n"]);
    equal((await client.ask("os/p1/broken")).status, 500);
    client.close();
  }, (path, { address }) => {
    asked.push(`${address} ${path}`);
    if (path === "os/p1/held") return Promise.resolve(refused("no-quorum", "no quorum"));
    if (path === "os/p1/broken") return Promise.reject(new Error("a bug"));
    const script = { body: "#!ipxe\n", type: "text/x-test" };
    return Promise.resolve(ok(path === "os/p1/boot.ipxe" ? script : undefined));
  });
  deepEqual([asked.length, asked[0]], [5, "127.0.0.1 os/p1/boot.ipxe"]);
});

Deno.test("requests sent at once are answered one after the other", async () => {
  await inBootStage(async ({ boot, put }) => {
    await put("a", numbered(BIG));
    await put("b", "second");
    const client = await RawClient.to(boot.address);
    const [a, b] = ["a", "b"].map((name) => requestFor(`/confluent-public/${name}`));
    await client.send(`\r\n${a}${b}\r\n${b}`);
    equal((await client.answer()).body.length, BIG);
    equal(textOf(await client.answer()), "second");
    equal(textOf(await client.answer()), "second");
    const old = `GET /confluent-public/b HTTP/1.0\r\n\r\n`;
    await client.send(`${old}${b}`);
    equal(textOf(await client.answer()), "second");
    equal((await client.rest()).bytes.length, 0);
    client.close();
  });
});

Deno.test("an address that cannot be listened on is one clear line", async () => {
  await inBootStage(async ({ boot, clock }) => {
    const opened = Poller.open();
    if (!opened.ok) throw new Error(opened.refusal.message);
    const poller = opened.value;
    const refusal = (host: string, port: number): string => {
      const outcome = listenBootHttp({
        at: { host, port },
        content: "/nowhere",
        poller,
        clock,
        compute: NOTHING_COMPUTED,
        done: () => {},
        tell: () => {},
      });
      return outcome.ok ? "it listens" : `${outcome.refusal.kind}: ${outcome.refusal.message}`;
    };
    const port = Number(boot.address.split(":")[1]);
    match(
      refusal("127.0.0.1", port),
      new RegExp(
        `^conflict: cannot listen on ${boot.address}: .*deno.* \\(process ${Deno.pid}\\) has the ` +
          "port; stop it or choose another with --boot-http$",
      ),
    );
    match(refusal("::", port), /^conflict: cannot listen on \[::\]:\d+: /);
    match(refusal("example", 80), /^invalid: cannot listen on example:80: wanted an address/);
    match(refusal("203.0.113.1", 0), /^unavailable: .*assign/);
    await poller.close();
  });
});

Deno.test("all addresses are of IPv4 and IPv6, and clients are named by their own", async () => {
  const opened = Poller.open();
  if (!opened.ok) throw new Error(opened.refusal.message);
  const seen: string[] = [];
  const listening = listenBootHttp({
    at: { host: "::", port: 0 },
    content: "/nowhere",
    poller: opened.value,
    clock: systemClock,
    compute: (_, { address }) => {
      seen.push(address);
      return Promise.resolve(ok({ body: address, type: "text/plain" }));
    },
    done: () => {},
    tell: () => {},
  });
  if (!listening.ok) throw new Error(listening.refusal.message);
  const { address } = listening.value;
  match(address, /^\[::\]:\d+$/);
  const port = address.slice("[::]:".length);
  const hosts = ["127.0.0.1"];
  const hasV6 = Deno.networkInterfaces().some((each) => each.address === "::1");
  if (hasV6) hosts.push("[::1]");
  for (const host of hosts) {
    const response = await fetch(`http://${host}:${port}/confluent-public/x`);
    equal(await response.text(), host.replace(/[[\]]/g, ""));
  }
  equal(seen.length, hosts.length);
  const begun = performance.now();
  await listening.value.close();
  equal(performance.now() - begun < 2_000, true);
  await opened.value.close();
});
