/** /deployment/importing/ and what belongs to it, over media as a test says that they are. */
import { deepEqual, equal, match } from "node:assert/strict";

import { contentAnswer, fingerprintAnswer, importAnswer } from "../../src/wire/media_http.ts";
import { links } from "../../src/wire/http.ts";
import { until } from "../system/program.ts";
import { asking, refusalOf } from "./asking.ts";
import { DIGEST } from "./stand_in_profiles.ts";

const ALMA = { filename: "/srv/alma.iso" };
const LINES = { Accept: "application/x-ndjson" };
const DONE = {
  imported: "alma-9.4-x86_64-default",
  distribution: "alma-9.4-x86_64",
  digest: DIGEST,
  lacking: ["m2", "m3"],
  notices: ["m2, m3 do not have it: copy it"],
};

Deno.test("what a medium is is told, and nothing is imported", async () => {
  const { ask, member } = asking();
  const { status, body } = await ask("POST /deployment/fingerprint/", ALMA);
  equal(status, 200);
  const { distribution, profile, files, bytes, warning, kernel } = fingerprintAnswer.parse(body);
  deepEqual([distribution, profile], ["alma-9.4-x86_64", "alma-9.4-x86_64-default"]);
  deepEqual([files, bytes, warning], [6_012, 10_240_000_000, null]);
  equal(kernel, "images/pxeboot/vmlinuz");
  deepEqual(member.media.asked, []);
  const refused = await ask("POST /deployment/fingerprint/", { filename: "/srv/x" });
  equal(refusalOf(refused), "400 /srv/x is no medium");
});

Deno.test("an import is answered once it is whole", async () => {
  const { ask, member } = asking();
  const { status, body } = await ask("POST /deployment/importing/", { ...ALMA, profile: "mine" });
  equal(status, 200);
  deepEqual(importAnswer.parse(body), DONE);
  deepEqual(member.media.asked, [{ ...ALMA, profile: "mine" }]);
  const taken = await ask("POST /deployment/importing/", { ...ALMA, profile: "taken" });
  equal(refusalOf(taken), "409 there is a profile taken");
});

Deno.test("in lines it tells how far it is, and last what came of it", async () => {
  const { ask } = asking();
  const lines = async (body: unknown): Promise<unknown[]> => {
    const { status, text } = await ask("POST /deployment/importing/", body, LINES);
    equal(status, 200);
    return text.trim().split("\n").map((line) => JSON.parse(line));
  };
  const progress = { progress: "looks at /srv/alma.iso" };
  deepEqual(await lines(ALMA), [progress, { done: DONE }]);
  const [first, { error, errorcode }] = await lines({ ...ALMA, profile: "taken" }) as [
    unknown,
    { error: string; errorcode: number },
  ];
  deepEqual([first, error, errorcode], [progress, "there is a profile taken", 409]);
});

Deno.test("an import ends when its caller goes away", async () => {
  const { askBy, member } = asking();
  member.media.isEndless = true;
  const leaving = new AbortController();
  const asked = askBy("unix", "POST /deployment/importing/", {
    body: JSON.stringify(ALMA),
    signal: leaving.signal,
  });
  await until("it has begun", () => Promise.resolve(member.media.asked.length || undefined));
  leaving.abort();
  match(refusalOf(await asked), /^503 nothing was imported: it was broken off/);
  equal(member.media.brokenOff, 1);
});

Deno.test("what is being imported is listed", async () => {
  const { ask, member } = asking();
  const listed = async (): Promise<string[]> =>
    links.parse((await ask("GET /deployment/importing/")).body)._links.item.map(({ href }) => href);
  deepEqual(await listed(), []);
  member.media.importing = "/srv/alma 9.iso";
  deepEqual(await listed(), ["%2Fsrv%2Falma%209.iso"]);
});

Deno.test("the content folder is looked at by GET, and made by POST", async () => {
  const { ask } = asking();
  const looked = contentAnswer.parse((await ask("GET /deployment/content")).body);
  deepEqual(looked.made, []);
  const { made, needed, member, folder } = contentAnswer.parse(
    (await ask("POST /deployment/content")).body,
  );
  deepEqual([member, folder, made], ["m1", "/var/lib/confluent", ["public/os", "distributions"]]);
  deepEqual(needed, [
    { what: "the content folder /var/lib/confluent", there: true, remedy: null },
    { what: "bsdtar", there: false, remedy: "`apt-get install libarchive-tools`" },
  ]);
});

Deno.test("what is no request is refused, and without quorum nothing is imported", async () => {
  const { ask, member } = asking();
  for (const route of ["POST /deployment/fingerprint/", "POST /deployment/importing/"]) {
    for (const body of [{}, { filename: "" }, { filename: 1 }, { ...ALMA, force: true }, "x"]) {
      match(refusalOf(await ask(route, body)), /^400 /);
    }
  }
  member.holdsQuorum = false;
  equal((await ask("POST /deployment/importing/", ALMA)).status, 503);
  equal((await ask("POST /deployment/fingerprint/", ALMA)).status, 200);
  deepEqual(member.media.asked, []);
});
