/**
 * The commands on nodes and groups, as the original's were recorded: one after the other, on what
 * is needed of site-a. Where ours do otherwise, `ours` says what and `why` says why.
 */
import { deepEqual, equal } from "node:assert/strict";

import { lines, type Ran, withService } from "../cli/shell.ts";
import { loadSiteA, recordedCases } from "./recorded.ts";

interface Recorded {
  readonly argv?: readonly string[];
  /** A command, and a pipe behind it. */
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  readonly unordered?: true;
  readonly ours?: Partial<Pick<Recorded, "stdout" | "stderr" | "exit">>;
  readonly why?: string;
}

/** What comes out of a pipe that people use. */
function piped(ran: Ran, pipe: string): Ran {
  const all = lines(ran.out);
  const count = /^head -(\d+)$/.exec(pipe)?.[1];
  if (count !== undefined) {
    return { ...ran, out: all.slice(0, Number(count)).map((line) => `${line}\n`).join("") };
  }
  equal(pipe, "wc -l");
  return { ...ran, out: `${all.length}\n` };
}

Deno.test("the recorded commands print what was recorded", async () => {
  await withService([], async (service) => {
    loadSiteA(service.member, ["site_a_main", "site_a_rest"]);
    for (const recorded of recordedCases<Recorded>("cli")) {
      const [command = "", pipe] = (recorded.shell ?? "").split(" | ");
      const argv = recorded.argv ?? command.split(" ");
      const [calledAs = "", ...args] = argv;
      const asked = { calledAs, ...recorded.env === undefined ? {} : { env: recorded.env } };
      const ran = await service.run(args, asked);
      const { code, out, err } = pipe === undefined ? ran : piped(ran, pipe);
      const { stdout, stderr, exit } = { ...recorded, ...recorded.ours };
      const order = recorded.unordered ? (text: string): string[] => lines(text).sort() : lines;
      deepEqual([argv, code, order(out), err], [argv, exit, order(stdout), stderr]);
      equal(out.endsWith("\n"), stdout.endsWith("\n"));
    }
  });
});
