/** The passphrase of a dump's keys: from a file, a variable or a terminal, never from arguments,
 * which everybody on the machine can read. */
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { readGivenFile } from "../given_file.ts";
import type { Surroundings } from "../surroundings.ts";

/** Where the passphrase may stand as well. */
export const PASSPHRASE_VARIABLE = "CONFLUENT_DUMP_PASSPHRASE";

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** The passphrase that is given, or typed where there is a terminal; a new one twice. */
export async function passphraseOf(
  surroundings: Surroundings,
  { passphraseFile }: PassphraseOptions,
  isNew: boolean,
): Promise<Outcome<string>> {
  const { env, stdin } = surroundings;
  if (passphraseFile !== undefined) {
    const text = await readGivenFile(surroundings, passphraseFile);
    return text.ok ? notEmpty(text.value.replace(/\r?\n$/, ""), passphraseFile) : text;
  }
  const variable = env(PASSPHRASE_VARIABLE);
  if (variable !== undefined) return notEmpty(variable, PASSPHRASE_VARIABLE);
  if (!stdin.isTerminal) {
    return refused(
      "invalid",
      "a passphrase is needed, and there is no terminal to ask on; give it with " +
        `--passphrase-file or in ${PASSPHRASE_VARIABLE}`,
    );
  }
  const typed = await stdin.askSecretly("Passphrase of the dump: ");
  if (isNew && typed !== await stdin.askSecretly("The same passphrase again: ")) {
    return refused("invalid", "the two passphrases are not the same; nothing was done");
  }
  return notEmpty(typed ?? "", "what was typed");
}

function notEmpty(passphrase: string, where: string): Outcome<string> {
  return passphrase === ""
    ? refused("invalid", `${where}: the passphrase is empty`)
    : ok(passphrase);
}
