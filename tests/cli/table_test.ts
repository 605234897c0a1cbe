/** nodedefine --file: inventories as tables. */
import { deepEqual, equal, match } from "node:assert/strict";

import { readInventory } from "../../src/cli/inventory_table.ts";
import { nodeRow } from "../../src/model/operation.ts";
import { lines, type Ran, type Service, withService } from "./shell.ts";

async function load(
  { run, folder }: Service,
  table: string,
  ...more: string[]
): Promise<Ran> {
  await Deno.writeTextFile(`${folder}/t.csv`, table);
  const ran = await run(["nodedefine", "--file", `${folder}/t.csv`, ...more]);
  return { ...ran, err: ran.err.replaceAll(folder, "F") };
}

Deno.test("a table becomes nodes in one change; empty cells leave attributes out", async () => {
  await withService([], async (service) => {
    const { run, member } = service;
    const table = '\uFEFFname, location.rack ,info.note\r\nn2,7,"two, words"\r\n\r\nn1,,\r\n';
    deepEqual(await load(service, table), {
      code: 0,
      out: "n2: created\nn1: created\n",
      err: "",
    });
    // The numbers that the nodes get are taken first.
    const made = member.proposed.filter((entry) => entry.some(({ kind }) => kind === "set"))
      .filter((entry) => JSON.stringify(entry).includes("node/n"));
    equal(made.length, 1);
    equal(
      (await run("nodelist n1,n2 info.note location.rack")).out,
      "n1: info.note:\nn1: location.rack:\nn2: info.note: two, words\nn2: location.rack: 7\n",
    );
  });
});

Deno.test("a table comes by stdin, and its outcome as JSON", async () => {
  await withService([], async ({ run }) => {
    const ran = await run("nodedefine --json --file -", { stdin: "name\nn1\n" });
    deepEqual(JSON.parse(ran.out), { created: ["n1"], updated: [], skipped: [] });
  });
});

Deno.test("nodes that exist are refused, updated or skipped, as was said", async () => {
  await withService(["n1"], async (service) => {
    const { run } = service;
    const table = "name,location.rack\nn1,1\nn2,2\n";
    const refused = { code: 1, out: "", err: "Error: node n1 exists already\n" };
    deepEqual(await load(service, table), refused);
    deepEqual(await load(service, table, "--existing", "refuse"), refused);
    equal((await run("nodelist")).out, "n1\n");
    equal((await load(service, table, "--existing", "skip")).out, "n2: created\nn1: skipped\n");
    equal((await load(service, table, "--existing", "update")).out, "n1: updated\nn2: updated\n");
    equal(
      (await run("nodelist n1-n2 location.rack")).out,
      "n1: location.rack: 1\nn2: location.rack: 2\n",
    );
  });
});

Deno.test("a table that is wrong says where, and makes nothing", async () => {
  await withService([], async (service) => {
    const wrong = async (table: string): Promise<string> => {
      const { code, out, err } = await load(service, table);
      deepEqual([code, out], [1, ""]);
      return err;
    };
    const at = "Error: cannot use table F/t.csv: ";
    equal(await wrong(""), `${at}the table is empty\n`);
    equal(await wrong("name\n"), `${at}the table has a header and no node\n`);
    equal(
      await wrong("node,type\nn1,x\n"),
      `${at}the header "node,type" has no column called name\n`,
    );
    equal(await wrong("name,type,type\n"), `${at}column type is there twice\n`);
    equal(await wrong("name,,type\n"), `${at}column 2 has no name in the header\n`);
    equal(
      await wrong("name,type\nn1,server\n\nn2\n"),
      `${at}line 4: 1 columns, and 2 in the header\n`,
    );
    equal(await wrong("name,type\n,server\n"), `${at}line 2: no name\n`);
    match(await wrong('name\n"n1\n'), /cannot use table F\/t\.csv: Quote Not Closed/);
    const badType = await wrong("name,type\nn1,server\n\nn2,blade\n");
    match(badType, /^Error: F\/t\.csv, line 4: Attribute type does not accept value blade/);
    match(await wrong("name,tpye\nn1,server\n"), /line 2: tpye attribute on node n1 is invalid/);
    match(await wrong("name\nn1\nn1\n"), /^Error: F\/t\.csv, line 3: n1 is listed twice/);
    match(await wrong("name\n-n1\n"), /line 2: "-n1" is not a valid node name/);
    const dry = await load(service, "name,type\nn1,server\n\nn2,blade\n", "--dry-run");
    deepEqual([dry.code, dry.out, dry.err], [1, "", badType]);
    equal((await service.run("nodelist")).out, "\n");
    const absent = await service.run("nodedefine --file /nonexistent/t.csv");
    equal(absent.err, "Error: cannot read /nonexistent/t.csv: there is no such file\n");
  });
});

Deno.test("a table of 10,000 nodes works, be it of 20 MB, and is one change", async () => {
  await withService([], async (service) => {
    const { member } = service;
    const rows = Array.from({ length: 10_000 }, (_, i) => `n${i + 1}`);
    const long = "x".repeat(2_000);
    const large = rows.map((name) => `${name},${long}`).join("\n");
    const made = await load(service, `name,info.note\n${large}\n`);
    deepEqual([made.code, lines(made.out).length], [0, 10_000]);
    const stamps = new Set(rows.map((name) => member.state.newest(nodeRow(name))));
    equal(stamps.size, 1);
    equal(member.state.value("node/n10000", "info.note"), long);
    const again = await load(service, `name,info.note\nnew,x\n${large}\n`);
    deepEqual([again.code, again.out], [1, ""]);
    match(again.err, /node n1 exists already/);
    equal(member.state.exists("node/new"), false);
  });
});

Deno.test("the nodes of a table keep their lines", () => {
  const read = readInventory('name,info.note\nn1,"a\nb"\nn2,c\n');
  if (!read.ok) throw new Error(read.refusal.message);
  deepEqual(read.value.nodes, [{ name: "n1", "info.note": "a\nb" }, {
    name: "n2",
    "info.note": "c",
  }]);
  deepEqual(read.value.lines, [3, 4]);
});
