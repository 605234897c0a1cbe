import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";

import {
  MAX_KERNEL_ARGUMENTS_LENGTH,
  MAX_PROFILE_LABEL_LENGTH,
} from "../../src/base/boot_limits.ts";
import type { Profile } from "../../src/model/profile.ts";
import { readProfile } from "../../src/wire/profile.ts";

function read(yaml: string): Profile | string {
  const profile = readProfile("alma-9", parse(yaml));
  return profile.ok ? profile.value : profile.refusal.message;
}

const DEFAULTS: Profile = {
  label: "alma-9",
  ostype: "linux",
  kernelargs: "",
  installedargs: "",
  loader: "ipxe",
};

Deno.test("what a profile.yaml says is read, and what it leaves out has its default", () => {
  deepEqual(
    read("label: Alma 9\nostype: linux\nkernelargs: quiet\ninstalledargs: ro\nloader: grub\n"),
    { label: "Alma 9", ostype: "linux", kernelargs: "quiet", installedargs: "ro", loader: "grub" },
  );
  deepEqual(read(""), DEFAULTS);
  deepEqual(read("label:\nkernelargs:\nloader:\nostype:\n"), DEFAULTS);
  deepEqual(read("ostype: esxi"), { ...DEFAULTS, ostype: "esxi" });
});

Deno.test("keys of other programs are left alone", () => {
  deepEqual(read("label: x\nfirmware: [a, b]\ntransform: {a: 1}\n"), { ...DEFAULTS, label: "x" });
});

Deno.test("arguments may stand on several lines, and come to one", () => {
  const wanted = { ...DEFAULTS, kernelargs: "quiet console=ttyS0,115200 x" };
  deepEqual(read("kernelargs: >\n  quiet\n  console=ttyS0,115200\n  x\n"), wanted);
  deepEqual(read("kernelargs: |\n  quiet\n  console=ttyS0,115200\n  x\n"), wanted);
  deepEqual(read('kernelargs: "quiet \\r\\n console=ttyS0,115200 x"\n'), wanted);
});

Deno.test("what makes no sense is refused by its key, its value and what would be right", () => {
  equal(
    read("label: 9.40"),
    "profile.yaml: label: 9.4: wanted a text; one that looks like a number stands in quotes",
  );
  equal(read("loader: lilo"), 'profile.yaml: loader: "lilo": wanted one of ipxe, grub');
  equal(read("ostype: 7"), "profile.yaml: ostype: 7: wanted one of linux, esxi, windows");
  equal(
    read("kernelargs: [a]"),
    'profile.yaml: kernelargs: ["a"]: wanted a text; one that looks like a number stands in quotes',
  );
  equal(
    read('label: "a\\eb"'),
    'profile.yaml: label: "a\\u001bb": wanted a text without control characters',
  );
  equal(read("- a"), "profile.yaml: wanted lines as `label: Alma Linux 9`");
  equal(read("just text"), "profile.yaml: wanted lines as `label: Alma Linux 9`");
});

Deno.test("label and arguments have their bounds", () => {
  const label = "l".repeat(MAX_PROFILE_LABEL_LENGTH);
  deepEqual(read(`label: ${label}`), { ...DEFAULTS, label });
  equal(
    read(`label: ${label}l`),
    `profile.yaml: label: "${
      "l".repeat(63)
    }: wanted ${MAX_PROFILE_LABEL_LENGTH} characters at most`,
  );
  equal(typeof read(`kernelargs: ${"k".repeat(MAX_KERNEL_ARGUMENTS_LENGTH)}`), "object");
  equal(typeof read(`kernelargs: ${"k".repeat(MAX_KERNEL_ARGUMENTS_LENGTH + 1)}`), "string");
});

Deno.test("whatever was parsed is a profile of single lines, or refused", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.anything(),
      fc.dictionary(fc.constantFrom(...Object.keys(DEFAULTS)), fc.anything()),
      fc.dictionary(fc.constantFrom("label", "kernelargs"), fc.string({ unit: "binary" })),
    ),
    (parsed) => {
      const profile = readProfile("p", parsed);
      if (!profile.ok) return;
      for (const text of Object.values(profile.value)) {
        equal([...text].some((letter) => letter < " " || letter === "\u007f"), false);
      }
    },
  ));
});
