/**
 * A program small enough to see through, compiled by compile_test.ts to show what the executable
 * does around any program: arguments, names, exit codes, lazy packages, the store.
 */
import { basename } from "node:path";
import { z } from "zod";

/** The name this program was called by, in either kind of executable. */
function calledAs(): string {
  const told = Deno.env.get("CONFLUENT_ARGV0");
  if (told !== undefined) return basename(told);
  return basename(Deno.readTextFileSync("/proc/self/cmdline").split("\0")[0] ?? "");
}

async function openLazily(): Promise<string> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const kv = await Deno.openKv(":memory:");
  await kv.set(["a"], 1);
  const { value } = await kv.get(["a"]);
  kv.close();
  return `${typeof x509.X509CertificateGenerator} ${value}`;
}

const [command, ...rest] = Deno.args;
if (command === "version") console.log("stand-in 1", z.string().parse(""));
else if (command === "name") console.log(calledAs());
else if (command === "arguments") console.log(JSON.stringify(rest));
else if (command === "exit") Deno.exit(Number(rest[0]));
else if (command === "lazy") console.log(await openLazily());
else if (command === "again") console.log(Deno.env.get("CONFLUENT_EXECUTABLE"));
else if (command === "input") {
  for await (const piece of Deno.stdin.readable) await Deno.stdout.write(piece);
}
