import { deepEqual, equal } from "node:assert/strict";

import type { Loader } from "../../src/model/profile.ts";
import { bootFileOf } from "../../src/netboot/boot_file_name.ts";
import type { BootAbilities } from "../../src/netboot/boot_view.ts";
import {
  type BootTarget,
  PUBLIC_PATH,
  scriptPath,
  targetOf,
  whyUnable,
} from "../../src/netboot/boot_target.ts";
import { type CLIENTS, requestOf } from "./boot_stage.ts";

function target(
  client: keyof typeof CLIENTS,
  loader: Loader,
  architectures?: number[],
): BootTarget | string {
  const request = requestOf(architectures === undefined ? { client } : { client, architectures });
  return targetOf(request, "alma-9.4", { loader });
}

function text(target: BootTarget | string): string {
  return typeof target === "string" ? `- ${target}` : `${target.by} ${target.path}`;
}

const TABLE: readonly (readonly [keyof typeof CLIENTS, ipxe: string, grub: string])[] = [
  ["bios", "tftp confluent/x86_64/undionly.kpxe", "tftp confluent/x86_64/undionly.kpxe"],
  ["uefi", "tftp confluent/x86_64/snponly.efi", "tftp confluent/x86_64/grubx64.efi"],
  ["arm64", "tftp confluent/aarch64/snponly.efi", "tftp confluent/aarch64/grubaa64.efi"],
  [
    "http",
    "http /confluent-public/confluent/x86_64/snponly.efi",
    "http /confluent-public/confluent/x86_64/snponly.efi",
  ],
  [
    "http-arm64",
    "http /confluent-public/confluent/aarch64/snponly.efi",
    "http /confluent-public/confluent/aarch64/snponly.efi",
  ],
  [
    "ipxe",
    "http /confluent-public/os/alma-9.4/boot.ipxe",
    "http /confluent-public/os/alma-9.4/boot.ipxe",
  ],
];

for (const [client, ipxe, grub] of TABLE) {
  Deno.test(`what ${client} fetches`, () => {
    equal(text(target(client, "ipxe")), ipxe);
    equal(text(target(client, "grub")), grub);
  });
}

Deno.test("what is fetched by TFTP is a file that the TFTP server knows", () => {
  for (const client of ["bios", "uefi", "arm64"] as const) {
    for (const loader of ["ipxe", "grub"] as const) {
      const one = target(client, loader);
      equal(typeof one === "object" && bootFileOf(one.path).ok, true, text(one));
    }
  }
});

Deno.test("firmware of another kind is sent nothing; iPXE is whatever it is", () => {
  equal(text(target("uefi", "ipxe", [6])), "- nothing boots architecture 6 (option 93)");
  equal(text(target("http", "ipxe", [20])), "- nothing boots architecture 20 (option 93)");
  equal(text(target("uefi", "ipxe", [])), "- it does not tell its architecture (option 93)");
  equal(text(target("ipxe", "ipxe", [6])), text(target("ipxe", "ipxe")));
});

Deno.test("a profile's name stays one segment of the path", () => {
  equal(scriptPath("alma-9.4", "grub.cfg"), "/confluent-public/os/alma-9.4/grub.cfg");
  equal(scriptPath("../x y?#", "boot.ipxe"), "/confluent-public/os/..%2Fx%20y%3F%23/boot.ipxe");
});

const ABLE: BootAbilities = {
  ...{ dhcp: true, tftp: true, httpPort: 80, loaders: ["x86_64/snponly.efi"] },
};
const LOADER: BootTarget = { by: "tftp", path: "confluent/x86_64/snponly.efi" };
const OTHER: BootTarget = { by: "tftp", path: "confluent/x86_64/grubx64.efi" };
const BY_HTTP: BootTarget = { by: "http", path: PUBLIC_PATH + LOADER.path };
const SCRIPT: BootTarget = { by: "http", path: scriptPath("alma", "boot.ipxe") };

Deno.test("a member takes a client to its end, or is no candidate", () => {
  deepEqual([LOADER, BY_HTTP, SCRIPT].map((one) => whyUnable(ABLE, "pxe", one)), [
    undefined,
    undefined,
    undefined,
  ]);
  const noHttp = "its port for boot files (--boot-http) is not open";
  equal(whyUnable({ ...ABLE, httpPort: 0 }, "pxe", LOADER), noHttp);
  equal(whyUnable({ ...ABLE, httpPort: 0 }, "ipxe", SCRIPT), noHttp);
  const noTftp = { ...ABLE, tftp: false };
  equal(whyUnable(noTftp, "pxe", LOADER), "its TFTP port is not open");
  deepEqual([whyUnable(noTftp, "http", BY_HTTP), whyUnable(noTftp, "ipxe", SCRIPT)], [
    undefined,
    undefined,
  ]);
  equal(whyUnable(ABLE, "pxe", OTHER), "it has no x86_64/grubx64.efi");
  const bare = { ...ABLE, loaders: [] };
  equal(whyUnable(bare, "http", BY_HTTP), "it has no x86_64/snponly.efi");
  equal(whyUnable(bare, "ipxe", SCRIPT), undefined);
});

Deno.test("a profile that is called like the folder of loaders is no loader", () => {
  const script: BootTarget = { by: "http", path: scriptPath("confluent", "boot.ipxe") };
  equal(whyUnable({ ...ABLE, loaders: [] }, "ipxe", script), undefined);
});
