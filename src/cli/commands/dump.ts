/** `dump`: the database as the original's files, which git can keep. */
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { systemRandom } from "../../io/random.ts";
import {
  DUMP_IV_BYTES,
  DUMP_SALT_BYTES,
  type DumpPassphrase,
  writeDumpKey,
} from "../../model/legacy_crypto.ts";
import { lengthened } from "../../model/dumped.ts";
import { DUMP_SECTIONS, type DumpEntry, type DumpLine, dumpLine } from "../../wire/dump.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DumpFiles, prepareFolder } from "../dump/dump_files.ts";
import { excluding } from "../dump/excluding.ts";
import { passphraseOf, type PassphraseOptions } from "../dump/passphrase.ts";
import { DONE, type ExitCode, FAILED } from "../exit_code.ts";
import type { ServiceClient } from "../service_client.ts";
import { complain, printJson, type Surroundings, tell, warn } from "../surroundings.ts";
import { unanswered, withService } from "../with_service.ts";

export interface DumpOptions extends PassphraseOptions {
  readonly protect?: boolean;
  readonly interactive?: boolean;
  readonly unprotected?: boolean;
  readonly redact?: boolean;
  readonly skipkeys?: boolean;
  readonly yaml?: boolean;
  readonly exclude?: readonly string[];
}

/** What becomes of the key that opens the secrets. */
type Keys = "protected" | "unprotected" | "redacted" | "skipped";

export async function dump(
  surroundings: Surroundings,
  options: DumpOptions & GlobalOptions,
  folder: string,
): Promise<ExitCode> {
  const keys = keysAsked(options);
  if (!keys.ok) return misused(surroundings, "dump", keys.refusal.message);
  const joined = options.exclude?.find((pattern) => /[,\s]/.test(pattern));
  if (joined !== undefined) {
    const error = `-x ${joined}: no attribute has such a name; give -x once for each pattern`;
    return misused(surroundings, "dump", error);
  }
  const passphrase = keys.value === "protected"
    ? await passphraseOf(surroundings, options, true)
    : ok(undefined);
  const format = options.yaml === true ? "yaml" : "json";
  const prepared = passphrase.ok ? await prepareFolder(folder, format) : passphrase;
  if (!passphrase.ok || !prepared.ok) {
    if (!prepared.ok) complain(surroundings, prepared.refusal.message);
    return FAILED;
  }
  if (keys.value === "unprotected") {
    warn(surroundings, `whoever reads ${folder} reads every secret in it: keys.${format} is open`);
  }
  return await withService(surroundings, options, async (service) => {
    const taking = new Taking(
      await DumpFiles.open(folder, format),
      excluding(options.exclude ?? []),
      keys.value,
      passphrase.value,
    );
    const ended = await take(surroundings, service, taking, keys.value === "redacted", folder);
    if (ended !== DONE) return ended;
    if (options.json === true) printJson(surroundings, { folder, ...taking.counts });
    else {
      const { node, group } = taking.counts;
      tell(surroundings, `${folder}: ${node} nodes and ${group} groups`);
    }
    return DONE;
  });
}

/** Exactly one way must be chosen, as with the original. */
function keysAsked(options: DumpOptions): Outcome<Keys> {
  const isProtected = options.protect === true || options.interactive === true ||
    options.passphraseFile !== undefined;
  const chosen: Keys[] = [];
  if (isProtected) chosen.push("protected");
  if (options.unprotected === true) chosen.push("unprotected");
  if (options.redact === true) chosen.push("redacted");
  if (options.skipkeys === true) chosen.push("skipped");
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return ok(only);
  return refused(
    "invalid",
    "wanted exactly one of -p (secrets protected by a passphrase, which is asked for), -u " +
      "(secrets for everybody to read), -r (no secrets) and -s (without keys, which another " +
      "dump has)",
  );
}

