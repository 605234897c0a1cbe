/** What went wrong at a controller, as the port of drivers tells it. */
import { oneLine, spelledOutControls } from "../../base/one_line.ts";
import { refusalOf } from "../../hardware/redfish_document.ts";
import { BmcFault } from "../../io/bmc_fault.ts";
import type { BmcAnswer } from "../../io/bmc_http.ts";
import { type Bmc, DriverError } from "./driver.ts";

const CREDENTIALS = "secret.hardwaremanagementuser and secret.hardwaremanagementpassword";

/** Nothing was changed: the fault befell a login or a question. `stopped` is not for here. */
export function errorOf(fault: BmcFault, bmc: Bmc): DriverError {
  const isSilent = fault.kind === "silent" || fault.kind === "unreachable";
  const told = `${isSilent ? "no answer" : "nothing useful"} from BMC ${bmc.address}`;
  return new DriverError(isSilent ? 504 : 502, `${told}: ${fault.message}`);
}

/** The request to change something was under way. */
export function unknownOutcome(why: string, bmc: Bmc): DriverError {
  const asked = `BMC ${bmc.address} was asked for the change, and ${why}`;
  return new DriverError(504, `${asked}: it may have been done`);
}

export function wrongCredentials(bmc: Bmc): DriverError {
  const user = spelledOutControls(bmc.user);
  const what = `does not take user "${user}" with the password it was given`;
  return new DriverError(502, `BMC ${bmc.address} ${what}; see ${CREDENTIALS}`);
}

/** An answer that is not what was asked for. `what` names it: "GET /redfish/v1/". */
export function refusal(what: string, answer: BmcAnswer, bmc: Bmc): DriverError {
  const { status } = answer, who = `BMC ${bmc.address}`;
  if (status === 401) return wrongCredentials(bmc);
  if (status >= 300 && status < 400) {
    const where = oneLine(answer.header("location") ?? "nowhere").slice(0, 200);
    return new DriverError(
      502,
      `${who} answers ${what} with a redirection to ${where}; none is followed`,
    );
  }
  const why = refusalOf(documentOf(answer));
  const told = `${who} answers ${what} with ${status}${why === undefined ? "" : `: ${why}`}`;
  if (status === 403) return new DriverError(502, `${told} (is user "${bmc.user}" allowed to?)`);
  if (status === 404) return new DriverError(404, told);
  return new DriverError(status === 405 || status === 501 ? 501 : 502, told);
}

export function nonsense(what: string, why: string, bmc: Bmc): DriverError {
  return new DriverError(502, `BMC ${bmc.address} answers ${what} with ${why}`);
}

/** What it cannot do, by its own account. */
export function unable(why: string, bmc: Bmc): DriverError {
  return new DriverError(501, `BMC ${bmc.address}: ${why}`);
}

/** Undefined where it is not JSON. */
export function documentOf({ body }: BmcAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined; // whoever asks says what that means
  }
}
