/** nodelist, nodedefine, nodeattrib, noderemove: as the originals print them. */
import { deepEqual, equal, match } from "node:assert/strict";

import { lines, withService } from "./shell.ts";

Deno.test("nodes are made, listed in natural order, and removed", async () => {
  await withService([], async ({ run }) => {
    deepEqual(await run("nodedefine t[9-11] location.rack=7"), {
      code: 0,
      out: "t9: created\nt10: created\nt11: created\n",
      err: "",
    });
    deepEqual(await run("nodelist"), { code: 0, out: "t9\nt10\nt11\n", err: "" });
    equal((await run("nodelist -d , t11,t9")).out, "t9,t11\n");
    equal((await run("nodelist --json t9-t10")).out, '[\n  "t9",\n  "t10"\n]\n');
    equal((await run("noderemove t9,t11")).out, "t9: deleted\nt11: deleted\n");
    equal((await run("--json noderemove t10")).out, '{\n  "deleted": [\n    "t10"\n  ]\n}\n');
    deepEqual(await run("nodelist"), { code: 0, out: "\n", err: "" });
  });
});

Deno.test("a node that is not known is named, and the list is empty", async () => {
  await withService(["n1"], async ({ run }) => {
    const err = "Target not found - Invalid Noderange: nosuch not a recognized node, group, or " +
      "alias\n";
    const unknown = { code: 1, out: "\n", err };
    deepEqual(await run("nodelist nosuch"), unknown);
    deepEqual(await run("nodelist --json nosuch"), { ...unknown, out: "" });
    deepEqual(await run("nodeattrib nosuch location.rack"), { ...unknown, out: "" });
    deepEqual(await run("noderemove n1,nosuch"), { ...unknown, out: "" });
    const error = `Error: ${err}`;
    deepEqual(await run("nodeattrib nosuch type=server"), { code: 1, out: "", err: error });
    deepEqual(await run("noderename nosuch n2"), { code: 1, out: "", err: error });
    deepEqual(await run("nodedefine n1"), {
      code: 1,
      out: "",
      err: "node n1 exists already\n",
    });
    equal((await run("nodelist")).out, "n1\n");
  });
});

Deno.test("attributes are listed by name, wildcard, beginning and alias", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    await run("nodedefine n3 net.ib0.ipv4_address=172.16.1.1/16 net.ipv4_address=10.1.0.1/16");
    await run("nodeattrib n3 bmc=10.0.0.3 location.rack=7 net.bootable=yes");
    deepEqual(await run("nodelist n3 net.*ipv4_address"), {
      code: 0,
      out: "n3: net.ib0.ipv4_address: 172.16.1.1/16\nn3: net.ipv4_address: 10.1.0.1/16\n",
      err: "",
    });
    const rack = "n1: location.rack:\nn3: location.rack: 7\n";
    equal((await run("nodelist n1,n3 location.rack")).out, rack);
    equal((await run("nodelist n1,n3 LOCATION.RACK location.ra?k")).out, rack);
    equal((await run("nodelist n3 hm.manager")).out, "n3: hardwaremanagement.manager: 10.0.0.3\n");
    equal((await run("nodelist n3 bmc")).out, "n3: hardwaremanagement.manager: 10.0.0.3\n");
    equal((await run("nodelist n3 net.boot[a-z]*")).out, "n3: net.bootable: True\n");
    equal((await run("nodelist n1 net.boot[!xyz]*")).out, "n1: net.bootable:\n");
    equal((await run("nodelist n1 bmcpass")).out, "n1: secret.hardwaremanagementpassword:\n");
    equal(lines((await run("nodelist n1 location")).out).length, 5);
    deepEqual(JSON.parse((await run("nodelist n1,n3 location.rack --json")).out), {
      n1: { "location.rack": { value: null } },
      n3: { "location.rack": { value: "7" } },
    });
  });
});

