/** What passes a bridge of a segment: kept, and read by our own codecs; or told as it passes. */
import { equal } from "node:assert/strict";

import { ipv4Text } from "../../../src/model/ipv4.ts";
import { macText } from "../../../src/model/hardware_address.ts";
import { type Dhcp4Packet, parseDhcp4 } from "../../../src/wire/dhcp4.ts";
import { MESSAGE_TYPE, OPTION, readAddress, readU8 } from "../../../src/wire/dhcp4_options.ts";
import { parseUdpFrame } from "../../../src/wire/ip_frame.ts";
import { parseCapture } from "../../../src/wire/pcap.ts";
import type { Program } from "../program.ts";
import type { Segment, Side } from "./segment.ts";

type Type = keyof typeof MESSAGE_TYPE;

/** A message of DHCP as it passed. */
export interface Passed {
  readonly atMs: number;
  readonly type: Type;
  readonly xid: number;
  readonly mac: string;
  readonly from: string;
  readonly fromMac: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  /** Option 54, or "". */
  readonly serverId: string;
  readonly packet: Dhcp4Packet;
}

const DHCP = "udp port 67 or udp port 68 or udp port 4011";

/** All DHCP that passes, from the start on. */
export class Capture {
  readonly #program: Program;
  readonly #file: string;

  private constructor(program: Program, file: string) {
    this.#program = program;
    this.#file = file;
  }

  /** `of`: that of one hardware address alone. */
  static async start(segment: Segment, side: Side = "near", of?: string): Promise<Capture> {
    const file = await Deno.makeTempFile({ dir: segment.folder, suffix: ".pcap" });
    const filter = of === undefined ? DHCP : `ether host ${of} and (${DHCP})`;
    const program = tcpdump(segment, side, ["-U", "-s", "0", "-w", file], filter);
    await program.word(/^tcpdump: listening/);
    return new Capture(program, file);
  }

  /** Ends it: all that passed, in order. */
  async end(): Promise<Passed[]> {
    const { code, err } = await this.#program.kill("SIGINT");
    equal(code, 0, err);
    const capture = parseCapture(await Deno.readFile(this.#file));
    if (!capture.ok) throw new Error(capture.refusal.message);
    return capture.value.packets.flatMap(({ atMs, frame, wireBytes }) => {
      const passed = read(atMs, frame, wireBytes);
      return passed === undefined ? [] : [passed];
    });
  }
}

function read(atMs: number, frame: Uint8Array, wireBytes: number): Passed | undefined {
  const udp = parseUdpFrame(frame, wireBytes);
  if (udp === undefined) return undefined;
  const parsed = parseDhcp4(udp.payload);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  const packet = parsed.value;
  const code = readU8(packet.options, OPTION.MESSAGE_TYPE);
  const type = Object.entries(MESSAGE_TYPE)
    .find(([, value]) => code?.ok && code.value === value)?.[0] as Type | undefined;
  if (type === undefined) throw new Error("a message without a type passed");
  const serverId = readAddress(packet.options, OPTION.SERVER_IDENTIFIER);
  return {
    atMs,
    type,
    xid: packet.xid,
    mac: macText(packet.chaddr),
    from: ipv4Text(udp.source),
    fromMac: macText(udp.sourceMac),
    fromPort: udp.sourcePort,
    to: ipv4Text(udp.destination),
    toPort: udp.destinationPort,
    serverId: serverId?.ok ? ipv4Text(serverId.value) : "",
    packet,
  };
}

/**
 * A line for each packet as it passes, and what it carries as text below it; `filter` as tcpdump
 * has it. To be waited for by `Program.line`.
 */
export async function overhear(
  segment: Segment,
  filter: string,
  side: Side = "near",
): Promise<Program> {
  const program = tcpdump(segment, side, ["-l", "-A", "-s", "0", "-vv"], filter);
  await program.word(/^tcpdump: listening/);
  return program;
}

function tcpdump(
  segment: Segment,
  side: Side,
  how: readonly string[],
  filter: string,
): Program {
  const always = ["-i", side, "-n", "--immediate-mode", "-Z", "root"];
  return segment.start("world", "tcpdump", ...always, ...how, filter);
}
