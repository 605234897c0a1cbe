/** From a request to what is sent: a script that is computed, a file of the content folder, or one
 * line that says why neither. */
import { utf8 } from "../../base/bytes.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Refusal } from "../../base/outcome.ts";
import { type ContentFile, contentPath, openContent } from "../../io/content_files.ts";
import type { MadeFile } from "../../service/boot/boot_files.ts";
import type { HttpOrder } from "../../service/boot/boot_ports.ts";
import type { FileRequest, WrongRequest } from "../../wire/file_request.ts";
import { STATUS } from "../status.ts";
import { PLAIN_TEXT } from "./content_type.ts";
import { answerFile } from "./file_answer.ts";

/** Asked first, with the path below `/confluent-public/`; undefined: it is none that is made. */
export type Compute = HttpOrder["compute"];

/** What is sent, without the fields that all answers have. */
export interface BootAnswer {
  readonly status: number;
  readonly fields: readonly string[];
  /** Empty where the file's bytes follow, or none. */
  readonly body: Uint8Array;
  /** Closed by whoever sends. */
  readonly file?: {
    readonly content: ContentFile;
    readonly from: number;
    readonly until: number;
  };
}

const NOTHING = new Uint8Array();
const PUBLIC = /^\/+confluent-public(\/.*)?$/s;

/** Never rejects. */
export async function answerBoot(
  request: FileRequest,
  address: string,
  content: string,
  compute: Compute,
): Promise<BootAnswer> {
  const below = PUBLIC.exec(request.path)?.[1];
  if (below === undefined) return refusalAnswer(404, "boot files are below /confluent-public/");
  const path = contentPath(below);
  if (!path.ok) return refusedAnswer(path.refusal);
  try {
    const computed = await compute(path.value, { address });
    if (!computed.ok) return refusedAnswer(computed.refusal);
    const made = computed.value;
    if (made !== undefined) {
      return "file" in made ? contentAnswer(request, path.value, made.file) : computedAnswer(made);
    }
    const opened = await openContent(content, path.value);
    if (!opened.ok) return refusedAnswer(opened.refusal);
    return contentAnswer(request, path.value, opened.value);
  } catch (error) {
    return refusalAnswer(500, `this member has a fault: ${oneLine(error)}`);
  }
}

function contentAnswer(request: FileRequest, path: string, content: ContentFile): BootAnswer {
  const { size, modifiedMs, identity } = content;
  const answer = answerFile(request, { path, size, modifiedMs, identity }, Date.now());
  const { status, fields, from, until } = answer;
  if (!request.isHead && until > from) {
    return { status, fields, body: NOTHING, file: { content, from, until } };
  }
  content.close();
  return { status, fields, body: NOTHING };
}

function computedAnswer({ body, type }: Extract<MadeFile, { body: unknown }>): BootAnswer {
  const bytes = typeof body === "string" ? utf8(body) : body;
  const fields = [`Content-Type: ${type}`, "Cache-Control: no-store"];
  return { status: 200, fields: [...fields, `Content-Length: ${bytes.length}`], body: bytes };
}

function refusedAnswer({ kind, message }: Refusal): BootAnswer {
  return refusalAnswer(STATUS[kind], message);
}

/** One line of plain text. */
export function refusalAnswer(
  status: number,
  message: string,
  more: readonly string[] = [],
): BootAnswer {
  const body = utf8(`${oneLine(message)}\n`);
  const fields = [`Content-Type: ${PLAIN_TEXT}`, `Content-Length: ${body.length}`, ...more];
  return { status, fields, body };
}

export function wrongAnswer({ status, why }: WrongRequest): BootAnswer {
  return refusalAnswer(status, why, status === 405 ? ["Allow: GET, HEAD"] : []);
}