Deno.test("what is no attribute is said, and what only some nodes have", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    deepEqual(await run("nodelist n1 bogus.attr"), {
      code: 1,
      out: "",
      err: "Error: bogus.attr not a valid attribute\n",
    });
    match((await run("nodelist n1 locaton.rack")).err, /did you mean location\.rack\?\n$/);
    equal((await run("nodelist n1 net.[z-a]")).code, 1);
    await run("nodeattrib n1 custom.color=red");
    deepEqual(await run("nodeattrib n1,n2 custom.color"), {
      code: 1,
      out: "n1: custom.color: red\n",
      err: "Error: custom.color matches no valid value for n2\n",
    });
  });
});

Deno.test("attributes are shown: those set, those named, all", async () => {
  await withService(["n1"], async ({ run }) => {
    const groups = "n1: groups: everything\n";
    deepEqual(await run("nodeattrib n1"), { code: 0, out: groups, err: "" });
    await run(["nodeattrib", "n1", "info.note=two words", "dns.domain="]);
    const domain = "n1: dns.domain:\n", note = "n1: info.note: two words\n";
    equal((await run("nodeattrib n1")).out, domain + groups + note);
    equal((await run("nodeattrib n1 current")).out, domain + groups + note);
    equal((await run("nodeattrib -b n1 dns.domain info.note")).out, domain + note);
    const all = lines((await run("nodeattrib n1 all")).out);
    equal(all.includes("n1: info.note: two words"), true);
    equal(all.includes("n1: secret.ipmikg:"), true);
    equal(all.includes("n1: groups: everything"), true);
    equal((await run("nodeattrib n1 all info.note")).out, "n1: info.note: two words\n");
  });
});

Deno.test("attributes are set in one write, and told attribute by attribute", async () => {
  await withService(["n1", "n2"], async ({ run, member }) => {
    const before = member.index;
    deepEqual(await run(["nodeattrib", "n1-n2", "location.u=99", "info.note=two words"]), {
      code: 0,
      out: "n1: 99\nn2: 99\nn1: two words\nn2: two words\n",
      err: "",
    });
    equal(member.index, before + 1);
    equal((await run("nodeattrib n1 bmc=10.0.0.1 net.bootable=1")).out, "n1: 10.0.0.1\nn1: True\n");
    equal((await run("nodeattrib n1 info.note=a=b,c")).out, "n1: a=b,c\n");
    equal((await run("nodeattrib n1 info.note=-5 --json")).code, 0);
    deepEqual(await run("nodeattrib n1 -c location.u info.note"), { code: 0, out: "", err: "" });
    equal((await run("nodeattrib n1-n2 location.u")).out, "n1: location.u:\nn2: location.u: 99\n");
    deepEqual(JSON.parse((await run("nodeattrib --json n1 location.u=5")).out).n1["location.u"], {
      value: "5",
    });
  });
});

Deno.test("a change that cannot be made changes nothing", async () => {
  await withService(["n1"], async ({ run, member }) => {
    const index = member.index;
    deepEqual(await run("nodeattrib n1 location.u=3 type=blade"), {
      code: 1,
      out: "",
      err: "Error: Bad Request - Attribute type does not accept value blade " +
        "(valid values would be switch,server,rackmount,dense,enclosure,)\n",
    });
    match((await run("nodeattrib n1 bogus.attr=1")).err, /^Error: Bad .* bogus\.attr attribute on/);
    match(
      (await run("nodeattrib n1 groups,=g")).err,
      /^Error: Bad Request - group g does not exist/,
    );
    match((await run("nodeattrib n1 groups=g")).err, /group g does not exist/);
    equal(member.index, index);
  });
});

