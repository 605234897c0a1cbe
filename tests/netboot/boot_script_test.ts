import { deepEqual, equal, ok as holds } from "node:assert/strict";

import fc from "fast-check";

import { grubConfig, ipxeScript, type ScriptProfile } from "../../src/netboot/boot_script.ts";
import { ip } from "./boot_stage.ts";

const ALMA: ScriptProfile = {
  name: "alma-9.4",
  label: "AlmaLinux 9.4 (default)",
  kernelArgs: "quiet  console=ttyS0,115200",
  kernel: "boot/kernel",
  initramfs: ["boot/initramfs/addons.cpio", "boot/initramfs/distribution"],
};
const M1 = { address: ip("10.0.0.11"), httpPort: 8080 };
const M2 = { address: ip("10.0.0.12"), httpPort: 80 };

function golden(name: string): string {
  return Deno.readTextFileSync(new URL(`../golden/scripts/${name}`, import.meta.url));
}

Deno.test("the script for iPXE", () => {
  equal(ipxeScript(ALMA, [M2]), golden("alma.ipxe"));
});

Deno.test("the configuration for GRUB", () => {
  equal(grubConfig(ALMA, [M1, M2]), golden("alma.grub.cfg"));
});

Deno.test("one server, and a kernel without an initramfs or arguments", () => {
  const bare = { ...ALMA, kernelArgs: "", initramfs: [] };
  deepEqual(ipxeScript(bare, []).split("\n").slice(3, 9), [
    ":server0",
    "imgfree",
    "kernel --timeout 20000 boot/kernel || goto server1",
    "goto start",
    ":server1",
    "inc round",
  ]);
  deepEqual(grubConfig(bare, [M2]).split("\n").slice(2, 6), [
    "  set root=(http,10.0.0.12)",
    "  if linux /confluent-public/os/alma-9.4/boot/kernel; then",
    "    boot",
    "  fi",
  ]);
});

// ---- names and arguments with odd characters

/** What iPXE's shell makes of a line: its commands, each in words, and how the next depends. It
 * splits by blanks, ends a command at such a word, and the line at a comment; then it puts settings
 * in, none of which is set here. */
function ipxeCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const word of line.split(/[ \t\v\f\r]+/).filter((one) => one !== "")) {
    if (word.startsWith("#")) break;
    if (["||", "&&", ";"].includes(word)) commands.push([]);
    else commands.at(-1)?.push(word.replace(/\$\{[^}]*\}/g, ""));
  }
  return commands;
}

/** What GRUB's shell makes of a line: quotes are gone, and `;` or a reserved word of its own ends a
 * command. Fails on what it would expand. */
function grubWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (letter === "'") {
      const end = line.indexOf("'", at + 1);
      holds(end > at, `a quote of ${line} has no end`);
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (letter === "\\") word = (word ?? "") + (line[++at] ?? "");
    else if (letter === " ") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === ";") {
      if (word !== undefined) words.push(word);
      words.push(";");
      word = undefined;
    } else {
      holds(!/[$"|&<>#\n{}]/.test(letter), `${letter} of ${line} means something`);
      word = (word ?? "") + letter;
    }
  }
  return word === undefined ? words : [...words, word];
}

function kernelLine(script: string, start: string): string {
  return script.split("\n").find((line) => line.trimStart().startsWith(start)) ?? "";
}

const ODD: readonly (readonly [string, ipxe: string[], grub: string[]])[] = [
  ["a=b\nshell", ["a=b", "shell"], ["a=b", "shell"]],
  ["a || reboot && x ; y", ["a", "||", "reboot", "&&", "x", ";", "y"], [
    "a",
    "||",
    "reboot",
    "&&",
    "x",
    ";",
    "y",
  ]],
  ["a;reboot", ["a;reboot"], ["a;reboot"]],
  ["# none #x y#z", ["#", "none", "#x", "y#z"], ["#", "none", "#x", "y#z"]],
  ["$(reboot) $x `y`", ["$(reboot)", "$x", "`y`"], ["$(reboot)", "$x", "`y`"]],
  ["a='b c'", ["a='b", "c'"], ["a='b", "c'"]],
  ['a="b c" d', ['a="b', 'c"', "d"], ["a=b c", "d"]],
  ['"a=b c" d=""', ['"a=b', 'c"', 'd=""'], ["a=b c", "d="]],
  ['a="b', ['a="b'], ["a=b"]],
  ["{ a } [b] (c) <d> \\e", ["{", "a", "}", "[b]", "(c)", "<d>", "\\e"], [
    "{",
    "a",
    "}",
    "[b]",
    "(c)",
    "<d>",
    "\\e",
  ]],
  ["then; fi; else", ["then;", "fi;", "else"], ["then;", "fi;", "else"]],
  ["é=ü \u0000\u001b[2J", ["é=ü", "[2J"], ["é=ü", "[2J"]],
];

