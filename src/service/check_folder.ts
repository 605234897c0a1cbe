/**
 * `check` where no service answers: the data folder is looked at, and nothing of it opened for
 * writing. The store is read as a copy elsewhere: to open one is to write to it.
 */
import { ok, type Outcome } from "../base/outcome.ts";
import { oneLine } from "../base/one_line.ts";
import { expiryOf } from "../io/certificate.ts";
import { isThere } from "../io/files.ts";
import type { Store } from "../io/store.ts";
import { findMember } from "../model/member.ts";
import { certificateFindings, roomFindings, rosterFindings } from "./check.ts";
import { overFiles } from "./folder_faults.ts";
import { type Identity, identityFolder, readIdentity } from "./identity.ts";
import { loadStore } from "./load_store.ts";
import type { Loaded } from "./machine/loading.ts";
import type { CheckReport } from "./programs.ts";

type OpenStore = (folder: string) => Promise<Outcome<Store>>;

/** `openStore` is given a folder of its own. */
export async function checkFolder(
  data: string,
  openStore: OpenStore,
  wallMs: number,
): Promise<CheckReport> {
  const report: { name: string | undefined; findings: string[] } = {
    name: undefined,
    findings: [],
  };
  const looked = await overFiles(data, async () => {
    await look(data, openStore, wallMs, report);
    return ok();
  });
  if (!looked.ok) report.findings.push(looked.refusal.message);
  return report;
}

async function look(
  data: string,
  openStore: OpenStore,
  wallMs: number,
  report: { name: string | undefined; findings: string[] },
): Promise<void> {
  const { findings } = report;
  const holder = await holderOf(data);
  if (holder === undefined) {
    findings.push(`there is no data folder ${data}: name it with --data, or start a member`);
    return;
  }
  findings.push(...await roomFindings(data));
  const identity = await readIdentity(identityFolder(data));
  if (identity === undefined) {
    findings.push(`there is no member in ${data}: name its folder with --data, or start one`);
    return;
  }
  report.name = identity.name;
  findings.push(
    ...certificateFindings(identity.name, expiryOf(identity.link.certificatePem), wallMs),
  );
  if (holder === "") return void findings.push(...await storeFindings(data, identity, openStore));
  findings.push(
    `process ${holder} holds ${data}, but no service answers: name its socket with --socket, or ` +
      "stop that process",
  );
}

/** Who holds the folder, empty for nobody; undefined where there is no folder. */
async function holderOf(data: string): Promise<string | undefined> {
  try {
    await Deno.stat(data);
    using file = await Deno.open(`${data}/lock`);
    if (await file.tryLock(false)) return "";
    return (await Deno.readTextFile(`${data}/lock`)).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // What a link leads to, not the link.
    return await isThere(`${data}/.`) ? "" : undefined;
  }
}

async function storeFindings(
  data: string,
  identity: Identity,
  openStore: OpenStore,
): Promise<string[]> {
  const copy = await Deno.makeTempDir({ prefix: "confluent-check-" });
  try {
    await copyStore(data, copy);
    const read = await overFiles(data, async () => {
      const opened = await openStore(copy);
      if (!opened.ok) return opened;
      try {
        return ok(await loadStore(opened.value));
      } finally {
        await opened.value.close();
      }
    });
    // The place that matters is where the copy came from.
    if (!read.ok) return [read.refusal.message.replaceAll(copy, data)];
    if (read.value === undefined) return [`the store of ${identity.name} is empty; ${REJOIN}`];
    return stateFindings(data, identity, read.value);
  } catch (error) {
    return [`the store in ${data} could not be copied to be read: ${oneLine(error)}; make room`];
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

const REJOIN = "the way back is `confluent collective rejoin`";

async function copyStore(data: string, copy: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(data)) {
    const isOfStore = /^(floor|confluent\.kv(\.swap)?(-wal)?)$/.test(name);
    if (isFile && isOfStore) await Deno.copyFile(`${data}/${name}`, `${copy}/${name}`);
  }
}

function stateFindings(data: string, identity: Identity, loaded: Loaded): string[] {
  const { meta, lives, replica } = loaded;
  const { id, name } = identity;
  if (meta.self !== id) {
    return [
      `the store in ${data} belongs to another identity than ${identity.folder}: put back what ` +
      "belongs together, or run `confluent collective rejoin`",
    ];
  }
  const findings = rosterFindings(replica.roster.roster);
  if (lives.lostAt !== undefined) findings.push(`the disk of ${name} was rolled back; ${REJOIN}`);
  if (meta.copyFrom.length > 0) {
    findings.push(
      `the state of ${name} is not that of the majority: start it, and it takes a copy by itself`,
    );
  }
  const isListed = findMember(replica.roster.roster, id) !== undefined;
  const removed = replica.roster.roster.removed.find((gone) => gone.id === id);
  if (!isListed && removed !== undefined) {
    findings.push(
      `${name} was removed at index ${removed.index}: join again with a token of ` +
        "`confluent invite NAME`",
    );
  }
  return findings;
}
