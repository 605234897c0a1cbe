/**
 * The search by which a node's own system finds members, and their answer: SSDP's method and port,
 * with texts of confluent's own. There is no RFC; confluent's node tools define it.
 *
 *     M-SEARCH * HTTP/1.1 CRLF
 *     ST: urn:xcat.org:service:confluent:FIELDS          more fields of HTTP may stand around it
 *
 *     FIELDS   { "/" name "=" value }, in the order in which they count:
 *              confluentuuid   of the collective that is searched for
 *              uuid            of the machine (SMBIOS)
 *              mac             of a port of it; one field for each
 *              allconfluent=1  every member is meant, whosever the machine is
 *
 *     HTTP/1.1 200 OK CRLF
 *     NODENAME: n1 CRLF                                  the node that the machine is
 *     CURRTIME: 1700000000 CRLF                          seconds since 1970
 *     CURRMSECS: 123 CRLF                                and milliseconds of that second
 *     MGTIFACE: eth0 CRLF                                the member's interface that heard it
 *     DEFAULTNET: 1 CRLF                                 where the node's own address is there
 *     CONFLUENT: PRESENT CRLF                            where every member was meant
 *
 * Neither has to end by an empty line. A node sends `PING` after each answer, so that the member's
 * neighbour table has it; that asks for nothing.
 */
import {
  MAX_SEARCH_MACS,
  MAX_SEARCH_VALUE_LENGTH,
  RAW_RECEIVE_BYTES,
} from "../base/boot_limits.ts";
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { utf8 } from "../base/bytes.ts";
import { macOf } from "../model/hardware_address.ts";

/** The port of SSDP, where searches are heard. */
export const SSDP_PORT = 1900;

/** What a search says, piece by piece; a piece that is wrong or not known is passed over. */
export type SearchField =
  /** As it was sent, in lower case. */
  | { readonly name: "confluentuuid"; readonly value: string }
  /** In lower case. */
  | { readonly name: "uuid"; readonly value: string }
  /** As `macOf` spells it. */
  | { readonly name: "mac"; readonly value: string }
  | { readonly name: "allconfluent" };

/** A datagram on SSDP's port. */
export type SsdpMessage =
  | { readonly type: "search"; readonly fields: readonly SearchField[] }
  | { readonly type: "ping" }
  /** Another service's: an announcement, an answer, or a search for something else. */
  | { readonly type: "other" };

const SERVICE = "urn:xcat.org:service:confluent:";
const SEARCH_LINE = "M-SEARCH * HTTP/1.1";
const ANSWER_LINE = "HTTP/1.1 200 OK";
const OTHER_LINE = /^(?:NOTIFY \* HTTP\/1\.[01]|HTTP\/1\.[01] \d{3}\b.*)$/;
const PING = "PING";
const UUID_TEXT = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** What no text of a search holds: it goes into logs. */
const UNPRINTED = /[^\x20-\x7e]/;

/** The message; `invalid` for what is none of SSDP's, and for a search that makes no sense. */
export function parseSsdp(bytes: Uint8Array): Outcome<SsdpMessage> {
  if (bytes.length > RAW_RECEIVE_BYTES) return tooLong(bytes);
  const text = textOf(bytes);
  if (text.startsWith(PING)) return ok({ type: "ping" });
  const [first = "", ...lines] = text.split("\r\n");
  if (OTHER_LINE.test(first)) return ok({ type: "other" });
  if (first !== SEARCH_LINE) return wrong(`wanted ${SEARCH_LINE}`);
  const fields = httpFields(lines);
  if (!fields.ok) return fields;
  const target = fields.value.get("st");
  if (target === undefined) return wrong("a search without a field ST");
  if (!target.startsWith(SERVICE)) return ok({ type: "other" });
  const said = target.slice(SERVICE.length);
  return ok({ type: "search", fields: searchFieldsOf(said) });
}

/** The fields of `/name=value/name=value`, as a search has them. The first slash may be left out.
 * Of hardware addresses MAX_SEARCH_MACS count. */
export function searchFieldsOf(text: string): SearchField[] {
  const fields: SearchField[] = [];
  const macs = new Set<string>();
  for (const piece of text.split("/")) {
    const field = searchFieldOf(piece.trim());
    if (field === undefined) continue;
    if (field.name === "mac") {
      if (macs.has(field.value) || macs.size === MAX_SEARCH_MACS) continue;
      macs.add(field.value);
    }
    fields.push(field);
  }
  return fields;
}

