/**
 * How scripts that were written for confluent 4.0 read what a node is told: line by line, by grep,
 * sed and awk at column 0, in the forms that field reports name. Run by dash with the tools of GNU,
 * and by busybox alone, which is all that an initramfs has.
 */
import { equal } from "node:assert/strict";

import type { Segment } from "../boot/segment.ts";

/** `$1` the file, `$2` the form, `$3` the key. */
const READING = `
case $2 in
  value) grep "^$3:" "$1" | sed -e "s/^$3: //" ;;
  word) awk "/^$3:/ {print \\$2}" "$1" ;;
  cut) grep "^$3:" "$1" | cut -d ' ' -f 2- ;;
  trimmed) line=$(grep "^$3:" "$1"); echo "\${line#"$3": }" ;;
  items) sed -n "/^$3:/,/^[^-]/p" "$1" | grep '^- ' | sed -e 's/^- //' ;;
  between) sed -n "/^$3:/,/^[^-]/p" "$1" | sed -e 1d -e '$d' | cut -d ' ' -f 2 ;;
  loop)
    isin=
    while read -r entry; do
      if [ -n "$isin" ]; then
        case $entry in -*) echo "\${entry#- }"; continue ;; esac
      fi
      isin=
      [ "\${entry%:*}" != "$3" ] || isin=1
    done <"$1" ;;
  list) sed -e 's/^- //' "$1" ;;
  inner) sed -n "/^\${3%/*}:/,/^[^ ]/p" "$1" | grep "^  \${3#*/}:" | sed -e 's/^[^:]*: //' ;;
  section) awk -v at="\${3%/*}:" -v key="\${3#*/}:" \\
    '/^[^ ]/ {in_it = $1 == at} in_it && $1 == key {print $2}' "$1" ;;
  deeper) awk -v at="\${3%/*}:" -v key="\${3#*/}:" \\
    '/^  [^ ]/ {in_it = $1 == at} in_it && /^    [^ ]/ && $1 == key {print $2}' "$1" ;;
esac
`;

/** The forms that read one value, and one list, by its key. */
export const VALUE_FORMS = ["value", "word", "cut", "trimmed"] as const;
export const LIST_FORMS = ["items", "between", "loop"] as const;

export type Form =
  | typeof VALUE_FORMS[number]
  | typeof LIST_FORMS[number]
  | "list"
  | "inner"
  | "section"
  | "deeper";

/** The lines that the form finds in the document, the same by both. */
export async function readBy(
  segment: Segment,
  document: string,
  form: Form,
  key = "",
): Promise<string> {
  const file = `${segment.folder}/document`;
  await Deno.writeTextFile(file, document);
  const args = [file, form, key];
  const byGnu = await segment.run("c1", "dash", "-c", READING, "dash", ...args);
  const byBusybox = await segment.run(
    "c1",
    ...["env", "-i", `PATH=${await busyboxFolder(segment)}`],
    ...["sh", "-c", READING, "sh", ...args],
  );
  equal(byBusybox.out, byGnu.out, `${form} ${key}: busybox reads something else`);
  equal(`${byGnu.err}${byBusybox.err}`, "", `${form} ${key}`);
  return byGnu.out.replace(/\n$/, "");
}

/** A folder with the tools of busybox and no others. */
async function busyboxFolder({ folder }: Segment): Promise<string> {
  const path = `${folder}/busybox`;
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return path;
    throw error;
  }
  const { success, stdout } = await new Deno.Command("which", { args: ["busybox"] }).output();
  equal(success, true);
  const busybox = new TextDecoder().decode(stdout).trim();
  for (const tool of ["sh", "grep", "sed", "awk", "cut"]) {
    await Deno.symlink(busybox, `${path}/${tool}`);
  }
  return path;
}
