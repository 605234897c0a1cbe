import { deepEqual, equal, ok as holds } from "node:assert/strict";

import { MAX_TFTP_TRIES, TFTP_SILENCE_MS } from "../../src/base/boot_limits.ts";
import { agreeOn } from "../../src/netboot/tftp_options.ts";
import {
  TftpTransfer,
  type TransferEffect,
  type TransferEvent,
} from "../../src/netboot/tftp_transfer.ts";

/** `6 blocks, windowsize=2`: a transfer of so many blocks of 512 bytes, the last of 100. */
function transferOf(blocks: number, options: string, nowMs = 0): TftpTransfer {
  const asked = options.split(" ").filter((option) => option !== "").map((option) => {
    const [name = "", value = ""] = option.split("=");
    return { name, value };
  });
  const agreed = agreeOn(asked, (blocks - 1) * 512 + 100);
  holds(agreed.ok);
  return new TftpTransfer(agreed.value, nowMs);
}

function eventOf(text: string): TransferEvent {
  const [type, number] = text.split(" ");
  switch (type) {
    case "ack":
      return { type, block: Number(number) };
    case "error":
      return { type, code: Number(number), message: "no" };
    case "failed":
      return { type, message: "the file has changed" };
    case "begin":
    case "sent":
    case "request":
    case "time":
      return { type };
    default:
      throw new Error(`there is no event ${text}`);
  }
}

function told(effect: TransferEffect): string {
  switch (effect.type) {
    case "offer":
      return `offer ${effect.options.map(({ name, value }) => `${name}=${value}`).join(" ")}`;
    case "send": {
      const last = effect.first + effect.count - 1;
      const blocks = effect.count === 1 ? effect.first : `${effect.first}-${last}`;
      return `send ${blocks}${effect.again > 0 ? ` (${effect.again} again)` : ""}`;
    }
    case "refuse":
      return `refuse ${effect.code} ${effect.message}`;
    case "end":
      return `end ${Object.values(effect.end).join(" ")}`;
  }
}

/**
 * Plays a transcript: lines of `ms event -> effects`, or `ms deadline MS`. What is to be sent has
 * left at once, unless the transcript says itself when.
 */
function play(transfer: TftpTransfer, transcript: string): void {
  const isSlow = transcript.includes(" sent ");
  for (const line of transcript.trim().split("\n").map((text) => text.trim())) {
    const [ms = "", rest = ""] = line.split(/ (.*)/s);
    const [event = "", wanted = ""] = rest.split("->").map((text) => text.trim());
    if (event.startsWith("deadline ")) {
      equal(String(transfer.deadline()?.atMs), event.slice("deadline ".length), line);
      continue;
    }
    const effects = transfer.handle(eventOf(event), Number(ms));
    deepEqual(effects.map(told).join(", "), wanted, line);
    const isToSend = effects.some(({ type }) => type === "offer" || type === "send");
    if (isToSend && !isSlow) transfer.handle({ type: "sent" }, Number(ms));
  }
}

Deno.test("without options: data first, block by block", () => {
  const transfer = transferOf(3, "");
  play(
    transfer,
    `
    0 begin -> send 1
    1 ack 1 -> send 2
    2 ack 2 -> send 3
    3 ack 3 -> end complete
    4 ack 3 ->
    4 deadline undefined`,
  );
  equal(transfer.ackedBytes, 1_124);
});

Deno.test("with options: the offer first, then rounds of a window", () => {
  play(
    transferOf(5, "tsize=0 windowsize=2"),
    `
    0 begin -> offer tsize=2148 windowsize=2
    1 ack 0 -> send 1-2
    2 ack 2 -> send 3-4
    3 ack 4 -> send 5
    4 ack 5 -> end complete`,
  );
});

Deno.test("a file that fills its blocks ends with an empty one; an empty file is one", () => {
  for (const [sizeBytes, blocks] of [[0, 1], [511, 1], [512, 2], [1_024, 3]] as const) {
    const agreed = agreeOn([], sizeBytes);
    holds(agreed.ok);
    const transfer = new TftpTransfer(agreed.value, 0);
    transfer.handle({ type: "begin" }, 0);
    for (let block = 1; block < blocks; block++) {
      deepEqual(transfer.handle({ type: "ack", block }, 0).map(told), [`send ${block + 1}`]);
    }
    deepEqual(transfer.handle({ type: "ack", block: blocks }, 0).map(told), ["end complete"]);
    equal(transfer.ackedBytes, sizeBytes);
  }
});

