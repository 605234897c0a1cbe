/**
 * Who may call: whoever can open the unix socket is the local administrator, its folder's
 * permissions decide that. Over TCP a caller is nobody until it proves the bootstrap token.
 */
import { utf8 } from "../base/bytes.ts";
import { sameSecret } from "../base/crypto.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { Via } from "./call.ts";

/** The caller's name for the record, or `unauthorized`. */
export type Gate = (via: Via, authorization: string | null) => Outcome<string>;

const LOCAL = ok("local administrator");
const BOOTSTRAP = ok("bootstrap token");
const NOBODY = refused(
  "unauthorized",
  "who is calling is not proven; wanted the header Authorization: Bearer TOKEN",
);
const FALSE_TOKEN = refused("unauthorized", "the token is not valid");

/** Without a token nobody may call over TCP. */
export function createGate(token: string | undefined): Gate {
  const wanted = token === undefined ? undefined : utf8(token);
  return (via, authorization) => {
    if (via === "unix") return LOCAL;
    const shown = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    if (shown === undefined) return NOBODY;
    return wanted !== undefined && sameSecret(utf8(shown), wanted) ? BOOTSTRAP : FALSE_TOKEN;
  };
}
