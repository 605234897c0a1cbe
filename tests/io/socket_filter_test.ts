import { deepEqual, equal } from "node:assert/strict";

import { type FilterProgram, FILTERS, NOTHING, packFilter } from "../../src/io/socket_filter.ts";
import { frameOf } from "./ethernet_frames.ts";

interface Packet {
  readonly frame: Uint8Array<ArrayBuffer>;
  /** What the kernel says beside it: its type, its hardware's type, whether it has a VLAN tag. */
  readonly beside?: Readonly<Record<number, number>>;
}

const TYPE = 4, HARDWARE = 28, TAGGED = 48;
const ETHERNET = { [TYPE]: 0, [HARDWARE]: 1, [TAGGED]: 0 };

/** As the kernel runs it (Linux networking/filter.rst): how much of the packet is taken. */
function taken(program: FilterProgram, { frame, beside = {} }: Packet): number {
  const view = new DataView(frame.buffer);
  const kernel: Readonly<Record<number, number>> = { ...ETHERNET, ...beside };
  let a = 0, x = 0;
  for (let at = 0;;) {
    const { code, operand, jumpTrue, jumpFalse } = program[at++] ?? { code: 0, operand: 0 };
    const jump = (holds: boolean): void => void (at += (holds ? jumpTrue : jumpFalse) ?? 0);
    if (code === 0x06) return operand;
    else if (code === 0x15) jump(a === operand);
    else if (code === 0x35) jump(a >= operand);
    else if (code === 0x45) jump((a & operand) !== 0);
    else if (code === 0x20 && operand >= 0xffff_f000) a = kernel[operand - 0xffff_f000] ?? NaN;
    else if (code === 0xb1) x = 4 * (view.getUint8(operand) & 0xf);
    else {
      const from = code === 0x48 ? operand + x : operand;
      // A load beyond the packet ends the program, and nothing is taken.
      if (from + (code === 0x30 ? 1 : 2) > frame.length) return 0;
      if (code === 0x30) a = view.getUint8(from);
      else if (code === 0x28 || code === 0x48) a = view.getUint16(from);
      else throw new Error(`instruction ${code.toString(16)}`);
    }
  }
}

function isTaken(filter: "dhcp" | "arp", packet: Packet): boolean {
  return taken(FILTERS[filter], packet) > 0;
}

Deno.test("a filter takes what goes to a DHCP server, and what comes from one", () => {
  const cases: [Parameters<typeof frameOf>[0], boolean][] = [
    [{ text: "" }, true],
    [{ text: "", source: 68, destination: 4011 }, true],
    [{ text: "", source: 67, destination: 68 }, true],
    [{ text: "", source: 67, destination: 67 }, true],
    [{ text: "", source: 68, destination: 68 }, false],
    [{ text: "", source: 4011, destination: 68 }, false],
    [{ text: "", optionBytes: 40 }, true],
    [{ text: "", optionBytes: 40, source: 68, destination: 69 }, false],
    [{ text: "", protocol: 6 }, false],
    [{ text: "", etherType: 0x86dd }, false],
    [{ text: "", vlan: 7 }, false],
    [{ text: "", fragment: 0x2000 }, true],
    [{ text: "", fragment: 0x4000 }, true],
    [{ text: "", fragment: 1 }, false],
    [{ text: "", fragment: 0x1fff }, false],
  ];
  for (const [parts, expected] of cases) {
    equal(isTaken("dhcp", { frame: frameOf(parts) }), expected, JSON.stringify(parts));
  }
});

Deno.test("a filter takes whole packets", () => {
  equal(taken(FILTERS.dhcp, { frame: frameOf({ text: "x" }) }) > 65_535, true);
});

Deno.test("a filter takes what is for this host, on Ethernet, without a tag", () => {
  const cases: [Record<number, number>, boolean][] = [
    [{ [TYPE]: 0 }, true], // PACKET_HOST
    [{ [TYPE]: 1 }, true], // PACKET_BROADCAST
    [{ [TYPE]: 2 }, true], // PACKET_MULTICAST
    [{ [TYPE]: 3 }, false], // PACKET_OTHERHOST
    [{ [TYPE]: 4 }, false], // PACKET_OUTGOING
    [{ [TAGGED]: 1 }, false],
    [{ [HARDWARE]: 772 }, false], // ARPHRD_LOOPBACK
    [{ [HARDWARE]: 65_534 }, false], // ARPHRD_NONE: a tunnel
  ];
  for (const [beside, expected] of cases) {
    const said = JSON.stringify(beside);
    equal(isTaken("dhcp", { frame: frameOf({ text: "" }), beside }), expected, said);
    equal(isTaken("arp", { frame: frameOf({ text: "" }), beside }), expected, said);
  }
});

Deno.test("a packet cut short anywhere is not taken, and no load goes beyond it", () => {
  const whole = frameOf({ text: "", source: 68, destination: 67 });
  for (let length = 0; length < 38; length++) {
    equal(isTaken("dhcp", { frame: whole.slice(0, length) }), false, `${length} bytes`);
  }
  equal(isTaken("dhcp", { frame: whole }), true);
});

Deno.test("a filter that wants nothing", () => {
  equal(taken(NOTHING, { frame: frameOf({ text: "" }) }), 0);
});

Deno.test("a program is packed as struct sock_filter", () => {
  const program = [{ code: 0x15, jumpTrue: 1, jumpFalse: 2, operand: 0xffff_f030 }];
  deepEqual(
    packFilter([...program, ...NOTHING]),
    Uint8Array.from([
      ...[0x15, 0, 1, 2, 0x30, 0xf0, 0xff, 0xff],
      ...[0x06, 0, 0, 0, 0, 0, 0, 0],
    ]),
  );
});
