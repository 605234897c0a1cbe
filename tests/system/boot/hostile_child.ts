/**
 * A program that means harm, at a client's place in a segment, for hostile_test.ts: does what its
 * first argument names and prints, as JSON, what it came to. Interface eth0.
 */
import { openDatagramSocket } from "../../../src/io/datagram.ts";
import { listInterfaces } from "../../../src/io/interfaces.ts";
import { openPacketSocket } from "../../../src/io/packet_socket.ts";
import type { Outcome } from "../../../src/base/outcome.ts";
import { ipv4Text } from "../../../src/model/ipv4.ts";
import { addressBytes, OPTION, textBytes } from "../../../src/wire/dhcp4_options.ts";
import { parseCapture } from "../../../src/wire/pcap.ts";
import { writeTftp } from "../../../src/wire/tftp.ts";
import {
  answerOf,
  crookedFrames,
  type Ends,
  ESCAPES,
  FIRMWARE,
  frameOf,
  ip,
  type Message,
  messageOf,
  type Type,
  typed,
} from "./crooked_packets.ts";

/** Who is attacked: the members' addresses on this link, each with its hardware address. */
const MEMBERS = [1, 2, 3].map((i) => ({
  address: `10.77.0.${10 + i}`,
  mac: `02:77:00:00:05:0${i}`,
}));
/** Nodes with hardware addresses that this program knows of: h0 to h63, at 10.77.2.0 to 63. */
const KNOWN = 64;

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

const eth0 = valueOf(listInterfaces()).find(({ name }) => name === "eth0");
if (eth0 === undefined) throw new Error("there is no eth0");
const INDEX = eth0.index;
const socket = valueOf(openPacketSocket("arp"));
let sent = 0;

function send(frame: Uint8Array): void {
  socket.send(INDEX, frame);
  sent++;
}

async function flushed(): Promise<void> {
  sent -= socket.flush();
  await new Promise((resolve) => void setTimeout(resolve, 1));
}

/** All of them, so many at a time and then a moment's rest. */
async function sendAll(frames: Iterable<Uint8Array>, atOnce: number): Promise<void> {
  let count = 0;
  for (const frame of frames) {
    send(frame);
    if (++count % atOnce === 0) await flushed();
  }
  await flushed();
}

function knownMac(number: number): Uint8Array {
  return Uint8Array.of(2, 0x66, 0, 0, 0, number % KNOWN);
}

function knownAddress(number: number): string {
  return `10.77.2.${number % KNOWN}`;
}

function anyMac(): Uint8Array {
  const mac = crypto.getRandomValues(new Uint8Array(6));
  mac[0] = 0x06;
  return mac;
}

function dhcp(said: Message, ends?: Ends): Uint8Array {
  return frameOf(messageOf({ xid: Math.floor(Math.random() * 2 ** 32), ...said }), ends);
}

function request(mac: Uint8Array, server: string, wanted: string): Message {
  const options = [
    typed("REQUEST"),
    [OPTION.SERVER_IDENTIFIER, addressBytes(ip(server))] as const,
    [OPTION.REQUESTED_IP_ADDRESS, addressBytes(ip(wanted))] as const,
  ];
  return { mac, options };
}

/** `count` addresses from one on. */
function* addressesFrom(first: string, count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield ipv4Text(ip(first) + i);
}

// ---- what it does

/** Every packet that is wrong, of known and unknown machines. */
async function crooked(): Promise<void> {
  let turn = 0;
  const next = (): Uint8Array => turn++ % 8 === 7 ? anyMac() : knownMac(turn);
  await sendAll(crookedFrames(next), 4);
  const noise = Array.from({ length: 2_000 }, () => {
    const bytes = messageOf({ mac: next(), options: [typed("DISCOVER"), ...FIRMWARE] });
    for (let i = 0; i < 4; i++) {
      const at = Math.floor(Math.random() * bytes.length);
      bytes[at] = Math.floor(Math.random() * 256);
    }
    return frameOf(bytes);
  });
  await sendAll(noise, 8);
  // What the link carries whole, and what it carries in pieces.
  const wide = valueOf(openDatagramSocket({ port: 68, broadcast: true }));
  for (const length of [2_100, 9_000, 60_000]) {
    const bytes = new Uint8Array(length);
    bytes.set(messageOf({ mac: next(), options: [typed("DISCOVER")] }));
    const from = { address: 0, interfaceIndex: INDEX };
    wide.send({ address: ip("255.255.255.255"), port: 67 }, from, bytes);
    wide.flush();
  }
  wide.close();
}

/** What was recorded of real boots, from all sides. */
async function replayed(): Promise<void> {
  const folder = new URL("../../golden/captures/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    const capture = valueOf(parseCapture(Deno.readFileSync(new URL(name, folder))));
    // Made-up servers have a scene of their own.
    const frames = capture.packets.map(({ frame }) => frame.slice())
      .filter((frame) => frame.length > 42 && frame[42] === 1);
    for (const frame of frames) frame.fill(255, 0, 6);
    for (let i = 0; i < 20; i++) await sendAll(frames, 16);
  }
}

