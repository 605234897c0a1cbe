/** Flat YAML against a reader of YAML and against the scripts that read it without one. */
import { deepStrictEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";

import { flatYaml } from "../../src/wire/flat_yaml.ts";

type Version = "1.1" | "1.2";

function readBack(text: string, version: Version): unknown {
  return parse(text, { version, merge: version === "1.1", maxAliasCount: 0 });
}

/** Texts that mean something to some reader, and all others. */
const TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 24 }),
  fc.string({ maxLength: 24 }),
  fc.string({
    unit: fc.constantFrom(..."-:#?~.,0123456789eExob_+/ '\"\n\t[]{}&*!|>%@=<y"),
    maxLength: 8,
  }),
  fc.constantFrom(
    ..."null Null ~ yes No ON off y N true .inf -.INF .nan << = 0x1f 0o17 017 08 1_000 +1".split(
      " ",
    ),
    ..."1:20 190:20:30 2001-12-14 2001-12-14t21:59:43.10-05:00 1e3 1.e+3 .5 --- ... -".split(" "),
    ..."? : ::1 fe80:: 10.0.0.1 10.0.0.0/24 52:54:00:0a:0b:0c $6$a$b/c. 12e34 0b1 - -x".split(" "),
    ...[
      "",
      " x",
      "x ",
      "a: b",
      "a:",
      "a #b",
      "a#b",
      "# a",
      "- a",
      "[a",
      "'",
      "it's",
      '"',
      "\u2028",
      "\ufeff",
    ],
    ...[
      "\ud800",
      "\u0085",
      "\u007f",
      "!x",
      "%x",
      "@x",
      "`x",
      "|",
      ">",
      "null ",
      "2001-1-1 10:00:00",
    ],
  ),
);

/** By 1.1 this reader takes what has no digit before `e` for a number, which it is not (section
 * 10.1 of YAML 1.1, types repository: float): names of nodes may be such. */
const MISREAD = /^[-+]?(?:\.[\d_]*)?(?:e[-+]?\d+)?$/i;

function documentsOf(text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(text, tie("value"), { maxKeys: 4 }),
    ),
  })).value;
}

/** Maps of fast-check may have no prototype, and so is what is read into them. */
function alike(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(alike);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, inner]) => [key, alike(inner)])
    .sort(([a], [b]) => String(a) < String(b) ? -1 : 1);
}

function isReadAsItIs(version: Version, documents: fc.Arbitrary<unknown>): void {
  const property = fc.property(documents, (document) => {
    deepStrictEqual(alike(readBack(flatYaml(document), version)), alike(document));
  });
  fc.assert(property, { numRuns: 2_000 });
}

Deno.test("a reader of YAML 1.2 reads any document back as it was", () => {
  isReadAsItIs("1.2", documentsOf(TEXT));
});

Deno.test("so does one of YAML 1.1", () => {
  isReadAsItIs("1.1", documentsOf(TEXT.filter((text) => text === "" || !MISREAD.test(text))));
});

Deno.test("what scripts look for stands plain at column 0", () => {
  const document = {
    ipv4_method: "static",
    ipv4_address: "10.0.0.7",
    prefix: 24,
    ipv4_gateway: null,
    deploy_server_v6: "fe80::5054:ff:fe0a:b0c",
    textconsole: true,
    rootpassword: "$6$salt$ha.sh/",
    timezone: "Europe/Berlin",
    locale: "en_US.UTF-8",
    label: "Alma Linux 9.4 (default)",
    nameservers: [""],
    ntpservers: ["10.0.0.1", "ntp.example"],
    left: undefined,
    dnsdomain: "cluster.example",
  };
  equal(
    flatYaml(document),
    [
      ...["ipv4_method: static", "ipv4_address: 10.0.0.7", "prefix: 24", "ipv4_gateway: null"],
      ...["deploy_server_v6: fe80::5054:ff:fe0a:b0c", "textconsole: true"],
      ...["rootpassword: $6$salt$ha.sh/", "timezone: Europe/Berlin", "locale: en_US.UTF-8"],
      ...["label: Alma Linux 9.4 (default)", "nameservers:", "- ''", "ntpservers:", "- 10.0.0.1"],
      ...["- ntp.example", "dnsdomain: cluster.example", ""],
    ].join("\n"),
  );
});

