import { deepEqual, equal } from "node:assert/strict";

import fc from "fast-check";

import {
  type IpmiOutcome,
  type IpmitoolEnd,
  readOutcome,
  tellsNoSuites,
} from "../../src/hardware/ipmi_outcome.ts";
import { CHASSIS_STATUS, chassisControl } from "../../src/hardware/ipmi_request.ts";

const OFF = chassisControl("off");
const NO_SESSION = "Error: Unable to establish IPMI v2 / RMCP+ session\n";

/** What ipmitool 1.8.19 said on stderr, with what it was run against beside it. */
function failed(err: string, code: number | undefined = 1): IpmitoolEnd {
  return { code, out: "", err: `Loading IANA PEN Registry...\n${err}` };
}

function errorcodeOf(outcome: IpmiOutcome): number | string {
  return outcome.is === "refused" ? outcome.errorcode : outcome.is;
}

Deno.test("an answer is its bytes, on any number of lines", () => {
  const err = "RAW REQ (channel=0x0 netfn=0x0 lun=0x0 cmd=0x1 data_len=0)\nRAW RSP (3 bytes)\n";
  deepEqual(readOutcome({ code: 0, out: " 21 0a 60\n", err }, CHASSIS_STATUS), {
    is: "answered",
    bytes: [0x21, 0x0a, 0x60],
  });
  const long = Array.from({ length: 20 }, (_, at) => ` ${at === 16 ? "\n" : ""}ff`).join("");
  const outcome = readOutcome({ code: 0, out: long, err }, CHASSIS_STATUS);
  equal(outcome.is === "answered" && outcome.bytes.length, 20);
  deepEqual(readOutcome({ code: 0, out: "\n", err }, OFF), { is: "answered", bytes: [] });
});

Deno.test("what makes no sense is none of an answer, but a change that ended well is done", () => {
  const end = { code: 0, out: "what?\n", err: "" };
  equal(errorcodeOf(readOutcome(end, CHASSIS_STATUS)), 502);
  equal(readOutcome(end, OFF).is, "answered");
});

Deno.test("silence is told from wrong credentials", () => {
  const of = (err: string): number | string => errorcodeOf(readOutcome(failed(err), OFF));
  const silence = "Get Auth Capabilities error\n" +
    "Error issuing Get Channel Authentication Capabilities request\n";
  equal(of(silence + NO_SESSION), "silent");
  equal(of(NO_SESSION), "silent");
  equal(of(`> Error: no response from RAKP 1 message\n${NO_SESSION}`), "silent");
  equal(of(`> RAKP 2 HMAC is invalid\n${NO_SESSION}`), 502);
  equal(of(`RAKP 2 message indicates an error : unauthorized name\n${NO_SESSION}`), 502);
  equal(of(`> RAKP 4 message has invalid integrity check value\n${NO_SESSION}`), 502);
  equal(of(`Address lookup for n1-bmc failed\nCould not open socket!\n${NO_SESSION}`), 504);
  const full = "Error in open session response message : insufficient resources for session";
  equal(of(`${full}\n\n${NO_SESSION}`), 503);
});

Deno.test("a lesser role and a cipher suite that is not there are asked for in another way", () => {
  const role = "RAKP 2 message indicates an error : unauthorized role or privilege level requested";
  equal(readOutcome(failed(`${role}\n${NO_SESSION}`), OFF).is, "lesser");
  const level = "Set Session Privilege Level to ADMINISTRATOR failed";
  equal(readOutcome(failed(`${level}\n${NO_SESSION}`), OFF).is, "lesser");
  const suite = "Error in open session response message : invalid authentication algorithm";
  equal(readOutcome(failed(`${suite}\n\n${NO_SESSION}`), OFF).is, "unsuited");
});

Deno.test("a completion code says why it was not done", () => {
  const of = (code: string): IpmiOutcome => {
    const where = `(channel=0x0 netfn=0x0 lun=0x0 cmd=0x2 rsp=0x${code})`;
    return readOutcome(failed(`Unable to send RAW command ${where}: whatever it says\n`), OFF);
  };
  deepEqual(of("d4"), {
    is: "refused",
    errorcode: 501,
    why: "its user may not do that: insufficient privilege (completion code 0xd4)",
    completion: 0xd4,
  });
  equal(errorcodeOf(of("c1")), 501);
  equal(errorcodeOf(of("c0")), 503);
  equal(errorcodeOf(of("cb")), 404);
  equal(errorcodeOf(of("d5")), 409);
  deepEqual(of("6"), {
    is: "refused",
    errorcode: 502,
    why: "it refuses (completion code 0x06)",
    completion: 6,
  });
});

Deno.test("whatever may have gone out is not said to be not done", () => {
  const mute = "Unable to send RAW command (channel=0x0 netfn=0x0 lun=0x0 cmd=0x2)\n";
  equal(readOutcome(failed(mute), OFF).is, "unknown");
  equal(readOutcome(failed("", undefined), OFF).is, "unknown", "killed");
  equal(readOutcome(failed("Assertion `0' failed.", 134), OFF).is, "unknown", "it crashed");
  equal(readOutcome(failed(""), OFF).is, "unknown");
});

Deno.test("what is too long for IPMI is told", () => {
  equal(errorcodeOf(readOutcome(failed("Username is too long (> 16 bytes)\n"), OFF)), 502);
  const long = "lanplus: password is longer than 20 bytes.\n";
  equal(errorcodeOf(readOutcome(failed(long), OFF)), 502);
});

Deno.test("a controller that tells no cipher suites is known by it", () => {
  equal(tellsNoSuites(failed("Unable to Get Channel Cipher Suites\n")), true);
  equal(tellsNoSuites(failed("")), false);
});

Deno.test("any end has a meaning, of one line", () => {
  const word = fc.constantFrom(
    "Unable to establish IPMI v2 / RMCP+ session",
    "Unable to send RAW command (",
    "rsp=0x",
    "rsp=0xd4)",
    "RAKP 2 HMAC is invalid",
    "too long (",
    "\n",
    "00",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.array(word, { maxLength: 8 }).map((words) => words.join(" ")),
  );
  const end = fc.record({
    code: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    out: text,
    err: text,
  });
  fc.assert(fc.property(end, fc.constantFrom(CHASSIS_STATUS, OFF), (ended, request) => {
    const outcome = readOutcome(ended, request);
    if ("why" in outcome) equal(/\n/.test(outcome.why), false);
    if (outcome.is === "answered") equal(outcome.bytes.every((byte) => byte >= 0), true);
  }));
});
