/** What nodes and members may be called: names that fit a host name, a path and a noderange. */
import { MAX_NAME_LENGTH } from "../base/limits.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";

const VALID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `everything` is the group of all nodes; `localhost` is somebody else on every host. */
const RESERVED: ReadonlySet<string> = new Set(["everything", "localhost"]);

/** The name, where a node may be called so; `invalid` with what is wrong where not. */
export function nodeName(text: string): Outcome<string> {
  return named("node", text);
}

/** The same for a member: its host is a node as well, so the same rules hold. */
export function memberName(text: string): Outcome<string> {
  return named("member", text);
}

/** The same for a group of nodes, which stands in noderanges as nodes do. */
export function groupName(text: string): Outcome<string> {
  return named("group", text);
}

function named(what: string, text: string): Outcome<string> {
  if (text.length > MAX_NAME_LENGTH) {
    return refused(
      "invalid",
      `the ${what} name "${text.slice(0, 32)}..." has ${text.length} characters; ` +
        `MAX_NAME_LENGTH is ${MAX_NAME_LENGTH}`,
    );
  }
  if (!VALID.test(text)) {
    return refused(
      "invalid",
      `"${text}" is not a valid ${what} name: it takes letters, digits, "." "_" "-", ` +
        "and starts with a letter or a digit",
    );
  }
  if (RESERVED.has(text.toLowerCase())) {
    return refused("invalid", `the name "${text}" is reserved; choose another ${what} name`);
  }
  return ok(text);
}