/** Answers are asked to where nobody asked: how many bytes it took. */
async function reflected(): Promise<number> {
  const places = [
    ...MEMBERS.map(({ address }) => address),
    ...["255.255.255.255", "10.77.255.255", "10.77.0.0", "0.0.0.1", "127.0.0.1", "127.0.0.53"],
    ...["224.0.0.1", "239.1.2.3", "240.0.0.1", "10.77.1.51", "10.77.0.1", "198.51.100.1"],
  ];
  const types: readonly Type[] = ["DISCOVER", "REQUEST", "INFORM", "DECLINE", "RELEASE"];
  let turn = 0;
  const frames = places.flatMap((place) =>
    types.flatMap((type) => {
      const options = [typed(type), ...FIRMWARE], plain = [typed(type)];
      const mac = (): Uint8Array => knownMac(turn++);
      const member = MEMBERS[turn % 3] as typeof MEMBERS[number];
      const ends = { toMac: member.mac, to: member.address, from: place, fromPort: 67 };
      return [
        dhcp({ mac: mac(), giaddr: place, options }),
        dhcp({ mac: mac(), giaddr: place, options: plain }),
        dhcp({ mac: mac(), ciaddr: place, options }),
        dhcp({ mac: mac(), ciaddr: place, options: plain }),
        dhcp({ mac: mac(), ciaddr: place, options: plain }, ends),
        dhcp({ mac: mac(), options }, { ...ends, toPort: 4_011, fromPort: 4_011 }),
        dhcp({ mac: mac(), options }, { ...ends, toPort: 4_011, fromPort: 53 }),
      ];
    })
  );
  await sendAll(frames, 1);
  return frames.reduce((sum, { length }) => sum + length - 42, 0);
}

/** Other machines' addresses are renewed, declined and given back, as if by them. */
async function spoofed(): Promise<void> {
  for (let i = 0; i < 3 * KNOWN; i++) {
    const { address, mac } = MEMBERS[i % 3] as typeof MEMBERS[number];
    const victim = knownAddress(i + 1), from = { toMac: mac, to: address, from: victim };
    const mine = { mac: knownMac(i), ciaddr: victim };
    await sendAll([
      dhcp({ ...mine, options: [typed("REQUEST")] }, from),
      dhcp({ ...mine, options: [typed("RELEASE")] }, from),
      dhcp({ mac: knownMac(i), options: [typed("DECLINE"), [50, addressBytes(ip(victim))]] }),
      dhcp(request(knownMac(i), address, victim)),
    ], 4);
  }
}

/** Thousands of relays that are none: for strangers, and for nodes that could be behind them. */
async function relays(): Promise<void> {
  const options = [typed("DISCOVER")];
  await sendAll(
    addressesFrom("172.16.0.1", 5_000).map((giaddr) => dhcp({ mac: anyMac(), giaddr, options })),
    16,
  );
  let turn = 0;
  await sendAll(
    addressesFrom("172.16.0.1", 2_000).map((giaddr) =>
      dhcp({ mac: knownMac(turn++), giaddr, options })
    ),
    1,
  );
}

/** Requests in the name of more machines than anybody keeps, as fast as it goes. */
async function manyMachines(): Promise<void> {
  await forSeconds(5, () => ({ mac: anyMac(), options: [typed("DISCOVER"), ...FIRMWARE] }));
}

/** The same of one machine. */
async function oneMachine(): Promise<void> {
  const mac = knownMac(1);
  await forSeconds(4, () => ({ mac, options: [typed("DISCOVER"), ...FIRMWARE] }));
}

async function forSeconds(seconds: number, say: () => Message): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    for (let i = 0; i < 64; i++) send(dhcp(say()));
    sent -= socket.flush();
    await new Promise((resolve) => void setTimeout(resolve, 0));
  }
}

/** Strangers with as much to tell as a packet holds, each of them something else every time. */
async function talkative(): Promise<void> {
  const agent = Array.from({ length: 4 }, () => [82, textBytes("x".repeat(250))] as const);
  for (let architecture = 0; architecture < 6; architecture++) {
    await sendAll(
      Array.from({ length: 3_000 }, (_, i) => {
        const mac = Uint8Array.of(6, 1, 1, 1, i >> 8, i & 255);
        const options = [
          ...[typed("DISCOVER"), [60, textBytes("PXEClient")] as const],
          ...[[93, Uint8Array.of(1, architecture)] as const, ...agent],
        ];
        return dhcp({ mac, options, giaddr: `10.77.${architecture}.9` });
      }),
      16,
    );
  }
}

