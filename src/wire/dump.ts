/**
 * A database as lines of JSON, both ways: `POST /dump` answers with them and `POST /restore` takes
 * them. First a head, then an entry a line, groups and nodes in any order, last how many there
 * were, without which it was cut. The list of a group's nodes may be long: it comes in lines of its
 * own, at most DUMP_MEMBERS_PER_LINE names each.
 *
 * What an entry holds is what stands in `main.json` of the original, and for nodes and groups a
 * text in place of `{"value": text}`: see src/model/dumped.ts.
 */
import { z } from "zod";

/** What there are entries of, and under which name `main.json` has them. */
export const DUMP_SECTIONS = {
  group: "nodegroups",
  node: "nodes",
  usergroup: "usergroups",
  user: "users",
} as const;
/** What an entry is. */
export type DumpKind = keyof typeof DUMP_SECTIONS;

/** An entry. */
export const dumpEntry = z.object({
  kind: z.enum(["group", "node", "usergroup", "user"]),
  name: z.string({ error: "wanted a name" }),
  content: z.record(z.string(), z.unknown(), { error: "wanted an object" }),
});
export type DumpEntry = z.infer<typeof dumpEntry>;

/** Nodes of a group. */
export const dumpMembers = z.object({
  kind: z.literal("members"),
  name: z.string({ error: "wanted the name of a group" }),
  nodes: z.array(z.string(), { error: "wanted a list of nodes" }),
});
export type DumpMembers = z.infer<typeof dumpMembers>;

/** The last line: how many entries came. */
export const dumpEnd = z.object({ kind: z.literal("end"), entries: z.int() });

const globals = z.record(z.string(), z.unknown());

/** The first line of what `POST /dump` answers: base64 of the key that opens its secrets, none
 * where they are redacted. */
export const dumpHead = z.object({
  kind: z.literal("head"),
  cryptkey: z.string().optional(),
  globals,
});
export type DumpHead = z.infer<typeof dumpHead>;

/** A line of that answer. One `failed` after the head: it ends there, of no use. */
export const dumpLine = z.discriminatedUnion("kind", [
  dumpHead,
  dumpEntry,
  dumpMembers,
  dumpEnd,
  z.object({ kind: z.literal("failed"), error: z.string() }),
]);
export type DumpLine = z.infer<typeof dumpLine>;

/** What `POST /dump` takes. */
export const dumpRequest = z.strictObject({
  /** Without any secret. */
  redact: z.boolean({ error: "wanted true or false" }).optional(),
});

/**
 * The first line of what `POST /restore` takes. `restore`: what is there becomes what the lines
 * say. `merge`: nodes and groups that are not there yet are added. The keys are base64, opened
 * already; without one the secrets are of a dump of this collective.
 */
export const restoreHead = z.strictObject({
  kind: z.literal("head"),
  mode: z.enum(["restore", "merge"], { error: 'wanted "restore" or "merge"' }),
  cryptkey: z.string().optional(),
  integritykey: z.string().optional(),
  globals: globals.optional(),
});
export type RestoreHead = z.infer<typeof restoreHead>;

/** The lines between its head and its end. */
export const restoreLine = z.discriminatedUnion("kind", [dumpEntry, dumpMembers, dumpEnd], {
  error: "wanted a line of kind group, members, node, user, usergroup or end",
});

const counts = z.object({
  created: z.int(),
  changed: z.int(),
  removed: z.int(),
  unchanged: z.int(),
});

/** What a restore came to. */
export const restored = z.object({
  group: counts,
  node: counts,
  usergroup: counts,
  user: counts,
  /** What a merge left as it was. */
  skipped: z.object({ group: z.array(z.string()), node: z.array(z.string()) }),
  /** What is taken and may not be meant so. */
  _warnings: z.array(z.string()).optional(),
});
export type Restored = z.infer<typeof restored>;
