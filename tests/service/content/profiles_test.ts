/** Profiles in real folders: seen as they come, change and go. */
import { deepEqual, equal, match, notEqual, ok as holds } from "node:assert/strict";

import {
  CONTENT_LOOK_MS,
  CONTENT_REST_MS,
  MAX_PROFILE_DEPTH,
  MAX_PROFILE_YAML_BYTES,
  MAX_PROFILES,
} from "../../../src/base/boot_limits.ts";
import type { Profiles } from "../../../src/service/content/profiles.ts";
import { until } from "../../system/program.ts";
import { ContentFolder, digestOf, FILES, looking, SILENT, withContent } from "./content_folder.ts";

async function whyNot(profiles: Profiles, name = "p"): Promise<string | undefined> {
  await profiles.look();
  const standing = profiles.standing(name);
  equal(standing?.isBootable, standing?.whyNot === undefined);
  return standing?.whyNot;
}

Deno.test("a profile is seen when it appears, with what a node boots, in order", async () => {
  await withContent(async (folder, profiles) => {
    await profiles.look();
    deepEqual([profiles.names, profiles.isLooked], [[], true]);
    await folder.profile("alma-9", { ...FILES, "boot/initramfs/site.cpio": "site" });
    await folder.profile("alma-10");
    await profiles.look();
    deepEqual(profiles.names, ["alma-9", "alma-10"]);
    const { digest: _, ...standing } = profiles.standing("alma-9") ?? {};
    deepEqual(standing, {
      name: "alma-9",
      isBootable: true,
      whyNot: undefined,
      profile: {
        label: "Alma 9",
        ostype: "linux",
        kernelargs: "quiet",
        installedargs: "",
        loader: "ipxe",
      },
      kernel: "boot/kernel",
      initramfs: [
        "boot/initramfs/addons.cpio",
        "boot/initramfs/site.cpio",
        "boot/initramfs/distribution",
      ],
      whyNoDigest: undefined,
    });
    equal(profiles.standing("alma-11"), undefined);
    await Deno.remove(folder.path("alma-9", ""), { recursive: true });
    await profiles.look();
    deepEqual(profiles.names, ["alma-10"]);
    equal(profiles.standing("alma-9"), undefined);
  });
});

Deno.test("without being asked it looks again, and tells of what changed", async () => {
  const root = await Deno.makeTempDir({ prefix: "confluent-content-" });
  const folder = new ContentFolder(root);
  let changes = 0;
  const profiles = looking(folder, () => changes++);
  await until("it looked", () => Promise.resolve(profiles.isLooked || undefined));
  equal(changes, 1);
  const beganMs = performance.now();
  await folder.profile("p");
  await until("p is there", () => Promise.resolve(profiles.standing("p")?.isBootable || undefined));
  holds(performance.now() - beganMs < 2 * CONTENT_LOOK_MS + 1_000);
  await until("p is read", () => Promise.resolve(profiles.standing("p")?.digest));
  const before = changes;
  await profiles.look();
  await profiles.look();
  equal(changes, before, "nothing changed");
  await profiles.close();
  await Deno.remove(root, { recursive: true });
});

Deno.test("one that loses what a node boots says what is missing", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    equal(await whyNot(profiles), undefined);
    const without = async (file: string): Promise<string | undefined> => {
      await Deno.rename(folder.path("p", file), `${folder.data}/aside`);
      const why = await whyNot(profiles);
      equal(profiles.standing("p")?.kernel === undefined, why !== undefined);
      await Deno.rename(`${folder.data}/aside`, folder.path("p", file));
      equal(await whyNot(profiles), undefined);
      return why;
    };
    equal(await without("boot/kernel"), "boot/kernel is missing");
    equal(await without("profile.yaml"), "profile.yaml is missing");
    match(`${await without("boot/initramfs")}`, /^boot\/initramfs is empty: wanted distribution, /);
    equal(
      await without("boot/initramfs/distribution"),
      undefined,
      "the others may be all it needs",
    );
    await folder.write("p", "boot/kernel", "");
    equal(await whyNot(profiles), "boot/kernel is empty");
    await folder.write("p", "boot/kernel", "k");
    await folder.write("p", "profile.yaml", "label: [\n");
    match(`${await whyNot(profiles)}`, /^profile\.yaml is not YAML: /);
    await folder.write("p", "profile.yaml", "loader: lilo\n");
    match(`${await whyNot(profiles)}`, /^profile\.yaml: loader: "lilo": wanted one of ipxe, grub$/);
    await folder.write("p", "profile.yaml", "ostype: windows\n");
    match(`${await whyNot(profiles)}`, /ostype: windows is not booted, only linux is$/);
    await folder.write("p", "profile.yaml", `label: ${"x".repeat(MAX_PROFILE_YAML_BYTES)}\n`);
    match(`${await whyNot(profiles)}`, /^profile\.yaml has \d+ bytes; MAX_PROFILE_YAML_BYTES is /);
  });
});

