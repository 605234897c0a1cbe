/**
 * Sends an answer in pieces, each once the one before it was taken, so that no client has more than
 * one of them held for it. A file that is written to meanwhile is not sent on.
 */
import type { ServerResponse } from "node:http";

import { HTTPS_PIECE_BYTES } from "../../base/boot_limits.ts";
import type { BootAnswer } from "../boot/answering.ts";

/** Told around each piece: who takes none for too long is cut. */
export interface Pace {
  /** Whether the connection ends after this answer. */
  readonly isLast: boolean;
  waits(): void;
  goesOn(): void;
}

/** How many bytes of the body were taken; `beforeEnd` is awaited before the answer's end. Rejects
 * where the client goes away, or the file fails. */
export async function sendBootAnswer(
  response: ServerResponse,
  { status, fields, body, file }: BootAnswer,
  isHead: boolean,
  pace: Pace,
  beforeEnd: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  try {
    const headers = fields.flatMap((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    if (pace.isLast) response.shouldKeepAlive = false;
    response.writeHead(status, headers);
    if (isHead) return await ended(response, 0, pace);
    if (file === undefined) {
      await sendPieces(response, body, pace);
      await beforeEnd();
      return await ended(response, body.length, pace);
    }
    await sendFile(response, file, pace);
    return await ended(response, file.until - file.from, pace);
  } finally {
    file?.content.close();
  }
}

async function sendFile(
  response: ServerResponse,
  { content, from, until }: NonNullable<BootAnswer["file"]>,
  pace: Pace,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(HTTPS_PIECE_BYTES, until - from));
  for (let at = from; at < until;) {
    const into = buffer.subarray(0, until - at);
    const length = await content.read(into, at);
    if (length < into.length || !content.isAsOpened()) {
      throw new Error("the file was changed meanwhile");
    }
    await sendPiece(response, into, pace);
    at += length;
  }
}

/** An answer of the API. */
export async function sendResponse(
  response: ServerResponse,
  answer: Response,
  isHead: boolean,
  pace: Pace,
): Promise<void> {
  if (pace.isLast) response.shouldKeepAlive = false;
  response.writeHead(answer.status, [...answer.headers].flat());
  const reader = answer.body?.getReader();
  try {
    while (!isHead && reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) break;
      await sendPieces(response, value, pace);
    }
    await ended(response, 0, pace);
  } finally {
    await reader?.cancel();
  }
}

async function sendPieces(response: ServerResponse, bytes: Uint8Array, pace: Pace): Promise<void> {
  for (let at = 0; at < bytes.length; at += HTTPS_PIECE_BYTES) {
    await sendPiece(response, bytes.subarray(at, at + HTTPS_PIECE_BYTES), pace);
  }
}

async function sendPiece(response: ServerResponse, piece: Uint8Array, pace: Pace): Promise<void> {
  await taken(response, pace, (call) => response.write(piece, call));
}

async function ended(response: ServerResponse, bytes: number, pace: Pace): Promise<number> {
  await taken(response, pace, (call) => response.end(() => call(null)));
  return bytes;
}

async function taken(
  response: ServerResponse,
  pace: Pace,
  hand: (call: (error?: Error | null) => void) => void,
): Promise<void> {
  pace.waits();
  try {
    await new Promise<void>((resolve, reject) => {
      const gone = (): void => reject(new Error("it went away"));
      if (response.destroyed) return gone();
      response.once("close", gone);
      hand((error) => {
        response.off("close", gone);
        error ? reject(error) : resolve();
      });
    });
  } finally {
    pace.goesOn();
  }
}