for (const [kernelArgs, ipxe, grub] of ODD) {
  Deno.test(`the kernel is given ${JSON.stringify(kernelArgs)} as it is`, () => {
    const profile = { ...ALMA, kernelArgs, initramfs: [] };
    deepEqual(ipxeCommands(kernelLine(ipxeScript(profile, []), "kernel")), [
      ["kernel", "--timeout", "20000", "boot/kernel", ...ipxe],
      ["goto", "server1"],
    ]);
    deepEqual(grubWords(kernelLine(grubConfig(profile, [M1]), "if linux")), [
      ...["if", "linux", "/confluent-public/os/alma-9.4/boot/kernel", ...grub],
      ";",
      "then",
    ]);
  });
}

Deno.test("iPXE puts its own settings where the arguments name them", () => {
  const script = ipxeScript({ ...ALMA, kernelArgs: "BOOTIF=${net0/mac}" }, []);
  holds(script.includes("boot/kernel BOOTIF=${net0/mac} initrd="));
});

Deno.test("names are for people, and paths for URLs", () => {
  const odd: ScriptProfile = {
    ...{
      name: "a b'c",
      label: 'it\'s ${x} || `reboot` ; #1 "ä" | & <x>\n:server9',
      kernelArgs: "",
    },
    ...{ kernel: "boot/ker nel;x", initramfs: ["boot/initramfs/my $(x)'s %1.cpio"] },
  };
  const name = "my%20%24%28x%29%27s%20%251.cpio";
  deepEqual(ipxeScript(odd, []).split("\n").slice(1, 7), [
    "echo Booting its x reboot 1 ä x :server9 (a bc)",
    "set round:int32 0",
    ":server0",
    "imgfree",
    `kernel --timeout 20000 boot/ker%20nel%3Bx initrd=${name} || goto server1`,
    `initrd --timeout 20000 --name ${name} boot/initramfs/${name} || goto server1`,
  ]);
  deepEqual(grubConfig(odd, [M1]).split("\n").slice(1, 5), [
    "menuentry 'its x reboot 1 ä x :server9' {",
    "  set root=(http,10.0.0.11:8080)",
    "  if linux /confluent-public/os/a%20b%27c/boot/ker%20nel%3Bx; then",
    `    if initrd /confluent-public/os/a%20b%27c/boot/initramfs/${name}; then boot; fi`,
  ]);
  holds(grubConfig({ ...odd, label: "'" }, [M1]).includes("menuentry 'a bc' {"));
});

Deno.test("whatever a profile holds, the script has the lines and commands that it has", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(..." \n'\"`$(){}|&;#\\<>=ax%/"), maxLength: 30 }),
  );
  const profile: fc.Arbitrary<ScriptProfile> = fc.record({
    ...{ name: text, label: text, kernelArgs: text, kernel: text.map((one) => `k${one}`) },
    initramfs: fc.array(text.map((one) => `i${one}`), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(profile, (odd) => {
      const plain: ScriptProfile = {
        ...{ name: "x", label: "x", kernelArgs: "x", kernel: "x" },
        initramfs: odd.initramfs.map(() => "x"),
      };
      const shape = (script: string): string[] =>
        script.split("\n").map((line) => {
          const commands = ipxeCommands(line).map(([command]) => command);
          return line.startsWith("#!") || line.startsWith(":") ? line : commands.join(" ");
        });
      deepEqual(shape(ipxeScript(odd, [M2])), shape(ipxeScript(plain, [M2])));
      const words = (script: string): string[][] =>
        script.split("\n").map((line) =>
          /^(?: +(?:if|echo)|menuentry)/.test(line) ? grubWords(line.replace(/ \{$/, "")) : [line]
        );
      const lines = words(grubConfig(odd, [M1, M2])), wanted = words(grubConfig(plain, [M1, M2]));
      equal(lines.length, wanted.length);
      for (const [at, line] of lines.entries()) {
        const [first = "", second = ""] = wanted[at] ?? [];
        if (second === "linux") {
          deepEqual([line[0], line[1], ...line.slice(-2)], ["if", "linux", ";", "then"]);
        } else equal(line.length, wanted[at]?.length, line.join(" "));
        equal(line[0], first);
      }
    }),
    { numRuns: 300 },
  );
});
