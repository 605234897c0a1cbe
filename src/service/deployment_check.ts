/**
 * `check`: what a deployment would lack. All nodes are looked at, in slices, and those for which
 * something is pending are judged by what the answer to a booting machine goes by as well.
 */
import {
  ARMED_MS,
  LEAST_CLOCK_YEAR,
  MAX_NAMES_CHECKED,
  NODES_CHECK_SLICE,
} from "../base/boot_limits.ts";
import type { Clock } from "../io/clock.ts";
import { isInstalled } from "../io/followed_child.ts";
import type { Ipv4 } from "../model/ipv4.ts";
import { byNetwork } from "../model/self/node_network.ts";
import { LOCK, lockOf, obstacleOf, PENDING, POLICY } from "../model/deployment.ts";
import type { NodeIndex } from "../replica/node_index.ts";
import { BSDTAR_REMEDY } from "./importing/archive_source.ts";
import { folderFindings } from "./importing/content_folder.ts";
import { namedOf } from "./node_standing.ts";
import { pause } from "./waiting.ts";

export interface DeploymentCheckParts {
  readonly clock: Clock;
  /** The content folder. */
  readonly content: string | undefined;
  /** Whether this member boots machines. */
  readonly boots: boolean;
  readonly nodes: () => Pick<NodeIndex, "nodes" | "hasNode" | "resolver" | "inheritance">;
  /** Of this member. */
  name(): string;
  /** The profiles that any member is known to hold. */
  names(): readonly string[];
  /** The members that could send a profile's files. */
  servers(profile: string): readonly string[];
  /** See {@link candidatesOf} in boot/booting.ts. */
  candidatesOf(node: string): ReadonlySet<string> | string | undefined;
  /** Why the node could not register a key; undefined where it could, or has one. */
  whyUnarmed(node: string): "never" | "over" | undefined;
  lookUp(name: string): Promise<Ipv4 | undefined>;
}

/** What is said of a kind of nodes; `nodes` is `n1 and 3 more nodes`. */
type Words = (nodes: string) => string;

export class DeploymentCheck {
  readonly #parts: DeploymentCheckParts;

  constructor(parts: DeploymentCheckParts) {
    this.#parts = parts;
  }

  /** A line for each thing that is wrong, with its remedy. */
  async findings(): Promise<readonly string[]> {
    const { clock, name, boots } = this.#parts;
    const ofClock = clockFindings(name(), clock.now().wallMs);
    // Where nothing is booted nothing is lacking.
    if (!boots) return ofClock;
    return [...ofClock, ...await this.#contentFindings(), ...await this.#nodeFindings()];
  }

  /** Who deploys nothing lacks nothing. */
  async #contentFindings(): Promise<readonly string[]> {
    const { content, names, nodes, name } = this.#parts;
    if (content === undefined || nodes().nodes().length === 0) return [];
    const ofFolder = await folderFindings(content);
    if (names().length > 0) {
      // What others hold may be copied here by whoever may write.
      return ofFolder.map((finding) => `${name()}: ${finding}`);
    }
    const bsdtar = await isInstalled("bsdtar")
      ? []
      : [`bsdtar, which reads media, is not installed here: ${BSDTAR_REMEDY}`];
    return [
      "no member holds a profile, so that nothing can be deployed: `confluent osdeploy import " +
      "MEDIUM`, where MEDIUM is an installation medium: an ISO, a netboot tar or a folder",
      ...[...ofFolder, ...bsdtar].map((finding) => `${name()}: ${finding}`),
    ];
  }

  async #nodeFindings(): Promise<readonly string[]> {
    const { clock, nodes } = this.#parts;
    const found = new Found();
    const nameless: string[] = [];
    let looked = 0;
    for (const node of nodes().nodes()) {
      if (++looked % NODES_CHECK_SLICE === 0) await pause(clock);
      if (!nodes().hasNode(node)) continue; // removed meanwhile
      const pending = nodes().resolver.textOf(node, PENDING);
      if (pending === "") continue;
      const interfaces = this.#interfacesOf(node);
      this.#seePending(found, node, pending, interfaces);
      if (nameless.length < MAX_NAMES_CHECKED && hasNoAddress(interfaces)) nameless.push(node);
    }
    const { lookUp } = this.#parts;
    const addresses = await Promise.all(nameless.map((node) => lookUp(node)));
    for (const [at, node] of nameless.entries()) {
      if (addresses[at] === undefined) found.add("no address", node, NO_ADDRESS);
    }
    return found.lines;
  }

  #seePending(found: Found, node: string, profile: string, interfaces: Interfaces): void {
    const { resolver, inheritance } = this.#parts.nodes();
    const text = (attribute: string): string => resolver.textOf(node, attribute);
    const obstacle = obstacleOf({
      // What is locked and pending is told by itself; behind it there may be more.
      text: (attribute) => attribute === LOCK ? "" : text(attribute),
      attributes: () => inheritance.all(node).keys(),
    });
    if (obstacle === "no-way") found.add(obstacle, node, NO_WAY);
    if (obstacle === "unknowable") found.add(obstacle, node, UNKNOWABLE);
    if (lockOf(text(LOCK)) === "locked") found.add("locked", node, LOCKED);
    const unarmed = this.#parts.whyUnarmed(node);
    if (unarmed !== undefined) found.add(unarmed, node, unarmed === "over" ? ARMED_ONCE : UNARMED);
    const silent = whySilent(interfaces);
    if (silent !== undefined) found.add(`silent ${silent}`, node, silentWords(silent));
    this.#seeServers(found, node, profile);
  }

  /** Whether anybody who may boot the node has what it is to boot. */
  #seeServers(found: Found, node: string, profile: string): void {
    const { servers, candidatesOf } = this.#parts;
    const able = servers(profile), candidates = candidatesOf(node);
    if (able.length === 0) return found.add(`lost ${profile}`, node, lostWords(profile));
    // Candidates that make no sense are told of already.
    if (candidates === undefined || typeof candidates === "string") return;
    if (able.some((name) => candidates.has(name))) return;
    const names = [...candidates].sort().join(", ") || "no member";
    found.add(`held ${profile} ${names}`, node, heldWords(profile, names, able));
  }

  /** What is set of each interface of the node. */
  #interfacesOf(node: string): Interfaces {
    const { inheritance, resolver } = this.#parts.nodes();
    const attributes = inheritance.all(node).keys()
      .filter((attribute) => attribute.startsWith("net."))
      .map((attribute) => [attribute, resolver.textOf(node, attribute)] as const);
    return byNetwork(attributes);
  }
}