Deno.test("links may lead below public/ and distributions/, and nowhere else", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    await Deno.mkdir(`${folder.content}/distributions/alma`);
    await Deno.writeTextFile(`${folder.content}/distributions/alma/vmlinuz`, "kernel");
    await Deno.mkdir(`${folder.content}/private`);
    await Deno.writeTextFile(`${folder.content}/private/secret`, "secret");
    const withKernel = async (target: string): Promise<string | undefined> => {
      await Deno.remove(folder.path("p", "boot/kernel"));
      await folder.link("p", "boot/kernel", target);
      return await whyNot(profiles);
    };
    equal(await withKernel("../../../../distributions/alma/vmlinuz"), undefined);
    equal(await withKernel("../profile.yaml"), undefined);
    const out = "boot/kernel leads out of public/ and distributions/, from where nothing is sent";
    equal(await withKernel("../../../../private/secret"), out);
    equal(
      await withKernel(`${folder.data}`),
      `boot/kernel leads to ${folder.data}, which is no file`,
    );
    equal(await withKernel("/etc/passwd"), out);
    match(`${await withKernel("gone")}`, /leads to public\/os\/p\/boot\/gone, which is no file$/);
    match(`${await withKernel("kernel")}`, /which is no file$/, "it leads to itself");
    // A link that was good, and whose target goes.
    equal(await withKernel("../../../../distributions/alma/vmlinuz"), undefined);
    await Deno.remove(`${folder.content}/distributions/alma/vmlinuz`);
    match(`${await whyNot(profiles)}`, /distributions\/alma\/vmlinuz, which is no file$/);
  });
});

Deno.test("a profile boots nothing while the medium that it names is not there", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    await folder.link("p", "distribution", "../../../distributions/alma");
    const gone = "distribution leads to distributions/alma, which is not there";
    equal(await whyNot(profiles), gone);
    await Deno.mkdir(`${folder.content}/distributions/alma`);
    equal(await whyNot(profiles), undefined);
    await Deno.remove(`${folder.content}/distributions/alma`);
    equal(await whyNot(profiles), gone);
  });
});

Deno.test("equal trees have equal digests, wherever they lie; a change makes another", async () => {
  await withContent(async (folder, profiles, another) => {
    await folder.profile("p");
    await another.profile("p");
    await folder.link("p", "distribution", "../../../distributions/alma");
    await another.link("p", "distribution", `${another.content}/distributions/alma`);
    const others = looking(another);
    try {
      const digest = await digestOf(profiles, "p");
      equal(await digestOf(others, "p"), digest);
      const seen = new Set([digest]);
      const changed = async (what: string): Promise<void> => {
        const now = await digestOf(others, "p");
        equal(seen.has(now), false, what);
        seen.add(now);
      };
      await another.write("p", "scripts/post.sh", "echo gone\n", new Date("2021-01-01"));
      await changed("a file of the same size");
      await another.write("p", "scripts/more.sh", "");
      await changed("a file more");
      await Deno.rename(another.path("p", "scripts/more.sh"), another.path("p", "scripts/m.sh"));
      await changed("a file of another name");
      await Deno.remove(another.path("p", "distribution"));
      await another.link("p", "distribution", "../../../distributions/rocky");
      await changed("a link that leads elsewhere");
      await Deno.remove(another.path("p", "scripts"), { recursive: true });
      await another.write("p", "scripts/post.sh", FILES["scripts/post.sh"] ?? "");
      await Deno.remove(another.path("p", "distribution"));
      await another.link("p", "distribution", "../../../distributions/alma/.");
      equal(await digestOf(others, "p"), digest, "all as it was");
    } finally {
      await others.close();
    }
  });
});

Deno.test("what is sent for a link below public/ counts as what it is", async () => {
  await withContent(async (folder, profiles, another) => {
    await folder.profile("p");
    await another.profile("p");
    await Deno.mkdir(`${folder.content}/public/site`);
    await Deno.writeTextFile(`${folder.content}/public/site/initramfs.cpio`, "site");
    await folder.link("p", "boot/initramfs/site.cpio", "../../../../site/initramfs.cpio");
    await another.write("p", "boot/initramfs/site.cpio", "site");
    const others = looking(another);
    try {
      equal(await digestOf(profiles, "p"), await digestOf(others, "p"));
    } finally {
      await others.close();
    }
  });
});

