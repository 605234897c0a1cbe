import { deepEqual, equal, match } from "node:assert/strict";

import { judgeRegistration, type Registering } from "../../src/model/registration.ts";

const MAC = "52:54:00:00:00:01", OTHER = "52:54:00:00:00:02";

/** One that is granted by its port. */
function asked(more: Partial<Registering> = {}): Registering {
  return {
    ...{ address: "10.0.0.7", port: 302, isLocal: true, isTrusted: false },
    ...{ macs: [MAC], nodeMacs: new Set([MAC]), hmac: "none" },
    ...{ arming: { is: "armed", isContinuous: false, guards: [] }, wasGranted: false },
    ...more,
  };
}

function why(more: Partial<Registering>): string {
  const verdict = judgeRegistration(asked(more));
  return verdict.may ? `may by ${verdict.how}` : verdict.why;
}

Deno.test("armed, near, by a privileged port and its own hardware address: granted", () => {
  deepEqual(judgeRegistration(asked()), { may: true, how: "port" });
  deepEqual(judgeRegistration(asked({ port: 1023, nodeMacs: new Set([OTHER, MAC]) })), {
    may: true,
    how: "port",
  });
});

Deno.test("each condition alone is in the way", () => {
  match(why({ isLocal: false }), /^10\.0\.0\.7 is on no network of this member, nor in trusted/);
  match(why({ arming: { is: "never" } }), /^it is not armed/);
  match(why({ arming: { is: "over", sinceMs: 1 } }), /^its arming is over/);
  match(why({ port: 1024 }), /^it asks from port 1024: wanted one below 1024$/);
  match(why({ macs: [] }), /^no hardware address is known of 10\.0\.0\.7$/);
  match(why({ macs: [OTHER] }), /^10\.0\.0\.7 has 52:54:00:00:00:02, which is no net\.\*hwaddr/);
  match(why({ macs: [MAC, OTHER] }), /has 52:54:00:00:00:02/, "one address of two machines");
  match(why({ nodeMacs: new Set() }), /has 52:54:00:00:00:01/);
});

Deno.test("trusted subnets stand for being near, and the hardware address is not asked for", () => {
  const far = { isLocal: false, isTrusted: true, macs: [] };
  equal(why(far), "may by port");
  match(why({ ...far, port: 40_000 }), /port 40000/);
  match(why({ ...far, arming: { is: "never" } }), /not armed/);
  match(why({ isTrusted: true, macs: [OTHER] }), /no net\.\*hwaddr/, "near all the same");
});

Deno.test("a right token is enough; a wrong one is never made good", () => {
  const nothing: Partial<Registering> = {
    ...{ isLocal: false, port: 50_000, macs: [], arming: { is: "never" } },
  };
  equal(why({ ...nothing, hmac: "right" }), "may by token");
  match(why({ hmac: "wrong" }), /another token$/);
  match(why({ hmac: "spent" }), /used already, or there was none$/);
});

Deno.test("a claim is second where a key was granted and the node may have none", () => {
  const isSecond = (more: Partial<Registering>): boolean => {
    const verdict = judgeRegistration(asked({ wasGranted: true, ...more }));
    return !verdict.may && verdict.isSecond;
  };
  equal(isSecond({ arming: { is: "never" } }), true);
  equal(isSecond({ arming: { is: "over", sinceMs: 1 } }), true);
  equal(isSecond({ hmac: "spent" }), true);
  equal(isSecond({ arming: { is: "never" }, wasGranted: false }), false);
  equal(isSecond({ arming: { is: "never" }, isLocal: false }), false, "anybody may say so");
  equal(isSecond({ port: 2_000 }), false);
  equal(isSecond({ hmac: "wrong" }), false);
});