async function take(
  surroundings: Surroundings,
  service: ServiceClient,
  taking: Taking,
  redact: boolean,
  folder: string,
): Promise<ExitCode> {
  let isKept = false;
  try {
    const asked = await service.follow("POST /dump", dumpLine, { body: { redact } }, (line) => {
      taking.take(line);
    });
    if (!asked.ok) return unanswered(surroundings, asked);
    if (taking.failure !== undefined) {
      complain(surroundings, taking.failure);
      return FAILED;
    }
    await taking.finish();
    isKept = true;
    return DONE;
  } catch (error) {
    complain(surroundings, `cannot write into ${folder}: ${oneLine(error)}; nothing was changed`);
    return FAILED;
  } finally {
    if (!isKept) await taking.abandon();
  }
}

/** Takes the lines of a dump and writes its files. */
class Taking {
  readonly counts = { group: 0, node: 0, usergroup: 0, user: 0 };
  readonly #files: DumpFiles;
  readonly #isExcluded: (name: string) => boolean;
  readonly #keys: Keys;
  readonly #passphrase: string | undefined;
  #cryptkey: string | undefined;
  #globals: Readonly<Record<string, unknown>> = {};
  /** A group whose nodes may go on in the next line. */
  #group: { name: string; content: Record<string, unknown>; nodes: string[] } | undefined;
  #entries = 0;
  #isWhole = false;
  #error: string | undefined;

  constructor(
    files: DumpFiles,
    isExcluded: (name: string) => boolean,
    keys: Keys,
    passphrase: string | undefined,
  ) {
    this.#files = files;
    this.#isExcluded = isExcluded;
    this.#keys = keys;
    this.#passphrase = passphrase;
  }

  /** Why it is of no use, once all has come. */
  get failure(): string | undefined {
    return this.#error ?? (this.#isWhole ? undefined : "the dump ended before it was complete");
  }

  take(line: DumpLine): void {
    switch (line.kind) {
      case "head":
        this.#cryptkey = line.cryptkey;
        this.#globals = line.globals;
        return;
      case "members":
        this.#group?.nodes.push(...line.nodes);
        return;
      case "end":
        this.#writeGroup();
        this.#isWhole = line.entries === this.#entries;
        return;
      case "failed":
        this.#error = line.error;
        return;
      default:
        this.#takeEntry(line);
    }
  }

  async finish(): Promise<void> {
    await this.#files.small("globals", this.#globals);
    if (this.#cryptkey !== undefined && this.#keys !== "skipped") {
      const key = Uint8Array.fromBase64(this.#cryptkey);
      await this.#files.small("keys", { cryptkey: writeDumpKey(key, this.#by()) });
    }
    await this.#files.close();
  }

  async abandon(): Promise<void> {
    await this.#files.abandon();
  }

  #by(): DumpPassphrase | undefined {
    const passphrase = this.#passphrase;
    if (passphrase === undefined) return undefined;
    const { bytes } = systemRandom;
    return { passphrase, salt: bytes(DUMP_SALT_BYTES), iv: bytes(DUMP_IV_BYTES) };
  }

  #takeEntry({ kind, name, content }: DumpEntry): void {
    this.#writeGroup();
    this.#entries++;
    this.counts[kind]++;
    const isOfNodes = kind === "node" || kind === "group";
    const kept = isOfNodes ? this.#kept(content) : content;
    if (kind === "group") this.#group = { name, content: kept, nodes: [] };
    else this.#files.entry(DUMP_SECTIONS[kind], name, kept);
  }

  #kept(content: Record<string, unknown>): Record<string, unknown> {
    const kept: Record<string, unknown> = {};
    for (const name in content) {
      if (!this.#isExcluded(name)) kept[name] = lengthened(content[name]);
    }
    return kept;
  }

  #writeGroup(): void {
    if (this.#group === undefined) return;
    const { name, content, nodes } = this.#group;
    this.#group = undefined;
    this.#files.entry(DUMP_SECTIONS.group, name, { ...content, nodes });
  }
}