Deno.test("a file that did not change is read once, also over a restart", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    const digest = await digestOf(profiles, "p");
    const all = Object.values(FILES).join("").length;
    equal(profiles.bytesRead, all);
    await folder.write("p", "scripts/new.sh", "new");
    notEqual(await digestOf(profiles, "p"), digest);
    equal(profiles.bytesRead, all + 3);
    await profiles.close();
    const again = looking(folder);
    await digestOf(again, "p");
    equal(again.bytesRead, 0);
    await again.close();
    // Damaged, it is of no use, and no harm.
    await Deno.writeTextFile(`${folder.data}/content-hashes.json`, '{"version":1,"hashes":{"a":');
    const anew = looking(folder);
    await digestOf(anew, "p");
    equal(anew.bytesRead, all + 3);
    await anew.close();
  });
});

Deno.test("what is still being written has no digest yet", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    const written = new Date();
    await folder.write("p", "scripts/post.sh", "now", written);
    await profiles.look();
    equal(profiles.standing("p")?.isBootable, true);
    await digestOf(profiles, "p");
    const restedMs = Date.now() - written.getTime();
    holds(restedMs >= CONTENT_REST_MS, `${restedMs}`);
  });
});

Deno.test("what cannot be compared says why", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("deep");
    const deep = Array.from({ length: MAX_PROFILE_DEPTH + 1 }, () => "d").join("/");
    await folder.write("deep", `${deep}/file`, "");
    match(`${await whyNot(profiles, "deep")}`, /is deeper than MAX_PROFILE_DEPTH \(16\)$/);
    equal(profiles.standing("deep")?.whyNoDigest, profiles.standing("deep")?.whyNot);
    await Deno.remove(folder.path("deep", "d"), { recursive: true });
    equal(await whyNot(profiles, "deep"), undefined);
  });
});

Deno.test("a file that cannot be read costs the digest, and nothing else", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    await Deno.mkdir(`${folder.content}/public/site`);
    // Whoever may read everything cannot read this.
    await Deno.symlink("/proc/self/mem", `${folder.content}/public/site/bad`);
    await folder.link("p", "scripts/bad", "../../../site/bad");
    const why = await until("it says why", async () => {
      await profiles.look();
      return profiles.standing("p")?.whyNoDigest;
    });
    match(why, /^scripts\/bad cannot be read: /);
    deepEqual([profiles.standing("p")?.isBootable, profiles.standing("p")?.digest], [
      true,
      undefined,
    ]);
    await Deno.remove(folder.path("p", "scripts/bad"));
    await digestOf(profiles, "p");
  });
});

Deno.test("names that are none, files, and links that lead nowhere are no profiles", async () => {
  await withContent(async (folder, profiles) => {
    await folder.profile("p");
    for (const name of [".hidden", "a b"]) await folder.profile(name);
    await Deno.writeTextFile(`${folder.content}/public/os/README`, "");
    await Deno.symlink("gone", `${folder.content}/public/os/lost`);
    await Deno.symlink("p", `${folder.content}/public/os/other`);
    await profiles.look();
    deepEqual(profiles.names, ["other", "p"]);
    equal(profiles.standing("other")?.isBootable, true);
    equal(profiles.trouble, undefined);
  });
});

Deno.test("more profiles than the bound are not used, and that is said once", async () => {
  await withContent(async (folder, profiles) => {
    await profiles.close();
    for (let i = 0; i <= MAX_PROFILES; i++) await Deno.mkdir(`${folder.content}/public/os/p${i}`);
    const warned: string[] = [];
    const many = looking(folder, () => {}, { ...SILENT, warn: (line) => void warned.push(line) });
    await many.look();
    await many.look();
    deepEqual([many.names.length, many.names.at(-1)], [MAX_PROFILES, `p${MAX_PROFILES - 1}`]);
    match(`${many.trouble}`, /has 257 profiles, the first MAX_PROFILES \(256\) are used$/);
    deepEqual(warned, [many.trouble]);
    await many.close();
  });
});

Deno.test("a content folder that is not there, or none, is no trouble", async () => {
  await withContent(async ({ data }) => {
    for (const content of [`${data}/nowhere`, undefined]) {
      const profiles = looking({ content, data });
      await profiles.look();
      deepEqual([profiles.names, profiles.trouble], [[], undefined]);
      await profiles.close();
    }
    await Deno.writeTextFile(`${data}/file`, "");
    const profiles = looking({ content: `${data}/file`, data });
    await profiles.look();
    match(`${profiles.trouble}`, /file\/public\/os: Not a directory/);
    await profiles.close();
  });
});
