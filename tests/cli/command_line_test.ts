/** What is typed: commands, options, names by which the program is called, help. */
import { deepEqual, equal, match } from "node:assert/strict";

import { calledAs } from "../../src/cli/called_as.ts";
import { lines, run, VERSION, withService } from "./shell.ts";

Deno.test("what cannot be read as a command is wrong usage, with what was meant", async () => {
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(args);
    deepEqual([code, out], [2, ""]);
    return err;
  };
  equal(
    await wrong("nodelsit"),
    "Error: unknown command 'nodelsit'; did you mean nodelist?\nRead `confluent help`.\n",
  );
  equal(
    await wrong("nodelist", "--jsno"),
    "Error: unknown option '--jsno'; did you mean --json?\nRead `confluent help nodelist`.\n",
  );
  equal(
    await wrong("--sevrer", "x", "nodelist"),
    "Error: unknown option '--sevrer'; did you mean --server?\nRead `confluent help`.\n",
  );
  equal(
    await wrong("collective", "remvoe", "m1"),
    "Error: unknown command 'remvoe'; did you mean remove?\nRead `confluent help collective`.\n",
  );
  match(await wrong("collective", "show", "--verbos"), /did you mean --verbose\?/);
  match(await wrong("frobnicate"), /^Error: unknown command 'frobnicate'\n/);
  match(await wrong("serve", "--htps", "[::]:443"), /'--htps'; did you mean --https\?/);
  match(await wrong("serve", "--https", "443"), /^Error: --https: "443": wanted ADDRESS:PORT/);
  match(await wrong("invite"), /missing required argument 'name'.*\n.*help invite/);
  match(await wrong("nodelist", "-d"), /argument missing/);
  equal(
    await wrong("nodepower", "", "off"),
    "Error: the noderange given is an empty word\nRead `confluent help nodepower`.\n",
  );
  match(await wrong("collective", "remove", ""), /^Error: the name given is an empty word\n/);
  match(await wrong("nodeattrib", "n1", ""), /is an empty word\n/);
  match(await wrong("completions", "tcsh"), /Allowed choices are bash, zsh, fish/);
  match(await wrong(), /^Usage: confluent/);
  match(await wrong("collective"), /^Usage: confluent collective/);
});

Deno.test("help is on stdout, of the program and of each command", async () => {
  const { code, out, err } = await run(["help"]);
  deepEqual([code, err], [0, ""]);
  for (const command of ["serve", "invite", "join", "collective", "nodelist", "demo"]) {
    match(out, new RegExp(`^  ${command} `, "m"));
  }
  deepEqual(await run(["--help"]), { code, out, err });
  for (const path of ["join", "nodeattrib", "collective show", "collective force-quorum"]) {
    const help = await run(["help", ...path.split(" ")]);
    equal(lines(help.out)[0]?.startsWith(`Usage: confluent ${path} `), true);
    deepEqual(await run([...path.split(" "), "-h"]), help);
  }
  equal((await run(["help", "collective", "delete"])).code, 0);
  const unknown = await run(["help", "joim"]);
  deepEqual([unknown.code, unknown.out], [2, ""]);
  match(unknown.err, /no help on 'joim'; did you mean join\?/);
});

Deno.test("help is there for attributes, by name and by wildcard", async () => {
  const rack = await run(["help", "location.rack"]);
  deepEqual([rack.code, rack.err], [0, ""]);
  match(rack.out, /^location\.rack: rack that the node stands in\n {2}holds {5}text\n/);
  deepEqual(await run(["nodeattrib", "--help", "location.rack"]), rack);
  deepEqual(await run(["-h", "location.rack"], { calledAs: "nodeattrib" }), rack);
  const two = await run(["nodelist", "-h", "location.rack", "net.*switch*"]);
  equal(two.out.startsWith(`${rack.out}\nnet.switch `), true);
  for (const words of [["nodeattrib", "--help", "location.rak"], ["help", "location.rak"]]) {
    const { code, out, err } = await run(words);
    deepEqual([code, out], [2, ""]);
    match(err, /location\.rak is not a valid attribute name; did you mean location\.rack\?/);
  }
  match((await run(["help", "tipe"])).err, /no help on 'tipe'; did you mean type\?/);
  match((await run(["nodegroupattrib", "--help", "location.rack"])).out, /^location\.rack: /);
  match((await run(["nodegroupattrib", "--help", "noderange"])).out, /^noderange: /);
  match((await run(["nodeattrib", "-h", "--json"])).out, /^Usage: confluent nodeattrib/);
});

Deno.test("no line of help is wider than 100 columns", async () => {
  const commands = (await run(["help"])).out.matchAll(/^ {2}([a-z]+) {2,}/gm);
  const paths = [...commands].map(([, name]) => [name ?? ""]);
  equal(paths.length > 10, true);
  for (const path of [[], ...paths, ["collective", "rejoin"]]) {
    const wide = lines((await run(["help", ...path])).out).filter((line) => line.length > 100);
    deepEqual(wide, []);
  }
});

Deno.test("version is told as words and as data", async () => {
  deepEqual(await run(["version"]), {
    code: 0,
    out: "confluent 1.2.3\nfeatures: nodes\nprotocol 1 to 1\nfeature level 1\nDeno 2\nbuild test\n",
    err: "",
  });
  deepEqual(JSON.parse((await run(["version", "--json"])).out), VERSION);
  deepEqual(JSON.parse((await run(["--json", "version"])).out), VERSION);
});

Deno.test("a program called by the name of a command is that command", async () => {
  await withService(["n1"], async ({ run }) => {
    equal((await run("n1", { calledAs: "nodelist" })).out, "n1\n");
    equal((await run("-d , n1", { calledAs: "nodelist" })).out, "n1\n");
    match((await run("show", { calledAs: "collective" })).out, /^Quorum: True/);
    match((await run("--help", { calledAs: "nodelist" })).out, /^Usage: confluent nodelist/);
    equal((await run("", { calledAs: "nodegrouplist" })).code, 2);
    equal((await run([], { calledAs: "nodegrouplist" })).out, "everything\n");
    match((await run("--help", { calledAs: "nodegroupattrib" })).out, /^Examples:\n {2}nodegr/m);
    equal((await run("nodelist n1", { calledAs: "confluent-1.2" })).out, "n1\n");
  });
});

Deno.test("the name it was called by is handed on by a launcher, or is in /proc", () => {
  const read = (path: string): string => {
    if (path !== "/proc/self/cmdline") throw new Error(path);
    return "/usr/bin/nodeattrib\0n1\0";
  };
  const nothing = (): string => {
    throw new Deno.errors.NotFound();
  };
  equal(calledAs(() => "./nodelist", read), "nodelist");
  equal(calledAs(() => undefined, read), "nodeattrib");
  equal(calledAs(() => undefined, nothing), "");
});
