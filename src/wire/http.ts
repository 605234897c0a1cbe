/**
 * What is said over HTTP: every request body and every answer, as schemas. The API checks what it
 * receives against them; the shell, and whoever writes a client, reads answers with them.
 *
 * Collections answer with {@link links}, requests on a noderange with {@link dataByNode}, failures
 * with {@link failure}, whose `errorcode` is the status. Every answer carries the header
 * `Confluent-Index`: the index of the last entry applied when it was made.
 */
import { z } from "zod";

// ---- common

/** Any answer of status 400 and above. `missing` names the members whose silence is the cause. */
export const failure = z.object({
  errorcode: z.int(),
  error: z.string(),
  missing: z.array(z.string()).optional(),
});
export type Failure = z.infer<typeof failure>;

const link = z.object({ href: z.string() });

/** The `error` of status 503 for want of quorum; scripts look for these very words. */
export const NO_QUORUM_ERROR = "Collective does not have quorum";

/** A collection. An item's href is relative to the collection; that of a node is `n1/`. */
export const links = z.object({
  _links: z.object({ self: link, collection: link, item: z.array(link) }),
});
export type Links = z.infer<typeof links>;

// ---- attributes

const plainValue = z.union([z.string(), z.number(), z.boolean()]);

/**
 * What an attribute is set to. Null clears it. Numbers are kept as their text, and only flags
 * (`net.*bootable`) stay booleans. `{"value": ...}` sets a text with braces in it as it stands.
 */
export const attributeInput = z.union([
  plainValue,
  z.null(),
  z.strictObject({ value: plainValue }),
  z.strictObject({ expression: z.string() }),
  z.array(z.string()),
  z.strictObject({ prepend: z.string() }),
  z.strictObject({ remove: z.string() }),
], { error: 'wanted a text, a number, true, false, null (which clears) or {"value": text}' });
export type AttributeInput = z.infer<typeof attributeInput>;

/** PUT .../attributes/{all,current}: attribute names and values. */
export const attributesInput = z.record(z.string(), attributeInput, {
  error: "wanted an object of attribute names and values",
});
export type AttributesInput = z.infer<typeof attributesInput>;

const madeOf = {
  /** The text that the value was made of, for each node anew. */
  expression: z.string().optional(),
  /** The group that it was inherited from. */
  inheritedfrom: z.string().optional(),
};

/** An attribute as it is told: null is unset, a secret one says only whether it is set, a list
 * (`groups`) is a bare array, a broken expression says why, and the expression of a group, which no
 * node has yet, is told as it is. */
export const attributeOutput = z.union([
  z.object({ value: z.union([z.string(), z.number(), z.boolean(), z.null()]), ...madeOf }),
  z.object({ isset: z.boolean(), ...madeOf }),
  z.object({ broken: z.string(), ...madeOf }),
  z.object({ expression: z.string() }),
  z.array(z.string()),
]);
export type AttributeOutput = z.infer<typeof attributeOutput>;

const attributes = z.record(z.string(), attributeOutput);

/** GET and PUT of /nodes/N/attributes/{all,current}, and of a group's: the attributes by name,
 * beside where they stand and, after a write, what its caller may not expect. */
export const attributesAnswer = z.object({
  _links: z.object({ self: link, collection: link }),
  _warnings: z.array(z.string()).optional(),
}).catchall(attributeOutput);
export type AttributesAnswer = z.infer<typeof attributesAnswer>;

/** What an expression came to. */
export const evaluatedAnswer = z.object({ value: z.string() });

/** GET and PUT /nodegroups/G/attributes/{all,current}, beside its links. */
export const groupAttributesAnswer = z.looseObject({
  _links: z.object({ self: link }),
  _warnings: z.array(z.string()).optional(),
});

/** GET and PUT /noderange/R/attributes/{all,current}: one entry for each attribute of each node,
 * nodes in the order of the range; `{"n1": {}}` for a node that has none. */
export const dataByNode = z.object({
  databynode: z.array(
    z.record(z.string(), z.union([failure, evaluatedAnswer, attributes])),
  ),
  /** Of a write: what its caller may not expect. */
  _warnings: z.array(z.string()).optional(),
});
export type DataByNode = z.infer<typeof dataByNode>;

// ---- nodes

const nodeName = z.string({ error: "wanted the name of a node" });

/** POST /nodes/ for one node, POST /noderange/ for many: a name or a noderange, and attributes. */
export const createNode = z.object({ name: nodeName }).catchall(attributeInput);
export type CreateNode = z.infer<typeof createNode>;

/** POST /nodegroups/: a name, and what its nodes inherit; or a `noderange` alone. */
export const createGroup = z.object({ name: z.string({ error: "wanted the name of a group" }) })
  .catchall(attributeInput);

/** PUT .../attributes/rename: a name, or an expression that gives one for each node. */
export const renameRequest = z.strictObject({
  rename: z.string({ error: "wanted a name, or an expression that makes one" }),
});