function searchFieldOf(piece: string): SearchField | undefined {
  const at = piece.indexOf("=");
  const name = piece.slice(0, Math.max(0, at)), value = piece.slice(at + 1).trim().toLowerCase();
  switch (name) {
    case "confluentuuid":
      return { name, value: value.slice(0, MAX_SEARCH_VALUE_LENGTH) };
    case "uuid":
      return UUID_TEXT.test(value) ? { name, value } : undefined;
    case "mac": {
      const mac = macOf(value);
      return mac === undefined ? undefined : { name, value: mac };
    }
    case "allconfluent":
      return value === "1" ? { name } : undefined;
    default:
      return undefined;
  }
}

/** A search, as nodes send it. */
export function printSearch(fields: readonly SearchField[]): Uint8Array {
  const said = fields.map((field) => `/${field.name}=${"value" in field ? field.value : "1"}`);
  return utf8(`${SEARCH_LINE}\r\nST: ${SERVICE}${said.join("")}`);
}

/** What a member answers. */
export interface SearchAnswer {
  /** Undefined where only a member was searched for. */
  readonly node: {
    readonly name: string;
    /** Milliseconds since 1970, whole ones. */
    readonly wallMs: number;
    /** The interface, as the member calls it. */
    readonly via: string;
    /** Whether the node's own address is of a network of that interface. */
    readonly isDefaultNet: boolean;
  } | undefined;
  /** Every member was asked for. */
  readonly isPresent: boolean;
}

/** An answer, as nodes read it. */
export function printSearchAnswer({ node, isPresent }: SearchAnswer): Uint8Array {
  const lines = [
    ANSWER_LINE,
    ...node === undefined ? [] : [
      `NODENAME: ${node.name}`,
      `CURRTIME: ${Math.floor(node.wallMs / 1000)}`,
      `CURRMSECS: ${node.wallMs % 1000}`,
      `MGTIFACE: ${node.via}`,
      ...node.isDefaultNet ? ["DEFAULTNET: 1"] : [],
    ],
    ...isPresent ? ["CONFLUENT: PRESENT"] : [],
  ];
  return utf8(lines.map((line) => `${line}\r\n`).join(""));
}

/** The same read back; `invalid` for what is no answer of a member. */
export function parseSearchAnswer(bytes: Uint8Array): Outcome<SearchAnswer> {
  if (bytes.length > RAW_RECEIVE_BYTES) return tooLong(bytes);
  const [first = "", ...lines] = textOf(bytes).split("\r\n");
  if (first !== ANSWER_LINE) return wrong(`wanted ${ANSWER_LINE}`);
  const fields = httpFields(lines);
  if (!fields.ok) return fields;
  const told = fields.value;
  const isPresent = told.get("confluent") === "PRESENT";
  const name = told.get("nodename");
  if (name === undefined) {
    return isPresent ? ok({ node: undefined, isPresent }) : wrong("an answer that names no node");
  }
  const seconds = /^\d{1,12}$/.exec(told.get("currtime") ?? "");
  const milliseconds = /^\d{1,3}$/.exec(told.get("currmsecs") ?? "");
  if (seconds === null || milliseconds === null) return wrong("an answer that tells no time");
  const wallMs = 1000 * Number(seconds[0]) + Number(milliseconds[0]);
  const via = told.get("mgtiface") ?? "";
  return ok({
    node: { name, wallMs, via, isDefaultNet: told.get("defaultnet") === "1" },
    isPresent,
  });
}

/** By their names in lower case; the empty line ends them. */
function httpFields(lines: readonly string[]): Outcome<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon < 1 || UNPRINTED.test(line)) return wrong("wanted fields as NAME: VALUE");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (fields.has(name)) return wrong(`two fields ${name.toUpperCase()}`);
    fields.set(name, line.slice(colon + 1).trim());
  }
  return ok(fields);
}

/** Each byte as the character of that number: what is not ASCII makes no sense anyway. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function tooLong({ length }: Uint8Array): Refused {
  return wrong(`${length} bytes, ${RAW_RECEIVE_BYTES} are the most`);
}

function wrong(why: string): Refused {
  return refused("invalid", why);
}
