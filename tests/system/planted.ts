/**
 * Where a planted secret can be found: in files, in what programs said, in the arguments and the
 * environment of processes. It is looked for as it is, and as it is often written: in hexadecimal,
 * base64 in any of its three places, percent-encoded, as JSON escapes it, in UTF-16.
 */
import { Buffer } from "node:buffer";

import type { Server } from "./collective.ts";

/** Every way of writing `secret` that is looked for. */
export function waysOf(secret: string): Uint8Array[] {
  const plain = Buffer.from(secret);
  const hex = plain.toString("hex");
  const texts = [secret, hex, hex.toUpperCase(), encodeURIComponent(secret)];
  texts.push(JSON.stringify(secret).slice(1, -1), ...base64Of(plain));
  const all = new Set(texts);
  return [...[...all].map((text) => new Uint8Array(Buffer.from(text))), utf16(secret)];
}

/** What stands in any base64 text that the secret is somewhere in. */
function base64Of(plain: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), plain]).toString("base64");
    // The first and the last characters hold bits of what stands beside it.
    return text.replace(/=+$/, "").slice(before === 0 ? 0 : before + 1, -1);
  });
}

function utf16(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "utf16le"));
}

/** Whether any way of writing the secret is in these bytes. */
export function isIn(secret: string, bytes: Uint8Array): boolean {
  const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return waysOf(secret).some((way) => held.includes(way));
}

/** The files under `folder` that hold the secret. `-shm` files are memory, and are left out. */
export async function filesWith(secret: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesWith(secret, path));
    else if (isFile && !name.endsWith("-shm") && isIn(secret, await Deno.readFile(path))) {
      found.push(path);
    }
  }
  return found;
}

/** Where the secret is found around these servers; `texts` is what else was said, by name. */
export async function findPlanted(
  secret: string,
  servers: readonly Server[],
  texts: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, data, process } of servers) {
    found.push(...await filesWith(secret, data));
    if (process === undefined) continue;
    const said = { stdout: process.out, stderr: process.err };
    for (const [stream, lines] of Object.entries(said)) {
      if (isIn(secret, Buffer.from(lines.join("\n")))) found.push(`${stream} of ${name}`);
    }
    if (process.hasEnded) continue;
    for (const file of ["cmdline", "environ"]) {
      const bytes = await Deno.readFile(`/proc/${process.pid}/${file}`);
      if (isIn(secret, bytes)) found.push(`${file} of ${name}`);
    }
  }
  for (const [name, text] of Object.entries(texts)) {
    if (isIn(secret, Buffer.from(text))) found.push(name);
  }
  return found;
}
