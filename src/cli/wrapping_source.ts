/** Where the key comes from that the collective key is opened by, on the disk of this member. */
import { MAX_WRAPPING_BYTES } from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import type { WrappingSource } from "../service/programs.ts";
import type { Surroundings } from "./surroundings.ts";

/** What systemd calls it, in `LoadCredential=` or `LoadCredentialEncrypted=`. */
const CREDENTIAL = "confluent.key";

/** `--key-file`, `--passphrase-file`, the credential of systemd, or what is generated. */
export async function wrappingSource(
  surroundings: Surroundings,
  keyFile: string,
  passphraseFile: string,
): Promise<Outcome<WrappingSource>> {
  if (keyFile !== "" && passphraseFile !== "") {
    return refused("invalid", "--key-file and --passphrase-file: wanted one of them");
  }
  if (keyFile !== "") return ok({ by: "file", path: keyFile });
  if (passphraseFile !== "") {
    let asked: Promise<Outcome<string>> | undefined;
    return ok({
      by: "passphrase",
      ask: () => asked ??= passphraseIn(surroundings, passphraseFile),
    });
  }
  const credentials = surroundings.env("CREDENTIALS_DIRECTORY") ?? "";
  const path = `${credentials}/${CREDENTIAL}`;
  const isThere = credentials !== "" && await isFile(path);
  return ok(isThere ? { by: "file", path } : { by: "generated" });
}

/** The first line of the file; `-` is a person at a terminal, or else standard input. */
async function passphraseIn(
  { stdin }: Surroundings,
  path: string,
): Promise<Outcome<string>> {
  const text = path === "-"
    ? stdin.isTerminal ? ok(await stdin.askSecretly("Passphrase: ")) : ok(await stdin.text())
    : await fileText(path);
  if (!text.ok) return text;
  const line = text.value?.split("\n", 1)[0]?.replace(/\r$/, "") ?? "";
  const from = path === "-" ? "standard input" : path;
  if (line !== "" && line.length <= MAX_WRAPPING_BYTES) return ok(line);
  return refused("invalid", `--passphrase-file: the first line of ${from} is no passphrase`);
}

async function fileText(path: string): Promise<Outcome<string>> {
  try {
    return ok(await Deno.readTextFile(path));
  } catch (error) {
    return refused("invalid", `--passphrase-file: cannot read ${path}: ${oneLine(error)}`);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // One that is there and cannot be read is told of where it is read.
    return true;
  }
}
