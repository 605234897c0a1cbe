/**
 * How a member is run: the options of `serve`, `join` and `rejoin`. Each may stand on the command
 * line or, as a key of the same name, in /etc/confluent/service.yaml; the command line wins.
 */
import { ok, type Outcome, type Refused, refused } from "../base/outcome.ts";
import { endpointOf } from "../model/address.ts";
import { nearest } from "../model/nearest.ts";
import { memberName } from "../model/node_name.ts";
import type { LogLevel, ServeOptions, WrappingSource } from "../service/programs.ts";
import { DEFAULT_SOCKET } from "./service_address.ts";
import { wrappingSource } from "./wrapping_source.ts";
import type { Surroundings } from "./surroundings.ts";
import { oneLine } from "../base/one_line.ts";

/** The flags of `serve` as commander hands them over. */
export interface ServeFlags {
  readonly data?: string;
  readonly content?: string;
  readonly bootHttp?: string;
  readonly https?: string;
  readonly interfaces?: string;
  readonly dhcpAuthoritative?: string;
  /** False by --no-boot. */
  readonly boot?: boolean;
  readonly name?: string;
  readonly socket?: string;
  readonly api?: string;
  readonly peer?: string;
  readonly advertise?: string;
  readonly peerHint?: string;
  readonly keyFile?: string;
  readonly passphraseFile?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
}

const DEFAULTS = {
  "data": "/etc/confluent/cfg",
  "content": "/var/lib/confluent",
  "boot-http": "[::]:80",
  "https": "[::]:443",
  "interfaces": "",
  "dhcp-authoritative": "",
  "boot": "true",
  "name": "",
  "socket": DEFAULT_SOCKET,
  "api": "127.0.0.1:4005",
  "peer": "[::]:13001",
  "advertise": "",
  "peer-hint": "",
  "key-file": "",
  "passphrase-file": "",
  "log-level": "info",
  "log-format": "text",
} as const;

/** Those that may be lists in the file. */
const LISTS: ReadonlySet<string> = new Set([
  "advertise",
  "dhcp-authoritative",
  "interfaces",
  "peer-hint",
]);

type Key = keyof typeof DEFAULTS;
const KEYS = Object.keys(DEFAULTS) as Key[];
type Texts = Partial<Record<Key, string>>;

/** Flags, then CONFLUENT_SOCKET, then the file, then the defaults. */
export async function serveOptions(
  surroundings: Surroundings,
  flags: ServeFlags,
): Promise<Outcome<ServeOptions>> {
  const file = await readServiceFile(surroundings.serviceFile);
  if (!file.ok) return file;
  const typed: { [key in Key]?: string | undefined } = {
    ...flags,
    "socket": flags.socket ?? (surroundings.env("CONFLUENT_SOCKET") || undefined),
    "boot": flags.boot === false ? "false" : undefined,
    "boot-http": flags.bootHttp,
    "dhcp-authoritative": flags.dhcpAuthoritative,
    "peer-hint": flags.peerHint,
    "key-file": flags.keyFile,
    "passphrase-file": flags.passphraseFile,
    "log-level": flags.logLevel,
    "log-format": flags.logFormat,
  };
  const texts: Record<Key, string> = { ...DEFAULTS };
  for (const key of KEYS) texts[key] = typed[key] ?? file.value[key] ?? DEFAULTS[key];
  const wrapping = await wrappingSource(surroundings, texts["key-file"], texts["passphrase-file"]);
  return wrapping.ok ? readTexts(texts, wrapping.value) : wrapping;
}

function readTexts(
  texts: Record<Key, string>,
  wrapping: WrappingSource,
): Outcome<ServeOptions> {
  const name = texts.name === "" ? ok(undefined) : memberName(texts.name);
  if (!name.ok) return name;
  const api = listenAddress("api", texts.api), peer = listenAddress("peer", texts.peer);
  if (!api.ok) return api;
  if (!peer.ok) return peer;
  const advertise = partsOf(texts.advertise);
  const hints = hintsOf(partsOf(texts["peer-hint"]));
  if (!hints.ok) return hints;
  const strange = advertise.find((address) => endpointOf(address) === undefined);
  if (strange !== undefined) return wrong("advertise", strange, "HOST or HOST:PORT, with commas");
  for (const key of ["data", "content", "socket"] as const) {
    if (texts[key] === "") return wrong(key, "", "a path");
  }
  const boot = bootOptions(texts);
  if (!boot.ok) return boot;
  const logLevel = oneOf("log-level", texts["log-level"], LOG_LEVELS);
  if (!logLevel.ok) return logLevel;
  const logFormat = oneOf("log-format", texts["log-format"], LOG_FORMATS);
  if (!logFormat.ok) return logFormat;
  return ok({
    data: texts.data,
    content: texts.content.replace(/(?<=.)\/+$/, ""),
    boot: boot.value,
    name: name.value,
    socket: texts.socket,
    api: api.value,
    peer: peer.value,
    advertise,
    hints: hints.value,
    wrapping,
    logLevel: logLevel.value,
    logFormat: logFormat.value,
  });
}