/** POST .../attributes/expression. */
export const expressionRequest = z.strictObject({
  expression: z.string({ error: "wanted a text with expressions in braces" }),
});

/** POST /noderange/R/abbreviate: names of nodes, as a list or with commas between. */
export const abbreviateRequest = z.strictObject({
  nodes: z.union([z.string(), z.array(z.string())], {
    error: "wanted names of nodes, as a list or with commas between",
  }),
});

/** The answers to those. */
export const renamedAnswer = z.object({ rename: z.object({ value: z.string() }) });
/** The nodes of a range under their new names. */
export const renamedNodes = z.object({
  databynode: z.array(z.record(z.string(), renamedAnswer)),
});
/** A group under its new name. */
export const renamedGroup = z.object({ oldname: z.string(), newname: z.string() });
/** The shortest noderange for the nodes. */
export const abbreviatedAnswer = z.object({ noderange: z.string() });

/** The answer to any write with `?dryRun=1`: what it would change, of so many changes the first
 * ones. What is secret is named without its values. */
export const dryRun = z.object({
  dryRun: z.literal(true),
  count: z.int(),
  changes: z.array(z.object({
    /** `node`, `group` and the like. */
    kind: z.string(),
    name: z.string(),
    change: z.enum(["created", "removed", "set", "cleared"]),
    attribute: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
  })),
});
export type DryRun = z.infer<typeof dryRun>;

/** What becomes of a listed node that exists: the whole list is refused (409), its attributes are
 * updated with the listed ones, or it is left as it is. */
export const existingPolicy = z.enum(["refuse", "update", "skip"]);
export type ExistingPolicy = z.infer<typeof existingPolicy>;

/** POST /nodes/ for an inventory table: all its nodes in one atomic entry, or none. */
export const createNodes = z.strictObject({
  nodes: z.array(createNode).min(1, { error: "wanted at least one node" }),
  existing: existingPolicy.default("refuse"),
});
export type CreateNodes = z.input<typeof createNodes>;

/** The same while its nodes have yet to be looked at, one by one: there may be very many. */
export const uncheckedNodes = createNodes.extend({
  nodes: z.array(z.unknown()).min(1, { error: "wanted at least one node" }),
});

/** Of a write: what its caller may not expect. */
const warnings = z.array(z.string()).optional();

/** The answer to POST /nodes/ for one node, or /nodegroups/. */
export const createdOne = z.object({ created: z.string(), _warnings: warnings });
export type CreatedOne = z.infer<typeof createdOne>;

/** `updated` and `skipped` are there for an inventory table only. */
export const createdMany = z.object({
  created: z.array(z.string()),
  updated: z.array(z.string()).optional(),
  skipped: z.array(z.string()).optional(),
  _warnings: warnings,
});
export type CreatedMany = z.infer<typeof createdMany>;

/** DELETE /nodes/N and DELETE /collective/members/NAME. */
export const deletedOne = z.object({ deleted: z.string() });
export type DeletedOne = z.infer<typeof deletedOne>;

/** DELETE /noderange/R. */
export const deletedMany = z.object({ deleted: z.array(z.string()) });
export type DeletedMany = z.infer<typeof deletedMany>;

// ---- the collective

/** A learner becomes a voter by itself; a nonvoting member stays one. */
export const memberRole = z.enum(["voter", "learner", "nonvoting"]);

/** The protocol between members and the feature level that a program supports. */
const support = z.object({ fewest: z.int(), most: z.int(), level: z.int() });

/** One member, as the answering one knows it. */
export const memberAnswer = z.object({
  name: z.string(),
  id: z.string(),
  state: z.enum(["alive", "suspect", "down", "locked"]),
  role: memberRole,
  voting: z.boolean(),
  addresses: z.array(z.string()),
  fingerprint: z.string(),
  index: z.int().nullable(),
  lag: z.int().nullable(),
  self: z.boolean(),
  certificateExpires: z.string().nullable(),
  rotating: z.boolean(),
  support,
  /** How many nodes it manages. */
  nodes: z.int(),
  /** Whether it is to manage none. */
  drained: z.boolean(),
});
export type MemberAnswer = z.infer<typeof memberAnswer>;

/** GET /collective/: answered without quorum too, as far as this member knows. */
export const collectiveAnswer = z.object({
  quorum: z.boolean(),
  leader: z.string().nullable(),
  missing: z.array(z.string()),
  notices: z.array(z.string()),
  collective: z.string(),
  index: z.int(),
  level: z.int(),
  members: z.array(memberAnswer),
});
export type CollectiveAnswer = z.infer<typeof collectiveAnswer>;

const DURATION = /^(?:0|[1-9]\d{0,8})[smhd]?$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `90s`, `30m`, `1h`, `7d` or a number of seconds; undefined for all else. */
export function durationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  return parseInt(text, 10) * (UNIT_MS[text.slice(-1)] ?? 1_000);
}

const WANTED_DURATION = "wanted a duration: 90s, 30m, 1h, 7d, or a number of seconds";