Deno.test("words that do not go together are wrong usage", async () => {
  await withService(["n1"], async ({ run }) => {
    const wrong = async (line: string): Promise<string> => {
      const { code, out, err } = await run(line);
      deepEqual([code, out], [2, ""]);
      return lines(err)[0] ?? "";
    };
    match(await wrong("nodeattrib n1 -x"), /unknown option '-x'/);
    equal(await wrong("nodeattrib"), "Error: missing required argument 'noderange'");
    match(await wrong("nodeattrib n1 location.u=1 location.rack"), /either shown or set/);
    match(await wrong("nodeattrib -c n1 location.u=1"), /"location.u=1" has a value/);
    match(await wrong("nodeattrib -c n1"), /-c needs the names of attributes/);
    match(await wrong("nodeattrib -c -e n1 location.u"), /-c and -e cannot go together/);
    match(await wrong("nodeattrib n1 =1"), /"=1" sets nothing/);
    match(await wrong("nodeattrib n1 type=a type=b"), /type is given twice/);
    match(await wrong("nodedefine"), /wanted a noderange/);
    match(await wrong("nodedefine n2 type"), /"type" sets nothing/);
    match(await wrong("nodedefine n2 --file x.csv"), /not both/);
    match(await wrong("nodedefine n2 name=n3"), /name is no attribute/);
    match(await wrong("nodedefine n2 --existing skip"), /for nodes of a table/);
    match(await wrong("nodedefine --file x --existing sometimes"), /refuse, update, skip/);
    match(await wrong("noderemove n1 n2"), /too many arguments/);
    match(await wrong("noderename n1"), /missing required argument 'name'/);
    match(await wrong("nodeattrib --dry-run n1 type"), /--dry-run is for attributes that are set/);
  });
});

Deno.test("values come from the environment, a file, or a person", async () => {
  await withService(["n1"], async ({ run, folder }) => {
    const env = { INFO_NOTE: "from environment" };
    equal((await run("nodeattrib -e n1 info.note", { env })).out, "n1: from environment\n");
    match((await run("nodeattrib -e n1 type")).err, /neither type nor TYPE is set/);

    const file = `${folder}/batch`;
    const batch = '# power\nlocation.u=3  location.rack=7 # here\ninfo.note="two words"\n\n';
    await Deno.writeTextFile(file, batch);
    equal((await run(`nodeattrib n1 -s ${file}`)).out, "n1: 3\nn1: 7\nn1: two words\n");
    await Deno.writeTextFile(file, "info.note='open\n");
    match((await run(`nodeattrib n1 -s ${file}`)).err, /batch: line 1: a quotation mark is not/);
    match((await run(`nodeattrib n1 -s ${file}2`)).err, /cannot read .*batch2: there is no such/);

    const typed = ["seen by nobody", "seen by nobody"];
    equal((await run("nodeattrib -p n1 info.note", { typed })).out, "n1: seen by nobody\n");
    const differs = await run("nodeattrib -p n1 info.note", { typed: ["a", "b"] });
    match(differs.err, /the two values are not the same; nothing was changed/);
    const nobody = await run("nodeattrib -p n1 info.note");
    deepEqual([nobody.code, nobody.err.includes("there is none")], [2, true]);
    equal((await run("nodeattrib n1 info.note")).out, "n1: info.note: seen by nobody\n");
  });
});

Deno.test("a secret is asked for, and told by nothing", async () => {
  await withService(["n1"], async ({ run }) => {
    const typed = ["dummy-pw", "dummy-pw"];
    const said = [
      await run("nodeattrib -p n1 secret.ipmikg", { typed }),
      await run("nodeattrib -e n1 crypted.rootpassword", {
        env: { CRYPTED_ROOTPASSWORD: "dummy-pw" },
      }),
      await run("nodeattrib n1 secret.ipmikg crypted.rootpassword"),
      await run("nodeattrib n1"),
      await run("nodeattrib --json n1"),
      await run("nodeattrib --dry-run -p n1 secret.ipmikg", { typed }),
      await run("nodegroupdefine g secret.snmpcommunity=dummy-pw"),
      await run("nodegroupattrib g"),
      await run("nodeattrib -p n1 secret.ipmikg", { typed: ["dummy-pw", "dummy-pw2"] }),
    ];
    for (const { out, err } of said) equal(`${out}${err}`.includes("dummy-pw"), false);
    deepEqual(said.slice(0, 3).map(({ out }) => out), [
      "n1: ********\n",
      "n1: ********\n",
      "n1: crypted.rootpassword: ********\nn1: secret.ipmikg: ********\n",
    ]);
    equal(said[5]?.out, "n1: secret.ipmikg: ********\n");
    equal(said[7]?.out, "g: secret.snmpcommunity: ********\n");
  });
});

