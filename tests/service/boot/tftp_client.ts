/** A client of TFTP for tests: it says what the test wants, in the order the test wants. */
import { createSocket, type Socket } from "node:dgram";

import { readTftp, type TftpPacket, writeTftp } from "../../../src/wire/tftp.ts";

export class TftpClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #came: TftpPacket[] = [];
  #wake: () => void = () => {};
  #saying = Promise.resolve();

  static async of(port: number): Promise<TftpClient> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => void socket.bind(0, "127.0.0.1", resolve));
    return new TftpClient(socket, port);
  }

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on("message", (bytes, from) => {
      const read = readTftp(new Uint8Array(bytes));
      if (from.port !== port) throw new Error(`port ${from.port} answered, not ${port}`);
      if (!read.ok) throw new Error(read.refusal.message);
      this.#came.push(read.value);
      this.#wake();
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Options as `blksize=1468 tsize=0`. */
  ask(file: string, options = "", mode = "octet", type: "rrq" | "wrq" = "rrq"): void {
    const pairs = options.split(" ").filter((option) => option !== "").map((option) => {
      const [name = "", value = ""] = option.split("=");
      return { name, value };
    });
    this.say({ type, file, mode, options: pairs });
  }

  say(packet: TftpPacket): void {
    this.sayBytes(writeTftp(packet));
  }

  sayBytes(bytes: Uint8Array): void {
    // One after the other: sends that are under way at once may overtake each other.
    this.#saying = this.#saying.then(() =>
      new Promise((resolve) =>
        void this.#socket.send(bytes, this.#port, "127.0.0.1", () => resolve())
      )
    );
  }

  /** What comes next. */
  async next(): Promise<TftpPacket> {
    for (;;) {
      const packet = this.#came.shift();
      if (packet !== undefined) return packet;
      await new Promise<void>((resolve) => void (this.#wake = resolve));
    }
  }

  /** In short: `data 3 (512)`, `oack tsize=7`, `error 1 ...`. */
  async nextTold(): Promise<string> {
    const packet = await this.next();
    switch (packet.type) {
      case "data":
        return `data ${packet.block} (${packet.bytes.length})`;
      case "oack":
        return `oack ${packet.options.map(({ name, value }) => `${name}=${value}`).join(" ")}`;
      case "error":
        return `error ${packet.code} ${packet.message}`;
      default:
        return packet.type;
    }
  }

  ack(block: number): void {
    this.say({ type: "ack", block: block % 65_536 });
  }

  /** The whole file, acknowledged window by window. */
  async fetch(file: string, options = "", mode = "octet"): Promise<Uint8Array> {
    this.ask(file, options, mode);
    const parts: Uint8Array[] = [];
    let blockBytes = 512, windowBlocks = 1, total = 0;
    for (;;) {
      const packet = await this.next();
      if (packet.type === "oack") {
        const valueOf = (name: string, other: number): number =>
          Number(packet.options.find((option) => option.name === name)?.value ?? other);
        blockBytes = valueOf("blksize", blockBytes);
        windowBlocks = valueOf("windowsize", windowBlocks);
        this.ack(0);
        continue;
      }
      if (packet.type !== "data") throw new Error(JSON.stringify(packet));
      if (packet.block !== (parts.length + 1) % 65_536) continue;
      parts.push(packet.bytes);
      total += packet.bytes.length;
      const isLast = packet.bytes.length < blockBytes;
      if (isLast || parts.length % windowBlocks === 0) this.ack(parts.length);
      if (isLast) break;
    }
    const whole = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  async close(): Promise<void> {
    await this.#saying;
    await new Promise<void>((resolve) => void this.#socket.close(resolve));
  }
}
