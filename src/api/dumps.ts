/** /dump and /restore: the whole database as lines, out and in. */
import { MAX_DUMP_ENTRY_BYTES } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { DumpKeys } from "../model/legacy_crypto.ts";
import type { MemberService, StagedWrite } from "../service/member_service.ts";
import {
  DUMP_SECTIONS,
  type DumpEntry,
  dumpRequest,
  type RestoreHead,
  restoreHead,
  restoreLine,
} from "../wire/dump.ts";
import { misshapen, readBody, readLines } from "./body.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { ifMatch } from "./draft.ts";
import { stageFor } from "./dry_run.ts";
import { presentDumpKey } from "./dump_key.ts";
import { dumpOf } from "./dumping.ts";
import { Restoration } from "./restoration.ts";
import { addSettings } from "./restored_settings.ts";
import { RowReader } from "./wanted_row.ts";

type DumpRoute = "POST /dump" | "POST /restore";

export function dumpRoutes(member: MemberService): Record<DumpRoute, Handler> {
  return {
    "POST /dump": async ({ request }) => {
      const body = await readBody(request, dumpRequest);
      return body.ok ? await dumpOf(member, body.value.redact === true) : body;
    },
    "POST /restore": (call) => restore(member, call),
  };
}

type Lines = AsyncIterator<Outcome<unknown>>;

async function restore(member: MemberService, call: Call): Promise<Outcome<Answer>> {
  const stage = stageFor(member, call);
  const lines = readLines(call.request, MAX_DUMP_ENTRY_BYTES)[Symbol.asyncIterator]();
  const restored = await restoreFrom(member, call, stage, lines);
  if (restored.ok) return restored;
  await stage.abandon();
  await lines.return?.();
  return restored;
}

async function restoreFrom(
  member: MemberService,
  call: Call,
  stage: StagedWrite,
  lines: Lines,
): Promise<Outcome<Answer>> {
  const matched = ifMatch(call.request);
  if (!matched.ok) return matched;
  const since = matched.value ?? member.index;
  const head = await readHead(lines);
  if (!head.ok) return head;
  const keys = keysOf(member, head.value);
  if (!keys.ok) return keys;
  const sealing = await member.secrets.sealing();
  if (!sealing.ok) return sealing;
  const restoration = new Restoration({
    member,
    call,
    stage,
    sealing: sealing.value,
    reader: new RowReader(keys.value),
    isMerge: head.value.mode === "merge",
    since,
  });
  const taken = await takeAll(restoration, lines);
  if (!taken.ok) return taken;
  const removed = head.value.mode === "restore" ? await restoration.removeOthers() : ok();
  if (!removed.ok) return removed;
  const conditions = await addSettings(member, head.value, restoration, sealing.value);
  if (!conditions.ok) return conditions;
  const index = await restoration.commit(conditions.value);
  return index.ok ? ok({ index: index.value, body: restoration.answer }) : index;
}

async function readHead(lines: Lines): Promise<Outcome<RestoreHead>> {
  const first = await lines.next();
  if (first.done === true) return refused("invalid", "the body is empty; wanted a head first");
  if (!first.value.ok) return first.value;
  const head = restoreHead.safeParse(first.value.value);
  return head.success ? ok(head.data) : misshapen(head.error.issues, ["the first line"]);
}

/** What opens the secrets of the dump; undefined where nothing does. */
function keysOf(member: MemberService, head: RestoreHead): Outcome<DumpKeys | undefined> {
  if (head.cryptkey === undefined) {
    const present = presentDumpKey(member);
    if (!present.ok || present.value === undefined) return ok(undefined);
    return ok({ cryptKey: Uint8Array.fromBase64(present.value) });
  }
  const [cryptKey, integrityKey] = [head.cryptkey, head.integritykey].map(bytesOf);
  if (cryptKey === undefined) return refused("invalid", "cryptkey: wanted base64");
  if (head.integritykey !== undefined && integrityKey === undefined) {
    return refused("invalid", "integritykey: wanted base64");
  }
  if (cryptKey.length !== 16 && cryptKey.length !== 32) {
    return refused("invalid", `cryptkey: wanted 16 or 32 bytes, not ${cryptKey.length}`);
  }
  return ok({ cryptKey, integrityKey });
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}

async function takeAll(
  restoration: Restoration,
  lines: Lines,
): Promise<Outcome<void>> {
  for (let count = 1;; count++) {
    const next = await lines.next();
    if (next.done === true) {
      return refused("invalid", "dump: it ended without its last line: it was cut");
    }
    if (!next.value.ok) return next.value;
    const line = isEntry(next.value.value)
      ? { success: true, data: next.value.value } as const
      : restoreLine.safeParse(next.value.value);
    if (!line.success) return misshapen(line.error.issues, ["lines", count]);
    if (line.data.kind !== "end") {
      const taken = await restoration.take(line.data);
      if (!taken.ok) return taken;
      continue;
    }
    const { entries } = line.data;
    if (entries !== restoration.entries || (await lines.next()).done !== true) {
      return refused(
        "invalid",
        `dump: it says ${entries} entries, and ${restoration.entries} came`,
      );
    }
    return ok();
  }
}

/** Nearly all lines are entries: what the schema says of them, without a copy of each. */
function isEntry(json: unknown): json is DumpEntry {
  if (typeof json !== "object" || json === null) return false;
  const { kind, name, content } = json as Readonly<Record<string, unknown>>;
  return typeof kind === "string" && Object.hasOwn(DUMP_SECTIONS, kind) &&
    typeof name === "string" &&
    typeof content === "object" && content !== null && !Array.isArray(content);
}
