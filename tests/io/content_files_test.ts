/** Boot files in real folders, with links that lead everywhere. */
import { deepEqual, doesNotMatch, equal, match, notEqual, rejects } from "node:assert/strict";
import fc from "fast-check";

import type { Outcome } from "../../src/base/outcome.ts";
import { type ContentFile, openContent, openNamedFile } from "../../src/io/content_files.ts";

const SECRET = "not for you";

/** A content folder with a file of each kind, and a folder beside it that is not served. */
async function inContent(test: (root: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-content-" });
  const root = `${folder}/content`;
  try {
    for (const tree of ["public/os/p1", "distributions/d1", "private", "public-too"]) {
      await Deno.mkdir(`${root}/${tree}`, { recursive: true });
    }
    await Deno.writeTextFile(`${root}/public/os/p1/kernel`, "a kernel");
    await Deno.writeTextFile(`${root}/distributions/d1/linux`, "of a distribution");
    for (const tree of ["private", "public-too"]) {
      await Deno.writeTextFile(`${root}/${tree}/key`, SECRET);
    }
    await test(root, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The text of the file, or the kind of refusal. */
async function textAt(root: string, path: string): Promise<string> {
  return await textOf(await openContent(root, path));
}

async function textOf(outcome: Outcome<ContentFile>): Promise<string> {
  if (!outcome.ok) return outcome.refusal.kind;
  try {
    const buffer = new Uint8Array(64);
    return new TextDecoder().decode(buffer.subarray(0, await outcome.value.read(buffer, 0)));
  } finally {
    outcome.value.close();
  }
}

async function opened(root: string, path: string): Promise<ContentFile> {
  const outcome = await openContent(root, path);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

/** Where the descriptor leads; nothing where it is closed. */
function linkOf(fd: number | string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/** Descriptors of what is in the folder. */
function descriptors(folder: string): number {
  const all = [...Deno.readDirSync("/proc/self/fd")];
  return all.filter(({ name }) => linkOf(name).startsWith(folder)).length;
}

Deno.test("a file is opened with its size, its time and its identity", async () => {
  await inContent(async (root) => {
    const path = `${root}/public/os/p1/kernel`;
    await Deno.utime(path, 1_700_000_000.25, 1_700_000_000.25);
    const first = await opened(root, "os/p1/kernel");
    deepEqual([first.size, first.modifiedMs], [8, 1_700_000_000_250]);
    first.close();
    first.close();
    await Deno.writeTextFile(path, "A KERNEL"); // in place: same inode, same size
    const changed = await opened(root, "os/p1/kernel");
    notEqual(changed.identity, first.identity);
    changed.close();
  });
});

Deno.test("it is read from anywhere, as it was when it was opened, and then closed", async () => {
  await inContent(async (root) => {
    const path = `${root}/public/os/p1/kernel`;
    const file = await opened(root, "os/p1/kernel");
    await Deno.writeTextFile(`${path}.new`, "another");
    await Deno.rename(`${path}.new`, path);
    const buffer = new Uint8Array(6);
    equal(await file.read(buffer, 4), 4);
    equal(new TextDecoder().decode(buffer), "rnel\0\0");
    equal(await file.read(buffer, 8), 0);
    const reading = file.read(buffer, 0);
    file.close();
    match(linkOf(file.fd), /kernel \(deleted\)$/);
    equal(await reading, 6);
    doesNotMatch(linkOf(file.fd), /kernel/);
    await rejects(file.read(buffer, 0), /the file is closed/);
  });
});

Deno.test("what counts for nothing in a path is left out", async () => {
  await inContent(async (root) => {
    for (const path of ["os/p1/kernel", "/os/p1/kernel", "//os///p1/./kernel", "./os/p1/kernel"]) {
      equal(await textAt(root, path), "a kernel", path);
    }
    const folders = ["", "/", ".", "os", "os/", "os/p1/", "os/p1/.", "os/p1/kernel/"];
    for (const path of [...folders, "nothing", "os/p1/kernel/x", "x".repeat(300)]) {
      equal(await textAt(root, path), "not-found", path);
    }
  });
});

Deno.test("a path that steps out, or is none, is forbidden", async () => {
  await inContent(async (root) => {
    const paths = ["../private/key", "os/../../private/key", "os/..", "..", "os/p1/../p1/kernel"];
    for (const path of [...paths, "os\\p1\\kernel", "os/p1/kernel\0", "x/".repeat(3_000)]) {
      equal(await textAt(root, path), "forbidden", path);
    }
    // Only a whole segment steps out.
    await Deno.writeTextFile(`${root}/public/..x`, "dots");
    equal(await textAt(root, "..x"), "dots");
  });
});

Deno.test("links lead within public and distributions, never elsewhere", async () => {
  await inContent(async (root, folder) => {
    const at = `${root}/public/os/p1`;
    await Deno.writeTextFile(`${folder}/outside`, SECRET);
    await Deno.symlink(`${root}/distributions/d1/linux`, `${at}/absolute`);
    await Deno.symlink("../../../distributions/d1", `${at}/folder`);
    await Deno.symlink("folder/linux", `${at}/chained`);
    for (const name of ["absolute", "folder/linux", "chained"]) {
      equal(await textAt(root, `os/p1/${name}`), "of a distribution", name);
    }
    await Deno.symlink(`${root}/private/key`, `${at}/private`);
    await Deno.symlink(`${root}/private`, `${at}/private_folder`);
    await Deno.symlink("..", `${root}/public/up`);
    await Deno.symlink(`${folder}/outside`, `${at}/outside`);
    await Deno.symlink("/etc/hostname", `${at}/host`);
    const out = ["os/p1/private", "os/p1/private_folder/key", "up/private/key", "os/p1/outside"];
    // A name that only begins like one that is served.
    for (const path of [...out, "os/p1/host", "up/public-too/key"]) {
      equal(await textAt(root, path), "forbidden", path);
    }
    await Deno.symlink("circle", `${at}/circle`);
    equal(await textAt(root, "os/p1/circle"), "forbidden");
    const refusal = await openContent(root, "os/p1/outside");
    match(refusal.ok ? "" : refusal.refusal.message, /^os\/p1\/outside: it leads out of/);
  });
});

Deno.test("the folder itself may be a link, and so may public; private stays closed", async () => {
  await inContent(async (root, folder) => {
    await Deno.symlink(root, `${folder}/linked`);
    equal(await textAt(`${folder}/linked`, "os/p1/kernel"), "a kernel");
    const other = `${folder}/other`;
    await Deno.mkdir(other);
    await Deno.symlink(`${root}/public`, `${other}/public`);
    equal(await textAt(other, "os/p1/kernel"), "a kernel");
    // Somebody's mistake: all of it is public now, but for what is private.
    await Deno.remove(`${other}/public`);
    await Deno.symlink(root, `${other}/public`);
    await Deno.symlink(`${root}/private`, `${other}/private`);
    equal(await textAt(other, "public/os/p1/kernel"), "a kernel");
    equal(await textAt(other, "private/key"), "forbidden");
  });
});

Deno.test("nothing but a plain file is opened, and nothing hangs or stays open", async () => {
  await inContent(async (root) => {
    const { success } = await new Deno.Command("mkfifo", { args: [`${root}/public/pipe`] })
      .output();
    equal(success, true);
    await Deno.symlink("/dev/zero", `${root}/public/device`);
    using _socket = Deno.listen({ transport: "unix", path: `${root}/public/socket` });
    for (const path of ["pipe", "device", "socket"]) {
      equal(await textAt(root, path), "forbidden", path);
    }
    for (const path of ["os", "gone", "../x"]) await textAt(root, path);
    equal(descriptors(root), 0);
    const file = await opened(root, "os/p1/kernel");
    equal(descriptors(root), 1);
    file.close();
    equal(descriptors(root), 0);
  });
});

Deno.test("a link that turns while it is followed never shows what is private", async () => {
  await inContent(async (root) => {
    const at = `${root}/public`;
    await Deno.symlink("os/p1/kernel", `${at}/good`);
    await Deno.symlink("../private/key", `${at}/bad`);
    const turning = (async () => {
      for (let i = 0; i < 400; i++) {
        for (const to of ["os/p1/kernel", "../private/key"]) {
          await Deno.symlink(to, `${at}/next`);
          await Deno.rename(`${at}/next`, `${at}/turning`);
        }
      }
    })();
    const seen = new Set<string>();
    let isOver = false;
    const reading = (async () => {
      while (!isOver) seen.add(await textAt(root, "turning"));
    })();
    await turning;
    isOver = true;
    await reading;
    seen.delete("not-found"); // before it was made
    deepEqual([...seen].sort(), ["a kernel", "forbidden"]);
  });
});

Deno.test("no path whatever shows what is private", async () => {
  await inContent(async (root) => {
    await Deno.symlink("..", `${root}/public/up`);
    const parts = ["..", ".", "", "up", "private", "key", "os", "p1", "\0", "\\", "%2e%2e", "..."];
    const paths = fc.array(fc.constantFrom(...parts), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(paths, async (segments) => {
        notEqual(await textAt(root, segments.join("/")), SECRET);
      }),
      { numRuns: 500, examples: [[["up", "private", "key"]]] },
    );
  });
});

Deno.test("a file that is named may lie anywhere, but is a plain one", async () => {
  await inContent(async (root, folder) => {
    await Deno.symlink(`${root}/private/key`, `${folder}/link`);
    equal(await textOf(await openNamedFile(`${folder}/link`)), SECRET);
    equal(await textOf(await openNamedFile(`${root}/private`)), "not-found");
    equal(await textOf(await openNamedFile(`${root}/none`)), "not-found");
    equal(await textOf(await openNamedFile("/dev/null")), "forbidden");
  });
});
