/** A dump of a folder sent to the service, as `restore`, `merge` and `apply` do it. */
import { toBase64 } from "../../base/bytes.ts";
import { APPLY_STAGE_MS } from "../../base/limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { openDumpKey } from "../../model/legacy_crypto.ts";
import type { RestoreHead } from "../../wire/dump.ts";
import type { z } from "zod";
import { FAILED } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import type { Asked, ServiceClient } from "../service_client.ts";
import type { Surroundings } from "../surroundings.ts";
import { type DumpFolder, openDumpFolder } from "./dump_folder.ts";
import { DumpLines } from "./dump_lines.ts";
import { passphraseOf, type PassphraseOptions } from "./passphrase.ts";

/** To send a dump, and to have it applied. */
const RESTORE_MS = 3 * APPLY_STAGE_MS;

/** A dump that is ready to be sent: its small files read, its keys opened. */
export interface ReadyDump {
  readonly folder: DumpFolder;
  readonly head: Omit<RestoreHead, "mode">;
}

/** Asks for a passphrase where the keys want one. */
export async function readyDump(
  surroundings: Surroundings,
  options: PassphraseOptions,
  path: string,
): Promise<Outcome<ReadyDump>> {
  const folder = await openDumpFolder(path);
  if (!folder.ok) return folder;
  const { keys, keysFile, globals } = folder.value;
  const isProtected = Object.values(keys).some((text) => !text.startsWith("*unencrypted:"));
  const passphrase = isProtected ? await passphraseOf(surroundings, options, false) : ok(undefined);
  if (!passphrase.ok) return refused("invalid", `${keysFile}: ${passphrase.refusal.message}`);
  const opened: { cryptkey?: string; integritykey?: string } = {};
  for (const name of ["cryptkey", "integritykey"] as const) {
    const text = keys[name];
    if (text === undefined) continue;
    const key = openDumpKey(text, passphrase.value);
    if (!key.ok) return refused("invalid", `${keysFile}: ${name}: ${key.refusal.message}`);
    opened[name] = toBase64(key.value);
  }
  const head = { kind: "head", ...opened, ...globals === undefined ? {} : { globals } } as const;
  return ok({ folder: folder.value, head });
}

/** What is asked of the service. */
export interface Sending {
  readonly mode: RestoreHead["mode"];
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends it; a refusal names the file that is at fault. */
export async function send<T>(
  surroundings: Surroundings,
  service: ServiceClient,
  { folder, head }: ReadyDump,
  schema: z.ZodType<T>,
  { mode, ...asking }: Sending,
): Promise<Asked<T>> {
  const lines = new DumpLines(folder, { ...head, mode });
  const progress = new Progress(surroundings, () => howFar(lines.share));
  const stop = new AbortController();
  try {
    const asked = await service.ask("POST /restore", schema, {
      ...asking,
      written: lines.texts(),
      timeoutMs: RESTORE_MS,
      signal: stop.signal,
    });
    const { fault } = lines;
    if (fault !== undefined) {
      const message = `${fault.refusal.message}; nothing was changed`;
      return { ok: false, exit: FAILED, message: `${folder.path}/${message}` };
    }
    if (asked.ok || asked.failure === undefined) return asked;
    return { ...asked, message: placed(folder, asked.message.replace(/^Bad Request - /, "")) };
  } finally {
    stop.abort();
    progress.end();
  }
}

/** What the service says of an entry, with the file that it stands in. */
function placed({ path, main, keysFile, format }: DumpFolder, message: string): string {
  const [first = ""] = message.split(/[ :]/, 1);
  if (first === "globals") return `${path}/globals.${format}: ${message}`;
  if (first === "cryptkey" || first === "integritykey") return `${path}/${keysFile}: ${message}`;
  const isEntry = ["group", "node", "usergroup", "user", "dump"].includes(first);
  return isEntry ? `${path}/${main}: ${message}` : message;
}

function howFar(share: number): string {
  const percent = Math.floor(share * 100);
  return percent < 100 ? `reading: ${percent} %` : "applying";
}
