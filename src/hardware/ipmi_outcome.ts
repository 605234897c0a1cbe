/**
 * What came of a request, by what ipmitool said of it with `-v`. Its exit code is 0 or 1, and 0 at
 * times where no session came about; the reasons are in its words on stderr.
 */
import { oneLine } from "../base/one_line.ts";
import type { IpmiRequest } from "./ipmi_request.ts";

/** How ipmitool ended. */
export interface IpmitoolEnd {
  /** 0 is well; undefined where it was killed. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** What came of one request. */
export type IpmiOutcome =
  /** The controller did it, and said this. */
  | { readonly is: "answered"; readonly bytes: readonly number[] }
  /** No session came about for want of answers: nothing was asked, and may be asked again. */
  | { readonly is: "silent" }
  /** The user is no administrator there: nothing was asked; it may be asked as an operator. */
  | { readonly is: "lesser" }
  /** It has not the cipher suite it was spoken to with, or none that ipmitool has: nothing was
   * asked. */
  | { readonly is: "unsuited" }
  /** Nothing was done, and asking again would not help. `completion` where the controller says it
   * of the request, by a code of table 5-2. */
  | {
    readonly is: "refused";
    readonly errorcode: number;
    readonly why: string;
    readonly completion?: number;
  }
  /** The request may have gone out, and no answer came. */
  | { readonly is: "unknown"; readonly why: string };

interface Reason {
  readonly fits: RegExp;
  readonly errorcode: number;
  readonly why: string;
}

/** Why no session came about. The first that fits is it. */
const NO_SESSION: readonly Reason[] = [
  {
    fits: /Address lookup for .* failed/,
    errorcode: 504,
    why: "no address is known for its name",
  },
  {
    fits: /RAKP 2 HMAC is invalid/,
    errorcode: 502,
    why: "it does not take the password of hardwaremanagementpassword",
  },
  {
    fits: /unauthorized name|invalid name length/i,
    errorcode: 502,
    why: "it does not know the user of hardwaremanagementuser",
  },
  {
    fits: /RAKP 4 message has invalid integrity check value|invalid integrity check value/,
    errorcode: 502,
    why: "it does not take the key of secret.ipmikg, or wants one",
  },
  {
    fits: /insufficient resources/i,
    errorcode: 503,
    why: "it has no session left; try again later",
  },
];

/** Completion codes (IPMI 2.0, table 5-2) that mean more than that it was not done. */
const COMPLETIONS: ReadonlyMap<number, readonly [errorcode: number, why: string]> = new Map([
  [0x80, [501, "it does not support that parameter"]],
  [0xc0, [503, "it is busy; try again later"]],
  [0xc1, [501, "it does not support that"]],
  [0xc2, [501, "it does not support that"]],
  [0xc3, [504, "it took too long"]],
  [0xc7, [501, "it does not support that in this form"]],
  [0xc9, [501, "it does not support that in this form"]],
  [0xcb, [404, "it has no such thing"]],
  [0xcc, [501, "it does not support that in this form"]],
  [0xcd, [501, "it does not support that here"]],
  [0xd1, [503, "its firmware is being updated; try again later"]],
  [0xd2, [503, "it is starting; try again later"]],
  [0xd4, [501, "its user may not do that: insufficient privilege"]],
  [0xd5, [409, "it cannot do that in the state it is in"]],
  [0xd6, [501, "it does not support that: it is disabled"]],
]);

const NO_SESSION_LINE = /Unable to establish (IPMI|LAN|a session)/i;
const NO_SUITE =
  /(authentication|integrity|confidentiality) (algorithm|payload)|no matching cipher suite/i;
const RAW_FAILED = /Unable to send RAW command \([^)]*?(?:rsp=0x([0-9a-f]{1,2}))?\)/i;

/** What came of the request. Total: any text and code has a meaning. */
export function readOutcome(end: IpmitoolEnd, request: IpmiRequest): IpmiOutcome {
  const { code, err } = end;
  if (NO_SESSION_LINE.test(err)) return noSession(err);
  const failed = RAW_FAILED.exec(err);
  if (failed !== null) {
    if (failed[1] !== undefined) return completion(Number.parseInt(failed[1], 16));
    return { is: "unknown", why: "it stopped answering" };
  }
  if (code === 0) return answered(end, request);
  if (/longer than \d+ bytes|too long \(/.test(err)) {
    return { is: "refused", errorcode: 502, why: `its user or password is ${oneLine(err)}` };
  }
  if (code === undefined) return { is: "unknown", why: "it did not answer in time" };
  return { is: "unknown", why: `ipmitool ended with ${code}: ${lastLine(err)}` };
}

/** Whether the controller told no cipher suites, so that ipmitool waited for it in vain. */
export function tellsNoSuites({ err }: IpmitoolEnd): boolean {
  return /Unable to Get Channel Cipher Suites/i.test(err);
}

function noSession(err: string): IpmiOutcome {
  if (/(invalid|unauthorized) role|Set Session Privilege Level to \S+ failed/i.test(err)) {
    return { is: "lesser" };
  }
  if (NO_SUITE.test(err)) {
    return { is: "unsuited" };
  }
  const reason = NO_SESSION.find(({ fits }) => fits.test(err));
  if (reason === undefined) return { is: "silent" };
  return { is: "refused", errorcode: reason.errorcode, why: reason.why };
}

function completion(code: number): IpmiOutcome {
  const text = `0x${code.toString(16).padStart(2, "0")}`;
  const [errorcode, why] = COMPLETIONS.get(code) ?? [502, "it refuses"];
  return { is: "refused", errorcode, why: `${why} (completion code ${text})`, completion: code };
}

function answered({ out }: IpmitoolEnd, request: IpmiRequest): IpmiOutcome {
  const words = out.split(/\s+/).filter((word) => word !== "");
  const bytes = words.map((word) => /^[0-9a-f]{2}$/i.test(word) ? Number.parseInt(word, 16) : -1);
  if (!bytes.includes(-1)) return { is: "answered", bytes };
  // A change that ended well was done, whatever was said of it.
  if (request.changes) return { is: "answered", bytes: [] };
  return { is: "refused", errorcode: 502, why: `it makes no sense: ${oneLine(out)}` };
}

function lastLine(text: string): string {
  return oneLine(text.trimEnd().split("\n").at(-1) ?? "");
}
