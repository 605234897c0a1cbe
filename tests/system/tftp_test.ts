/** Boot files by TFTP to real clients, among those who mean no good. On the loopback. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";

import { MAX_TFTP_TRANSFERS, TFTP_UNPROVEN_MS } from "../../src/base/boot_limits.ts";
import { openDatagramSocket } from "../../src/io/datagram.ts";
import { writeTftp } from "../../src/wire/tftp.ts";
import {
  HandClock,
  onStage,
  type Stage,
  type StageOptions,
  valueOf,
} from "../service/boot/tftp_stage.ts";
import { works } from "./program.ts";

const MIB = 1024 * 1024;
const LOOPBACK = 0x7f00_0001;
const WITHIN_S = "60";

type Line = (port: number, file: string, into: string) => string[];

function atftp(...options: string[]): Line {
  return (port, file, into) => {
    const wanted = options.flatMap((option) => ["--option", option]);
    return ["atftp", ...wanted, "-g", "-r", file, "-l", into, "127.0.0.1", String(port)];
  };
}

function curl(...options: string[]): Line {
  return (port, file, into) => {
    return ["curl", "-sS", ...options, "-o", into, `tftp://127.0.0.1:${port}/${file}`];
  };
}

function busybox(blksize: number): Line {
  return (port, file, into) => {
    const what = ["-b", String(blksize), "-g", "-r", file, "-l", into];
    return ["busybox", "tftp", ...what, "127.0.0.1", String(port)];
  };
}

function tftpHpa(mode = "octet"): Line {
  return (port, file, into) => {
    return ["tftp", "-4", "-m", mode, "127.0.0.1", String(port), "-c", "get", file, into];
  };
}

const CLIENTS: Readonly<Record<string, Line>> = {
  "tftp-hpa": tftpHpa(),
  "atftp by 512": atftp(),
  "atftp by 1428": atftp("blksize 1428", "tsize 0"),
  "atftp by 1428 in windows of 16": atftp("blksize 1428", "windowsize 16"),
  "atftp in windows of 64": atftp("windowsize 64", "timeout 3"),
  "curl without options": curl("--tftp-no-options"),
  "curl by 1428": curl("--tftp-blksize", "1428"),
  "curl by 65464": curl("--tftp-blksize", "65464"),
  "busybox by 1428": busybox(1_428),
  "busybox by 65464": busybox(65_464),
};

const MISSING: string[] = [];
for (const tool of ["tftp", "atftp", "busybox", "curl", "timeout", "cmp"]) {
  if (!await works(["sh", "-c", `command -v ${tool}`], tool)) MISSING.push(tool);
}
if (MISSING.length > 0) console.log(`skipped: TFTP, because there is no ${MISSING.join(", no ")}`);

function test(name: string, fn: (stage: Stage) => Promise<void>, options?: StageOptions): void {
  Deno.test({ name, ignore: MISSING.length > 0, fn: () => onStage(fn, options) });
}

interface End {
  readonly code: number;
  readonly said: string;
}

async function run(...line: string[]): Promise<End> {
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: [WITHIN_S, ...line],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, said: `${text.decode(stdout)}${text.decode(stderr)}` };
}

async function write(stage: Stage, name: string, length: number): Promise<void> {
  using file = await Deno.open(`${stage.folder}/${name}`, { write: true, create: true });
  for (let left = length; left > 0;) {
    const part = crypto.getRandomValues(new Uint8Array(Math.min(left, 65_536)));
    left -= await file.write(part);
  }
}

/** Fetches the file, and compares it with what is served. */
async function fetches(stage: Stage, line: Line, file: string): Promise<void> {
  const into = `${stage.folder}/fetched-${crypto.randomUUID()}`;
  const { code, said } = await run(...line(stage.server.socket.port, file, into));
  equal(code, 0, said);
  deepEqual(await run("cmp", into, `${stage.folder}/${file}`), { code: 0, said: "" });
  await Deno.remove(into);
}

function isClean({ server }: Stage): void {
  const { blocksAgain, offersAgain } = server.counts;
  deepEqual([blocksAgain, offersAgain, server.socket.dropped()], [0, 0, 0]);
}

for (const [name, line] of Object.entries(CLIENTS)) {
  test(`${name} gets files whole, and nothing is sent twice`, async (stage) => {
    for (
      const [file, length] of [["small", 100], ["even", 512 * 1_428], ["large", 3 * MIB]] as const
    ) {
      await write(stage, file, length);
      await fetches(stage, line, file);
    }
    isClean(stage);
  });
}

test("64 MiB by blocks of 512: their numbers begin again, twice", async (stage) => {
  await write(stage, "big", 64 * MIB);
  await fetches(stage, tftpHpa(), "big");
  await fetches(stage, atftp("windowsize 16"), "big");
  isClean(stage);
  equal(stage.server.counts.blocks, 2 * (64 * MIB / 512 + 1));
});