/** By name, and then by the last part of the attribute's. */
type Interfaces = ReadonlyMap<string, ReadonlyMap<string, string>>;

const METHOD = "ipv4_method";

/** The method of the interfaces, where firmware is answered on none of them. */
function whySilent(interfaces: Interfaces): string | undefined {
  const methods = new Set<string>();
  for (const [name, texts] of interfaces) {
    if (!texts.has("hwaddr")) continue;
    const method = texts.get(METHOD);
    if (method !== "none" && method !== "firmwarenone") return undefined;
    methods.add(`net.${name === "" ? "" : `${name}.`}${METHOD}=${method}`);
  }
  return methods.size === 0 ? undefined : [...methods].sort().join(", ");
}

/** Whether nothing but its name could give the node an address. */
function hasNoAddress(interfaces: Interfaces): boolean {
  return interfaces.values().every((texts) => {
    const method = texts.get(METHOD);
    return !texts.has("ipv4_address") && (method === undefined || method === "static");
  });
}

/** A clock that was never set. */
export function clockFindings(name: string, wallMs: number): string[] {
  const year = new Date(wallMs).getUTCFullYear();
  if (year >= LEAST_CLOCK_YEAR) return [];
  return [
    `the clock of ${name} says ${year}: set it (timedatectl), or no node that it serves can ` +
    "trust a certificate",
  ];
}

/** Gathers nodes that are alike. */
class Found {
  readonly #alike = new Map<string, { readonly words: Words; example: string; count: number }>();

  add(key: string, node: string, words: Words): void {
    const known = this.#alike.get(key);
    if (known === undefined) this.#alike.set(key, { words, example: node, count: 1 });
    else known.count++;
  }

  get lines(): readonly string[] {
    return [...this.#alike.values()].map((alike) => alike.words(namedOf(alike)));
  }
}

const NO_WAY: Words = (nodes) =>
  `${POLICY}=never leaves no way to boot ${nodes}, for which a profile is pending: let it use ` +
  `TFTP and HTTP with \`nodeattrib NODE ${POLICY}=firmware\``;

const UNKNOWABLE: Words = (nodes) =>
  `a profile is pending for ${nodes}, and no machine that boots could be known by it: set its ` +
  "hardware address, as in `nodeattrib NODE net.hwaddr=aa:bb:cc:dd:ee:ff`";

const LOCKED: Words = (nodes) =>
  `a profile is pending for ${nodes} although deployment is locked, and the next network boot ` +
  "installs it: call it off with `nodedeploy NODE -c`, or unlock it";

const ARM_AGAIN =
  "has no key, so that it will learn nothing of what it is to become: ask for the " +
  "deployment again with `nodedeploy NODE -n PROFILE`";

const ARMED_ONCE: Words = (nodes) =>
  `a profile is pending for ${nodes}, which may register no key any more, ` +
  `${ARMED_MS / 3_600_000} hours after it was armed, and ${ARM_AGAIN}`;

const UNARMED: Words = (nodes) =>
  `a profile is pending for ${nodes}, which is not armed, and ${ARM_AGAIN}`;

const NO_ADDRESS: Words = (nodes) =>
  `a profile is pending for ${nodes}, which has no address, and whose name is none that is known ` +
  "here: set net.ipv4_address, or have the name in DNS or the hosts file";

function silentWords(methods: string): Words {
  return (nodes) =>
    `a profile is pending for ${nodes}, whose firmware is answered nothing by ${methods}: unset ` +
    "it";
}

function lostWords(profile: string): Words {
  return (nodes) =>
    `${profile} is pending for ${nodes}, and no member that answers has its files: bring them, ` +
    "or `osdeploy import` its medium";
}

function heldWords(profile: string, names: string, able: readonly string[]): Words {
  return (nodes) =>
    `${profile} is pending for ${nodes}, and of its candidates (${names}) none has the files: ` +
    `copy them there from ${able.join(", ")}, or set others in collective.managercandidates`;
}
