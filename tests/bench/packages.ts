/** Debian packages that a bench needs and this machine lacks: installed where root asks for it. */

import { run } from "./processes.ts";

const POLICY = "/usr/sbin/policy-rc.d";

/** Installs what is missing, without starting any service of it. Throws where that cannot be. */
export async function needPackages(packages: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of new Set(packages)) if (!await isInstalled(name)) missing.push(name);
  if (missing.length === 0) return;
  if (Deno.uid() !== 0) {
    throw new Error(`needs the Debian packages ${missing.join(" ")}; run as root, or install them`);
  }
  console.error(`installing ${missing.join(" ")}`);
  const lent = await lendPolicy();
  try {
    await install(missing).catch(async () => {
      await run("apt-get", "update", "-qq"); // lists that are old or were never fetched
      await install(missing);
    });
  } finally {
    if (lent) await Deno.remove(POLICY);
  }
}

/** Lays the files of packages into a folder, which is made, without installing them. */
export async function unpackPackages(packages: readonly string[], into: string): Promise<void> {
  if (packages.length === 0) return;
  await Deno.mkdir(into);
  for (const name of packages) {
    await run("sh", "-c", `cd "$0" && apt-get download -qq "$1" 2>&1`, into, name);
  }
  for await (const { name } of Deno.readDir(into)) {
    if (name.endsWith(".deb")) await run("dpkg-deb", "-x", `${into}/${name}`, into);
  }
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    return (await run("dpkg-query", "-W", "-f", "${Status}", name)).includes("ok installed");
  } catch {
    return false; // dpkg has never heard of it
  }
}

async function install(packages: readonly string[]): Promise<void> {
  const options = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"];
  await run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", ...options, ...packages);
}

/** Debian starts what it installs unless this file says no. One that is there already stays. */
async function lendPolicy(): Promise<boolean> {
  try {
    await Deno.writeTextFile(POLICY, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