test("64 clients at once get what they want, of a file that is read once", async (stage) => {
  await write(stage, "file", 2 * MIB);
  const lines = Object.values(CLIENTS);
  await Promise.all(
    Array.from({ length: 64 }, (_, i) => fetches(stage, lines[i % lines.length] as Line, "file")),
  );
  equal(stage.server.fileBytes.read, 2 * MIB);
  equal(stage.server.counts.blocksAgain, 0);
});

test("a text comes as a text to who asks for one", async (stage) => {
  await Deno.writeTextFile(`${stage.folder}/text`, "one\ntwo\r\n\rthree");
  await fetches(stage, tftpHpa("netascii"), "text");
});

test("what is not there, or elsewhere, is told in the client's own words", async (stage) => {
  const { port } = stage.server.socket;
  const into = `${stage.folder}/none`;
  const gone = await run(...curl()(port, "none", into));
  deepEqual(gone.code, 68, gone.said); // TFTP: file not found
  const out = await run(...curl("--path-as-is")(port, "../../etc/passwd", into));
  deepEqual(out.code, 69, out.said); // TFTP: permission problem
  match((await run(...tftpHpa()(port, "../x", into))).said, /Error code 2: .*leads elsewhere/);
  notThere(await run(...busybox(512)(port, "../x", into)));
  await write(stage, "mine", 10);
  const sent = await run("curl", "-sS", "-T", `${stage.folder}/mine`, `tftp://127.0.0.1:${port}/x`);
  equal(sent.code, 71, sent.said); // TFTP: illegal operation
});

function notThere({ code, said }: End): void {
  equal(code, 1);
  match(said, /server error: \(2\)/);
}

test("a client that is killed holds nobody up", async (stage) => {
  await write(stage, "big", 64 * MIB);
  await write(stage, "file", MIB);
  const { port } = stage.server.socket;
  for (let i = 0; i < 8; i++) {
    const [program = "", ...args] = atftp()(port, "big", `${stage.folder}/killed${i}`);
    const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
    await stage.event("started");
    child.kill("SIGKILL");
    await child.status;
  }
  await fetches(stage, curl("--tftp-blksize", "1428"), "file");
  equal(stage.server.active, 8);
});

/** A packet from an address and a port of its own, which nobody listens at any more. */
function send(stage: Stage, address: number, bytes: Uint8Array): void {
  const socket = valueOf(openDatagramSocket({ port: 0, address }));
  socket.send({ address: LOOPBACK, port: stage.server.socket.port }, undefined, bytes);
  socket.flush();
  socket.close();
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1));
}

const CLOCK = new HandClock();

test("forged requests from everywhere take no place from those who answer", async (stage) => {
  await write(stage, "file", MIB);
  const request = writeTftp({ type: "rrq", file: "file", mode: "octet", options: [] });
  let sent = 0;
  const flood = async (count: number): Promise<void> => {
    // Each has an address of its own: two from one might come by chance from the same port, and
    // then be the same request.
    for (const until = sent + count; sent < until; sent++) {
      send(stage, LOOPBACK + 1 + sent, request);
    }
    while (stage.server.counts.requests < sent) await turn();
  };
  while (stage.server.active < MAX_TFTP_TRANSFERS) await flood(50);
  const { refused } = stage.server.counts, before = refused.busy;
  await flood(100);
  deepEqual([stage.server.active, refused.busy - before], [MAX_TFTP_TRANSFERS, 100]);
  CLOCK.pass(TFTP_UNPROVEN_MS);
  await fetches(stage, atftp("blksize 1428", "windowsize 8"), "file");
  holds(stage.server.active < MAX_TFTP_TRANSFERS);
}, { clock: CLOCK });

test("a flood of nonsense is counted, and a client among it is served", async (stage) => {
  await write(stage, "file", MIB);
  const fetching = fetches(stage, curl("--tftp-blksize", "1428"), "file");
  const socket = valueOf(openDatagramSocket({ port: 0, address: LOOPBACK }));
  const to = { address: LOOPBACK, port: stage.server.socket.port };
  let isOver = false;
  const flood = (async () => {
    for (let i = 0; !isOver; i++) {
      const bytes = crypto.getRandomValues(new Uint8Array(i % 1_000));
      bytes.set(Uint8Array.of(0, i % 7).subarray(0, bytes.length));
      socket.send(to, undefined, bytes);
      if (i % 16 === 15) {
        socket.flush();
        await turn();
      }
    }
  })();
  await fetching;
  isOver = true;
  await flood;
  socket.close();
  const { malformed, stray } = stage.server.counts.refused;
  holds(malformed > 50 && stray > 50, `${malformed} malformed, ${stray} stray`);
  equal(stage.server.active, 0);
});
