/**
 * Writes a dump into a folder. The files stand beside their names until all of them are there and
 * on disk; what fails before that leaves the folder as it was. Files that are no dump's are never
 * touched.
 */
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { removeIfThere, renameDurably } from "../../io/files.ts";
import { DUMP_SECTIONS } from "../../wire/dump.ts";
import type { DumpFormat } from "./dump_folder.ts";
import { asciiJson, flatJsonText, jsonText, sortedMembers } from "./json_text.ts";
import { yamlBelow, yamlMembers, yamlName } from "./yaml_text.ts";

const SECTIONS: readonly string[] = Object.values(DUMP_SECTIONS).sort();
const NAMES = ["main", "keys", "globals"] as const;
type Name = typeof NAMES[number];
const WRITE_BYTES = 256 * 1024;

/** Makes the folder where there is none. `invalid` where something stands in the way. */
export async function prepareFolder(path: string, format: DumpFormat): Promise<Outcome<void>> {
  const other = format === "json" ? "yaml" : "json";
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    for (const name of NAMES) {
      if (await hasFile(`${path}/${name}.${other}`)) {
        return refused(
          "invalid",
          `${path} holds ${name}.${other}: remove it, or dump into another folder`,
        );
      }
    }
    if (await hasFile(`${path}/main.${format}`) && !await isDump(`${path}/main.${format}`)) {
      return refused("invalid", `${path}/main.${format} is no dump, and is not overwritten`);
    }
    return ok();
  } catch (error) {
    return refused("invalid", `cannot write into ${path}: ${oneLine(error)}`);
  }
}

async function hasFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether it begins as a dump does. */
async function isDump(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(256);
  const text = new TextDecoder().decode(bytes.subarray(0, await file.read(bytes) ?? 0));
  const [, first = ""] = /^(?:---\s*)?\{?\s*"?(\w*)/.exec(text) ?? [];
  return text.trim() === "" || SECTIONS.includes(first);
}

/** The files of one dump while they are written. Entries come sorted, section by section. */
export class DumpFiles {
  readonly #path: string;
  readonly #format: DumpFormat;
  readonly #main: Deno.FsFile;
  readonly #written: Name[] = ["main"];
  #text = "";
  /** Sections that were begun. */
  #begun = 0;
  #isFirst = true;

  private constructor(path: string, format: DumpFormat, main: Deno.FsFile) {
    this.#path = path;
    this.#format = format;
    this.#main = main;
  }

  /** Throws what the file system says, as every method here. */
  static async open(path: string, format: DumpFormat): Promise<DumpFiles> {
    const main = await openFresh(`${path}/main.${format}.new`);
    return new DumpFiles(path, format, main);
  }

  /** The next entry of `main`. */
  entry(section: string, name: string, content: object): void {
    while (SECTIONS[this.#begun - 1] !== section) this.#begin();
    const isJson = this.#format === "json";
    if (isJson) {
      const between = this.#isFirst ? "" : ",";
      this.#text += `${between}\n        ${asciiJson(name)}: ${jsonText(content, 2)}`;
    } else {
      this.#text += `${this.#isFirst ? "\n" : ""}  ${yamlName(name)}:${yamlBelow(content, 1)}`;
    }
    this.#isFirst = false;
    if (this.#text.length > WRITE_BYTES) this.#flush();
  }

  /** `keys` or `globals`. */
  async small(name: "keys" | "globals", members: Readonly<Record<string, unknown>>): Promise<void> {
    const sorted = Object.fromEntries(sortedMembers(members));
    const json = name === "keys" ? jsonText(sorted) : flatJsonText(sorted);
    const text = this.#format === "json" ? `${json}\n` : yamlMembers(sorted, 0);
    using file = await openFresh(`${this.#path}/${name}.${this.#format}.new`);
    writeAll(file, text);
    await file.sync();
    this.#written.push(name);
  }

  /** Puts the files in their places. */
  async close(): Promise<void> {
    while (this.#begun < SECTIONS.length) this.#begin();
    this.#text += this.#endOfSection() + (this.#format === "json" ? "\n}\n" : "");
    this.#flush();
    await this.#main.sync();
    this.#main.close();
    // The one that counts comes last.
    for (const name of this.#written.toReversed()) {
      const path = `${this.#path}/${name}.${this.#format}`;
      await renameDurably(`${path}.new`, path);
    }
  }

  /** Leaves the folder as it was. */
  async abandon(): Promise<void> {
    this.#main.close();
    for (const name of NAMES) await removeIfThere(`${this.#path}/${name}.${this.#format}.new`);
  }

  #begin(): void {
    const name = SECTIONS[this.#begun];
    if (name === undefined) throw new Error("an entry of a section that is over");
    const isJson = this.#format === "json";
    const between = this.#begun === 0 ? (isJson ? "{\n" : "") : isJson ? ",\n" : "";
    this.#text += this.#endOfSection() + between + (isJson ? `    "${name}": {` : `${name}:`);
    this.#begun++;
    this.#isFirst = true;
  }

  #endOfSection(): string {
    if (this.#begun === 0) return "";
    if (this.#format === "json") return this.#isFirst ? "}" : "\n    }";
    return this.#isFirst ? " {}\n" : "";
  }

  #flush(): void {
    writeAll(this.#main, this.#text);
    this.#text = "";
  }
}

async function openFresh(path: string): Promise<Deno.FsFile> {
  await removeIfThere(path);
  return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
}

function writeAll(file: Deno.FsFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
