/** Ethernet frames with UDP in IPv4, right and wrong ones, for tests of what lets them through. */

/** What is not given is that of a client's DHCP broadcast. */
export interface FrameParts {
  readonly text: string;
  readonly to?: string;
  readonly source?: number;
  readonly destination?: number;
  readonly etherType?: number;
  /** The tag control of an 802.1Q tag. */
  readonly vlan?: number;
  readonly protocol?: number;
  /** The flags and offset of a fragment. */
  readonly fragment?: number;
  /** A multiple of 4. */
  readonly optionBytes?: number;
}

/** The frame; without options its text stands at 42. */
export function frameOf(parts: FrameParts): Uint8Array<ArrayBuffer> {
  const { to = "ff:ff:ff:ff:ff:ff", source = 68, destination = 67, etherType = 0x0800 } = parts;
  const { protocol = 17, fragment = 0, optionBytes = 0, vlan } = parts;
  const text = new TextEncoder().encode(parts.text);
  const tag = vlan === undefined ? [] : [0x81, 0, vlan >> 8, vlan & 0xff];
  const headerBytes = 20 + optionBytes;
  const ip = new DataView(new ArrayBuffer(headerBytes + 8));
  ip.setUint8(0, 0x40 | headerBytes / 4);
  ip.setUint16(2, headerBytes + 8 + text.length);
  ip.setUint16(6, fragment);
  ip.setUint8(8, 64);
  ip.setUint8(9, protocol);
  ip.setUint32(16, 0xffff_ffff);
  // A bridge may look at the checksum (RFC 791).
  let sum = 0;
  for (let at = 0; at < headerBytes; at += 2) sum += ip.getUint16(at);
  sum = (sum & 0xffff) + (sum >> 16);
  ip.setUint16(10, ~(sum + (sum >> 16)));
  ip.setUint16(headerBytes, source);
  ip.setUint16(headerBytes + 2, destination);
  ip.setUint16(headerBytes + 4, 8 + text.length);
  const mac = to.split(":").map((digits) => parseInt(digits, 16));
  const own = [2, 0, 0, 0, 0, 1];
  const head = [...mac, ...own, ...tag, etherType >> 8, etherType & 0xff];
  return Uint8Array.from([...head, ...new Uint8Array(ip.buffer), ...text]);
}
