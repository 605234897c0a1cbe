/**
 * A process in a network namespace of its own, where `s0`-`c0` and `s1`-`c1` are cables, for
 * raw_sockets_test.ts: runs the scene its argument names and prints, as JSON, what it saw.
 */
import { writeSync } from "node:fs";

import { openDatagramSocket } from "../../src/io/datagram.ts";
import { listInterfaces } from "../../src/io/interfaces.ts";
import { openPacketSocket, type PacketSocket } from "../../src/io/packet_socket.ts";
import { Poller } from "../../src/io/poller.ts";
import { frameOf, type FrameParts } from "../io/ethernet_frames.ts";
import { grouped4, grouped6, shared } from "./raw_socket_groups.ts";
import { seenInterfaces, seenNeighbours, seenNetworks } from "./raw_socket_lists.ts";
import { indexOf, MARKER, nameOf, run, valueOf } from "./raw_socket_place.ts";

const LOOPBACK = 0x7f00_0001, SECOND_LOOPBACK = 0x7f00_0002, ALL = 0xffff_ffff;

interface Seen {
  readonly on: string;
  readonly text: string;
}

const interfaces = valueOf(listInterfaces());

/** What is open, apart from the folder that says so and a pair of sockets that the runtime makes
 * for itself at some time. */
function descriptors(): string[] {
  const unix = new Set(Deno.readTextFileSync("/proc/net/unix").match(/(?<= )\d{3,}(?=$| )/gm));
  return Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  }).filter((target) => target !== "" && !unix.has(target.replace(/\D/g, "")));
}

