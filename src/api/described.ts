/**
 * What /openapi.json and /docs say of each route; what it needs stands in routes.ts, what is
 * checked and answered in src/wire. A route without its words here does not compile.
 */
import type { RefusalKind } from "../base/outcome.ts";
import * as media from "../wire/media_http.ts";
import * as profile from "../wire/profile_http.ts";
import * as dump from "../wire/dump.ts";
import {
  explanation,
  replayAnswer,
  replayRequest,
  toldStrangers,
} from "../wire/explanation_http.ts";
import * as http from "../wire/http.ts";
import * as command from "../wire/node_command_http.ts";
import { watchedChange, watchEvent } from "../wire/watch.ts";
import * as deployment from "../wire/deployment_http.ts";
import { DESCRIBED_COMMANDS } from "./described_commands.ts";
import { DESCRIBED_MEDIA } from "./described_media.ts";
import { DESCRIBED_PROFILES } from "./described_profiles.ts";
import { DESCRIBED_DEPLOYMENT } from "./described_deployment.ts";
import type { RouteName } from "./routes.ts";

/** Every shape that is told by name: the very schemas that check requests and read answers. */
export const SHAPES = {
  Failure: http.failure,
  Links: http.links,
  AttributeInput: http.attributeInput,
  AttributesInput: http.attributesInput,
  AttributeOutput: http.attributeOutput,
  AttributesAnswer: http.attributesAnswer,
  DataByNode: http.dataByNode,
  CreateNode: http.createNode,
  CreateNodes: http.createNodes,
  CreateGroup: http.createGroup,
  RenameRequest: http.renameRequest,
  Renamed: http.renamedAnswer,
  RenamedGroup: http.renamedGroup,
  ExpressionRequest: http.expressionRequest,
  Evaluated: http.evaluatedAnswer,
  AbbreviateRequest: http.abbreviateRequest,
  Abbreviated: http.abbreviatedAnswer,
  CreatedOne: http.createdOne,
  CreatedMany: http.createdMany,
  DeletedOne: http.deletedOne,
  DeletedMany: http.deletedMany,
  Member: http.memberAnswer,
  Collective: http.collectiveAnswer,
  InviteRequest: http.inviteRequest,
  RotateRequest: http.rotateRequest,
  Rotated: http.rotateAnswer,
  KeyRotated: http.rotateKeyAnswer,
  Check: http.checkAnswer,
  RepairRequest: http.repairRequest,
  Repaired: http.repairAnswer,
  Invitation: http.inviteAnswer,
  JoinRequest: http.joinRequest,
  Joined: http.joinAnswer,
  Drained: http.drainAnswer,
  DrainLine: http.drainLine,
  JoinLine: http.joinLine,
  Health: http.healthAnswer,
  Ready: http.readyAnswer,
  Version: http.versionAnswer,
  Uuid: http.uuidAnswer,
  PowerRequest: command.powerRequest,
  BootRequest: command.bootRequest,
  IdentifyRequest: command.identifyRequest,
  NodeValues: command.nodeValues,
  NodeLine: command.nodeLine,
  NodeResults: command.nodeResults,
  ProfileRequest: deployment.profileRequest,
  LockRequest: deployment.lockRequest,
  ProfileValues: deployment.profileValues,
  LockValues: deployment.lockValues,
  ProfilesByNode: deployment.profilesByNode,
  LocksByNode: deployment.locksByNode,
  Explanation: explanation,
  ReplayRequest: replayRequest,
  Replay: replayAnswer,
  Strangers: toldStrangers,
  Profile: profile.profileAnswer,
  UpdateProfile: profile.updateProfileRequest,
  UpdatedProfile: profile.updatedProfile,
  MediumRequest: media.mediumRequest,
  ImportRequest: media.importRequest,
  Fingerprint: media.fingerprintAnswer,
  Imported: media.importAnswer,
  ImportLine: media.importLine,
  Content: media.contentAnswer,
  DumpRequest: dump.dumpRequest,
  DumpLine: dump.dumpLine,
  RestoreHead: dump.restoreHead,
  RestoreLine: dump.restoreLine,
  Restored: dump.restored,
  WatchedChange: watchedChange,
  WatchEvent: watchEvent,
} as const;

export type ShapeName = keyof typeof SHAPES;

/** The content type and what it is made of; several shapes are alternatives. */
export interface Content {
  readonly type: string;
  readonly shapes: readonly ShapeName[];
}