Deno.test("quotes stand where a reader would read something else, and nowhere else", () => {
  const quoted = ["", "1", "0x1f", "1.5", "null", "yes", "Off", "~", "12:30", "2001-12-14", " a"];
  const alone = ["- a", "a: b", "a #b", "a:", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a", "#a"];
  for (const text of [...quoted, ...alone]) equal(flatYaml(text), `'${text}'\n`, text);
  const plain = [
    "a",
    "10.0.0.1",
    "::1",
    "fe80::1",
    "52:54:00:0a:0b:0c",
    "-a",
    "a#b",
    "a:b",
    "1a",
    "e7",
  ];
  for (const text of [...plain, "it's", "n1-2", "yesterday", "/dev/sda", "äöü"]) {
    equal(flatYaml(text), `${text}\n`, text);
  }
  equal(flatYaml("it's: x"), "'it''s: x'\n");
  equal(flatYaml("a\nb\u2028"), '"a\\nb\\u2028"\n');
});

Deno.test("maps and lists nest, and empty ones say so", () => {
  const document = {
    default: { mtu: 9000, names: ["a", ["b", { c: 1, d: [2] }]] },
    extranets: {},
    none: [],
  };
  equal(
    flatYaml(document),
    "default:\n  mtu: 9000\n  names:\n  - a\n  - - b\n    - c: 1\n      d:\n      - 2\n" +
      "extranets: {}\nnone: []\n",
  );
  equal(flatYaml([]), "[]\n");
  equal(flatYaml(["r1n01", "10.0.0.1"]), "- r1n01\n- 10.0.0.1\n");
});

Deno.test("what no document can hold is thrown, not told as something else", () => {
  throws(() => flatYaml({ a: () => 1 }), TypeError);
  throws(() => flatYaml(undefined), TypeError);
  throws(() => flatYaml(1n), TypeError);
});

/** What a line of shell makes of the document. */
async function shell(script: string, document: string): Promise<string> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, document);
    const command = new Deno.Command("sh", { args: ["-c", script, "sh", file] });
    const { stdout, stderr } = await command.output();
    equal(new TextDecoder().decode(stderr), "");
    return new TextDecoder().decode(stdout).trimEnd();
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("grep, sed, awk and cut get out of it what is in it", async () => {
  const document = flatYaml({
    nodename: "r1n01",
    ipv4_gateway: null,
    deploy_server: "10.0.0.250",
    profile: "alma-9.4-x86_64-default",
    rootpassword: "$6$sa.lt$ha/sh:x",
    textconsole: true,
    nameservers: ["10.0.0.1", "10.0.0.2"],
    ntpservers: ["ntp1", "ntp2"],
    dnsdomain: "cluster.example",
  });
  const reads: [script: string, told: string][] = [
    ["grep ^nodename: $1 | sed -e 's/^nodename: //'", "r1n01"],
    ["grep ^nodename: $1 | sed -e 's/[^ ]*: //'", "r1n01"],
    ["grep ^deploy_server: $1 | awk '{print $2}'", "10.0.0.250"],
    ["v=$(grep ^rootpassword: $1); echo ${v#rootpassword: }", "$6$sa.lt$ha/sh:x"],
    ["awk '/^textconsole:/ { print $2 }' $1", "true"],
    ["g=$(grep ^ipv4_gateway: $1 | cut -d ' ' -f 2); [ \"$g\" = null ] && echo none", "none"],
    ["sed -n '/^nameservers:/,/^[^-]/p' $1 | grep ^- | cut -d ' ' -f 2", "10.0.0.1\n10.0.0.2"],
    ["sed -n '/^ntpservers:/,/^[^-]/p' $1 | sed -e 1d -e '$d' -e 's/^- //'", "ntp1\nntp2"],
    ["awk '/^ntpservers:/ { on = 1; next } /^[^-]/ { on = 0 } on { print $2 }' $1", "ntp1\nntp2"],
  ];
  for (const [script, told] of reads) equal(await shell(script, document), told, script);
  const unset = flatYaml({ nameservers: [""], dnsdomain: null });
  const list = "sed -n '/^nameservers:/,/^[^-]/p' $1 | grep ^- | cut -d ' ' -f 2";
  equal(await shell(list, unset), "''");
});
