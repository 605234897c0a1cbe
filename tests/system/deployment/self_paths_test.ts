/** Who asks for files that are not for it is told nothing of them, however it spells their path. */
import { equal, match } from "node:assert/strict";

import type { Server } from "../collective.ts";
import { addressOf, curl, type Got, type SelfClient } from "./self_client.ts";
import { OTHER_PROFILE, PROFILE, type SelfSite, selfTest } from "./self_site.ts";

const SECRET = "SECRET-OF-OTHERS", OWN = "SECRET-OF-ITS-OWN";
const OTHERS_FOLDER = `os/${OTHER_PROFILE}/pending`, OTHERS = `${OTHERS_FOLDER}/key`;

/** Up from `private/os/PROFILE/pending` to what is beside it, and beyond. */
const UPWARDS = [
  `../../${OTHER_PROFILE}/pending/key`,
  `%2e%2e/%2e%2e/${OTHER_PROFILE}/pending/key`,
  `%2E%2E%2F%2E%2E%2F${OTHER_PROFILE}%2Fpending%2Fkey`,
  `..%2f..%2f${OTHER_PROFILE}/pending/key`,
  `x/../../../${OTHER_PROFILE}/pending/key`,
  `..\\..\\${OTHER_PROFILE}\\pending\\key`,
  `..%5c..%5c${OTHER_PROFILE}%5cpending%5ckey`,
  `%252e%252e/%252e%252e/${OTHER_PROFILE}/pending/key`,
  `.%00./.%00./${OTHER_PROFILE}/pending/key`,
  "../outside",
  "..%2foutside",
  "/etc/passwd",
  "%2fetc%2fpasswd",
  "..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
  "own%00",
  "own%00.txt",
  "%c0%ae%c0%ae/outside",
  "%",
  "",
  ".",
  "%2e",
];

/** Links in the folder that lead to what is not the profile's. */
const LINKS = {
  "to-other": `../../${OTHER_PROFILE}/pending/key`,
  "to-folder": `../../${OTHER_PROFILE}`,
  "to-host": "/etc/passwd",
  "to-public": "../../../../public/os/plain/profile.yaml",
  "to-itself": "to-itself",
  "to-nothing": "nothing",
};

/** Refused with a word, and with no content of a file. */
function isRefused(got: Got, path: string): void {
  match(String(got.status), /^40[01346]$/, `${path}: ${got.text}`);
  for (const leaked of [SECRET, OWN, "root:", "ostype"]) {
    equal(got.text.includes(leaked), false, `${path} gives ${got.text}`);
  }
}

async function fill({ boot: { content } }: SelfSite): Promise<void> {
  const own = `${content}/private/os/${PROFILE}`;
  const scripts = `${content}/public/os/${PROFILE}/scripts`;
  for (
    const folder of [`${own}/pending`, `${content}/private/${OTHERS_FOLDER}`, `${scripts}/post.d`]
  ) {
    await Deno.mkdir(folder, { recursive: true });
  }
  await Deno.writeTextFile(`${own}/pending/own`, OWN);
  await Deno.writeTextFile(`${own}/beside`, OWN);
  await Deno.symlink("../beside", `${own}/pending/to-beside`);
  await Deno.writeTextFile(`${content}/private/${OTHERS}`, SECRET);
  await Deno.writeTextFile(`${content}/private/os/${PROFILE}/outside`, SECRET);
  await Deno.writeTextFile(`${content}/outside`, SECRET);
  for (const [name, target] of Object.entries(LINKS)) {
    await Deno.symlink(target, `${own}/pending/${name}`);
    await Deno.symlink(target, `${scripts}/post.d/${name}`);
  }
  await Deno.writeTextFile(`${scripts}/post.d/10-first`, "#!/bin/sh\n");
  await Deno.symlink("/etc", `${scripts}/host.d`);
  await Deno.symlink(`../../../../private/os/${OTHER_PROFILE}/pending`, `${scripts}/other.d`);
}