Deno.test("a client that only wanted to know the size has got it", () => {
  for (const code of [0, 8]) {
    play(
      transferOf(3, "tsize=0"),
      `
      0 begin -> offer tsize=1124
      1 error ${code} -> end probed`,
    );
  }
  play(
    transferOf(3, "tsize=0"),
    `
    0 begin -> offer tsize=1124
    1 error 3 -> end aborted 3 no`,
  );
});

Deno.test("an error in the middle ends it", () => {
  play(
    transferOf(3, "blksize=512"),
    `
    0 begin -> offer blksize=512
    1 ack 0 -> send 1
    2 error 8 -> end aborted 8 no
    3 ack 1 ->`,
  );
});

Deno.test("an acknowledgement that says nothing new sends nothing (Sorcerer's Apprentice)", () => {
  play(
    transferOf(4, "blksize=512"),
    `
    0 begin -> offer blksize=512
    1 ack 0 -> send 1
    2 ack 0 ->
    2 ack 1 -> send 2
    3 ack 1 ->
    3 ack 1 ->
    3 ack 0 ->
    4 ack 2 -> send 3
    5 ack 2 ->`,
  );
});

Deno.test("numbers of blocks that were not sent are passed over", () => {
  play(
    transferOf(9, "windowsize=3"),
    `
    0 begin -> offer windowsize=3
    1 ack 1 ->
    1 ack 65535 ->
    1 ack 0 -> send 1-3
    2 ack 4 ->
    2 ack 65535 ->
    2 ack 32768 ->
    3 ack 3 -> send 4-6
    4 ack 2 ->
    4 ack 7 ->`,
  );
});

Deno.test("a part of a round acknowledged: from there on, once", () => {
  play(
    transferOf(40, "windowsize=8"),
    `
    0 begin -> offer windowsize=8
    10 ack 0 -> send 1-8
    20 ack 3 -> send 4-11 (5 again)
    20 ack 3 ->
    21 ack 4 ->
    22 ack 5 ->
    30 ack 8 -> send 9-16 (3 again)
    40 ack 16 -> send 17-24`,
  );
});

Deno.test("who acknowledges every block of a window does not get the rest for each", () => {
  const transfer = transferOf(1_000, "windowsize=16");
  transfer.handle({ type: "begin" }, 0);
  transfer.handle({ type: "sent" }, 0);
  let sent = 0;
  // Its packets are on their way for 5 ms, in both directions.
  const underway: { readonly block: number; readonly atMs: number }[] = [{ block: 0, atMs: 10 }];
  for (let packet = underway.shift(); packet !== undefined; packet = underway.shift()) {
    const { block, atMs } = packet;
    for (const effect of transfer.handle({ type: "ack", block }, atMs)) {
      if (effect.type !== "send") continue;
      transfer.handle({ type: "sent" }, atMs);
      sent += effect.count;
      for (let i = 0; i < effect.count; i++) {
        underway.push({ block: effect.first + i, atMs: atMs + 10 });
      }
    }
    underway.sort((a, b) => a.atMs - b.atMs || a.block - b.block);
  }
  holds(transfer.hasEnded);
  holds(sent < 2.5 * 1_000, `${sent} blocks were sent, of 1000`);
});

Deno.test("who never answers is sent a first packet once more, and given up much later", () => {
  play(
    transferOf(4, ""),
    `
    0 begin -> send 1
    0 deadline 1000
    999 time ->
    1000 time -> send 1 (1 again)
    1000 deadline 3000
    3000 time ->
    7000 time ->
    15000 time ->
    23000 time ->
    30999 time ->
    31000 time -> end vanished`,
  );
  equal(MAX_TFTP_TRIES, 5);
  // It may have been slow, or have lost both.
  play(
    transferOf(4, ""),
    `
    0 begin -> send 1
    1000 time -> send 1 (1 again)
    3000 time ->
    4000 request -> send 1 (1 again)
    5000 ack 1 -> send 2`,
  );
});

Deno.test("what is not answered any more is sent again, ever later, and given up", () => {
  play(
    transferOf(4, ""),
    `
    0 begin -> send 1
    1000 ack 1 -> send 2
    4000 time -> send 2 (1 again)
    10000 time -> send 2 (1 again)
    18000 time -> send 2 (1 again)
    26000 time -> send 2 (1 again)
    34000 time -> send 2 (1 again)
    42000 time -> end vanished`,
  );
});

Deno.test("who vanishes within a round is sent again what is not acknowledged", () => {
  play(
    transferOf(9, "windowsize=4"),
    `
    0 begin -> offer windowsize=4
    4 ack 0 -> send 1-4
    8 ack 4 -> send 5-8
    508 time -> send 5-8 (4 again)
    1508 time -> send 5-8 (4 again)
    1600 ack 6 -> send 7-9 (2 again)
    1610 ack 9 -> end complete`,
  );
});

