/**
 * What a node has to know before it can trust anybody, as an archive that the kernel unpacks beside
 * the initramfs: `site.cpio`. All of it is replicated state, so every member makes the same bytes.
 *
 *     /confluent_uuid               the collective's id
 *     /tls/HASH.N                   the collective's CAs, each by the name that OpenSSL looks for
 *     /etc/confluent/ca.pem         all of them
 *     /ssh/confluent.ca             the key that signs keys of hosts
 */
import { utf8 } from "../base/bytes.ts";
import { type CpioEntry, printCpio } from "../wire/cpio.ts";
import { certificateDer } from "../wire/pem.ts";
import { subjectHash } from "../wire/subject_hash.ts";

/** What goes into it. */
export interface Site {
  readonly uuid: string;
  /** In PEM, one certificate each, in an order that all members have. */
  readonly certificates: readonly string[];
  /** One line, as `ssh-ed25519 BASE64 COMMENT`; undefined while there is none. */
  readonly sshPublic: string | undefined;
}

/** The archive. {@link MalformedError} where one of the certificates is none. */
export function siteArchive({ uuid, certificates, sshPublic }: Site): Uint8Array {
  const taken = new Map<string, number>();
  const hashed = certificates.map((pem): CpioEntry => {
    const hash = subjectHash(certificateDer(pem));
    const number = taken.get(hash) ?? 0;
    taken.set(hash, number + 1);
    return file(`tls/${hash}.${number}`, pem);
  });
  const ssh: CpioEntry[] = sshPublic === undefined
    ? []
    : [{ kind: "folder", path: "ssh" }, file("ssh/confluent.ca", `${sshPublic}\n`)];
  return printCpio([
    file("confluent_uuid", `${uuid}\n`),
    { kind: "folder", path: "tls" },
    ...hashed,
    { kind: "folder", path: "etc" },
    { kind: "folder", path: "etc/confluent" },
    file("etc/confluent/ca.pem", certificates.join("")),
    ...ssh,
  ]);
}

function file(path: string, text: string): CpioEntry {
  return { kind: "file", path, bytes: utf8(text) };
}
