/**
 * A process that serves a folder by TFTP: `PORT FOLDER [ADDRESS]`. It says `ready PORT` when it
 * does, and what it has done so far, as one line of JSON, whenever it gets SIGUSR2.
 */
import { systemClock } from "../../src/io/clock.ts";
import { openNamedFile } from "../../src/io/content_files.ts";
import { openDatagramSocket } from "../../src/io/datagram.ts";
import { Poller } from "../../src/io/poller.ts";
import type { Outcome } from "../../src/base/outcome.ts";
import { ipv4Of } from "../../src/model/ipv4.ts";
import type { TftpSource } from "../../src/service/boot/tftp_openings.ts";
import { TftpServer } from "../../src/service/boot/tftp_server.ts";

function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

async function open(folder: string, path: string): Promise<Outcome<TftpSource>> {
  const file = await openNamedFile(`${folder}/${path}`);
  return file.ok ? { ok: true, value: { kind: "file", file: file.value } } : file;
}

function main([port = "69", folder = ".", address = "0.0.0.0"]: readonly string[]): void {
  const socket = valueOf(openDatagramSocket({
    port: Number(port),
    address: ipv4Of(address) ?? 0,
    receiveBufferBytes: 4 * 1024 * 1024,
    sendBufferBytes: 4 * 1024 * 1024,
  }));
  const server = new TftpServer({
    socket,
    poller: valueOf(Poller.open()),
    clock: systemClock,
    open: (path) => open(folder, path),
    events: () => {},
  });
  Deno.addSignalListener("SIGUSR2", () => {
    const { counts, fileBytes, active } = server;
    console.log(JSON.stringify({ ...counts, fileBytes, active, dropped: socket.dropped() }));
  });
  console.log(`ready ${socket.port}`);
}

if (import.meta.main) main(Deno.args);
