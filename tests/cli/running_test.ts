/** serve, rejoin, force-quorum: options, the service file, and who is asked. */
import { deepEqual, equal, fail, match } from "node:assert/strict";

import { ok, refused } from "../../src/base/outcome.ts";
import type { Programs, ServeOptions } from "../../src/service/programs.ts";
import { type Asked, inFolder, run } from "./shell.ts";

/** What `serve` is run with; the words of the refusal where it is not run. */
async function served(args: readonly string[], asked: Asked = {}): Promise<ServeOptions | string> {
  let served: ServeOptions | undefined;
  const serve: Programs["serve"] = (options, { result }) => {
    served = options;
    result("ready name=m1");
    return Promise.resolve(ok());
  };
  const ran = await run(["serve", ...args], { ...asked, programs: { serve } });
  deepEqual([ran.code, ran.out], served === undefined ? [2, ""] : [0, "ready name=m1\n"]);
  return served ?? ran.err;
}

const DEFAULTS: ServeOptions = {
  data: "/etc/confluent/cfg",
  content: "/var/lib/confluent",
  boot: {
    http: { host: "::", port: 80 },
    https: { host: "::", port: 443 },
    interfaces: [],
    authoritative: [],
  },
  name: undefined,
  socket: "/run/confluent/http.sock",
  api: { host: "127.0.0.1", port: 4005 },
  peer: { host: "::", port: 13001 },
  advertise: [],
  hints: new Map(),
  wrapping: { by: "generated" },
  logLevel: "info",
  logFormat: "text",
};

Deno.test("a member runs with the defaults, or with what is typed", async () => {
  deepEqual(await served([]), DEFAULTS);
  const typed =
    "--data /d --content /c/ --name m1 --socket /s --api 0.0.0.0:0 --peer [fd00::1]:13002 " +
    "--advertise a,b:1,[fd00::1]:2 --peer-hint m2=b:1,m2=c,m3=[fd00::3]:4 " +
    "--boot-http 0.0.0.0:8080 --https [fd00::1]:8443 --interfaces eth0,br0 " +
    "--dhcp-authoritative eth0 " +
    "--key-file /k --log-level debug --log-format json";
  deepEqual(await served(typed.split(" ")), {
    data: "/d",
    content: "/c",
    boot: {
      http: { host: "0.0.0.0", port: 8080 },
      https: { host: "fd00::1", port: 8443 },
      interfaces: ["eth0", "br0"],
      authoritative: ["eth0"],
    },
    name: "m1",
    socket: "/s",
    api: { host: "0.0.0.0", port: 0 },
    peer: { host: "fd00::1", port: 13002 },
    advertise: ["a", "b:1", "[fd00::1]:2"],
    hints: new Map([["m2", ["b:1", "c"]], ["m3", ["[fd00::3]:4"]]]),
    wrapping: { by: "file", path: "/k" },
    logLevel: "debug",
    logFormat: "json",
  });
  deepEqual(await served(["--socket", "/s"], { env: { CONFLUENT_SOCKET: "/t" } }), {
    ...DEFAULTS,
    socket: "/s",
  });
});