/** Below `private/os/PROFILE/pending`, with its own key; and without it nothing at all. */
async function privateFiles(n1: SelfClient, member: Server): Promise<void> {
  const at = "profileprivate/pending";
  equal(await n1.got(member, `${at}/own`), OWN);
  equal(await n1.got(member, `${at}/to-beside`), OWN);
  isRefused(await n1.own(member, `${at}/to-other`), "to-other");
  for (const path of UPWARDS) isRefused(await n1.own(member, `${at}/${path}`), path);
  for (const name of Object.keys(LINKS)) isRefused(await n1.own(member, `${at}/${name}`), name);
  isRefused(await n1.own(member, `${at}/to-folder/pending/key`), "through a link to a folder");
  isRefused(await n1.own(member, "profileprivate/own"), "without pending");
  isRefused(await n1.own(member, "profileprivate/../profileprivate/beside"), "beside");
  equal((await n1.ask(member, `${at}/own`)).status, 401);
  equal((await n1.own(member, `${at}/own`, { node: "n2" })).status, 401);
}

async function scriptLists(n1: SelfClient, member: Server): Promise<void> {
  match(await n1.got(member, "scriptlist/post.d"), /^- 10-first$/m);
  for (const path of [...UPWARDS, "host.d", "other.d", "host", "..", "%2e%2e", "..%2f..%2f.."]) {
    const got = await n1.own(member, `scriptlist/${path}`);
    match(String(got.status), /^40[01346]$/, `scriptlist/${path}: ${got.text}`);
    for (const leaked of ["passwd", "hostname", "- key", "profile.yaml"]) {
      equal(got.text.includes(`\n${leaked}`) || got.text.startsWith("- "), false, got.text);
    }
  }
}

/** By both ports. */
async function publicFiles(site: SelfSite, n1: SelfClient, member: Server): Promise<void> {
  const { boot } = site;
  const all = [
    `../private/${OTHERS}`,
    `%2e%2e/private/${OTHERS}`,
    `..%2fprivate%2f${OTHERS}`,
    `os/../../private/${OTHERS}`,
    `os/%2e%2e/%2e%2e/private/${OTHERS}`,
    `os/${PROFILE}/..%2f..%2f..%2fprivate/${OTHERS}`,
    "../outside",
    "%2e%2e%2foutside",
    "..%5coutside",
    "outside%00",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    `os/${PROFILE}/scripts/post.d/to-host`,
    `os/${PROFILE}/scripts/host.d/passwd`,
    `os/${PROFILE}/scripts/other.d/key`,
  ];
  for (const path of all) {
    isRefused(await n1.fetch(member, `/confluent-public/${path}`), path);
    const plain = `http://${addressOf(member)}/confluent-public/${path}`;
    isRefused(await curl(boot, n1.place, plain), path);
  }
  for (const path of [`/private/${OTHERS}`, "/outside", "/../outside", "/confluent-private/x"]) {
    isRefused(await n1.fetch(member, path), path);
  }
  const around = `/confluent-public/../confluent-api/self/myattribs`;
  isRefused(await n1.fetch(member, around), around);
}

await selfTest(
  "no path leads to files that are not the node's",
  { members: 1, clients: 1 },
  async (site) => {
    const { first } = site.boot;
    await fill(site);
    const n1 = await site.client("c1", "n1");
    await site.granted(n1);
    await privateFiles(n1, first);
    await scriptLists(n1, first);
    await publicFiles(site, n1, first);
    // What is written by those who may is no path either.
    for (const name of [`../${OTHER_PROFILE}`, `${PROFILE}/../${OTHER_PROFILE}`, "/etc", ".."]) {
      await first.run("nodeattrib", "n1", `deployment.pendingprofile=${name}`);
      isRefused(await n1.own(first, "profileprivate/pending/key"), name);
      const { text } = await n1.own(first, "scriptlist/post.d");
      equal(text.startsWith("- "), false, `${name}: ${text}`);
    }
    await first.done("nodeattrib", "n1", `deployment.pendingprofile=${OTHER_PROFILE}`);
    equal(await n1.got(first, "profileprivate/pending/key"), SECRET);
    await first.done("nodedeploy", "n1", "-c");
    isRefused(await n1.own(first, "profileprivate/pending/own"), "nothing is pending");
  },
);
