/**
 * dump, restore, merge and apply against the API: dumps of confluent 4.0 (a part of a made-up site)
 * go in and come out. The files stand in tests/conformance/dump; all passwords in them are dummies.
 */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";

import { openDumpKey, openDumpSecret } from "../../src/model/legacy_crypto.ts";
import { listenUnix } from "../../src/api/listen.ts";
import { inFolder, type Ran, run, type Service, withService } from "./shell.ts";

const DUMPS = new URL("../conformance/dump", import.meta.url).pathname;
const PASSPHRASE = "dummy-dump-passphrase";
const RESTORED = "groups: 25 created, 0 changed, 0 removed, 0 as they were\n" +
  "nodes: 20 created, 0 changed, 0 removed, 0 as they were\n" +
  "user groups: 1 created, 0 changed, 0 removed, 0 as they were\n" +
  "users: 3 created, 0 changed, 0 removed, 0 as they were\n";

type Content = Record<string, Record<string, Record<string, unknown>>>;

async function read(folder: string, name = "main.json"): Promise<string> {
  return await Deno.readTextFile(`${folder}/${name}`);
}

/** What the original writes and we do not: what is derived; and secrets in clear, for their
 * ciphertext is another each time the original seals. */
function comparable(text: string, keys: string): Content {
  const dump = JSON.parse(text) as Content;
  const cryptKey = openDumpKey(JSON.parse(keys).cryptkey);
  if (!cryptKey.ok) throw new Error(cryptKey.refusal.message);
  for (const section of ["nodes", "nodegroups"]) {
    for (const content of Object.values(dump[section] ?? {})) {
      delete content["_expressionkeys"];
      for (const value of Object.values(content)) {
        const held = value as Record<string, unknown>;
        if ("expression" in held) {
          delete held["value"];
          delete held["broken"];
        }
        if (typeof held["cryptvalue"] !== "string") continue;
        const plain = openDumpSecret({ cryptKey: cryptKey.value }, held["cryptvalue"]);
        held["cryptvalue"] = plain.ok ? plain.value : plain.refusal.message;
      }
    }
  }
  return dump;
}

Deno.test("a dump of the original is restored, dumped and restored elsewhere", async () => {
  await inFolder(async (folder) => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => `${folder}/${name}`);
    await withService([], async ({ run }) => {
      deepEqual(await run(`restore ${DUMPS}/json`), { code: 0, out: "", err: RESTORED });
      equal((await run(`dump ${a} -u`)).code, 0);
      equal((await run(`dump ${b} -u`)).code, 0);
    });
    const original = `${DUMPS}/json`;
    const keys = await read(original, "keys.json");
    equal(await read(a ?? "", "keys.json"), keys);
    equal(await read(a ?? "", "globals.json"), await read(original, "globals.json"));
    deepEqual(comparable(await read(a ?? ""), keys), comparable(await read(original), keys));
    for (const name of ["main.json", "keys.json", "globals.json"]) {
      equal(await read(a ?? "", name), await read(b ?? "", name), `${name} is not fit for git`);
    }
    await withService([], async ({ run }) => {
      equal((await run(`restore ${a}`)).code, 0);
      equal((await run(`dump ${c} -u`)).code, 0);
      equal((await run(`dump ${d} -u -y`)).code, 0);
    });
    equal(await read(c ?? ""), await read(a ?? ""));
    await withService([], async ({ run }) => {
      equal((await run(`restore ${d}`)).code, 0);
      equal((await run(`dump ${d}/json -u`)).code, 0);
    });
    equal(await read(`${d}/json`), await read(a ?? ""));
  });
});

Deno.test("a dump of the original in YAML is the same as the one in JSON", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run }) => {
      equal((await run(`restore ${DUMPS}/json`)).code, 0);
      equal((await run(`dump ${folder}/json -u`)).code, 0);
      match((await run(`apply ${DUMPS}/yaml`)).err, /^nothing differs$/m);
      equal((await run(`dump ${folder}/yaml -u -y`)).code, 0);
      match((await run(`apply ${folder}/yaml`)).err, /^nothing differs$/m);
    });
    const lines = (text: string): string[] =>
      text.split("\n").filter((line) => !/crypt/.test(line));
    const derived = [
      /^ {4}_expressionkeys:\n(?: {4}- .*\n)*/,
      /^ {6}broken: .*\n/,
      /(?<=^ {6}expression: .*\n) {6}value: .*\n/,
    ].map(({ source }) => source).join("|");
    const original = (await read(`${DUMPS}/yaml`, "main.yaml")).replace(
      new RegExp(derived, "gm"),
      "",
    );
    deepEqual(lines(await read(`${folder}/yaml`, "main.yaml")), lines(original));
  });
});

