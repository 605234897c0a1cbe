/** Boot files fetched by curl, as the initramfs of a node does it. */
import { deepEqual, equal, match } from "node:assert/strict";

import { equalBytes } from "../../src/base/bytes.ts";
import { bothFolders, inBootStage, NOTHING_COMPUTED, numbered } from "../api/boot_stage.ts";

const SIZE = 12_345_678;
const HAS_CURL = await new Deno.Command("curl", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

interface Curled {
  readonly code: number;
  readonly out: string;
}

async function curl(...args: readonly string[]): Promise<Curled> {
  const { code, stdout } = await new Deno.Command("curl", {
    args: ["--silent", "--noproxy", "*", ...args],
    stderr: "null",
  }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "curl gets a file whole, in parts, again where it stopped, and not when it has it",
  ignore: !HAS_CURL,
  fn: async () => {
    for (const parent of await bothFolders()) {
      await inBootStage(
        async ({ boot, put, root }) => {
          const url = `http://${boot.address}/confluent-public/os/p1/initramfs`;
          const file = numbered(SIZE), at = `${root}/fetched`;
          await put("os/p1/initramfs", file);
          const isWhole = async (): Promise<boolean> => equalBytes(await Deno.readFile(at), file);

          equal((await curl(url, "--output", at, "--etag-save", `${root}/etag`)).code, 0);
          equal(await isWhole(), true);
          const again = await curl(url, "--etag-compare", `${root}/etag`, "-w", "%{http_code}");
          deepEqual(again, { code: 0, out: "304" });
          deepEqual(await curl(url, "-z", at, "-w", "%{http_code}"), { code: 0, out: "304" });

          const head = await curl(url, "--head");
          match(head.out, new RegExp(`^HTTP/1\\.1 200 OK\r\n.*Content-Length: ${SIZE}\r\n`, "s"));

          equal((await curl(url, "-r", "1000-1999", "--output", at)).code, 0);
          equal(equalBytes(await Deno.readFile(at), file.slice(1_000, 2_000)), true);
          equal((await curl(url, "-r", "-500", "--output", at)).code, 0);
          equal(equalBytes(await Deno.readFile(at), file.slice(-500)), true);
          const beyond = await curl(url, "-r", `${SIZE}-`, "-w", "%{http_code}");
          deepEqual(beyond, { code: 0, out: "416" });

          await Deno.writeFile(at, file.slice(0, 5_000_001));
          equal((await curl(url, "-C", "-", "--output", at)).code, 0);
          equal(await isWhole(), true);
          // Too slow for the time it has, then on from there.
          await Deno.remove(at);
          const slow = await curl(url, "--limit-rate", "4M", "--max-time", "0.5", "--output", at);
          equal(slow.code, 28);
          const { size } = await Deno.stat(at);
          equal(size > 0 && size < SIZE, true);
          equal((await curl(url, "-C", "-", "--output", at)).code, 0);
          equal(await isWhole(), true);
        },
        NOTHING_COMPUTED,
        parent,
      );
    }
  },
});

Deno.test({
  name: "16 of curl at once get what they ask for",
  ignore: !HAS_CURL,
  fn: async () => {
    await inBootStage(async ({ boot, put, root }) => {
      await put("big", numbered(SIZE));
      await Promise.all(Array.from({ length: 50 }, (_, i) => put(`small/${i}`, `file ${i}`)));
      const all = Array.from({ length: 16 }, async (_, i) => {
        const at = `${root}/client${i}`;
        await Deno.mkdir(at);
        const base = `http://${boot.address}/confluent-public`;
        const urls = [`${base}/big`, `${base}/small/[0-49]`];
        const outputs = ["--output", `${at}/big`, "--output", `${at}/#1`];
        equal((await curl("--fail", ...urls, ...outputs)).code, 0);
        equal(equalBytes(await Deno.readFile(`${at}/big`), numbered(SIZE)), true);
        for (let j = 0; j < 50; j++) equal(await Deno.readTextFile(`${at}/${j}`), `file ${j}`);
      });
      await Promise.all(all);
      deepEqual([...boot.counts.answers], [[200, 16 * 51]]);
    });
  },
});

Deno.test({
  name: "curl fails where a file is cut while it is fetched, and refuses what is private",
  ignore: !HAS_CURL,
  fn: async () => {
    await inBootStage(async ({ boot, put, root, event }) => {
      const base = `http://${boot.address}/confluent-public`;
      await put("cut", numbered(3 * SIZE));
      const fetching = curl(`${base}/cut`, "--limit-rate", "1M", "--output", `${root}/fetched`);
      for await (const _ of Deno.watchFs(root, { recursive: false })) break;
      await Deno.truncate(`${root}/public/cut`, 1_000);
      const { aborted } = await event(({ path }) => path.endsWith("/cut"));
      equal(aborted, true);
      match(String((await fetching).code), /^(18|56)$/); // a part of a file, or a reset

      await Deno.mkdir(`${root}/private`);
      await Deno.writeTextFile(`${root}/private/key`, "SECRET");
      for (const path of ["../private/key", "%2e%2e/private/key", "x/..%2f../private/key"]) {
        const stolen = await curl("--path-as-is", `${base}/${path}`, "-w", "%{http_code}");
        match(stolen.out, /\n403$/);
        equal(stolen.out.includes("SECRET"), false);
      }
    });
  },
});