Deno.test("many nodes are changed only when somebody agrees", async () => {
  await withService(["n1", "n2", "n3"], async ({ run }) => {
    const alone = await run("noderemove -m 2 n1-n3");
    deepEqual([alone.code, alone.out], [1, ""]);
    match(alone.err, /this removes 3 nodes, and --maxnodes is 2; without a terminal nobody/);
    equal((await run("noderemove -m 2 n1-n3", { typed: ["n"] })).code, 1);
    equal((await run("nodeattrib -m 0 n1 type=server", { typed: ["y"] })).out, "n1: server\n");
    equal((await run("noderemove -m x n1")).code, 2);
    equal(lines((await run("noderemove -m 3 n1-n3")).out).length, 3);
  });
});

Deno.test("a range has any characters on its way", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    equal((await run(["nodelist", "(n1,n2),-n1"])).out, "n2\n");
    match(
      (await run(["nodelist", "n1/../n2?x=1#%"])).err,
      /^Bad Request - Invalid Noderange: Invalid syntax: read "\?"/,
    );
    match((await run(["nodelist", "n[1-"])).err, /this "\[" has no "\]"/);
  });
});

Deno.test("nodes are renamed, by a name or by an expression, with all they have", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    await run("nodeattrib n2 info.note=mine");
    deepEqual(await run(["noderename", "n1-n2", "r{n1:02d}"]), {
      code: 0,
      out: "n1: r01\nn2: r02\n",
      err: "",
    });
    equal((await run("nodelist n1")).code, 1);
    equal((await run("nodeattrib r02 info.note")).out, "r02: info.note: mine\n");
    deepEqual(JSON.parse((await run("noderename --json r01 a")).out), { r01: "a" });
    match((await run("noderename a r02")).err, /^Error: .*conflict with existing nodes: r02/);
    equal((await run("noderename -m 1 a,r02 x{n1}")).code, 1);
    equal((await run("nodelist")).out, "a\nr02\n");
  });
});

Deno.test("blame says where a value comes from and what it was made of", async () => {
  await withService(["n1", "n2"], async ({ run }) => {
    await run(["nodegroupdefine", "g", "location.u={n1}", "location.rack=7", "nodes=n1,n2"]);
    await run(["nodeattrib", "n2", "location.u=u{n1}", "info.note={n9}"]);
    deepEqual(await run("nodelist -b n1-n2 location.u location.rack info.note"), {
      code: 0,
      out: "n1: info.note:\n" +
        "n1: location.rack: 7 (inherited from group g)\n" +
        'n1: location.u: 1 (inherited from group g, derived from expression "{n1}")\n' +
        "n2: info.note: *ERROR* BROKEN EXPRESSION: list index out of range: n2 has 1 numbers, " +
        'so there is no n9 (derived from expression "{n9}")\n' +
        "n2: location.rack: 7 (inherited from group g)\n" +
        'n2: location.u: u2 (derived from expression "u{n1}")\n',
      err: "",
    });
    // A broken one says so whether it is asked or not.
    match(
      (await run("nodeattrib n2 info.note")).out,
      /no n9 \(derived from expression "\{n9\}"\)$/m,
    );
  });
});

Deno.test("clearing warns where a group has a value still", async () => {
  await withService(["n1"], async ({ run }) => {
    await run(["nodegroupdefine", "g", "location.u={n1}", "nodes=n1"]);
    await run("nodeattrib n1 location.u=9");
    const cleared = await run("nodeattrib -c n1 location.u");
    deepEqual([cleared.code, cleared.out], [0, ""]);
    match(cleared.err, /^Warning: The attribute "location.u" .* inherited from the group "g"\n$/);
    equal((await run("nodeattrib n1 location.u")).out, "n1: location.u: 1\n");
    match((await run("nodeattrib -c n1 location.u")).err, /is inherited from the group "g", where/);
  });
});