Deno.test("the last block unanswered: all was sent", () => {
  const transfer = transferOf(2, "");
  play(
    transfer,
    `
    0 begin -> send 1
    4 ack 1 -> send 2`,
  );
  let atMs = 4;
  while (!transfer.hasEnded) {
    atMs = transfer.deadline()?.atMs ?? Number.NaN;
    const effects = transfer.handle({ type: "time" }, atMs).map(told);
    deepEqual(effects, transfer.hasEnded ? ["end unconfirmed"] : ["send 2 (1 again)"]);
    transfer.handle({ type: "sent" }, atMs);
  }
  holds(atMs < TFTP_SILENCE_MS);
});

Deno.test("patience follows the link, as what was sent once shows it", () => {
  const transfer = transferOf(60, "");
  play(
    transfer,
    `
    0 begin -> send 1
    800 ack 1 -> send 2
    800 deadline 3200`,
  );
  // 800 + 4 x 400, then ever nearer to 800.
  let atMs = 800, block = 1;
  while (block < 50) {
    atMs += 800;
    block++;
    transfer.handle({ type: "ack", block }, atMs);
    transfer.handle({ type: "sent" }, atMs);
  }
  const patienceMs = (transfer.deadline()?.atMs ?? 0) - atMs;
  holds(patienceMs >= 800 && patienceMs < 810, String(patienceMs));
  // One that was sent twice says nothing: its answer may be to either.
  play(
    transfer,
    `
    ${atMs + 900} time -> send 51 (1 again)
    ${atMs + 901} ack 51 -> send 52`,
  );
  equal((transfer.deadline()?.atMs ?? 0) - atMs - 901, patienceMs);
});

Deno.test("a round that was sent before in part says nothing of the link", () => {
  play(
    transferOf(30, "windowsize=4"),
    `
    0 begin -> offer windowsize=4
    1000 ack 0 -> send 1-4
    1000 deadline 4000
    2000 ack 2 -> send 3-6 (2 again)
    2000 deadline 4500
    2100 ack 6 -> send 7-10
    2100 deadline 4600`,
  );
});

Deno.test("a client may say how patient it is", () => {
  play(
    transferOf(4, "timeout=20"),
    `
    0 begin -> offer timeout=20
    0 deadline 20000
    20000 time -> offer timeout=20
    40000 time ->
    60000 time -> end vanished`,
  );
  play(
    transferOf(4, "timeout=255"),
    `
    0 begin -> offer timeout=255
    255000 time -> offer timeout=255
    510000 time -> end vanished`,
  );
});

Deno.test("a request that comes again is answered again, but not each time", () => {
  play(
    transferOf(4, "blksize=512"),
    `
    0 begin -> offer blksize=512
    50 request ->
    150 request -> offer blksize=512
    200 request ->
    260 ack 0 -> send 1
    300 request ->
    1259 request ->
    1260 request -> end restarted`,
  );
});

Deno.test("time counts from when it was sent: a slow disk is not the client's silence", () => {
  const transfer = transferOf(4, "");
  play(
    transfer,
    `
    0 begin -> send 1
    0 deadline undefined
    5000 time ->
    6000 sent ->
    6000 deadline 7000
    6100 ack 1 -> send 2
    9000 request -> end restarted`,
  );
});

Deno.test("an acknowledgement while a round waits to be sent again is where it goes on", () => {
  play(
    transferOf(9, "windowsize=4"),
    `
    0 begin -> offer windowsize=4
    0 sent ->
    4 ack 0 -> send 1-4
    5 sent ->
    600 time -> send 1-4 (4 again)
    601 ack 2 -> send 3-6 (2 again)
    602 ack 4 -> send 5-8 (2 again)
    603 sent ->
    604 ack 8 -> send 9`,
  );
});

Deno.test("a file that cannot be read on is told to the client", () => {
  play(
    transferOf(4, ""),
    `
    0 begin -> send 1
    1 failed -> refuse 0 the file has changed, end failed the file has changed`,
  );
});

Deno.test("numbers begin again after 65535", () => {
  const transfer = transferOf(131_075, "windowsize=64");
  transfer.handle({ type: "begin" }, 0);
  transfer.handle({ type: "sent" }, 0);
  let ack = 0, at = 0;
  while (!transfer.hasEnded) {
    at++;
    for (const effect of transfer.handle({ type: "ack", block: ack % 65_536 }, at)) {
      if (effect.type !== "send") continue;
      equal(effect.first, ack + 1);
      equal(effect.again, 0);
      ack = effect.first + effect.count - 1;
      transfer.handle({ type: "sent" }, at);
    }
  }
  equal(ack, 131_075);
  equal(transfer.ackedBytes, 131_074 * 512 + 100);
});
