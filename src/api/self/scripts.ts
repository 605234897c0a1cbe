/** Which scripts a node is to run, and the files that only nodes of its profile get. */
import { MAX_SCRIPTS_TOLD } from "../../base/boot_limits.ts";
import { spelledOutControls } from "../../base/one_line.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { listContent, openPrivate } from "../../io/content_files.ts";
import { COMPLETED, PENDING, STAGED } from "../../model/deployment.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import { printFor, YAML } from "./responses.ts";
import type { SelfParts } from "./self_parts.ts";
import { tellAsked } from "./telling.ts";

export function scriptEndpoints(parts: SelfParts): SelfEndpoint[] {
  return [
    {
      ...{ method: "GET", path: "scriptlist/:category", needsKey: true },
      handler: (call) => scriptList(parts, call),
    },
    {
      ...{ method: "GET", path: "profileprivate/pending/*file", needsKey: true },
      handler: (call) => privateFile(parts, call),
    },
  ];
}

/** `pre`, `pre.d`, `post`, ...: one segment of a path, and none that leads out. */
const CATEGORY = /^[A-Za-z0-9][\w.+-]{0,63}$/;

async function scriptList(parts: SelfParts, call: SelfCall): Promise<Outcome<SelfAnswer>> {
  const category = call.parameters.get("category") ?? "";
  if (!CATEGORY.test(category)) {
    return refused("invalid", "wanted a kind of scripts, as scriptlist/post.d");
  }
  const profile = profileOf(parts.member, call.node);
  const scripts = await scriptsOf(parts.content, profile, category);
  if (!scripts.ok) return scripts;
  const many = scripts.value.length === 1 ? "1 script" : `${scripts.value.length} scripts`;
  const told = profile === "" ? "no profile" : `${many} of ${profile}`;
  tellAsked(parts, call, `scriptlist/${category}`, ok(told));
  // Of an empty list in brackets, shell scripts would try to run the brackets.
  const isEmpty = scripts.value.length === 0;
  const isYaml = printFor(call.headers.get("accept")) === "yaml";
  return ok(isEmpty && isYaml ? { text: "", type: YAML } : { document: scripts.value });
}

/** Those of the folder of that name, or else with `.d` behind it. */
async function scriptsOf(
  content: string | undefined,
  profile: string,
  category: string,
): Promise<Outcome<readonly string[]>> {
  if (content === undefined || profile === "") return ok([]);
  for (const folder of [category, `${category}.d`]) {
    const path = `os/${profile}/scripts/${folder}`;
    const listed = await listContent(content, path, MAX_SCRIPTS_TOLD);
    if (!listed.ok) return listed;
    if (listed.value !== undefined) return ok(listed.value);
  }
  return ok([]);
}

/** The one that the node is on its way to, or has. */
function profileOf({ nodes: { resolver } }: SelfParts["member"], node: string): string {
  const names = [PENDING, STAGED, COMPLETED].map((name) => resolver.textOf(node, name).trim());
  return names.find((name) => name !== "") ?? "";
}

async function privateFile(parts: SelfParts, call: SelfCall): Promise<Outcome<SelfAnswer>> {
  const { member, content } = parts;
  const file = call.parameters.get("file") ?? "", shown = spelledOutControls(file);
  const profile = member.nodes.resolver.textOf(call.node, PENDING).trim();
  if (profile === "") return refused("invalid", "No pending profile");
  if (content === undefined) return refused("not-found", `${shown}: there is no such file`);
  const opened = await openPrivate(content, profile, file);
  const told = opened.ok ? ok(`${opened.value.size} bytes of ${profile}`) : opened;
  tellAsked(parts, call, `profileprivate/pending/${shown}`, told);
  return opened.ok ? ok({ file: opened.value }) : opened;
}