export interface Described {
  /** What it does, in a few words. */
  readonly summary: string;
  readonly about?: string;
  readonly body?: readonly Content[];
  readonly answers: readonly Content[];
  /** Statuses of what the request was for, beside those of refusals. */
  readonly fails?: readonly number[];
  /** What it may be refused with beside what its need of quorum brings. */
  readonly refuses: readonly RefusalKind[];
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

function json(...shapes: ShapeName[]): readonly Content[] {
  return [{ type: "application/json", shapes }];
}

const OF_WRITES = {
  "If-Match": 'compare-and-set: `"INDEX"`; 412 where a row that is written has a newer change',
  "Idempotency-Key": "makes a retry safe: the write takes effect once for it, for 24 hours",
};
const WANTED = {
  attributes: "only these, with commas between: names, aliases, wildcards, beginnings as `net`",
};
const WRITES: readonly RefusalKind[] = ["invalid", "not-found", "stale", "too-large", "busy"];
const CREATES: readonly RefusalKind[] = ["invalid", "conflict", "stale", "too-large", "busy"];
const BY_RANGE: readonly RefusalKind[] = ["invalid", "not-found"];

export const DESCRIBED: Readonly<Record<RouteName, Described>> = {
  "GET /healthz": {
    summary: "Whether the process answers",
    answers: json("Health"),
    refuses: [],
  },
  "GET /readyz": {
    summary: "Whether the member may serve",
    about: "200 when it is caught up, votes (or is listed as non-voting) and quorum is held.",
    answers: json("Ready"),
    refuses: ["unavailable"],
  },
  "GET /version": {
    summary: "Version, features, Deno and build",
    answers: json("Version"),
    refuses: [],
  },
  "GET /openapi.json": {
    summary: "This document",
    answers: json(),
    refuses: [],
  },
  "GET /docs": {
    summary: "This document as a page to read, which needs no internet",
    answers: [{ type: "text/html; charset=utf-8", shapes: [] }],
    refuses: [],
  },
  "GET /metrics": {
    summary: "What this member counts and knows of itself, for Prometheus",
    answers: [{ type: "text/plain; version=0.0.4; charset=utf-8", shapes: [] }],
    refuses: [],
  },
  "GET /": { summary: "The top of the tree", answers: json("Links"), refuses: [] },
  "GET /uuid": { summary: "The collective's id", answers: json("Uuid"), refuses: [] },
  "GET /events/": {
    summary: "What can be done about events of hardware; nothing yet",
    answers: json("Links"),
    refuses: [],
  },
  "GET /nodes/": {
    summary: "The nodes, in natural order",
    answers: json("Links"),
    refuses: [],
  },
  "POST /nodes/": {
    summary: "Makes a node, or all nodes of an inventory in one change",
    about: "An inventory of any length comes as `application/x-ndjson`: a node a line.",
    body: [
      ...json("CreateNode", "CreateNodes"),
      { type: "application/x-ndjson", shapes: ["CreateNode"] },
    ],
    query: { existing: "of lines: `refuse`, `update` or `skip` nodes that exist" },
    answers: json("CreatedOne", "CreatedMany"),
    refuses: CREATES,
    headers: OF_WRITES,
  },
  "GET /nodes/:node/": {
    summary: "What there is of a node",
    answers: json("Links"),
    refuses: BY_RANGE,
  },
  "DELETE /nodes/:node/": {
    summary: "Removes a node",
    answers: json("DeletedOne"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "GET /nodes/:node/attributes/": {
    summary: "Ways to see a node's attributes",
    answers: json("Links"),
    refuses: BY_RANGE,
  },
  "GET /nodes/:node/attributes/:element{all|current}": {
    summary: "Attributes of a node",
    about: "`current` tells what is set, `all` every attribute there is. `ETag` is the index of " +
      "the node's last change.",
    query: WANTED,
    answers: json("AttributesAnswer"),
    refuses: BY_RANGE,
  },
  "PUT /nodes/:node/attributes/:element{all|current}": {
    summary: "Sets and clears attributes of a node, in one change",
    body: json("AttributesInput"),
    answers: json("AttributesAnswer"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "PUT /nodes/:node/attributes/rename": {
    summary: "Gives a node another name",
    body: json("RenameRequest"),
    answers: json("Renamed"),
    refuses: [...WRITES, "conflict"],
    headers: OF_WRITES,
  },
  "POST /nodes/:node/attributes/expression": {
    summary: "What an expression comes to for a node",
    body: json("ExpressionRequest"),
    answers: json("Evaluated"),
    refuses: BY_RANGE,
  },
  ...DESCRIBED_COMMANDS,
  ...DESCRIBED_DEPLOYMENT,
  "GET /noderange/": { summary: "Noderanges, by name", answers: json("Links"), refuses: [] },
  "POST /noderange/": {
    summary: "Makes the nodes of a noderange, all with the same attributes, in one change",
    body: json("CreateNode"),
    answers: json("CreatedMany"),
    refuses: CREATES,
    headers: OF_WRITES,
  },
  "GET /noderange/:range/": {
    summary: "What there is of a noderange",
    answers: json("Links"),
    refuses: [],
  },
  "DELETE /noderange/:range/": {
    summary: "Removes the nodes of a noderange, in one change",
    answers: json("DeletedMany"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "GET /noderange/:range/nodes/": {
    summary: "The nodes of a noderange, in its order",
    answers: json("Links"),
    refuses: BY_RANGE,
  },
  "GET /noderange/:range/attributes/": {
    summary: "Ways to see attributes of a noderange",
    answers: json("Links"),
    refuses: [],
  },
  "GET /noderange/:range/attributes/:element{all|current}": {
    summary: "Attributes of the nodes of a noderange",
    query: WANTED,
    answers: json("DataByNode"),
    refuses: BY_RANGE,
  },
  "PUT /noderange/:range/attributes/:element{all|current}": {
    summary: "Sets and clears attributes of all nodes of a noderange, in one change",
    body: json("AttributesInput"),
    answers: json("DataByNode"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "PUT /noderange/:range/attributes/rename": {
    summary: "Gives the nodes of a noderange other names, by an expression, in one change",
    body: json("RenameRequest"),
    answers: json("DataByNode"),
    refuses: [...WRITES, "conflict"],
    headers: OF_WRITES,
  },
  "POST /noderange/:range/attributes/expression": {
    summary: "What an expression comes to for each node of a noderange",
    body: json("ExpressionRequest"),
    answers: json("DataByNode"),
    refuses: BY_RANGE,
  },
  "POST /noderange/:range/abbreviate": {
    summary: "A short noderange for a list of nodes, whatever the range",
    body: json("AbbreviateRequest"),
    answers: json("Abbreviated"),
    refuses: ["invalid"],
  },
  "GET /nodegroups/": {
    summary: "The groups, in natural order",
    answers: json("Links"),
    refuses: [],
  },
  "POST /nodegroups/": {
    summary: "Makes a group: of nodes that inherit its attributes, or of those of a noderange",
    body: json("CreateGroup"),
    answers: json("CreatedOne"),
    refuses: CREATES,
    headers: OF_WRITES,
  },
  "GET /nodegroups/:group/": {
    summary: "What there is of a group",
    answers: json("Links"),
    refuses: BY_RANGE,
  },
  "DELETE /nodegroups/:group/": {
    summary: "Removes a group; its nodes stay",
    answers: json("DeletedOne"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "GET /nodegroups/:group/attributes/": {
    summary: "Ways to see a group's attributes",
    answers: json("Links"),
    refuses: BY_RANGE,
  },
  "GET /nodegroups/:group/attributes/:element{all|current}": {
    summary: "Attributes of a group, and its nodes",
    query: WANTED,
    answers: json("AttributesAnswer"),
    refuses: ["not-found"],
  },
  "PUT /nodegroups/:group/attributes/:element{all|current}": {
    summary: "Sets and clears attributes of a group, and who is in it, in one change",
    about: "One small entry, however many nodes inherit it.",
    body: json("AttributesInput"),
    answers: json("AttributesAnswer"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "PUT /nodegroups/:group/attributes/rename": {
    summary: "Gives a group another name, with its nodes as well",
    body: json("RenameRequest"),
    answers: json("RenamedGroup"),
    refuses: [...WRITES, "conflict"],
    headers: OF_WRITES,
  },
  ...DESCRIBED_PROFILES,
  ...DESCRIBED_MEDIA,
  "POST /dump": {
    summary: "The whole database as lines",
    about: "As it is at one index: a head, the groups and their nodes, the nodes, the users, an " +
      "end. Secrets are sealed by the key in the head, or left out.",
    body: json("DumpRequest"),
    answers: [{ type: "application/x-ndjson", shapes: ["DumpLine"] }],
    refuses: ["invalid", "busy", "unavailable"],
  },
  "POST /restore": {
    summary: "Makes the database what the lines of a dump say, or adds what is not there yet",
    about: "One change: all of it or nothing. What differs is written, and nothing else. Refused " +
      "where a row that was compared is changed by somebody else meanwhile.",
    body: [{ type: "application/x-ndjson", shapes: ["RestoreHead", "RestoreLine"] }],
    answers: json("Restored"),
    refuses: WRITES,
    headers: OF_WRITES,
  },
  "GET /watch": {
    summary: "What changes, as it changes",
    about: "Server-sent events: the event's name is the `event` of its data, its id what " +
      "to go on after. Nodes and groups are told with what they hold themselves, never with what " +
      "nodes inherit or expressions come to; secrets never are. " +
      "Without `from` the present state comes first, then `sync`. Whoever reads " +
      "too slowly, or asks for what the log does not hold any more, gets `gap` and the last " +
      "value of each attribute that changed. Every 5 s a `bookmark`; `stale` in it, and the " +
      "header `Confluent-Stale`, say that no majority is heard.",
    query: {
      from: "go on after this index; 503 where this member has not reached it",
      noderange: "the nodes to watch, existing or not; all without it; groups are told all",
    },
    headers: { "Last-Event-ID": "the id of the last event that was taken; goes before `from`" },
    answers: [{ type: "text/event-stream", shapes: ["WatchEvent"] }],
    refuses: ["invalid", "busy", "catching-up"],
  },
  "GET /collective/": {
    summary: "The members, and how they are",
    answers: json("Collective"),
    refuses: [],
  },
  "POST /collective/invitations": {
    summary: "Invites a member: the token that makes a server one",
    body: json("InviteRequest"),
    answers: json("Invitation"),
    refuses: ["invalid", "conflict", "busy"],
  },
  "POST /collective/join": {
    summary: "Makes this server a member of another collective",
    about: "With `Accept: application/x-ndjson` progress comes in lines, the last of which says " +
      "what became of it.",
    body: json("JoinRequest"),
    answers: [
      ...json("Joined"),
      { type: "application/x-ndjson", shapes: ["JoinLine"] },
    ],
    refuses: ["invalid", "conflict", "busy"],
  },
  "POST /collective/rotate": {
    summary: "Gives the member that is asked a new certificate",
    about: "The old one is good until every member has used the new; `now` ends it at once.",
    body: json("RotateRequest"),
    answers: json("Rotated"),
    refuses: ["invalid", "conflict", "busy"],
  },
  "POST /collective/rotate-key": {
    summary: "Makes a new collective key and has every secret sealed anew by it",
    about: "Every listed member is handed the new key; the old one is forgotten once nothing is " +
      "sealed by it. That goes on by itself where the answer says that it is not over.",
    answers: json("KeyRotated"),
    refuses: ["conflict", "busy", "unavailable"],
  },
  "GET /check": {
    summary: "What is wrong here and between the members, a line each with its remedy",
    answers: json("Check"),
    refuses: [],
  },
  "GET /explain/:node": {
    summary: "Why a node has the manager that it has, what a command would meet, how it boots",
    about: "Who manages it and why, the candidates, what was done there last, and why a command " +
      "would be refused now. What only its manager knows is asked of it, for a second; where it " +
      "does not answer, `silence` says so. How it booted is told by all members, and what it " +
      "would be answered now. A machine may be named by its hardware address too. A 404 has what " +
      "is known beside its error, for what " +
      "was removed may yet be somebody's.",
    answers: json("Explanation"),
    refuses: ["not-found"],
  },
  "POST /explain/requests": {
    summary: "What this member would make of DHCP requests that were recorded",
    about: "Each is judged as on the interface where it would be answered, if there is one. " +
      "Nothing is sent.",
    body: json("ReplayRequest"),
    answers: json("Replay"),
    refuses: ["invalid", "conflict"],
  },
  "GET /discovery/": {
    summary: "What there is of it",
    answers: json("Links"),
    refuses: [],
  },
  "GET /discovery/by-mac/": {
    summary: "Machines that asked to boot and that no node is known to be",
    about: "By what all members heard of late, the newest first.",
    answers: json("Strangers"),
    refuses: ["conflict"],
  },
  "POST /collective/repair": {
    summary: "Has members whose state differs from that of one take a copy of it",
    about: "For where no majority tells whose is right; nobody does where no state differs.",
    body: json("RepairRequest"),
    answers: json("Repaired"),
    refuses: ["invalid", "not-found", "conflict"],
  },
  "DELETE /collective/members/:member": {
    summary: "Removes a member",
    answers: json("DeletedOne"),
    refuses: ["not-found", "conflict"],
  },
  "POST /collective/members/:member/drain": {
    summary: "Has a member hand its nodes over, and get none any more",
    about: "Answered when no node is left that could go: those without another candidate stay, " +
      "and are managed as before. With `Accept: application/x-ndjson` progress comes in lines, " +
      "the last of which says what became of it.",
    answers: [
      ...json("Drained"),
      { type: "application/x-ndjson", shapes: ["DrainLine"] },
    ],
    refuses: ["not-found"],
  },
  "DELETE /collective/members/:member/drain": {
    summary: "Lets a member that was drained get nodes again",
    about: "None comes back by that alone, but those with `collective.failback=auto`.",
    answers: json("Drained"),
    refuses: ["not-found"],
  },
};