function bootOptions(texts: Record<Key, string>): Outcome<ServeOptions["boot"]> {
  const isOn = oneOf("boot", texts.boot, ["true", "false"]);
  if (!isOn.ok) return isOn;
  const http = listenAddress("boot-http", texts["boot-http"]);
  if (!http.ok) return http;
  const https = listenAddress("https", texts.https);
  if (!https.ok) return https;
  const interfaces = partsOf(texts.interfaces);
  const authoritative = partsOf(texts["dhcp-authoritative"]);
  for (const key of ["interfaces", "dhcp-authoritative"] as const) {
    const strange = partsOf(texts[key]).find((name) => !INTERFACE_NAME.test(name));
    if (strange !== undefined) return wrong(key, strange, "names of interfaces, with commas");
  }
  const ports = { http: http.value, https: https.value };
  return ok(isOn.value === "true" ? { ...ports, interfaces, authoritative } : undefined);
}

/** What the kernel takes for one: at most 15 bytes, no slash, no space. */
const INTERFACE_NAME = /^[!-.0-~]{1,15}$/;

function partsOf(list: string): string[] {
  return list.split(",").map((part) => part.trim()).filter(Boolean);
}

/** NAME=HOST[:PORT]; a name may be given several times, each with another place to look. */
function hintsOf(parts: readonly string[]): Outcome<ServeOptions["hints"]> {
  const hints = new Map<string, string[]>();
  for (const part of parts) {
    const [, name = "", address = ""] = /^([^=]+)=(.+)$/.exec(part) ?? [];
    if (!memberName(name).ok || endpointOf(address) === undefined) {
      return wrong("peer-hint", part, "NAME=HOST or NAME=HOST:PORT, with commas");
    }
    hints.set(name, [...hints.get(name) ?? [], address]);
  }
  return ok(hints);
}

const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
const LOG_FORMATS: readonly ServeOptions["logFormat"][] = ["text", "json"];

function oneOf<T extends string>(key: Key, text: string, allowed: readonly T[]): Outcome<T> {
  const found = allowed.find((one) => one === text);
  return found === undefined ? wrong(key, text, `one of ${allowed.join(", ")}`) : ok(found);
}

function listenAddress(key: Key, text: string): Outcome<ServeOptions["api"]> {
  const address = /^(\[[^\]]+\]|[^:]+):\d+$/.test(text) ? endpointOf(text) : undefined;
  if (address !== undefined) return ok(address);
  return wrong(key, text, "ADDRESS:PORT as 127.0.0.1:4005 or [::]:4005; port 0 takes any");
}

function wrong(key: Key, value: string, wanted: string): Refused {
  return refused("invalid", `--${key}: "${value.slice(0, 128)}": wanted ${wanted}`);
}

// ---- the file

/** What the file says; nothing where there is no file. Keys that no option has are refused. */
async function readServiceFile(path: string): Promise<Outcome<Texts>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok({});
    return refused("invalid", `cannot read ${path}: ${oneLine(error)}`);
  }
  const { parse, YAMLParseError } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return refused("invalid", `cannot read ${path}: ${oneLine(error).slice(0, 200)}`);
  }
  if (value === null) return ok({});
  if (typeof value !== "object" || Array.isArray(value)) {
    return refused("invalid", `cannot read ${path}: wanted lines as \`data: /etc/confluent/cfg\``);
  }
  return readKeys(path, value);
}

function readKeys(path: string, value: object): Outcome<Texts> {
  const texts: Texts = {};
  for (const [given, setting] of Object.entries(value)) {
    const key = KEYS.find((one) => one === given);
    if (key === undefined) {
      const best = nearest(given, KEYS);
      const meant = best === undefined
        ? `; known are ${KEYS.join(", ")}`
        : `; did you mean ${best}?`;
      return refused("invalid", `${path}: unknown key "${given.slice(0, 64)}"${meant}`);
    }
    const list: unknown[] = Array.isArray(setting) ? setting : [setting];
    const isPlain = list.every((one) =>
      typeof one === "string" || typeof one === "number" ||
      (typeof one === "boolean" && key === "boot")
    );
    if (!isPlain || (list.length !== 1 && !LISTS.has(key))) {
      return refused("invalid", `${path}: ${key}: wanted one text`);
    }
    texts[key] = list.join(",");
  }
  return ok(texts);
}
