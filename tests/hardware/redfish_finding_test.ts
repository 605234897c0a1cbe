import assert from "node:assert/strict";

import { MAX_BMC_SYSTEMS } from "../../src/base/limits.ts";
import {
  hasUuid,
  isMachine,
  isServiceRoot,
  sessionMade,
  sessionsPathOf,
  systemPathsOf,
  systemsPathOf,
} from "../../src/hardware/redfish_finding.ts";

const link = (path: string): unknown => ({ "@odata.id": path });

Deno.test("the service root says where machines and sessions are", () => {
  const root = {
    RedfishVersion: "1.6.0",
    Systems: link("/redfish/v1/Machines"),
    Links: { Sessions: link("/redfish/v1/Here") },
  };
  assert(isServiceRoot(root));
  assert.equal(systemsPathOf(root), "/redfish/v1/Machines");
  assert.equal(sessionsPathOf(root), "/redfish/v1/Here");
  assert.equal(sessionsPathOf({ SessionService: {} }), "/redfish/v1/SessionService/Sessions");
  assert.equal(sessionsPathOf({}), undefined);
  assert.equal(systemsPathOf({}), "/redfish/v1/Systems");
  assert(
    !isServiceRoot({ v1: "/redfish/v1/" }) && !isServiceRoot("x") && !isServiceRoot(undefined),
  );
});

Deno.test("of a collection so many are looked at, and nothing that leads elsewhere", () => {
  const Members = [link("//x"), 7, link("/a"), ...Array.from({ length: 99 }, () => link("/b"))];
  const paths = systemPathsOf({ Members });
  assert.equal(paths[0], "/a");
  assert.equal(paths.length, MAX_BMC_SYSTEMS);
  assert(isMachine({ PowerState: "Off" }) && !isMachine({ PowerState: null }));
  assert(!isMachine({ PowerState: "On", SystemType: "DPU" }));
});

Deno.test("a machine is known by its UUID, whatever the case of its letters", () => {
  assert(hasUuid({ UUID: "5EED-ab" }, "5eed-AB") && !hasUuid({ UUID: "5eed" }, "5eed-ab"));
  assert(!hasUuid({}, "") && !hasUuid({ UUID: 7 }, "7"));
});

Deno.test("a session is a token and a path; without a token there is none", () => {
  assert.deepEqual(sessionMade("t", "/s/1", {}), { token: "t", path: "/s/1" });
  assert.deepEqual(sessionMade("t", "https://bmc/s/1", {}), { token: "t", path: "/s/1" });
  assert.deepEqual(sessionMade("t", undefined, link("/s/2")), { token: "t", path: "/s/2" });
  assert.deepEqual(sessionMade("t", "x\r\ny", {}), { token: "t", path: undefined });
  assert.equal(sessionMade(undefined, "/s/1", {}), undefined);
  assert.equal(sessionMade("a\r\nb", "/s/1", {}), undefined);
});
