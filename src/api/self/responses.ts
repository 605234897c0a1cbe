/** How answers of the self-service API are sent. */
import { BOOT_HTTP_READ_BYTES } from "../../base/boot_limits.ts";
import type { Refusal } from "../../base/outcome.ts";
import type { ContentFile } from "../../io/content_files.ts";
import type { Failure } from "../../wire/http.ts";
import { PLAIN_TEXT } from "../boot/content_type.ts";
import { failureOf, headersOf } from "../status.ts";
import type { SelfAnswer } from "./endpoint.ts";

const ALWAYS_SENT = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

export const YAML = "application/yaml";

/** How documents are printed; `undefined`: in no way that the request takes. */
export type Print = "yaml" | "json" | undefined;

/** What the field Accept (RFC 9110, 12.5.1) wants of a document: YAML where it wants nothing. */
export function printFor(accept: string | null | undefined): Print {
  const wanted = (accept ?? "").trim() === "" ? "*/*" : accept ?? "";
  const yaml = Math.max(
    ...[YAML, "text/yaml"].map((type) => qualityOf(type, wanted)),
  );
  const json = qualityOf("application/json", wanted);
  if (yaml <= 0 && json <= 0) return undefined;
  return json > yaml ? "json" : "yaml";
}

/** By the range that says the most of the type. */
function qualityOf(type: string, accept: string): number {
  const [family] = type.split("/");
  let quality = 0, most = 0;
  for (const range of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = range.split(";").map((part) => part.trim());
    const says = [type, `${family}/*`, "*/*"].indexOf(name);
    if (says < 0 || 3 - says <= most) continue;
    most = 3 - says;
    const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    quality = given === undefined ? 1 : Number(given) || 0;
  }
  return quality;
}

/** The response to a request that was answered. */
export function selfAnswered(
  answer: SelfAnswer,
  print: Print,
  flatYaml: (document: unknown) => string,
): Response {
  if ("document" in answer) {
    if (print === undefined) {
      const error = "Not Acceptable: there is application/yaml, and application/json";
      return selfFailed({ errorcode: 406, error });
    }
    return print === "json"
      ? sent(`${JSON.stringify(answer.document)}\n`, "application/json")
      : sent(flatYaml(answer.document), YAML);
  }
  if ("file" in answer) return fileSent(answer.file);
  if ("status" in answer) {
    const { status, text } = answer;
    const isEmpty = text === undefined || NEVER_WITH_BODY.has(status);
    return isEmpty
      ? new Response(null, { status, headers: ALWAYS_SENT })
      : sent(text, PLAIN_TEXT, status);
  }
  return sent(answer.text, answer.type ?? PLAIN_TEXT);
}

/** RFC 9110, 15.3.5, 15.3.6 and 15.4.5. */
const NEVER_WITH_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** The response to a request that was refused: the words of the rest of the API, but that who
 * proved nothing is told nothing. */
export function selfRefused(refusal: Refusal): Response {
  if (refusal.kind === "unauthorized") return sent("Unauthorized", PLAIN_TEXT, 401);
  return selfFailed(failureOf(refusal), headersOf(refusal.kind));
}

/** The same for what is no refusal of the service. */
export function selfFailed(
  failure: Failure,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return sent(`${JSON.stringify(failure)}\n`, "application/json", failure.errorcode, headers);
}

function sent(
  body: string,
  type: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    status,
    headers: { ...ALWAYS_SENT, "Content-Type": type, ...headers },
  });
}

function fileSent(file: ContentFile): Response {
  const headers = {
    ...ALWAYS_SENT,
    "Content-Type": "application/octet-stream",
    "Content-Length": String(file.size),
  };
  return new Response(bytesOf(file), { headers });
}

/** So many bytes as were promised; a file that ends before breaks the answer off. */
function bytesOf(file: ContentFile): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      try {
        const wanted = Math.min(BOOT_HTTP_READ_BYTES, file.size - at);
        const piece = new Uint8Array(wanted);
        const length = wanted === 0 ? 0 : await file.read(piece, at);
        if (length < wanted) throw new Error("the file is shorter than it was");
        at += length;
        if (length > 0) controller.enqueue(piece);
        if (at < file.size) return;
        file.close();
        controller.close();
      } catch (error) {
        file.close();
        throw error;
      }
    },
    cancel: () => file.close(),
  });
}
