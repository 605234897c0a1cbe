import { equal, throws } from "node:assert/strict";

import { equalBytes, fromUtf8, MalformedError } from "../../src/base/bytes.ts";
import { siteArchive } from "../../src/netboot/site_archive.ts";
import { CA_HASH, CA_PEM } from "../wire/certificates.ts";

const SITE = { uuid: "some-id", certificates: [CA_PEM], sshPublic: "ssh-ed25519 AAAA c" };

Deno.test("two CAs of one name have two files, and both are in the one that holds all", () => {
  const text = fromUtf8(siteArchive({ ...SITE, certificates: [CA_PEM, CA_PEM] }));
  for (const name of [`tls/${CA_HASH}.0\0`, `tls/${CA_HASH}.1\0`, "confluent_uuid\0"]) {
    equal(text.includes(name), true, name);
  }
  equal(text.includes(CA_PEM + CA_PEM), true);
});

Deno.test("the same state gives the same bytes; each part of it counts", () => {
  const bytes = siteArchive(SITE);
  equal(equalBytes(siteArchive({ ...SITE }), bytes), true);
  for (
    const other of [{ uuid: "other" }, { certificates: [] }, { sshPublic: "x" }, {
      sshPublic: undefined,
    }]
  ) {
    equal(equalBytes(siteArchive({ ...SITE, ...other }), bytes), false, JSON.stringify(other));
  }
  equal(fromUtf8(siteArchive({ ...SITE, sshPublic: undefined })).includes("ssh"), false);
});

Deno.test("what is no certificate is not put in", () => {
  throws(() => siteArchive({ ...SITE, certificates: ["x"] }), MalformedError);
});
