/**
 * The scripts that load a kernel, made for a profile when they are asked for: nothing in them is of
 * the node. Each file is fetched from whoever gave the script, and should that one fall silent,
 * from the others that serve the segment.
 *
 * Whatever a profile holds stays what it is in them: a name a name, an argument an argument. Only
 * `${...}` in the kernel's arguments is iPXE's, which puts its own setting there.
 */
import { type Ipv4, ipv4Text } from "../model/ipv4.ts";
import { PUBLIC_PATH } from "./boot_target.ts";

/** A profile as its scripts need it; paths are relative to its folder. */
export interface ScriptProfile {
  readonly name: string;
  readonly label: string;
  readonly kernelArgs: string;
  readonly kernel: string;
  readonly initramfs: readonly string[];
}

/** Where files are had. */
export interface ScriptServer {
  readonly address: Ipv4;
  readonly httpPort: number;
}

/** A file that nothing comes of for so long is fetched from the next server. */
const STALLED_MS = 20_000;
/** Times that all are tried, and seconds between them. */
const ROUNDS = 20;
const ROUND_SECONDS = 3;

/**
 * For iPXE. Paths are relative to the script for the first server; `others` are asked after it, in
 * that order.
 */
export function ipxeScript(profile: ScriptProfile, others: readonly ScriptServer[]): string {
  const { name, label } = profile;
  const bases = ["", ...others.map((server) => folderUrl(server, name))];
  const tries = bases.flatMap((base, i) => [
    `:server${i}`,
    "imgfree",
    ...fetches(profile, base).map((line) => `${line} || goto server${i + 1}`),
    "goto start",
  ]);
  return [
    "#!ipxe",
    `echo Booting ${shown(label)} (${shown(name)})`,
    "set round:int32 0",
    ...tries,
    `:server${bases.length}`,
    "inc round",
    `iseq \${round} ${ROUNDS} && goto failed ||`,
    `sleep ${ROUND_SECONDS}`,
    "goto server0",
    ":start",
    "boot || goto failed",
    ":failed",
    `echo Cannot boot ${shown(name)}: no server has all of its files`,
    "sleep 10",
    "exit 1",
    "",
  ].join("\n");
}

function fetches({ kernel, kernelArgs, initramfs }: ScriptProfile, base: string): string[] {
  const named = initramfs.map((path) => ({ path, name: segment(path.split("/").at(-1) ?? "") }));
  const initrds = named.map(({ name }) => `initrd=${name}`);
  const words = [...wordsOf(kernelArgs).map(ipxeWord), ...initrds];
  return [
    ["kernel --timeout", STALLED_MS, base + pathOf(kernel), ...words].join(" "),
    // A word after the URL would have iPXE wrap it as a file of that name within an archive.
    ...named.map(({ path, name }) =>
      `initrd --timeout ${STALLED_MS} --name ${name} ${base}${pathOf(path)}`
    ),
  ];
}

/** Of a word that is one of iPXE's own the shell must not see all: what is empty hides it. */
function ipxeWord(word: string): string {
  const isOperator = word === "||" || word === "&&" || word === ";" || word.startsWith("#");
  return isOperator ? `\${nothing}${word}` : word;
}

/** For GRUB, which resolves nothing relative: `servers` begins with the one that answers. */
export function grubConfig(profile: ScriptProfile, servers: readonly ScriptServer[]): string {
  const { name, label, kernel, kernelArgs, initramfs } = profile;
  const folder = `${PUBLIC_PATH}os/${segment(name)}/`;
  const images = initramfs.map((path) => folder + pathOf(path)).join(" ");
  const args = argumentsOf(kernelArgs).map(grubWord);
  const tries = servers.flatMap((server) => [
    `  set root=(http,${authority(server)})`,
    `  if ${["linux", folder + pathOf(kernel), ...args].join(" ")}; then`,
    images === "" ? "    boot" : `    if initrd ${images}; then boot; fi`,
    "  fi",
  ]);
  return [
    "set timeout=0",
    `menuentry '${shown(label) || shown(name)}' {`,
    ...tries,
    `  echo 'Cannot boot ${shown(name)}: no server has all of its files'`,
    "  sleep 10",
    "  reboot",
    "}",
    "",
  ].join("\n");
}

function folderUrl(server: ScriptServer, profile: string): string {
  return `http://${authority(server)}${PUBLIC_PATH}os/${segment(profile)}/`;
}

function authority({ address, httpPort }: ScriptServer): string {
  return httpPort === 80 ? ipv4Text(address) : `${ipv4Text(address)}:${httpPort}`;
}

/** For people: without what any script takes for something else. */
function shown(text: string): string {
  return wordsOf(text.replace(/[^\p{L}\p{N}\s.,:+/_()-]/gu, "")).join(" ");
}

function wordsOf(text: string): string[] {
  return text.split(/[\s\p{Cc}]+/u).filter((word) => word !== "");
}

/** As the kernel reads them: blanks between quotes are no ends. GRUB sets such quotes again. */
function argumentsOf(text: string): string[] {
  const words = text.replace(/[\s\p{Cc}]+/gu, " ").match(/(?:[^ "]|"[^"]*(?:"|$))+/g) ?? [];
  return words.map((word) => word.replaceAll('"', "")).filter((word) => word !== "");
}

function grubWord(word: string): string {
  return /^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function pathOf(path: string): string {
  return path.split("/").map(segment).join("/");
}

/** Of a URL, and with nothing that a shell knows. */
function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
