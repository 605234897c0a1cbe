/** How a machine booted, by what all members remember of it, and what it would be answered now. */
import { MAX_BOOT_EVENTS_TOLD, MAX_STRANGERS } from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { BootEvent, StrangeMachine } from "../../model/boot_event.ts";
import { type MemberId, nameOf, type Roster } from "../../model/member.ts";
import { type Ipv4, ipv4Text, isWithin, networkText } from "../../model/ipv4.ts";
import { attributeOf } from "../../netboot/addressing.ts";
import type { BootNode } from "../../netboot/boot_node.ts";
import { decideBoot } from "../../netboot/boot_decision.ts";
import type { BootRequest } from "../../netboot/boot_request.ts";
import type { BootView } from "../../netboot/boot_view.ts";
import { type BootFrame, encodeBootFrame } from "../../wire/boot_frame.ts";
import type { ToldBootEvent, ToldBoots, ToldStrangers } from "../../wire/explanation_http.ts";
import { PeerQuestions } from "../peer_questions.ts";
import type { BootLog } from "./boot_log.ts";
import { clientText, outlookText } from "./boot_words.ts";
import type { ServedInterface, ServedInterfaces } from "./served_interfaces.ts";

export interface BootExplainingParts {
  readonly clock: Clock;
  readonly timeline: BootLog;
  readonly interfaces: ServedInterfaces;
  readonly view: BootView;
  self(): MemberId;
  roster(): Roster;
  hasNode(name: string): boolean;
  node(name: string): BootNode;
  /** All that have the address. */
  nodesAt(address: Ipv4): readonly string[];
  /** False where there is no link. */
  send(to: MemberId, frame: Uint8Array): boolean;
}

/** What a member remembers. */
interface Remembered {
  readonly events: readonly BootEvent[];
  readonly strangers: readonly StrangeMachine[];
}

type AskFrame = Extract<BootFrame, { type: "bootAsk" | "bootTold" }>;

/** What a node's machine is known by. */
interface Known {
  readonly mac: string;
  readonly uuid: string | undefined;
}

/** Firmware of most machines, and a system that was installed. */
const CLIENTS = [
  { client: "pxe", architecture: "uefi-x64", architectureCode: 7 },
  { client: "plain", architecture: undefined, architectureCode: undefined },
] as const;

export class BootExplaining {
  readonly #parts: BootExplainingParts;
  readonly #questions: PeerQuestions<Remembered>;

