/**
 * The folder of a dump: `main`, `keys` and `globals`, each `.json` or `.yaml`. What is wrong with
 * one is told with its name. The original's `collective.json` is not looked at: who is
 * a member is nothing that could be restored.
 */
import { parse as parseYaml } from "yaml";

import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";

export type DumpFormat = "json" | "yaml";

export const DUMP_FORMATS: readonly DumpFormat[] = ["json", "yaml"];

/** A dump whose small files are read. */
export interface DumpFolder {
  readonly path: string;
  readonly format: DumpFormat;
  /** `main.json` or `main.yaml`, and its length. */
  readonly main: string;
  readonly bytes: number;
  /** The texts of `keys`, which may be protected by a passphrase. */
  readonly keys: { readonly cryptkey?: string; readonly integritykey?: string };
  /** The file the keys came from. */
  readonly keysFile: string;
  readonly globals: Readonly<Record<string, unknown>> | undefined;
}

/** `invalid` where the folder holds no dump, two, or one whose small files are damaged. */
export async function openDumpFolder(path: string): Promise<Outcome<DumpFolder>> {
  const found: { format: DumpFormat; bytes: number }[] = [];
  for (const format of DUMP_FORMATS) {
    try {
      const { isFile, size } = await Deno.stat(`${path}/main.${format}`);
      if (isFile) found.push({ format, bytes: size });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      return refused("invalid", `cannot read ${path}/main.${format}: ${oneLine(error)}`);
    }
  }
  const [one, other] = found;
  if (one === undefined) {
    return refused("invalid", `${path} holds no dump: there is no main.json or main.yaml in it`);
  }
  if (other !== undefined) {
    return refused("invalid", `${path} holds both main.json and main.yaml: remove one of them`);
  }
  const small = async (name: string): Promise<Outcome<SmallFile>> => await readSmall(path, name);
  const keys = await small("keys");
  if (!keys.ok) return keys;
  const globals = await small("globals");
  if (!globals.ok) return globals;
  const { cryptkey, integritykey } = keys.value.members ?? {};
  for (const [name, key] of Object.entries({ cryptkey, integritykey })) {
    if (key === undefined || typeof key === "string") continue;
    return refused("invalid", `${keys.value.file}: ${name}: wanted a text`);
  }
  return ok({
    path,
    format: one.format,
    main: `main.${one.format}`,
    bytes: one.bytes,
    keys: {
      ...typeof cryptkey === "string" ? { cryptkey } : {},
      ...typeof integritykey === "string" ? { integritykey } : {},
    },
    keysFile: keys.value.file,
    globals: globals.value.members,
  });
}

interface SmallFile {
  readonly file: string;
  readonly members: Readonly<Record<string, unknown>> | undefined;
}

async function readSmall(folder: string, name: string): Promise<Outcome<SmallFile>> {
  for (const format of DUMP_FORMATS) {
    const file = `${name}.${format}`;
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(
        await Deno.readFile(`${folder}/${file}`),
      );
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      const why = error instanceof TypeError ? "it is no UTF-8" : oneLine(error);
      return refused("invalid", `cannot read ${folder}/${file}: ${why}`);
    }
    const members = membersOf(text, format);
    if (members === undefined) {
      return refused("invalid", `${file} is damaged: it is no object in ${format.toUpperCase()}`);
    }
    return ok({ file, members });
  }
  return ok({ file: `${name}.json`, members: undefined });
}

/** Undefined for what is no object. A damaged file of keys is never quoted. */
function membersOf(text: string, format: DumpFormat): Record<string, unknown> | undefined {
  try {
    const value: unknown = format === "json"
      ? JSON.parse(text)
      : parseYaml(text, { logLevel: "silent" });
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