/** Clients choose servers that there are not. */
async function chosen(): Promise<void> {
  let turn = 0;
  await sendAll(
    addressesFrom("10.77.100.1", 5_000).map((server) => {
      const mac = ++turn % 4 === 0 ? knownMac(turn / 4) : anyMac();
      return dhcp(request(mac, server, knownAddress(turn)));
    }),
    8,
  );
  // Answers that did not come from this link, or are for another.
  const { address: to, mac: toMac } = MEMBERS[0] as typeof MEMBERS[number];
  await sendAll(
    addressesFrom("192.0.2.1", 200).flatMap((server) => {
      const ends = { from: server, fromPort: 67 };
      return [
        frameOf(answerOf(server, "OFFER", knownMac(1)), { ...ends, to, toMac, toPort: 67 }),
        frameOf(answerOf(server, "ACK", knownMac(1)), { ...ends, to, toMac, toPort: 68 }),
        frameOf(answerOf(server, "OFFER", knownMac(1), "10.78.0.1"), { ...ends, toPort: 67 }),
      ];
    }),
    8,
  );
}

/** Servers that there are not give addresses to everybody. */
async function madeUpServers(): Promise<void> {
  await sendAll(
    addressesFrom("10.77.100.1", 5_000).map((server) =>
      frameOf(answerOf(server, "OFFER", knownMac(1)), { from: server, fromPort: 67, toPort: 68 })
    ),
    8,
  );
}

/** Files are asked for and never taken; how many bytes came for how many. */
async function tftp(): Promise<unknown> {
  const { address } = MEMBERS[0] as typeof MEMBERS[number];
  const sockets = Array.from({ length: 200 }, () => valueOf(openDatagramSocket({ port: 0 })));
  const asked = ["public/big", "../private/key", `public/${ESCAPES}`, "public/none"];
  const sizes = [[], [["blksize", "65464"], ["windowsize", "65535"]], [["blksize", "0"]]];
  let bytesSent = 0, bytesCame = 0;
  sockets.forEach((one, i) => {
    const options = (sizes[i % 3] ?? []).map(([name = "", value = ""]) => ({ name, value }));
    const file = asked[i % 4] as string;
    const bytes = writeTftp({ type: "rrq", file, mode: "octet", options });
    one.send({ address: ip(address), port: 69 }, undefined, bytes);
    // What answers nothing, and what would be written.
    one.send({ address: ip(address), port: 69 }, undefined, Uint8Array.of(0, 4, 0, 77));
    one.send({ address: ip(address), port: 69 }, undefined, Uint8Array.of(0, 3, 0, 1, 9, 9));
    one.flush();
    bytesSent += bytes.length + 28;
  });
  for (const end = performance.now() + 12_000; performance.now() < end;) {
    for (const one of sockets) one.receive(64, (bytes) => void (bytesCame += bytes.length + 28));
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
  return { bytesSent, bytesCame };
}

/** Connections that ask for nothing, half a file, or what is no request. */
async function http(): Promise<unknown> {
  const { address } = MEMBERS[0] as typeof MEMBERS[number];
  const words = ["", "GET /conf", "GET / HTTP/1.1\r\nX: ", `GET /${ESCAPES} HTTP/1.1\r\n\r\n`];
  const long = `GET /confluent-public/big HTTP/1.1\r\nHost: x\r\n\r\n`;
  const held: Deno.TcpConn[] = [];
  for (let i = 0; i < 200; i++) {
    const connection = await Deno.connect({ hostname: address, port: 80 });
    const said = new TextEncoder().encode([...words, long][i % 5]);
    await connection.write(said);
    held.push(connection);
  }
  await new Promise((resolve) => void setTimeout(resolve, 6_000));
  for (const connection of held) connection.close();
  return { held: held.length };
}

/** Files are taken by the piece, while somebody else changes them: how the downloads ended. */
async function slowly(): Promise<unknown> {
  const { address } = MEMBERS[0] as typeof MEMBERS[number];
  const ask = `GET /confluent-public/torn HTTP/1.1\r\nHost: x\r\n\r\n`;
  const ended = await Promise.all(Array.from({ length: 24 }, async () => {
    const connection = await Deno.connect({ hostname: address, port: 80 });
    await connection.write(new TextEncoder().encode(ask));
    const piece = new Uint8Array(16 * 1024);
    let bytes = 0;
    try {
      for (;;) {
        const count = await connection.read(piece);
        if (count === null) break;
        bytes += count;
        await new Promise((resolve) => void setTimeout(resolve, 5));
      }
    } catch {
      return "cut"; // as whoever has not got all is to be told
    } finally {
      connection.close();
    }
    return bytes > 8 * 1024 * 1024 ? "whole" : "closed";
  }));
  return Object.fromEntries(
    Map.groupBy(ended, (one) => one).entries().map(([k, v]) => [k, v.length]),
  );
}

const SCENES: Readonly<Record<string, () => Promise<unknown>>> = {
  ...{ crooked, replayed, reflected, spoofed, relays, manyMachines, oneMachine, talkative },
  ...{ chosen, madeUpServers, tftp, http, slowly },
};

const scene = SCENES[Deno.args[0] ?? ""];
if (scene === undefined) throw new Error(`no scene ${Deno.args[0]}`);
const came = await scene();
console.log(JSON.stringify({ sent, came }));
Deno.exit(0);