Deno.test("the service file says what is not typed", async () => {
  await inFolder(async (folder) => {
    const serviceFile = `${folder}/service.yaml`;
    const from = async (text: string, ...args: string[]): Promise<ServeOptions | string> => {
      await Deno.writeTextFile(serviceFile, text);
      return await served(args, { serviceFile });
    };
    const text = "# here\ndata: /d\nadvertise: [a, b]\npeer-hint: [m2=a, m3=b]\nlog-level: warn\n" +
      "api: 127.0.0.1:1\n";
    deepEqual(await from(text, "--log-level", "error"), {
      ...DEFAULTS,
      data: "/d",
      advertise: ["a", "b"],
      hints: new Map([["m2", ["a"]], ["m3", ["b"]]]),
      api: { host: "127.0.0.1", port: 1 },
      logLevel: "error",
    });
    deepEqual(await from(""), DEFAULTS);
    match(String(await from("dta: /d\n")), /service\.yaml: unknown key "dta"; did you mean data\?/);
    match(
      String(await from("colour: x\n")),
      /unknown key "colour"; known are data, content, boot-http, https,/,
    );
    match(String(await from("- data\n")), /wanted lines as `data: /);
    match(String(await from("data: {a: 1}\n")), /data: wanted one text/);
    match(String(await from("data: [a, b]\n")), /data: wanted one text/);
    match(String(await from("data: [\n")), /cannot read .*service\.yaml: /);
    deepEqual(await from("boot: false\n"), { ...DEFAULTS, boot: undefined });
    deepEqual(await from("", "--no-boot"), { ...DEFAULTS, boot: undefined });
    match(String(await from("boot: perhaps\n")), /--boot: "perhaps": wanted one of true, false/);
    match(String(await from("interfaces: [eth0/1]\n")), /--interfaces: "eth0\/1": wanted names/);
    match(String(await from("https: x\n")), /--https: "x": wanted ADDRESS:PORT/);
    match(String(await from("log-level: loud\n")), /wanted one of debug, info, warn, error/);
  });
});

Deno.test("what wraps the collective key: a file, a passphrase, a credential", async () => {
  await inFolder(async (folder) => {
    const wrapping = async (
      args: string[],
      asked: Parameters<typeof served>[1] = {},
    ): Promise<ServeOptions["wrapping"]> => {
      const options = await served(args, asked);
      return typeof options === "string" ? fail(options) : options.wrapping;
    };
    const passphrase = async (file: string, stdin?: string): Promise<unknown> => {
      const source = await wrapping(
        ["--passphrase-file", file],
        stdin === undefined ? {} : { stdin },
      );
      if (source.by !== "passphrase") return fail(source.by);
      const [first, second] = [await source.ask(), await source.ask()];
      equal(second, first, "it is read once");
      return first.ok ? first.value : first.refusal.message;
    };
    const env = { CREDENTIALS_DIRECTORY: folder };
    deepEqual(await wrapping([], { env }), { by: "generated" });
    await Deno.writeTextFile(`${folder}/confluent.key`, "k".repeat(32));
    deepEqual(await wrapping([], { env }), { by: "file", path: `${folder}/confluent.key` });
    deepEqual(await wrapping(["--key-file", "/k"], { env }), { by: "file", path: "/k" });
    await Deno.writeTextFile(`${folder}/words`, "dummy words \r\nmore\n");
    equal(await passphrase(`${folder}/words`), "dummy words ");
    equal(await passphrase("-", "dummy\n"), "dummy");
    match(String(await passphrase("-", "\nx")), /first line of standard input is no passphrase/);
    match(String(await passphrase(`${folder}/none`)), /--passphrase-file: cannot read .*none/);
    match(
      String(await served(["--key-file", "/k", "--passphrase-file", "/p"])),
      /--key-file and --passphrase-file: wanted one of them/,
    );
  });
});

Deno.test("an option that cannot be is wrong usage", async () => {
  const wrong = async (...args: string[]): Promise<string> => String(await served(args));
  match(await wrong("--api", "4005"), /--api: "4005": wanted ADDRESS:PORT as 127\.0\.0\.1:4005/);
  match(await wrong("--peer", "::1"), /--peer: "::1": wanted ADDRESS:PORT/);
  match(await wrong("--api", "localhost:99999"), /--api: /);
  match(await wrong("--name", "m 1"), /"m 1" is not a valid member name/);
  match(await wrong("--advertise", "a b"), /--advertise: "a b": wanted HOST or HOST:PORT/);
  for (const hint of ["m2", "m2=", "=h", "m2=h:99999", "m 2=h"]) {
    match(await wrong("--peer-hint", hint), /--peer-hint: ".*": wanted NAME=HOST or NAME=HOST:PO/);
  }
  match(await wrong("--log-format", "xml"), /--log-format: "xml": wanted one of text, json/);
  match(await wrong("--data", ""), /--data: "": wanted a path/);
  match(await wrong("--content", ""), /--content: "": wanted a path/);
});

Deno.test("a member that cannot start ends with why", async () => {
  const ended = await run(["serve"], {
    programs: {
      serve: (_, { tell }) => {
        tell("starting");
        return Promise.resolve(refused("conflict", "the data folder is in use by process 7"));
      },
    },
  });
  deepEqual(ended, {
    code: 1,
    out: "",
    err: "starting\nError: the data folder is in use by process 7\n",
  });
});

Deno.test("rejoin runs with the options of serve, and ends where that is wanted", async () => {
  const told: unknown[] = [];
  const programs = {
    rejoin: (options, noServe, { result }) => {
      told.push(options.data, noServe);
      result("joined name=m1 collective=c1");
      return Promise.resolve(ok());
    },
  } satisfies Partial<Programs>;
  const rejoined = await run(["collective", "rejoin", "--data", "/d"], { programs });
  await run(["collective", "rejoin", "--data", "/d", "--no-serve"], { programs });
  deepEqual(told, ["/d", false, "/d", true]);
  equal(rejoined.out, "joined name=m1 collective=c1\n");
});

Deno.test("a forced quorum needs the names of the lost twice", async () => {
  const said: string[] = [];
  const forceQuorum: Programs["forceQuorum"] = async (data, lost, confirm, tell) => {
    said.push(data, ...lost);
    if (!await confirm(["m2 and m3 must be switched off"], lost.length === 0 ? ["m1"] : lost)) {
      return refused("forbidden", "nobody agreed; nothing was changed");
    }
    tell("m1 is alone now");
    return ok();
  };
  const force = (args: string, asked: Asked = {}): ReturnType<typeof run> =>
    run(["collective", "force-quorum", ...args.split(" ")], {
      ...asked,
      programs: { forceQuorum },
    });
  const agreed = {
    code: 0,
    out: "",
    err: "m2 and m3 must be switched off\nm1 is alone now\n",
  };
  deepEqual(await force("--lost m2,m3 --confirm m3,m2 --data /d"), agreed);
  deepEqual(said, ["/d", "m2", "m3"]);
  const prompt = "To go on, type m2,m3: ";
  const typed = await force("--lost m2,m3", { typed: ["m2 m3"] });
  equal(typed.err, agreed.err.replace("\nm1", `\n${prompt}m1`));
  for (const names of ["yes", "m2", "m2,m3,m4", ""]) {
    equal((await force("--lost m2,m3", { typed: [names] })).code, 5);
  }
  const alone = await force("--lost m2,m3");
  deepEqual([alone.code, alone.out], [5, ""]);
  match(alone.err, /without a terminal nobody can agree; give the names with --confirm m2,m3/);
  said.length = 0;
  equal((await force("--lost m2,m3 --confirm m2")).code, 2);
  equal((await force("--lost m2,,m3")).code, 2);
  deepEqual(said, []);
  // Where nobody is lost it is the member's own name.
  match((await force("--data /d")).err, /give the names with --confirm m1/);
  equal((await force("--data /d --confirm m2")).code, 5);
  equal((await force("--data /d --confirm m1")).code, 0);
});
