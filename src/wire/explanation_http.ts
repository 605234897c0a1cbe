/** GET /explain/NODE: who manages a node and why, what was done there last, and why a command would
 * be refused now, as a schema. Ages and durations are in seconds. */
import { z } from "zod";

import { MAX_REPLAYED } from "../base/boot_limits.ts";
import { BOOT_OUTCOMES, BOOT_TOPICS } from "../model/boot_event.ts";
import { ipv4Of } from "../model/ipv4.ts";
import { BOOT_DEVICES, BOOT_MODES, IDENTIFY_GOALS, POWER_GOALS } from "../model/node_command.ts";

const seen = z.object({ age: z.number(), by: z.string() });
const known = seen.extend({ value: z.string() });

/** `set` is there where something was to be changed. */
const command = z.union([
  z.object({ path: z.literal("power/state"), set: z.enum(POWER_GOALS).optional() }),
  z.object({
    path: z.literal("boot/nextdevice"),
    set: z.object({
      nextdevice: z.enum(BOOT_DEVICES),
      bootmode: z.enum(BOOT_MODES).optional(),
      persistent: z.boolean().optional(),
    }).optional(),
  }),
  z.object({ path: z.literal("health/hardware") }),
  z.object({ path: z.literal("identify"), set: z.enum(IDENTIFY_GOALS).optional() }),
]);

/** What came of an operation: what its node answered, or why it did not. */
const outcome = z.union([
  z.object({ values: z.record(z.string(), z.unknown()) }),
  z.object({ errorcode: z.int(), error: z.string() }),
]);

/** Something that was asked of the node's controller. */
export const recentOperation = z.object({
  command,
  /** Who asked for it, and through which member. */
  by: z.string(),
  through: z.string(),
  /** The member that carried it out. */
  member: z.string(),
  /** When it was begun, as an ISO time and as an age. */
  at: z.string(),
  age: z.number(),
  /** Of the manager's leave; null where it had none. */
  epoch: z.int().nullable(),
  /** How long it took; null while it is under way, and then there is no outcome. */
  took: z.number().nullable(),
  outcome: outcome.nullable(),
});
/** See {@link recentOperation}. */
export type ToldOperation = z.infer<typeof recentOperation>;

/** What happened when the machine booted, at any member. */
export const toldBootEvent = z.object({
  at: z.string(),
  age: z.number(),
  member: z.string(),
  topic: z.enum(BOOT_TOPICS),
  mac: z.string(),
  asked: z.string(),
  outcome: z.enum(BOOT_OUTCOMES),
  told: z.string(),
  /** How many times in a row; the time is that of the last. */
  count: z.int(),
});
/** See {@link toldBootEvent}. */
export type ToldBootEvent = z.infer<typeof toldBootEvent>;

/** How a machine booted, and would boot now. */
export const toldBoots = z.object({
  /** What would be answered on each segment that the member which was asked hears. */
  outlook: z.array(z.object({
    via: z.string(),
    client: z.string(),
    /** Who answers: the first, the others should it be silent. Nobody where it is empty. */
    members: z.array(z.string()),
    /** What it is told, or why nothing. */
    told: z.string(),
  })),
  /** What of its settings makes no sense, or contradicts others. */
  faults: z.array(z.string()),
  /** The oldest first. */
  events: z.array(toldBootEvent),
  /** The members that did not say what they know, and why. */
  silent: z.array(z.string()),
});
/** See {@link toldBoots}. */
export type ToldBoots = z.infer<typeof toldBoots>;

const ipv4 = z.string().refine((text) => ipv4Of(text) !== undefined, "wanted an IPv4 address");

/** Machines that no node is known to be. */
export const toldStrangers = z.object({
  machines: z.array(z.object({
    mac: z.string(),
    /** Empty where it told none. */
    uuid: z.string(),
    client: z.string(),
    /** Option 82 in hexadecimal; mostly it names the port of the switch. */
    relayAgent: z.string(),
    why: z.string(),
    /** Which member heard it last, by which interface and relay, and how often all did. */
    member: z.string(),
    via: z.string(),
    count: z.int(),
    first: z.string(),
    last: z.string(),
  })),
  /** The members that did not say what they heard, and why. */
  silent: z.array(z.string()),
});
/** See {@link toldStrangers}. */
export type ToldStrangers = z.infer<typeof toldStrangers>;

/** DHCP requests that somebody recorded, and what the member that is asked would make of them. */
export const replayRequest = z.object({
  requests: z.array(z.object({
    /** The DHCP message, in base64. */
    message: z.base64(),
    /** The recording has only its beginning. */
    cut: z.boolean().optional(),
    from: ipv4,
    fromPort: z.int().min(0).max(65_535),
    to: ipv4,
    port: z.union([z.literal(67), z.literal(4011)]),
  })).max(MAX_REPLAYED),
});
/** See {@link replayRequest}. */
export type ReplayRequest = z.infer<typeof replayRequest>;

/** One for each request, in their order. */
export const replayAnswer = z.object({
  decisions: z.array(z.object({
    mac: z.string(),
    /** Null for what is no node. */
    node: z.string().nullable(),
    asked: z.string(),
    /** Who would answer, the first, or the next should it be silent. */
    members: z.array(z.string()),
    /** What it would be told, or why nothing. */
    told: z.string(),
  })),
});
/** See {@link replayAnswer}. */
export type ReplayAnswer = z.infer<typeof replayAnswer>;

/** The whole explanation, by the member that was asked. */
export const explanation = z.object({
  node: z.string(),
  /** A node that was removed may be held by a member for a while. */
  exists: z.boolean(),
  /** Who acts on the node; null where nobody does. */
  manager: z.object({
    name: z.string(),
    /** It grows with every change of managers. */
    epoch: z.int(),
    /** When it took the node, as an ISO time; null where that is not known any more. */
    since: z.string().nullable(),
    because: z.string(),
    /** Whether it is the member that was asked. */
    isHere: z.boolean(),
    /** Why it does not say what only it knows; null where it does. */
    silence: z.string().nullable(),
  }).nullable(),
  /** What the node's attributes come to; empty where they are not set. */
  wanted: z.object({
    manager: z.string(),
    candidates: z.string(),
    failback: z.boolean(),
    /** Why what is set makes no sense. */
    faults: z.array(z.string()),
  }),
  /** Those of the candidates that are members. */
  candidates: z.array(z.object({
    name: z.string(),
    /** Why it cannot be given nodes now; null where it can. */
    unable: z.string().nullable(),
    /** How many it manages. */
    nodes: z.int(),
  })),
  /** Where the node is about to go: to nobody, where `to` is null. */
  moving: z.object({ to: z.string().nullable(), because: z.string() }).nullable(),
  /** Why it does not go where it should. */
  stuck: z.string().nullable(),
  /** How long the manager may go on acting, 0 where it may not; null where its lease has no end, or
   * nobody knows it. */
  lease: z.number().nullable(),
  /** Why a command on the node would be refused now; null where its controller would be asked. */
  refused: z.string().nullable(),
  /** What was last seen of it, by whom. */
  lastKnown: z.object({
    power: known.nullable(),
    health: known.nullable(),
    seen: seen.nullable(),
  }),
  /** The newest first: those of its manager, where it answers, and of the member that was asked. */
  operations: z.array(recentOperation),
  /** Null where the member that was asked boots no machines. */
  boots: toldBoots.nullable(),
});
/** See {@link explanation}. */
export type Explanation = z.infer<typeof explanation>;
