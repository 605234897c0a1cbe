/** Completions, by the shells themselves where they are there. */
import { deepEqual, equal } from "node:assert/strict";

import { inFolder, lines, run } from "./shell.ts";

async function script(shell: string): Promise<string> {
  const { code, out, err } = await run(["completions", shell]);
  deepEqual([code, err], [0, ""]);
  return out;
}

function isThere(program: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" })
    .outputSync().success;
}

/** A program called confluent that knows two nodes, and the script, in one folder. */
async function withShell(
  shell: string,
  test: (ask: (text: string) => Promise<string[]>) => Promise<void>,
): Promise<void> {
  const completions = await script(shell);
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/completions`, completions);
    const program = '#!/bin/sh\n[ "$*" = nodelist ] && printf "n1\\nn2\\n"\n' +
      '[ "$*" = nodegrouplist ] && printf "g1\\n"\n' +
      '[ "$*" = "osdeploy list" ] && printf "Profiles:\\n  alma-9\\n  alma-10\\n"\n';
    await Deno.writeTextFile(`${folder}/confluent`, program, { mode: 0o755 });
    await test(async (text) => {
      const { stdout, stderr } = await new Deno.Command(shell, {
        args: ["-c", text.replaceAll("SCRIPT", `${folder}/completions`)],
        env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
      }).output();
      const decoder = new TextDecoder();
      equal(decoder.decode(stderr), "");
      return lines(decoder.decode(stdout)).map((line) => line.trim());
    });
  });
}

Deno.test({
  name: "bash completes commands, options, values, nodes and attributes",
  ignore: !isThere("bash"),
  async fn(): Promise<void> {
    await withShell("bash", async (ask) => {
      const complete = (...words: string[]): Promise<string[]> =>
        ask(
          `source SCRIPT; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); ` +
            `COMP_CWORD=${words.length - 1}; __confluent; printf '%s\\n' "\${COMPREPLY[@]}"`,
        );
      deepEqual(await complete("confluent", "node"), [
        "nodelist",
        "nodedefine",
        "nodeattrib",
        "noderename",
        "noderemove",
        "nodepower",
        "nodesetboot",
        "nodeboot",
        "nodehealth",
        "nodeidentify",
        "nodedeploy",
        "nodegrouplist",
        "nodegroupdefine",
        "nodegroupattrib",
        "nodegrouprename",
        "nodegroupremove",
      ]);
      deepEqual(await complete("nodegroupattrib", "g"), ["g1"]);
      deepEqual(await complete("nodegroupattrib", "g1", "node"), ["noderange", "nodes"]);
      deepEqual(await complete("confluent", "nodegroupremove", ""), ["g1"]);
      deepEqual(await complete("confluent", "collective", "re"), ["remove", "rejoin"]);
      deepEqual(await complete("confluent", "collective", "show", "--v"), ["--verbose"]);
      deepEqual(await complete("confluent", "--json", "nodelist", ""), ["n1", "n2"]);
      deepEqual(await complete("confluent", "nodelist", "n"), ["n1", "n2"]);
      deepEqual(await complete("confluent", "explain", "n"), ["n1", "n2"]);
      deepEqual(await complete("confluent", "nodelist", "n1", "location.ro"), [
        "location.room",
        "location.row",
      ]);
      deepEqual(await complete("/usr/bin/nodelist", "n"), ["n1", "n2"]);
      deepEqual(await complete("confluent", "osdeploy", "u"), ["update"]);
      deepEqual(await complete("confluent", "osdeploy", "update", "al"), ["alma-9", "alma-10"]);
      deepEqual(await complete("osdeploy", "update", "alma-1"), ["alma-10"]);
      deepEqual(await complete("nodeattrib", "--cl"), ["--clear"]);
      deepEqual(await complete("nodedefine", "--existing", "s"), ["skip"]);
      deepEqual(await complete("nodedeploy", "n1", "-n", ""), ["alma-9", "alma-10"]);
      deepEqual(await complete("confluent", "nodedeploy", "--network", "a"), ["alma-9", "alma-10"]);
      deepEqual(await complete("nodedeploy", "--network", "ubuntu", "n"), ["n1", "n2"]);
      deepEqual(await complete("confluent", "completions", "f"), ["fish"]);
      deepEqual(await complete("confluent", "help", "jo"), ["join"]);
      deepEqual(await complete("confluent", "serve", "--data", "/et"), ["/etc"]);
      const theirs = "source SCRIPT; complete -p join watch help dump check 2>/dev/null; " +
        "complete -p nodelist confluent";
      const ours = ["nodelist", "confluent"].map((name) => `complete -F __confluent ${name}`);
      deepEqual(await ask(theirs), ours); // programs of the system keep their completions
    });
  },
});

Deno.test({
  name: "zsh takes its script",
  ignore: !isThere("zsh"),
  async fn(): Promise<void> {
    await withShell("zsh", async (ask) => {
      const said = await ask(
        "autoload -Uz compinit; compinit -D; source SCRIPT; " +
          "print $_comps[nodelist] $_comps[confluent]",
      );
      deepEqual(said, ["__confluent __confluent"]);
    });
  },
});

Deno.test({
  name: "fish completes commands, options, nodes and attributes",
  ignore: !isThere("fish"),
  async fn(): Promise<void> {
    await withShell("fish", async (ask) => {
      const complete = async (line: string): Promise<string[]> => {
        const all = await ask(`source SCRIPT; complete -C '${line}'`);
        return all.map((one) => one.replace(/\t.*/, "")).sort();
      };
      deepEqual(await complete("confluent col"), ["collective"]);
      deepEqual(await complete("confluent collective re"), ["rejoin", "remove"]);
      deepEqual(await complete("confluent nodelist n"), ["n1", "n2"]);
      deepEqual(await complete("nodegroupattrib g"), ["g1"]);
      deepEqual(await complete("nodegroupattrib g1 node"), ["noderange", "nodes"]);
      deepEqual(await complete("confluent osdeploy update al"), ["alma-10", "alma-9"]);
      deepEqual(await complete("nodelist n1 location.ro"), ["location.room", "location.row"]);
      deepEqual(await complete("confluent collective show --v"), ["--verbose"]);
      deepEqual(await complete("nodedeploy n1 --network a"), ["alma-10", "alma-9"]);
    });
  },
});
