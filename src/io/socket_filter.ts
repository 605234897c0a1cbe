/**
 * Classic BPF programs that a socket's kernel side runs on each packet before it is queued: what
 * they do not want costs no copy and no wake-up. See Linux `networking/filter.rst`; a frame is
 * Ethernet II, and IPv4 (RFC 791) and UDP (RFC 768) follow it.
 */

/** One instruction: struct sock_filter. */
export interface FilterInstruction {
  readonly code: number;
  /** How many instructions a jump skips where it holds, and where it does not. */
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly operand: number;
}

/** Instructions, run from the first one. */
export type FilterProgram = readonly FilterInstruction[];

/** What the kernel says of a packet beside its bytes (SKF_AD_*), as a load's operand. */
const KERNEL = 0xffff_f000;
const PACKET_TYPE = KERNEL + 4, HARDWARE_TYPE = KERNEL + 28, HAS_VLAN_TAG = KERNEL + 48;

const LOAD_WORD = 0x20, LOAD_HALF = 0x28, LOAD_BYTE = 0x30;
/** A load at the operand plus X. */
const LOAD_HALF_BEHIND_X = 0x48;
/** X becomes the length of the IPv4 header at the operand. */
const HEADER_LENGTH_TO_X = 0xb1;
const IF_EQUAL = 0x15, IF_AT_LEAST = 0x35, IF_ANY_BIT = 0x45;
const RETURN = 0x06;

/** PACKET_OTHERHOST: from it on, frames are not for this host, or its own. */
const FIRST_FOREIGN_TYPE = 3;
const ARPHRD_ETHER = 1;
const ETHERTYPE_AT = 12, IPV4_AT = 14;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const FRAGMENT_OFFSET = 0x1fff;
const BOOTPS = 67, PXE = 4011;
const WHOLE_PACKET = 0x4_0000;

type Step =
  | { readonly load: number; readonly at: number }
  | { readonly test: number; readonly value: number; readonly then: Place; readonly or: Place };
type Place = "next" | "take" | "drop";

/** The steps in turn, and then the packet is taken. */
function programOf(steps: readonly Step[]): FilterProgram {
  const [take, drop] = [steps.length, steps.length + 1];
  const jump = (from: number, to: Place): number =>
    to === "next" ? 0 : (to === "take" ? take : drop) - from - 1;
  return [
    ...steps.map((step, at) =>
      "load" in step ? { code: step.load, jumpTrue: 0, jumpFalse: 0, operand: step.at } : {
        code: step.test,
        jumpTrue: jump(at, step.then),
        jumpFalse: jump(at, step.or),
        operand: step.value,
      }
    ),
    { code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: WHOLE_PACKET },
    { code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: 0 },
  ];
}

/**
 * Ethernet frames to this host or to all. One with an 802.1Q tag is seen again, without it, by its
 * own interface; one for another host is only seen because somebody listens to everything.
 */
const FOR_US: readonly Step[] = [
  { load: LOAD_WORD, at: HAS_VLAN_TAG },
  { test: IF_EQUAL, value: 0, then: "next", or: "drop" },
  { load: LOAD_WORD, at: PACKET_TYPE },
  { test: IF_AT_LEAST, value: FIRST_FOREIGN_TYPE, then: "drop", or: "next" },
  { load: LOAD_WORD, at: HARDWARE_TYPE },
];

/** Everything is dropped. */
export const NOTHING: FilterProgram = [{ code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: 0 }];

const ARP_STEPS: readonly Step[] = [
  ...FOR_US,
  { test: IF_EQUAL, value: ARPHRD_ETHER, then: "take", or: "drop" },
];

const DHCP_STEPS: readonly Step[] = [
  ...FOR_US,
  { test: IF_EQUAL, value: ARPHRD_ETHER, then: "next", or: "drop" },
  { load: LOAD_HALF, at: ETHERTYPE_AT },
  { test: IF_EQUAL, value: ETHERTYPE_IPV4, then: "next", or: "drop" },
  { load: LOAD_BYTE, at: IPV4_AT + 9 },
  { test: IF_EQUAL, value: PROTOCOL_UDP, then: "next", or: "drop" },
  { load: LOAD_HALF, at: IPV4_AT + 6 },
  { test: IF_ANY_BIT, value: FRAGMENT_OFFSET, then: "drop", or: "next" },
  { load: HEADER_LENGTH_TO_X, at: IPV4_AT },
  { load: LOAD_HALF_BEHIND_X, at: IPV4_AT },
  { test: IF_EQUAL, value: BOOTPS, then: "take", or: "next" },
  { load: LOAD_HALF_BEHIND_X, at: IPV4_AT + 2 },
  { test: IF_EQUAL, value: BOOTPS, then: "take", or: "next" },
  { test: IF_EQUAL, value: PXE, then: "take", or: "drop" },
];

/**
 * `dhcp`: IPv4 UDP to port 67 (RFC 2131 section 4.1) or 4011 (PXE 2.1), or from port 67, which
 * shows other servers; of fragments the first only. `arp`: ARP, where the socket asked for that
 * EtherType alone.
 */
export const FILTERS: Readonly<Record<"dhcp" | "arp", FilterProgram>> = {
  dhcp: programOf(DHCP_STEPS),
  arp: programOf(ARP_STEPS),
};

/** As the kernel wants it: 8 bytes an instruction. */
export function packFilter(program: FilterProgram): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(({ code, jumpTrue, jumpFalse, operand }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jumpTrue);
    view.setUint8(i * 8 + 3, jumpFalse);
    view.setUint32(i * 8 + 4, operand, true);
  });
  return new Uint8Array(view.buffer);
}