/** POST /collective/invitations. */
export const inviteRequest = z.strictObject({
  name: z.string({ error: "wanted the name of the member to invite" }),
  /** How long the token is good for: `90s`, `30m`, `1h`, `7d`, or a number of seconds. */
  expires: z.union(
    [z.string().regex(DURATION, WANTED_DURATION), z.int().positive(WANTED_DURATION)],
    {
      error: WANTED_DURATION,
    },
  ).optional(),
  nonvoting: z.boolean().optional(),
  replaces: z.boolean().optional(),
});
export type InviteBody = z.infer<typeof inviteRequest>;

/** What an invitation gives: the token to carry to the new member. */
export const inviteAnswer = z.object({
  token: z.string(),
  name: z.string(),
  role: memberRole,
  /** ISO time. */
  expires: z.string(),
});
export type InvitationAnswer = z.infer<typeof inviteAnswer>;

/** POST /collective/rotate: of the member that is asked. */
export const rotateRequest = z.strictObject({
  /** The old certificate counts no more at once, as after its key was stolen. */
  now: z.boolean({ error: "wanted true or false" }).optional(),
});

/** Its new certificate, and who must meet it before the old one is given up. */
export const rotateAnswer = z.object({
  name: z.string(),
  fingerprint: z.string(),
  /** ISO time. */
  expires: z.string(),
  unmet: z.array(z.string()),
});
export type RotatedAnswer = z.infer<typeof rotateAnswer>;

/** POST /collective/rotate-key: the key that all secrets are sealed by. */
export const rotateKeyAnswer = z.object({
  /** The id of the new key. */
  key: z.string(),
  /** Whether every secret is sealed by it, and the old one gone; else that goes on by itself. */
  over: z.boolean(),
});
/** See {@link rotateKeyAnswer}. */
export type KeyRotatedAnswer = z.infer<typeof rotateKeyAnswer>;

/** POST /collective/join. */
export const joinRequest = z.strictObject({
  token: z.string({ error: "wanted the token that `invite` printed" }),
  server: z.string().optional(),
  replace: z.boolean().optional(),
});
export type JoinBody = z.infer<typeof joinRequest>;

/** What a join came to: the data is here, and a voter votes. */
export const joinAnswer = z.object({
  name: z.string(),
  collective: z.string(),
  role: memberRole,
  members: z.array(z.string()),
  notices: z.array(z.string()),
});
export type JoinedAnswer = z.infer<typeof joinAnswer>;

/** With `Accept: application/x-ndjson` a join answers 200 and lines: progress, then exactly one
 * of the answer and a failure, which a status can no longer tell. */
export const joinLine = z.union([
  z.object({ progress: z.string() }),
  z.object({ joined: joinAnswer }),
  failure,
]);
export type JoinLine = z.infer<typeof joinLine>;

/** POST and DELETE /collective/members/NAME/drain. */
export const drainAnswer = z.object({
  name: z.string(),
  drained: z.boolean(),
  /** How many of its nodes others manage now, or nobody. */
  handedOver: z.int(),
  /** Nodes that can go and have not gone yet: that goes on by itself. */
  going: z.int(),
  /** Nodes that can go nowhere. */
  staying: z.array(z.object({ count: z.int(), example: z.string(), why: z.string() })),
  notices: z.array(z.string()),
});
/** See {@link drainAnswer}. */
export type DrainedAnswer = z.infer<typeof drainAnswer>;

/** With `Accept: application/x-ndjson` a drain answers 200 and lines: progress, then exactly one of
 * the answer and a failure. */
export const drainLine = z.union([
  z.object({ progress: z.string() }),
  z.object({ done: drainAnswer }),
  failure,
]);
/** See {@link drainLine}. */
export type DrainLine = z.infer<typeof drainLine>;

/** GET /check: what is wrong here and between the members, a line each with its remedy. */
export const checkAnswer = z.object({ name: z.string(), findings: z.array(z.string()) });
export type CheckAnswer = z.infer<typeof checkAnswer>;

/** POST /collective/repair: the member whose state is kept. */
export const repairRequest = z.strictObject({
  from: z.string({ error: "wanted the name of the member whose state is kept" }),
});

/** Who takes a copy of it; nobody where no state is known to differ. */
export const repairAnswer = z.object({ from: z.string(), repaired: z.array(z.string()) });

// ---- the process

/** GET /healthz: the process answers. */
export const healthAnswer = z.object({ status: z.literal("ok") });
/** GET /readyz: 200 with this, else 503 with a {@link Failure}. */
export const readyAnswer = z.object({ status: z.literal("ready") });

/** GET /version. */
export const versionAnswer = z.object({
  version: z.string(),
  features: z.array(z.string()),
  deno: z.string(),
  build: z.string(),
  support,
});
export type VersionAnswer = z.infer<typeof versionAnswer>;

/** GET /uuid: the collective's, or that of the database that was restored. */
export const uuidAnswer = z.object({ uuid: z.object({ value: z.string() }) });
export type UuidAnswer = z.infer<typeof uuidAnswer>;
