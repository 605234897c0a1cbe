import { equal } from "node:assert/strict";

import { type Listener, listenTcp, listenUnix } from "../../src/api/listen.ts";
import type { Outcome } from "../../src/base/outcome.ts";

const SILENT = (): void => {};

function listening(outcome: Outcome<Listener>): Listener {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-api-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function askUnix(path: string): Promise<string> {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  try {
    return await (await fetch("http://local/", { client })).text();
  } finally {
    client.close();
  }
}

Deno.test("a socket and its folder are for owner and group, and told from TCP", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/run/http.sock`;
    const listener = listening(await listenUnix(path, (_, { via }) => new Response(via), SILENT));
    equal(((await Deno.stat(`${folder}/run`)).mode ?? 0) & 0o777, 0o750);
    equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o660);
    equal(await askUnix(path), "unix");
    await listener.close();
  });
});

Deno.test("a socket that answers is left alone, one that nobody holds is taken over", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/http.sock`;
    const leave = `
      const server = Deno.listen({ transport: "unix", path: "${path}" });
      console.log("there");
      await server.accept();`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", leave],
      stdout: "piped",
      env: { DENO_NO_UPDATE_CHECK: "1" },
    }).spawn();
    await child.stdout.getReader().read();
    child.kill("SIGKILL");
    await child.status;
    equal((await Deno.lstat(path)).isSocket, true);

    const listener = listening(await listenUnix(path, () => new Response("mine"), SILENT));
    const second = await listenUnix(path, () => new Response("not mine"), SILENT);
    equal(
      second.ok || second.refusal.message,
      `cannot listen on ${path}: another process answers there; stop it or choose another path`,
    );
    equal(await askUnix(path), "mine");
    await listener.close();
  });
});

Deno.test("what is no socket is not removed", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/precious`;
    await Deno.writeTextFile(path, "kept");
    const outcome = await listenUnix(path, () => new Response(), SILENT);
    equal(outcome.ok || outcome.refusal.kind, "conflict");
    equal(await Deno.readTextFile(path), "kept");
  });
});

Deno.test("a port that is taken is one clear line", async () => {
  const first = listening(listenTcp("127.0.0.1", 0, (_, { via }) => new Response(via), SILENT));
  const port = Number(first.address.split(":")[1]);
  equal(await (await fetch(`http://${first.address}/`)).text(), "tcp");
  const second = listenTcp("127.0.0.1", port, () => new Response(), SILENT);
  equal(
    second.ok || second.refusal.message,
    `cannot listen on 127.0.0.1:${port}: the port is taken; ` +
      "stop what holds it or choose another port",
  );
  await first.close();
});

Deno.test("a listener that closes answers what is under way first", async () => {
  const asked = Promise.withResolvers<void>(), answer = Promise.withResolvers<void>();
  const listener = listening(listenTcp("127.0.0.1", 0, async () => {
    asked.resolve();
    await answer.promise;
    return new Response("done");
  }, SILENT));
  const response = fetch(`http://${listener.address}/`);
  await asked.promise;
  const closed = listener.close();
  answer.resolve();
  equal(await (await response).text(), "done");
  await closed;
});