Deno.test("keys are protected by a passphrase that is never an argument", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/pass`, `${PASSPHRASE}\n`);
    await Deno.mkdir(`${folder}/original`);
    await Deno.copyFile(`${DUMPS}/json/main.json`, `${folder}/original/main.json`);
    await Deno.copyFile(`${DUMPS}/protected/keys.json`, `${folder}/original/keys.json`);
    await withService([], async ({ run }) => {
      const restore = `restore ${folder}/original`;
      match(
        (await run(restore)).err,
        /keys.json: a passphrase is needed, and there is no terminal/,
      );
      match((await run(restore, { typed: ["wrong"] })).err, /the passphrase does not open the key/);
      equal((await run("nodelist")).out, "\n");
      equal((await run(restore, { typed: [PASSPHRASE] })).code, 0);
      equal((await run(`${restore} --passphrase-file ${folder}/pass`)).code, 0);
      const env = { CONFLUENT_DUMP_PASSPHRASE: PASSPHRASE };
      equal((await run(restore, { env })).code, 0);
      match((await run(`dump ${folder}/p -p`, { typed: ["one", "two"] })).err, /are not the same/);
      match((await run(`dump ${folder}/p -p`, { typed: ["", ""] })).err, /passphrase is empty/);
      equal((await run(`dump ${folder}/p -p`, { typed: ["new one", "new one"] })).code, 0);
      equal((await run(`dump ${folder}/p -i`, { env })).code, 0);
      equal((await run(`restore ${folder}/p`, { env })).code, 0);
      equal((await run(`dump ${folder}/p -p secret`)).code, 2);
    });
    notEqual(
      JSON.parse(await read(`${folder}/p`, "keys.json")).cryptkey.startsWith("*unencrypted"),
      true,
    );
    for (const name of ["main.json", "keys.json", "globals.json"]) {
      equal((await Deno.stat(`${folder}/p/${name}`)).mode! & 0o777, 0o600);
    }
  });
});

Deno.test("without keys a dump goes with earlier ones; without secrets it is no use", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run }) => {
      equal((await run(`restore ${DUMPS}/json`)).code, 0);
      equal((await run(`dump ${folder}/s -s`)).code, 0);
      equal((await run(`dump ${folder}/u -u`)).code, 0);
      equal((await run(`dump ${folder}/r -r`)).code, 0);
      equal((await run(`restore ${folder}/s`)).code, 0);
      const refused = await run(`restore ${folder}/r`);
      equal(refused.code, 1);
      match(
        refused.err,
        /r\/main.json: line \d+: nodegroups compute: custom.nodesecret.lic is redacted: a dump/,
      );
      for (const args of ["", "-u -r", "-p -s"]) {
        equal((await run(`dump ${folder}/x ${args}`.trim())).code, 2);
      }
    });
    equal(await read(`${folder}/s`), await read(`${folder}/u`));
    equal(/cryptvalue|ZZJSy/.test(await read(`${folder}/r`)), false);
    match(await read(`${folder}/r`), /"cryptpass": "\*REDACTED\*"/);
    deepEqual(Array.from(Deno.readDirSync(`${folder}/s`), ({ name }) => name).sort(), [
      "globals.json",
      "main.json",
    ]);
    await withService([], async ({ run }) => {
      match((await run(`restore ${folder}/s`)).err, /there is no key to open it/);
      await Deno.copyFile(`${folder}/u/keys.json`, `${folder}/s/keys.json`);
      equal((await run(`restore ${folder}/s`)).code, 0);
    });
  });
});

Deno.test("attributes are left out by pattern and by what they begin with", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run }) => {
      equal((await run(`restore ${DUMPS}/json`)).code, 0);
      equal((await run(`dump ${folder}/x -u -x net.*hwaddr -x custom -x deploymen?.*`)).code, 0);
    });
    equal(/hwaddr|"custom\.|"deployment\./.test(await read(`${folder}/x`)), false);
    match(await read(`${folder}/x`), /"net.ib0.mtu"/);
  });
});

Deno.test("only files of a dump are overwritten, and only whole", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run, member }) => {
      await Deno.writeTextFile(`${folder}/main.json`, '{"name": "a package"}\n');
      match((await run(`dump ${folder} -u`)).err, /main.json is no dump, and is not overwritten/);
      await Deno.remove(`${folder}/main.json`);
      equal((await run(`dump ${folder} -u`)).code, 0);
      equal((await run(`dump ${folder} -u`)).code, 0);
      match((await run(`dump ${folder} -u -y`)).err, /holds main.json: remove it, or dump into/);
      const before = await read(folder);
      member.holdsQuorum = false;
      equal((await run(`dump ${folder} -u`)).code, 3);
      equal(await read(folder), before);
      deepEqual(
        Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
        [
          "globals.json",
          "http.sock",
          "keys.json",
          "main.json",
        ].filter((name) => name !== "http.sock"),
      );
      equal((await run(`restore ${folder}`)).code, 3);
    });
  });
});

Deno.test("merge adds what is not there yet, and lists what is", async () => {
  await withService([], async ({ run }) => {
    await run("nodedefine r1n05 custom.note=mine id.serial=1");
    const merged = await run(`merge ${DUMPS}/json`);
    equal(merged.code, 0);
    match(merged.err, /^nodes: 19 created, 0 changed, 0 removed, 1 as they were$/m);
    match(merged.err, /^node r1n05: exists already, skipped$/m);
    equal((await run("nodelist r1n05 custom.note")).out, "r1n05: custom.note: mine\n");
    equal((await run("nodelist r7n01 id.serial")).out, "r7n01: id.serial: SNA07001\n");
    const numbers = (await run("nodelist -b everything id.index")).out.trim().split("\n");
    equal(new Set(numbers.map((line) => line.split(": ").at(-1))).size, 20);
    match((await run(`merge ${DUMPS}/json`)).err, /^nodes: 0 created, 0 changed.* 20 as they/m);
  });
});

Deno.test("apply shows what differs, asks, and makes it so", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run }) => {
      equal((await run(`restore ${DUMPS}/json`)).code, 0);
      equal((await run(`dump ${folder}/d -u`)).code, 0);
      await run("nodeattrib r1n01 location.rack=99 custom.new=1");
      await run("nodedefine extra");
      await run("noderemove r1n02");
      await run("nodeattrib r1n05 secret.hardwaremanagementpassword=other");
      const shown = await run(`apply ${folder}/d`);
      equal(shown.code, 1);
      match(shown.err, /without a terminal nobody can agree/);
      deepEqual(shown.out.split("\n").filter((line) => !/ r1n02 /.test(line)), [
        '~ node r1n01 custom.new: "1" cleared',
        '~ node r1n01 location.rack: "99" cleared',
        "+ node r1n02",
        "~ node r1n05 secret.hardwaremanagementpassword: a secret, not shown",
        "- node extra",
        "",
      ]);
      const refused = await run(`apply ${folder}/d`, { typed: ["n"] });
      equal(refused.code, 1);
      equal((await run("nodelist extra")).code, 0);
      const json = JSON.parse((await run(`apply --json ${folder}/d`)).out);
      equal(json.dryRun, true);
      equal((await run(`apply ${folder}/d`, { typed: ["y"] })).code, 0);
      equal((await run("nodelist extra")).code, 1);
      const nothing: Ran = { code: 0, out: "", err: "nothing differs\n" };
      deepEqual(await run(`apply --yes ${folder}/d`), nothing);
    });
  });
});

Deno.test("apply does not go on with what somebody changed after it was shown", async () => {
  await withService([], async ({ run, member }) => {
    equal((await run(`restore ${DUMPS}/json`)).code, 0);
    await run("nodeattrib r1n01 location.rack=99");
    // What is typed is read once the question stands there.
    const typed = Object.assign(["y"], {
      *[Symbol.iterator](): ArrayIterator<string> {
        const cells = [["info.note", "mine"]] as const;
        member.apply([{ kind: "set", rows: ["node/r1n02"], cells }]);
        yield "y";
      },
    });
    const { code, err } = await run(`apply ${DUMPS}/json`, { typed });
    equal(code, 1);
    match(err, /node r1n02 was changed by somebody else meanwhile; nothing was done/);
    equal((await run("nodelist r1n02 info.note")).out, "r1n02: info.note: mine\n");
  });
});

Deno.test("a dump that ends too early, or has a secret that does not open, is none", async () => {
  await inFolder(async (folder) => {
    const lines = [{ kind: "head", globals: {} }, { kind: "node", name: "n1", content: {} }];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const served = await listenUnix(`${folder}/s.sock`, () => new Response(text), () => {});
    if (!served.ok) throw new Error(served.refusal.message);
    const cut = await run(["--socket", `${folder}/s.sock`, "dump", `${folder}/d`, "-u"]);
    await served.value.close();
    equal(cut.code, 1);
    match(cut.err, /the dump ended before it was complete/);
    await withService([], async ({ run, member }) => {
      equal((await run(`restore ${DUMPS}/json`)).code, 0);
      member.secrets.key = { ...member.secrets.key, bytes: new Uint8Array(32) };
      equal((await run(`dump ${folder}/d -u`)).code, 1);
      equal((await run(`dump ${folder}/r -r`)).code, 0);
    });
    deepEqual([...Deno.readDirSync(`${folder}/d`)], []);
  });
});

/** A dump in a folder of its own, with `change` made in its text. */
async function refusal(service: Service, change: (text: string) => string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-dump-" });
  try {
    await Deno.copyFile(`${DUMPS}/json/keys.json`, `${folder}/keys.json`);
    const text = change(await read(`${DUMPS}/json`));
    await Deno.writeTextFile(`${folder}/main.json`, text);
    const index = service.member.index;
    const { code, err, out } = await service.run(["restore", folder]);
    equal(code, 1, err);
    equal(out, "");
    equal((await service.run("nodelist")).out, "\n", err);
    equal(service.member.state.value("setting/dumps", "key"), null);
    equal(service.member.index >= index, true);
    return err.replaceAll(`${folder}/`, "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what is wrong with a dump is told by file and entry; nothing is changed", async () => {
  await withService([], async (service) => {
    const node = (name: string, content: unknown) => (text: string): string => {
      const dump = JSON.parse(text);
      dump.nodes[name] = content;
      return JSON.stringify(dump);
    };
    const faults: [(text: string) => string, RegExp][] = [
      [(text) => text.slice(0, text.length / 2), /main.json: line \d+: it ends in the middle/],
      [
        (text) => text.replace(/"r1n02": {/, '"r1n01": {'),
        /nodes r1n01 stands there a second time/,
      ],
      [() => "{}", /it is no dump: it has none of nodegroups, nodes/],
      [() => '{"name": "x"}', /main.json: line 1: wanted "{"/],
      [() => '{"machines": {"a": {}}}', /"machines" is not known to this version/],
      [node("n1", { "location.rak": { value: "7" } }), /node n1: location.rak .*did you mean loc/],
      [
        node("n1", { "console.logging": { value: "loud" } }),
        /node n1: .*does not accept value loud/,
      ],
      [node("n1", { groups: ["nowhere"] }), /node n1: groups: there is no group nowhere/],
      [node("n1", { groups: ["filtered"] }), /node n1: groups: filtered has a noderange/],
      [node("n1", { groups: ["rack1"] }), /group rack1: it and node n1 do not agree/],
      [node("n1", { groups: "rack1" }), /node n1: groups: wanted a list of names/],
      [node("n 1", {}), /node n 1: "n 1" is not a valid node name/],
      [node("n1", { "info.note": { value: "x".repeat(10_000_000) } }), /10000000 bytes; MAX_VALUE/],
      [node("n1", { "secret.ipmikg": { cryptvalue: "a!b!c" } }), /node n1: secret.ipmikg: /],
      [
        (text) => text.replace(/"cryptvalue": "..../, '"cryptvalue": "AAAA'),
        /custom.nodesecret.lic: the secret is not of this key/,
      ],
      [
        (text) => text.replaceAll(/"value": "ipmi"/g, '"value": "morse"'),
        /group compute: Attribute console.method does not accept value morse/,
      ],
    ];
    for (const [change, wanted] of faults) {
      match(await refusal(service, change), wanted);
    }
    const many = await refusal(service, (text) => text.replaceAll('"id.serial"', '"id.cereal"'));
    match(many, /node r1n01: id.cereal .*; node r1n02: id.cereal/);
  });
});

Deno.test("a folder without a dump, or with two, is no dump", async () => {
  await inFolder(async (folder) => {
    await withService([], async ({ run }) => {
      match((await run(`restore ${folder}`)).err, /holds no dump: there is no main.json or main/);
      await Deno.writeTextFile(`${folder}/main.json`, "{}");
      await Deno.writeTextFile(`${folder}/main.yaml`, "");
      match((await run(`restore ${folder}`)).err, /holds both main.json and main.yaml/);
      await Deno.remove(`${folder}/main.yaml`);
      await Deno.writeTextFile(`${folder}/keys.json`, "[]");
      match((await run(`restore ${folder}`)).err, /keys.json is damaged: it is no object in JSON/);
      await Deno.writeTextFile(`${folder}/keys.json`, '{"cryptkey": 5}');
      match((await run(`restore ${folder}`)).err, /keys.json: cryptkey: wanted a text/);
      await Deno.writeTextFile(`${folder}/keys.json`, '{"cryptkey": "secretkey"}');
      const env = { CONFLUENT_DUMP_PASSPHRASE: "p" };
      const { err } = await run(`restore ${folder}`, { env });
      match(err, /keys.json: cryptkey: the key is neither/);
      equal(err.includes("secretkey"), false);
    });
  });
});

Deno.test("a pattern that no attribute can match is refused, not passed over", async () => {
  await inFolder(async (folder) => {
    const { code, err } = await run(["dump", `${folder}/d`, "-u", "-x", "net.*,id"]);
    equal(code, 2);
    match(err, /^Error: -x net\.\*,id: no attribute has such a name; give -x once/);
  });
});