Deno.test("lists of groups are changed at both ends, and short names are understood", async () => {
  await withService(["n1"], async ({ run }) => {
    await run("nodegroupdefine a");
    await run("nodegroupdefine b");
    equal((await run("nodeattrib n1 groups,=a")).out, "n1: ['a', 'everything']\n");
    equal((await run("nodeattrib n1 groups,=b")).out, "n1: ['b', 'a', 'everything']\n");
    equal((await run("nodeattrib n1 groups^=a")).out, "n1: ['b', 'everything']\n");
    equal((await run("nodeattrib n1 groups-=b")).out, "n1: ['everything']\n");
    equal((await run("nodeattrib n1 groups=a,b groups")).code, 2);
    equal(
      (await run("nodeattrib n1 hm.method=redfish bmc=10.0.0.1")).out,
      "n1: redfish\nn1: 10.0.0.1\n",
    );
    equal((await run("nodeattrib n1 hm.method")).out, "n1: hardwaremanagement.method: redfish\n");
    equal((await run("nodeattrib n1 -c hm.method")).code, 0);
    equal((await run("nodeattrib n1 hm.method")).out, "n1: hardwaremanagement.method:\n");
    await run("nodeattrib n1 net.a.mtu=1 net.b.mtu=2");
    equal((await run("nodeattrib n1 net.*.mtu=9000")).out, "n1: 9000\nn1: 9000\n");
  });
});

Deno.test("a dry run says what would change, and changes nothing", async () => {
  await withService(["n1", "n2"], async ({ run, member }) => {
    await run("nodeattrib n1 location.u=5 info.note=");
    const index = member.index;
    const err = (count: string): string => `Dry run: ${count}; nothing was changed.\n`;
    deepEqual(await run("nodeattrib --dry-run n1-n2 location.u=7"), {
      code: 0,
      out: "n1: location.u: 7 (was 5)\nn2: location.u: 7\n",
      err: err("2 changes"),
    });
    deepEqual(await run("nodeattrib --dry-run -c n1-n2 location.u info.note"), {
      code: 0,
      out: "n1: location.u: cleared (was 5)\nn1: info.note: cleared (was empty)\n",
      err: err("2 changes"),
    });
    deepEqual(await run("noderemove --dry-run n2"), {
      code: 0,
      out: "n2: deleted\n",
      err: err("1 change"),
    });
    match((await run("nodedefine --dry-run n3")).out, /^n3: created\n/);
    match((await run("noderename --dry-run n1 n9")).out, /^n1: deleted\nn9: created\n/);
    equal((await run("nodegroupdefine --dry-run g")).out, "group g: created\n");
    const refused = await run("nodeattrib --dry-run n1 type=blade");
    deepEqual([refused.code, refused.out], [1, ""]);
    const told = JSON.parse((await run("noderemove --json --dry-run n1-n2")).out);
    deepEqual([told.dryRun, told.count], [true, 2]);
    equal(member.index, index);
    equal((await run("nodelist")).out, "n1\nn2\n");
  });
});

Deno.test("a pipe that closes ends a long answer quietly", async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `n${i + 1}`);
  await withService(names, async ({ run }) => {
    for (const command of ["nodeattrib n1-n20000", "nodelist n1-n20000 type bogus"]) {
      const ran = await run(command, { sees: (_, __, { hangUp }) => hangUp() });
      deepEqual([ran.code, ran.err], [0, ""]);
      equal(lines(ran.out).length < 20_000, true);
    }
    const set = await run("nodeattrib n1-n20000 type=server info.note=x");
    deepEqual([set.code, lines(set.out).length, lines(set.out)[20_000]], [0, 40_000, "n1: x"]);
    const told = JSON.parse((await run("nodeattrib n1-n20000 type --json")).out);
    deepEqual([Object.keys(told).length, told.n20000], [20_000, { type: { value: "server" } }]);
  });
});