  constructor(parts: BootExplainingParts) {
    this.#parts = parts;
    this.#questions = new PeerQuestions({
      send: parts.send,
      nameOf: (id) => nameOf(parts.roster(), id),
    }, parts.clock);
  }

  /** Of a node, by its name, or of a machine that is none, by its hardware address. */
  async explain(subject: string): Promise<ToldBoots> {
    const { said, silent } = await this.#askAll(subject);
    const nowMs = this.#parts.clock.now().wallMs;
    const events = said.flatMap(({ name, word }) =>
      word.events.map((event) => toldOf(event, name, nowMs))
    );
    return {
      outlook: this.#outlook(subject),
      faults: this.#parts.hasNode(subject) ? this.#faults(subject) : [],
      events: events.sort((a, b) => b.age - a.age).slice(-MAX_BOOT_EVENTS_TOLD),
      silent,
    };
  }

  /** Those of all members, the newest first. */
  async strangers(): Promise<ToldStrangers> {
    const { said, silent } = await this.#askAll("");
    const heard = said.flatMap(({ name, word }) =>
      word.strangers.map((stranger) => ({ name, ...stranger }))
    ).sort((a, b) => b.lastAtMs - a.lastAtMs);
    const machines = Map.groupBy(heard, ({ mac }) => mac).values().take(MAX_STRANGERS)
      .map(strangerOf);
    return { machines: machines.toArray(), silent };
  }

  /** What a peer asks, or answers. */
  frame(peer: MemberId, frame: AskFrame): void {
    if (frame.type === "bootTold") return this.#questions.heard(peer, frame.id, frame);
    const told = this.#remembered(frame.subject);
    this.#parts.send(peer, encodeBootFrame({ type: "bootTold", id: frame.id, ...told }));
  }

  down(peer: MemberId): void {
    this.#questions.down(peer);
  }

  close(): void {
    this.#questions.close();
  }

  // ----

  async #askAll(subject: string): Promise<{
    readonly said: readonly { readonly name: string; readonly word: Remembered }[];
    readonly silent: string[];
  }> {
    const { self, roster } = this.#parts;
    const asked = await Promise.all(
      roster().members.map(async ({ id, name }) => {
        const heard = id === self()
          ? { word: this.#remembered(subject) }
          : await this.#questions.ask(
            id,
            (number) => encodeBootFrame({ type: "bootAsk", id: number, subject }),
          );
        return { name, heard };
      }),
    );
    return {
      said: asked.flatMap(({ name, heard }) => "word" in heard ? [{ name, word: heard.word }] : []),
      silent: asked.flatMap(({ heard }) => "silence" in heard ? [heard.silence] : []),
    };
  }

  #remembered(subject: string): Remembered {
    const { timeline } = this.#parts;
    if (subject === "") return { events: [], strangers: timeline.strangers() };
    const stranger = timeline.stranger(subject);
    const strangers = stranger === undefined ? [] : [stranger];
    return { events: timeline.of(subject), strangers };
  }

  /** On each segment where it could turn up, for each of its hardware addresses, or for its UUID
   * where it has none; of one that is another node's too, that it is. */
  #outlook(name: string): ToldBoots["outlook"] {
    const { node, interfaces } = this.#parts;
    const { entries, uuid } = node(name);
    const macs = entries.flatMap(({ mac }) => mac ?? []).map((mac) => ({ mac, uuid: undefined }));
    const known: readonly Known[] = macs.length > 0 || uuid === "" ? macs : [{ mac: "", uuid }];
    return interfaces.all.flatMap((on) =>
      known.flatMap((by) => CLIENTS.map((client) => this.#answerTo(client, by, on)))
    );
  }

  /** What of its settings does not do what somebody may have meant it to. */
  #faults(name: string): string[] {
    const { node, nodesAt, view } = this.#parts;
    const { entries, uuid, faults } = node(name);
    const isKnown = uuid !== "" || entries.some(({ mac }) => mac !== undefined);
    const unknown = `no machine is known to be ${name}: set net.hwaddr, or id.uuid`;
    return [
      ...isKnown ? [] : [unknown],
      ...faults,
      ...entries.flatMap((entry) => {
        const { address, gateway } = entry;
        if (address === undefined) return [];
        const attribute = attributeOf(entry), text = ipv4Text(address.address);
        const others = nodesAt(address.address).filter((other) => other !== name);
        const member = view.members.find(({ interfaces }) =>
          interfaces.some((own) => own.address === address.address)
        );
        const { network } = address.own ?? {};
        const isOut = gateway !== undefined && network !== undefined && !isWithin(network, gateway);
        return [
          ...others.map((other) => `${attribute}: ${text} is an address of ${other}, too`),
          ...member === undefined ? [] : [`${attribute}: ${text} is the address of ${member.name}`],
          ...isOut
            ? [
              `${attributeOf(entry, "ipv4_gateway")}: ${ipv4Text(gateway)} is not in ` +
              `${networkText(network)}, and so is told to nobody`,
            ]
            : [],
        ];
      }),
    ];
  }

  #answerTo(
    client: typeof CLIENTS[number],
    { mac, uuid }: Known,
    on: ServedInterface,
  ): ToldBoots["outlook"][number] {
    const request: BootRequest = {
      ...{ kind: "discover", xid: 0, mac, uuid, ...client },
      ...{ requested: 0, serverId: 0, ciaddr: 0, giaddr: 0, wantsBroadcast: false },
      ...{ asked: [], maxBytes: 0 },
      ...{ link: 0, relayAgent: undefined, serverIdOverride: undefined },
      ...{ machineId: undefined, clientId: undefined },
    };
    const { view, roster } = this.#parts;
    const from = { address: 0, port: 68 };
    const at = { via: on.name, locals: on.locals, to: 0xffff_ffff, from, port: 67 } as const;
    const decision = decideBoot(request, at, view);
    const told = { via: on.name, client: `${clientText(request)} of ${mac || uuid}` };
    if (decision.kind === "silence") return { ...told, members: [], told: decision.why };
    const { answer, order } = decision;
    const names = order.map((id) => nameOf(roster(), id));
    return { ...told, members: names, told: outlookText(answer) };
  }
}

type Heard = StrangeMachine & { readonly name: string };

/** What all members heard of one machine, the newest first. */
function strangerOf(heard: readonly Heard[]): ToldStrangers["machines"][number] {
  const { mac, uuid, client, relayAgent, why, via, lastAtMs, name } = heard[0] as Heard;
  const firstAtMs = Math.min(...heard.map((one) => one.firstAtMs));
  return {
    ...{ mac, uuid, client, relayAgent, why, member: name, via },
    count: heard.reduce((sum, { count }) => sum + count, 0),
    first: new Date(firstAtMs).toISOString(),
    last: new Date(lastAtMs).toISOString(),
  };
}

function toldOf(event: BootEvent, member: string, nowMs: number): ToldBootEvent {
  const { atMs, ...rest } = event;
  return {
    at: new Date(atMs).toISOString(),
    age: Math.max(0, Math.round(nowMs - atMs)) / 1000,
    member,
    ...rest,
  };
}
