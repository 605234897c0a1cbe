/** How this member proves to a controller who it is: by a session where it has such, else Basic. */
import { isServiceRoot, SERVICE_ROOT, sessionMade } from "../../hardware/redfish_finding.ts";
import { sessionsPathOf, systemsPathOf } from "../../hardware/redfish_finding.ts";
import type { BmcAnswer } from "../../io/bmc_http.ts";
import type { Bmc } from "./driver.ts";
import type { Controller, Login } from "./redfish_controller.ts";
import { documentOf, nonsense, refusal, wrongCredentials } from "./redfish_errors.ts";

/** Asks without a login. */
export type Ask = (
  method: "GET" | "POST",
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
) => Promise<BmcAnswer>;

const ROOT = `GET ${SERVICE_ROOT}`;

/** Throws DriverError where the controller is none, or does not take the credentials. */
export async function logIn(
  controller: Controller,
  bmc: Bmc,
  ask: Ask,
  fingerprint: string | undefined,
): Promise<Login> {
  const answer = await ask("GET", SERVICE_ROOT, {});
  // Some show nothing at all to strangers.
  if (answer.status === 401) return { kind: "basic" };
  if (answer.status !== 200) throw refusal(ROOT, answer, bmc);
  const root = documentOf(answer);
  if (!isServiceRoot(root)) throw nonsense(ROOT, "what is no service root of Redfish", bmc);
  controller.systemsPath = systemsPathOf(root);
  const path = sessionsPathOf(root);
  if (path === undefined) return { kind: "basic" };
  const body = JSON.stringify({ UserName: bmc.user, Password: bmc.password });
  const told = await ask("POST", path, { "Content-Type": "application/json" }, body);
  if (told.status === 401 || told.status === 403) throw wrongCredentials(bmc);
  if (told.status >= 300 && told.status < 400) throw refusal(`POST ${path}`, told, bmc);
  const made = told.status < 300
    ? sessionMade(told.header("x-auth-token"), told.header("location"), documentOf(told))
    : undefined;
  // No session to be had, now or ever: the password with each request does as well.
  return made === undefined ? { kind: "basic" } : { kind: "session", made, fingerprint };
}

/** The header that proves it. */
export function loginHeader(login: Login, bmc: Bmc): Readonly<Record<string, string>> {
  if (login.kind === "session") return { "X-Auth-Token": login.made.token };
  const pair = new TextEncoder().encode(`${bmc.user}:${bmc.password}`);
  return { Authorization: `Basic ${pair.toBase64()}` };
}
