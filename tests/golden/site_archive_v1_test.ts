/**
 * `site.cpio` of one collective, byte for byte: members of one feature level must agree on it.
 */
import { equal } from "node:assert/strict";

import { toHex } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/crypto.ts";
import { siteArchive } from "../../src/netboot/site_archive.ts";
import { CA_PEM } from "../wire/certificates.ts";

Deno.test("site.cpio is these bytes", () => {
  const archive = siteArchive({
    uuid: "beb65edadfe093d076bd7972869f3f62",
    certificates: [CA_PEM],
    sshPublic: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKihkF5ubr5v+AlkR23zcYNCZu80wFw9NaFyEifgzjgQ x",
  });
  equal(archive.length, 2560);
  equal(toHex(sha256(archive)), "47c0e4e9c416a61ae026e79fdba5a02586dbc14007a707ea5913bce58282ef6d");
});
