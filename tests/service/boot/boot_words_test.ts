import { deepEqual, equal, fail } from "node:assert/strict";

import { routeOf } from "../../../src/netboot/dhcp_reply.ts";
import { answerText, clientText, requestText } from "../../../src/service/boot/boot_words.ts";
import {
  arrivalOf,
  type Ask,
  type Heard,
  ip,
  n1,
  requestOf,
  Stage,
  type World,
} from "../../netboot/boot_stage.ts";

const WORDS: readonly (readonly [Ask, string])[] = [
  [{ client: "uefi" }, "UEFI x64 PXE"],
  [{ client: "bios" }, "BIOS PXE"],
  [{ client: "http-arm64" }, "UEFI arm64 HTTP boot"],
  [{ client: "ipxe" }, "UEFI x64 iPXE"],
  [{ client: "plain" }, "a plain client"],
  [{ client: "uefi", architectures: [6] }, "architecture 6 PXE"],
  [{ client: "ipxe", architectures: [] }, "firmware that does not tell its architecture, iPXE"],
];

Deno.test("clients in words", () => {
  deepEqual(WORDS.map(([ask]) => clientText(requestOf(ask))), WORDS.map(([, text]) => text));
});

Deno.test("requests in words: what, of whom, and by which way", () => {
  const text = (ask: Ask, port = 67): string => requestText(requestOf(ask), "eth0", port);
  equal(text({}), "DISCOVER of UEFI x64 PXE on eth0");
  equal(text({ giaddr: "10.9.0.1" }), "DISCOVER of UEFI x64 PXE on eth0 through relay 10.9.0.1");
  equal(
    text({ type: "REQUEST", ciaddr: "10.0.0.50" }, 4011),
    "REQUEST (renewal) of UEFI x64 PXE on eth0 at the proxy port",
  );
  equal(
    text({ type: "REQUEST", client: "plain", requested: "10.0.0.50" }),
    "REQUEST (again after a restart) of a plain client on eth0",
  );
});

Deno.test("answers in words: what was said, and in whose name", () => {
  const text = (ask: Ask, world: World = {}, heard: Heard = {}): string => {
    const stage = new Stage("m1", { members: { m1: {} }, nodes: n1(), ...world });
    const decision = stage.decides(ask, heard);
    const { answer } = decision.kind === "answer" ? decision : fail(decision.why);
    const route = routeOf(requestOf(ask), answer, arrivalOf(heard, "10.0.0.11/24"));
    return answerText(answer, { address: ip("10.0.0.11"), httpPort: 80 }, route);
  };
  equal(text({}), "OFFER 10.0.0.50, confluent/x86_64/snponly.efi");
  equal(
    text({ client: "ipxe", flags: 0x8000 }),
    "OFFER 10.0.0.50, http://10.0.0.11/confluent-public/os/alma/boot.ipxe, broadcast",
  );
  const ask: Ask = { type: "REQUEST", client: "plain", requested: "10.0.0.50" };
  equal(text({ ...ask, requested: "10.0.0.7" }), "NAK, broadcast");
  equal(
    text({ ...ask, serverId: "10.0.0.12" }, { members: { m1: {}, m2: { isLive: false } } }),
    "ACK 10.0.0.50, in the name of 10.0.0.12, which is gone",
  );
  equal(
    text({}, { nodes: n1({ "net.eth0.ipv4_method": "dhcp" }) }),
    "OFFER as a proxy, confluent/x86_64/snponly.efi, broadcast",
  );
});
