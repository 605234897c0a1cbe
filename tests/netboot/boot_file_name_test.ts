import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import fc from "fast-check";

import type { RefusalKind } from "../../src/base/outcome.ts";
import { type BootFile, bootFileOf, LOADER_NAMES } from "../../src/netboot/boot_file_name.ts";

const MEANT: readonly (readonly [string, BootFile])[] = [
  ["confluent/x86_64/ipxe.efi", { kind: "loader", name: "confluent/x86_64/ipxe.efi" }],
  ["/confluent/x86_64/snponly.efi", { kind: "loader", name: "confluent/x86_64/snponly.efi" }],
  ["//confluent//x86_64/undionly.kpxe", {
    kind: "loader",
    name: "confluent/x86_64/undionly.kpxe",
  }],
  ["\\confluent\\aarch64\\grubaa64.efi", {
    kind: "loader",
    name: "confluent/aarch64/grubaa64.efi",
  }],
  ["/grub/x86_64-efi/normal.mod", { kind: "grub", path: "x86_64-efi/normal.mod" }],
  ["grub/grub.cfg", { kind: "grub", path: "grub.cfg" }],
  ["./public/./os/rocky/boot.ipxe", { kind: "public", path: "os/rocky/boot.ipxe" }],
  ["public/grub/x", { kind: "public", path: "grub/x" }],
  ["public/a..b/...", { kind: "public", path: "a..b/..." }],
  ["public/Köln", { kind: "public", path: "Köln" }],
];

for (const [asked, meant] of MEANT) {
  Deno.test(`"${asked}" means ${meant.kind}`, () => {
    deepEqual(bootFileOf(asked), { ok: true, value: meant });
  });
}

Deno.test("every loader is found by its name", () => {
  for (const name of LOADER_NAMES) {
    deepEqual(bootFileOf(name), { ok: true, value: { kind: "loader", name } });
  }
});

const REFUSED: readonly (readonly [string, RefusalKind, RegExp])[] = [
  ["../etc/passwd", "forbidden", /hold no "\.\."/],
  ["public/../private/key", "forbidden", /hold no "\.\."/],
  ["public\\..\\..\\x", "forbidden", /hold no "\.\."/],
  ["public/os/..", "forbidden", /hold no "\.\."/],
  ["public/a\0b", "invalid", /control characters/],
  ["public/a\nb", "invalid", /control characters/],
  ["public/\x7f", "invalid", /control characters/],
  [`public/${"x".repeat(506)}`, "invalid", /513 characters; at most 512/],
  [`public/${"ä".repeat(128)}`, "invalid", /255 bytes between two slashes/],
  ["", "not-found", /there are confluent\/x86_64\/ipxe\.efi/],
  ["/", "not-found", /no boot file/],
  ["public", "not-found", /no boot file/],
  ["grub/", "not-found", /no boot file/],
  ["private/key", "not-found", /no boot file/],
  ["Public/x", "not-found", /no boot file/],
  ["confluent/x86_64/IPXE.EFI", "not-found", /no boot file/],
  ["confluent/x86_64/ipxe.efi/x", "not-found", /no boot file/],
  ["confluent/aarch64/undionly.kpxe", "not-found", /no boot file/],
  ["constructor", "not-found", /no boot file/],
];

for (const [asked, kind, message] of REFUSED) {
  Deno.test(`${JSON.stringify(asked.slice(0, 40))} is refused as ${kind}`, () => {
    const outcome = bootFileOf(asked);
    holds(!outcome.ok);
    equal(outcome.refusal.kind, kind);
    match(outcome.refusal.message, message);
    holds(!outcome.refusal.message.includes("\n"));
  });
}

Deno.test("whatever is asked for leads to no other place", () => {
  const part = fc.constantFrom("public", "grub", "..", ".", "/", "\\", "a", "\0", " ", "...");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const outcome = bootFileOf(parts.join(""));
      if (!outcome.ok) return;
      const { value } = outcome;
      const path = value.kind === "loader" ? value.name : value.path;
      // deno-lint-ignore no-control-regex
      holds(!/[\\\0-\x1f]/.test(path), path);
      for (const segment of path.split("/")) holds(!["", ".", ".."].includes(segment), path);
    }),
    { numRuns: 2_000 },
  );
});
