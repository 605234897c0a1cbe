import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import { toHex } from "../../src/base/bytes.ts";
import { ackedBlock, dataHead, readTftp, type TftpPacket, writeTftp } from "../../src/wire/tftp.ts";

const NUMBER = fc.nat(0xffff);
const TEXT = fc.string({ unit: "binary", maxLength: 30 }).filter((text) => !text.includes("\0"));
const NAMED = TEXT.filter((text) => text !== "");
const OPTIONS = fc.array(
  fc.record({ name: NAMED.map((text) => text.toLowerCase()), value: TEXT }),
  { maxLength: 4 },
).filter((options) => options.every(({ name }) => name === name.toLowerCase()));
const REQUEST = {
  file: NAMED,
  mode: fc.constantFrom("octet", "netascii", "mail"),
  options: OPTIONS,
};

const PACKET: fc.Arbitrary<TftpPacket> = fc.oneof(
  fc.record({ type: fc.constantFrom("rrq", "wrq"), ...REQUEST }),
  fc.record({ type: fc.constant("data"), block: NUMBER, bytes: fc.uint8Array() }),
  fc.record({ type: fc.constant("ack"), block: NUMBER }),
  fc.record({ type: fc.constant("error"), code: NUMBER, message: TEXT }),
  fc.record({ type: fc.constant("oack"), options: OPTIONS.filter(({ length }) => length > 0) }),
);

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function read(bytes: Uint8Array): TftpPacket {
  const outcome = readTftp(bytes);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.message);
}

function reasonOf(text: string): string {
  const outcome = readTftp(bytesOf(text));
  holds(!outcome.ok, text);
  equal(outcome.refusal.kind, "invalid");
  return outcome.refusal.message;
}

Deno.test("what is written is read", () => {
  fc.assert(fc.property(PACKET, (packet) => {
    const back = read(writeTftp(packet));
    if (packet.type === "data" && back.type === "data") {
      deepEqual([...back.bytes], [...packet.bytes]);
      equal(back.block, packet.block);
    } else deepEqual(back, packet);
  }));
});

Deno.test("any bytes give a packet or a reason, and what was read is written the same", () => {
  const bytes = fc.tuple(fc.nat(8), fc.uint8Array({ maxLength: 60 }))
    .map(([opcode, rest]) => Uint8Array.of(0, opcode, ...rest));
  const request = fc.array(fc.constantFrom("a", "\0", "octet", "\0", "blksize", "\xff", "8"))
    .map((parts) => bytesOf(`\0\x01${parts.join("")}`));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), bytes, request), (some) => {
      const outcome = readTftp(some);
      if (!outcome.ok) return match(outcome.refusal.message, /no packet of TFTP/);
      deepEqual(read(writeTftp(outcome.value)), outcome.value, toHex(some));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("packets that were seen on the wire", () => {
  deepEqual(
    read(bytesOf("\0\x01snponly.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0")),
    {
      type: "rrq",
      file: "snponly.efi",
      mode: "octet",
      options: [
        { name: "tsize", value: "0" },
        { name: "blksize", value: "1468" },
        { name: "windowsize", value: "4" },
      ],
    },
    "OVMF",
  );
  deepEqual(read(bytesOf("\0\x05\0\x08User aborted the transfer\0")), {
    type: "error",
    code: 8,
    message: "User aborted the transfer",
  });
  equal(
    toHex(writeTftp({ type: "oack", options: [{ name: "tsize", value: "7" }] })),
    "0006" + "7473697a65003700",
  );
  equal(toHex(writeTftp({ type: "ack", block: 513 })), "00040201");
});

Deno.test("names of options and modes are in either case, zeros after them are nothing", () => {
  deepEqual(read(bytesOf("\0\x01x\0OcTeT\0BLKSize\x00512\0\0\0\0")), {
    type: "rrq",
    file: "x",
    mode: "octet",
    options: [{ name: "blksize", value: "512" }],
  });
});

Deno.test("an error may lack its message, or the end of it", () => {
  deepEqual(read(bytesOf("\0\x05\0\0")), { type: "error", code: 0, message: "" });
  deepEqual(read(bytesOf("\0\x05\0\x01gone")), { type: "error", code: 1, message: "gone" });
});

Deno.test("what is wrong is said", () => {
  match(reasonOf(""), /has 0 bytes; the shortest has 4/);
  match(reasonOf("\0\x04\0"), /has 3 bytes/);
  match(reasonOf("\0\x07\0\0"), /has opcode 7; there are 1 to 6/);
  match(reasonOf("\x01\x01x\0octet\0"), /has opcode 257/);
  match(reasonOf("\0\x01boot"), /cut off before the end of its mode/);
  match(reasonOf("\0\x01boot\0octet"), /cut off before the end of its mode/);
  match(reasonOf("\0\x01\0octet\0"), /without a name/);
  match(reasonOf("\0\x01\xff\xfe\0octet\0"), /not UTF-8/);
  match(reasonOf("\0\x01x\0binary\0"), /has mode "binary"; there are octet, netascii, mail/);
  match(reasonOf("\0\x01x\0octet\0blksize\x008"), /cut off within an option/);
  match(reasonOf("\0\x01x\0octet\0\x008\0"), /an option without a name/);
});

Deno.test("acknowledgements are told at a glance, and only those of the right size", () => {
  fc.assert(fc.property(NUMBER, (block) => {
    equal(ackedBlock(writeTftp({ type: "ack", block })), block);
    equal(ackedBlock(dataHead(block)), undefined);
    equal(ackedBlock(Uint8Array.of(0, 4, 0, 1, 0)), undefined);
  }));
});

Deno.test("the number after 65535 is 0", () => {
  equal(toHex(dataHead(65_535)), "0003ffff");
  equal(toHex(dataHead(65_536)), "00030000");
  equal(toHex(dataHead(65_537)), "00030001");
});