/** What is in the first list more often than in the second. */
function more(after: readonly string[], before: readonly string[]): string[] {
  const left = [...before];
  return after.filter((target) => {
    const at = left.indexOf(target);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What comes until a frame says that it is the last one. */
async function framesUntilMarker(poller: Poller, socket: PacketSocket): Promise<Seen[]> {
  const seen: Seen[] = [];
  await new Promise<void>((resolve) => {
    const stop = poller.watch(socket.fd, () =>
      void socket.receive(1_000, (frame, index) => {
        const text = new TextDecoder().decode(frame.subarray(22 + 4 * ((frame[14] ?? 0) & 0xf)));
        if (text !== MARKER) return void seen.push({ on: nameOf(index), text });
        stop();
        resolve();
      }));
  });
  return seen;
}

/** Sends what the scene says from one end of a cable, and tells what was seen anywhere. */
async function exchange(
  sent: readonly (FrameParts & { readonly by: string })[],
): Promise<Seen[]> {
  const poller = valueOf(Poller.open());
  const socket = valueOf(openPacketSocket("dhcp"));
  const seen = framesUntilMarker(poller, socket);
  for (const { by, ...parts } of [...sent, { by: "c0", text: MARKER }]) {
    socket.send(indexOf(by), frameOf(parts));
  }
  const lost = socket.flush();
  if (lost > 0) throw new Error(`${lost} frames were not sent`);
  const all = await seen;
  await poller.close();
  socket.close();
  return all;
}

function macOf(name: string): string {
  return interfaces.find((one) => one.name === name)?.mac ?? "";
}

/** Opened again and again, closed while somebody waits, within a call, and twice. */
async function closeAll(): Promise<unknown> {
  for (let i = 0; i < 200; i++) {
    const poller = valueOf(Poller.open());
    const socket = valueOf(openDatagramSocket({ port: 0 }));
    const frames = valueOf(openPacketSocket("arp"));
    poller.watch(frames.fd, () => {});
    const called = new Promise<void>((resolve) => {
      const stop = poller.watch(socket.fd, () => {
        stop();
        resolve();
      });
    });
    socket.send({ address: LOOPBACK, port: socket.port }, undefined, new Uint8Array(1));
    socket.flush();
    await called;
    // One that was told of and is closed hears nothing of its number's next holder.
    socket.close();
    const next = valueOf(openDatagramSocket({ port: 0 }));
    const heard = new Promise<void>((resolve) => poller.watch(next.fd, resolve));
    next.send({ address: LOOPBACK, port: next.port }, undefined, new Uint8Array(1));
    next.flush();
    await heard;
    await Promise.all([poller.close(), poller.close()]);
    next.close();
    frames.close();
    frames.close();
  }
  // Nobody waits with a thread of the pool any more.
  await Promise.all(Array.from({ length: 64 }, () => Deno.readFile("/proc/self/stat")));
  return "closed";
}

/** Files are read and timers run beside a flood that never ends. */
async function besideOthers(): Promise<unknown> {
  const poller = valueOf(Poller.open());
  const socket = valueOf(openDatagramSocket({ port: 0 }));
  const again = (): void => {
    socket.send({ address: LOOPBACK, port: socket.port }, undefined, new Uint8Array(100));
    socket.flush();
  };
  let packets = 0, files = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(async () => {
      await Deno.readFile("/proc/self/stat");
      if (++files < 20 || packets < 10_000) return;
      clearInterval(timer);
      resolve();
    }, 2);
    poller.watch(socket.fd, () => void (packets += socket.receive(64, again)));
    for (let i = 0; i < 32; i++) again();
  });
  await poller.close();
  socket.close();
  return "both went on";
}

function refusals(): unknown {
  const said = (outcome: { ok: boolean; refusal?: unknown }): unknown => outcome.refusal;
  const holder = valueOf(openDatagramSocket({ port: 67 }));
  const all = [
    said(openDatagramSocket({ port: 67, address: LOOPBACK })),
    said(openDatagramSocket({ port: 1_067, address: 0x0102_0304 })),
  ];
  holder.close();
  return [...all, Deno.pid];
}

/** As somebody who is not root. */
function permissions(): unknown {
  return [openPacketSocket("dhcp"), openDatagramSocket({ port: 69 })].map((outcome) => {
    if (!outcome.ok) return outcome.refusal;
    outcome.value.close();
    return Deno.uid();
  });
}

/** A socket that only holds its port hears nothing; what came is not even counted as waiting. */
async function deaf(): Promise<unknown> {
  const poller = valueOf(Poller.open());
  const [ear, mouth] = [{ port: 0 }, { port: 0, isDeaf: true }].map((options) =>
    valueOf(openDatagramSocket(options))
  );
  if (ear === undefined || mouth === undefined) throw new Error("no sockets");
  let toMouth = 0;
  poller.watch(mouth.fd, () => void (toMouth += mouth.receive(64, () => {})));
  const heard = new Promise<number>((resolve) =>
    poller.watch(ear.fd, () => void ear.receive(64, (_bytes, from) => resolve(from.port)))
  );
  ear.send({ address: LOOPBACK, port: mouth.port }, undefined, new Uint8Array(1));
  ear.flush();
  mouth.send({ address: LOOPBACK, port: ear.port }, undefined, new Uint8Array(1));
  mouth.flush();
  const isFromMouth = await heard === mouth.port;
  await poller.close();
  ear.close();
  mouth.close();
  return { toMouth, isFromMouth };
}

const SCENES: Record<string, () => unknown> = {
  grouped4,
  grouped6,
  shared,
  closeAll,
  besideOthers,
  refusals,
  permissions,
  deaf,

  interfaces: seenInterfaces,
  networks: seenNetworks,
  neighbours: seenNeighbours,

  broadcasts: () =>
    exchange([{ by: "c0", text: "on the first" }, { by: "c1", text: "on the second" }]),

  unicast: () =>
    exchange([
      { by: "s0", to: macOf("c0"), text: "to it" },
      { by: "s0", to: "02:00:00:00:00:99", text: "to another" },
    ]),

  filtered: () =>
    exchange([
      { by: "c0", text: "to 4011", destination: 4011 },
      { by: "c0", text: "from 67", source: 67, destination: 68 },
      { by: "c0", text: "options", optionBytes: 40 },
      { by: "c0", text: "first fragment", fragment: 0x2000 },
      { by: "c0", text: "NO: to 68", destination: 68 },
      { by: "c0", text: "NO: later fragment", fragment: 0x2001 },
      { by: "c0", text: "NO: TCP", protocol: 6 },
      { by: "c0", text: "NO: IPv6", etherType: 0x86dd },
      { by: "c0", text: "NO: tagged", vlan: 7 },
      { by: "c0", text: "priority only", vlan: 0xe000 },
    ]),

  bridged: async () => {
    const bridge = "ip link add br0 type bridge forward_delay 0";
    const isThere = run(`${bridge} && ip link set br0 up && ip link set s0 master br0`);
    if (!isThere) return "no bridge";
    while (!run("ip -d link show s0 | grep -q 'state forwarding'"));
    return await exchange([{ by: "c0", text: "by the bridge" }]);
  },

  tagged: async () => {
    if (!run("ip link add link s0 name s0.7 type vlan id 7 && ip link set s0.7 up")) {
      return "no vlan";
    }
    return await exchange([{ by: "c0", text: "by the VLAN", vlan: 7 }]);
  },

  arp: async () => {
    const poller = valueOf(Poller.open());
    const socket = valueOf(openPacketSocket("arp"));
    const types: number[] = [];
    const all = new Promise<void>((resolve) =>
      poller.watch(socket.fd, () =>
        void socket.receive(64, (frame) => {
          if (frame[28] !== 9) return; // the kernel's own
          types.push((frame[12] ?? 0) * 256 + (frame[13] ?? 0));
          if (types.length === 2) resolve();
        }))
    );
    const mark = (frame: Uint8Array): Uint8Array => (frame.fill(9, 28, 32), frame);
    for (const etherType of [0x0806, 0x0800, 0x0806]) {
      socket.send(indexOf("c0"), mark(frameOf({ text: "", etherType })));
    }
    socket.flush();
    await all;
    await poller.close();
    socket.close();
    return types;
  },

  checksums: async () => {
    const poller = valueOf(Poller.open());
    const socket = valueOf(openPacketSocket("dhcp"));
    const sender = valueOf(openDatagramSocket({ port: 0, broadcast: true }));
    const open: boolean[] = [];
    const both = new Promise<void>((resolve) =>
      poller.watch(socket.fd, () =>
        void socket.receive(64, (_frame, _index, isChecksumOpen) => {
          if (open.push(isChecksumOpen) === 2) resolve();
        }))
    );
    const end = { address: 0, interfaceIndex: indexOf("s0") };
    sender.send({ address: ALL, port: 67 }, end, new Uint8Array(300));
    sender.flush();
    socket.send(end.interfaceIndex, frameOf({ text: "by hand" }));
    socket.flush();
    await both;
    await poller.close();
    socket.close();
    sender.close();
    return open;
  },

  drops: () => {
    const socket = valueOf(openPacketSocket("dhcp"));
    const sender = valueOf(openPacketSocket("arp"));
    const frame = frameOf({ text: "one of many" });
    const by = indexOf("c1");
    let sent = 0, dropped = 0;
    while (dropped === 0) {
      for (let i = 0; i < 1_000; i++, sent++) sender.send(by, frame);
      sent -= sender.flush();
      dropped = socket.dropped();
    }
    const received = socket.receive(Infinity, () => {});
    const result = { adds: sent === received + dropped, again: socket.dropped() };
    socket.close();
    sender.close();
    return result;
  },

  undeliverable: async () => {
    const poller = valueOf(Poller.open());
    const socket = valueOf(openPacketSocket("dhcp"));
    const seen = framesUntilMarker(poller, socket);
    for (const by of [999_999, indexOf("c0"), 999_998]) {
      socket.send(by, frameOf({ text: "between" }));
    }
    socket.send(indexOf("c0"), frameOf({ text: MARKER }));
    const lost = [socket.flush(), socket.flush()];
    const between = (await seen).length;
    await poller.close();
    socket.close();
    return { lost, between };
  },

  pinning: async () => {
    const poller = valueOf(Poller.open());
    const server = valueOf(openDatagramSocket({ port: 0 }));
    const client = valueOf(openDatagramSocket({ port: 0, address: LOOPBACK }));
    const seen: unknown[] = [];
    poller.watch(server.fd, () => {
      server.receive(64, (bytes, from, to) => {
        seen.push({ address: to.address, on: nameOf(to.interfaceIndex) });
        server.send(from, to, bytes);
        server.send(from, undefined, bytes.slice(), new TextEncoder().encode(" unpinned"));
        server.flush();
      });
    });
    const answers: unknown[] = [];
    const both = new Promise<void>((resolve) =>
      poller.watch(client.fd, () =>
        void client.receive(64, (bytes, from) => {
          answers.push({ text: new TextDecoder().decode(bytes), address: from.address });
          if (answers.length === 2) resolve();
        }))
    );
    const hello = new TextEncoder().encode("hello");
    client.send({ address: SECOND_LOOPBACK, port: server.port }, undefined, hello);
    client.flush();
    await both;
    await poller.close();
    server.close();
    client.close();
    return { seen, answers };
  },

  waiting: async () => {
    if (!run("tc qdisc add dev s1 root tbf rate 20mbit burst 5kb latency 60s")) return "no tbf";
    const poller = valueOf(Poller.open());
    const hearer = valueOf(openPacketSocket("dhcp"));
    const sender = valueOf(
      openDatagramSocket({ port: 0, broadcast: true, sendBufferBytes: 20_000 }),
    );
    const end = { address: 0, interfaceIndex: indexOf("s1") };
    const total = 300;
    const numbers: number[] = [];
    const all = new Promise<void>((resolve) =>
      poller.watch(hearer.fd, () =>
        void hearer.receive(64, (frame) => {
          const number = new DataView(frame.buffer, frame.byteOffset).getUint32(42);
          const isWhole = frame.subarray(46).every((byte) => byte === (number & 0xff));
          numbers.push(isWhole && frame.length === 1_046 ? number : -1);
          if (numbers.length === total) resolve();
        }))
    );
    let next = 0, waits = 0, refusals = 0;
    const pump = (): void => {
      for (; next < total; next++) {
        const head = new Uint8Array(4);
        new DataView(head.buffer).setUint32(0, next);
        // Nobody but the queue keeps it.
        const body = new Uint8Array(1_000).fill(next);
        if (sender.send({ address: ALL, port: 67 }, end, head, body)) continue;
        refusals++;
        break;
      }
      if (sender.flush() === 0 && next === total) return;
      waits++;
      (globalThis as { gc?: () => void }).gc?.();
      poller.whenWritable(sender.fd, pump);
    };
    pump();
    await all;
    await poller.close();
    hearer.close();
    sender.close();
    const inOrder = numbers.every((number, i) => number === i);
    return { inOrder, waited: waits > 0, refused: refusals > 0, lost: sender.undeliverable };
  },
};

const scene = SCENES[Deno.args[0] ?? ""];
if (scene === undefined) throw new Error(`no scene ${Deno.args[0]}`);
// What the runtime opens with the first one stays.
await valueOf(Poller.open()).close();
const before = descriptors();
const saw = await scene();
writeSync(
  1,
  JSON.stringify({ saw, leaked: more(descriptors(), before) }),
);
Deno.exit(0);
