/**
 * Files on their way to be opened for transfers: so many at a time, the others wait for their turn.
 * Whoever asks in netascii is sent a translation of the whole, of what is no longer than a text.
 */
import {
  MAX_NETASCII_BYTES,
  MAX_TFTP_OPENINGS,
  MAX_TFTP_OPENINGS_AT_ONCE,
} from "../../base/limits.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import { toNetascii } from "../../wire/netascii.ts";
import type { TftpRequest } from "../../wire/tftp.ts";
import { blocksOfBytes, type BlockSource, FileBlocks } from "./block_source.ts";
import type { FileChunks, ReadableFile } from "./file_chunks.ts";

/** What a name leads to: bytes that were made for this client, or a file. */
export type TftpSource =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly file: ReadableFile };

/** Opens what a client asks for by `path`, which is as it was sent. */
export type OpenTftp = (path: string, client: Ipv4) => Promise<Outcome<TftpSource>>;

/** Called once: with undefined where it was forgotten. */
type WhenOpen = (outcome: Outcome<BlockSource> | undefined) => void;

interface Opening {
  readonly request: TftpRequest;
  readonly address: Ipv4;
  readonly whenOpen: WhenOpen;
  isForgotten: boolean;
}

export class TftpOpenings {
  readonly #openTftp: OpenTftp;
  readonly #chunks: FileChunks;
  /** By the client; those that wait for their turn and those that are being opened. */
  readonly #byClient = new Map<number, Opening>();
  readonly #waiting: Opening[] = [];
  #underway = 0;

  constructor(openTftp: OpenTftp, chunks: FileChunks) {
    this.#openTftp = openTftp;
    this.#chunks = chunks;
  }

  get size(): number {
    return this.#byClient.size;
  }

  get isFull(): boolean {
    return this.#waiting.length + this.#underway >= MAX_TFTP_OPENINGS;
  }

  requestOf(client: number): TftpRequest | undefined {
    return this.#byClient.get(client)?.request;
  }

  /** Of a client that has none under way. */
  open(client: number, request: TftpRequest, address: Ipv4, call: WhenOpen): void {
    const whenOpen: WhenOpen = (outcome) => {
      if (this.#byClient.get(client) === opening) this.#byClient.delete(client);
      call(outcome);
    };
    const opening: Opening = { request, address, whenOpen, isForgotten: false };
    this.#byClient.set(client, opening);
    this.#waiting.push(opening);
    this.#openNext();
  }

  /** Whether there was any. */
  forget(client: number): boolean {
    const opening = this.#byClient.get(client);
    if (opening === undefined) return false;
    opening.isForgotten = true;
    opening.whenOpen(undefined);
    return true;
  }

  /** Forgets all. */
  close(): void {
    for (const client of [...this.#byClient.keys()]) this.forget(client);
  }

  #openNext(): void {
    while (this.#underway < MAX_TFTP_OPENINGS_AT_ONCE) {
      const opening = this.#waiting.shift();
      if (opening === undefined) return;
      if (!opening.isForgotten) void this.#open(opening);
    }
  }

  async #open(opening: Opening): Promise<void> {
    this.#underway++;
    const outcome = await this.#sourceFor(opening);
    this.#underway--;
    if (!opening.isForgotten) opening.whenOpen(outcome);
    else if (outcome.ok) outcome.value.release();
    this.#openNext();
  }

  async #sourceFor({ request, address }: Opening): Promise<Outcome<BlockSource>> {
    try {
      const opened = await this.#openTftp(request.file, address);
      if (!opened.ok) return opened;
      const source = opened.value;
      if (request.mode === "netascii") return await translated(source);
      if (source.kind === "bytes") return ok(blocksOfBytes(source.bytes));
      return ok(new FileBlocks(this.#chunks.share(source.file)));
    } catch (error) {
      return refused("unavailable", `the file cannot be opened: ${oneLine(error)}`);
    }
  }
}

async function translated(source: TftpSource): Promise<Outcome<BlockSource>> {
  const length = source.kind === "bytes" ? source.bytes.length : source.file.size;
  try {
    if (length > MAX_NETASCII_BYTES) {
      const most = `${MAX_NETASCII_BYTES} bytes are sent as netascii`;
      return refused("too-large", `the file has ${length} bytes, at most ${most}; ask for octets`);
    }
    if (source.kind === "bytes") return ok(blocksOfBytes(toNetascii(source.bytes)));
    const bytes = new Uint8Array(length);
    const count = await source.file.read(bytes, 0);
    if (count === length && source.file.isAsOpened()) {
      return ok(blocksOfBytes(toNetascii(bytes)));
    }
    return refused("unavailable", "the file has changed while it was read");
  } finally {
    if (source.kind === "file") source.file.close();
  }
}
