/**
 * DHCP as a member serves it: every request on its interfaces is decided by its own copy of the
 * state, and answered in turn with the others. All it does is leave a line in the timeline.
 */
import {
  FRAMES_A_TURN,
  MAX_RELAY_AGENT_KEPT_BYTES,
  MAX_REQUESTS_HELD,
  MAX_REQUESTS_OF_ONE,
  NEW_RELAY_WAIT_MS,
} from "../../base/boot_limits.ts";
import { oneLine } from "../../base/one_line.ts";
import type { Clock } from "../../io/clock.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { MemberId } from "../../model/member.ts";
import { type Ipv4, ipv4Text, isHostAddress } from "../../model/ipv4.ts";
import type { BootOutcome } from "../../model/boot_event.ts";
import { Answering, type AnsweringEffect, type AnswerNote } from "../../netboot/answering.ts";
import { type BootAnswer, type BootDecision, decideBoot } from "../../netboot/boot_decision.ts";
import { type BootRequest, readBootRequest } from "../../netboot/boot_request.ts";
import type { Arrival, BootView } from "../../netboot/boot_view.ts";
import { BOOTREPLY, type Dhcp4Packet, parseDhcp4 } from "../../wire/dhcp4.ts";
import { MESSAGE_TYPE, OPTION, readAddress, readText, readU8 } from "../../wire/dhcp4_options.ts";
import { parseUdpFrame, type UdpFrame } from "../../wire/ip_frame.ts";
import type { Logger } from "../logger.ts";
import type { AddressProbe } from "./address_probe.ts";
import type { AnswerSender, HeardRequest } from "./answer_sender.ts";
import type { BootField } from "./boot_field.ts";
import type { BootLog } from "./boot_log.ts";
import { answerText, clientText, requestText } from "./boot_words.ts";
import type { DhcpCounts } from "./dhcp_counts.ts";
import type { ForeignServers } from "./foreign_servers.ts";
import { PROBE_CLASS } from "./server_search.ts";
import type { ServedInterface, ServedInterfaces } from "./served_interfaces.ts";

export interface DhcpParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly packets: PacketSocket;
  readonly sender: AnswerSender;
  readonly interfaces: ServedInterfaces;
  readonly field: BootField;
  readonly timeline: BootLog;
  readonly foreign: ForeignServers;
  readonly probe: AddressProbe;
  readonly counts: DhcpCounts;
  readonly view: BootView;
  nameOf(id: MemberId): string;
  /** How late this member's loop is, in milliseconds. */
  lagMs(): number;
  /** Tells the others that this member answers. */
  note(to: readonly MemberId[], note: AnswerNote): void;
  /** Somebody named a server that is no member: whether there is one is to be found out. */
  suspect(on: ServedInterface): void;
}

/** What is to be answered, once it is this member's turn. */
interface Due {
  readonly heard: HeardRequest;
  readonly answer: BootAnswer;
  readonly mustProbe: boolean;
}

export class DhcpService {
  readonly #parts: DhcpParts;
  readonly #answering: Answering<Due>;
  /** How many requests each machine made in this second. */
  readonly #busy = new Map<string, number>();
  /** Of the packet socket's, those that were counted. */
  #tooLong = 0;
  #busySinceMs = 0;
  /** Requests that wait for what others say of their relay. */
  #held = 0;
  #cancelTick: () => void = () => {};
  #tickAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(parts: DhcpParts) {
    this.#parts = parts;
    this.#answering = new Answering(() => parts.view.self);
  }

  /** Takes what waits at the packet socket. */
  readable(): void {
    const { packets, interfaces, sender, counts } = this.#parts;
    packets.receive(FRAMES_A_TURN, (bytes, index) => {
      const on = interfaces.byIndex(index);
      if (on === undefined || on.locals.length === 0) return;
      const frame = parseUdpFrame(bytes);
      if (frame === undefined) counts.malformed++;
      else this.#guarded(() => this.#frame(frame, on));
    });
    counts.malformed += packets.tooLong - this.#tooLong;
    this.#tooLong = packets.tooLong;
    counts.dropped += packets.dropped();
    counts.unsent += sender.flush();
    this.#plan();
  }

  /** A peer says that it answers. */
  noted(note: AnswerNote, by: MemberId): void {
    this.#answering.noted(note, by, this.#nowMs);
    this.#parts.counts.notes++;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTick();
  }

  // ----

  get #nowMs(): number {
    return this.#parts.clock.now().monoMs;
  }

  /** All members hear the same packet: a fault that it finds must not end them all. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.counts.faults++;
      this.#parts.log.error(`a DHCP request met a fault of this member: ${oneLine(error)}`);
    }
  }

  #frame(frame: UdpFrame, on: ServedInterface): void {
    const { counts } = this.#parts;
    const parsed = parseDhcp4(frame.payload);
    if (!parsed.ok) return void counts.malformed++;
    const packet = parsed.value;
    // RFC 1122 section 3.2.1.3: nobody sends from such an address, so nobody is answered there.
    if (frame.source !== 0 && !isHostAddress(frame.source)) return void counts.malformed++;
    if (packet.op === BOOTREPLY) return this.#reply(packet, frame, on);
    const port = frame.destinationPort;
    if (port !== 67 && port !== 4011) return;
    if (readText(packet.options, OPTION.VENDOR_CLASS_IDENTIFIER) === PROBE_CLASS) return;
    const read = readBootRequest(packet);
    if (!read.ok) return void counts.malformed++;
    counts.requests[read.value.kind]++;
    if (this.#isFlood(read.value)) return void counts.floods++;
    const at: Arrival = {
      ...{ via: on.name, locals: on.locals, to: frame.destination, port },
      from: { address: frame.source, port: frame.sourcePort },
    };
    // It is kept, and the frame is not.
    const chaddr = packet.chaddr.slice();
    this.#request({ request: read.value, at, on, htype: packet.htype, chaddr });
  }

  /** One machine that asks without end must not keep others from being heard. */
  #isFlood({ mac, clientId }: BootRequest): boolean {
    // All that have no hardware address are not one machine (RFC 4390).
    const key = mac || (clientId?.toHex() ?? "");
    const nowMs = this.#nowMs;
    if (nowMs - this.#busySinceMs >= 1_000) {
      this.#busy.clear();
      this.#busySinceMs = nowMs;
    }
    const count = (this.#busy.get(key) ?? 0) + 1;
    this.#busy.set(key, count);
    return count > MAX_REQUESTS_OF_ONE;
  }

  #request(heard: HeardRequest): void {
    const { request, at } = heard, { giaddr } = request;
    const { view, field } = this.#parts;
    const decision = decideBoot(request, at, view);
    // Anybody may claim to be a relay: only one is remembered that leads to a node.
    if (giaddr === 0 || decision.kind === "silence") return this.#decided(heard, decision);
    // Who hears a relay for the first time does not know yet who else does.
    const waitMs = field.heardRelay(giaddr) + NEW_RELAY_WAIT_MS - this.#nowMs;
    if (waitMs <= 0 || this.#held >= MAX_REQUESTS_HELD) return this.#decided(heard, decision);
    this.#held++;
    this.#parts.clock.after(waitMs, () => {
      this.#held--;
      if (this.#isClosed) return;
      this.#guarded(() => this.#decided(heard, decideBoot(request, at, view)));
      this.#parts.counts.unsent += this.#parts.sender.flush();
      this.#plan();
    });
  }

  #decided(heard: HeardRequest, decision: BootDecision): void {
    const { request, on } = heard;
    const { counts, timeline, lagMs, suspect } = this.#parts;
    if (decision.kind === "silence") {
      counts.silences++;
      const { why, node, isStranger, foreign } = decision;
      if (isStranger) this.#sighted(heard, why);
      if (foreign !== undefined) suspect(on);
      return this.#tell(heard, node, "silence", why);
    }
    const { answer, order, mustProbe } = decision;
    timeline.recognized(request.mac);
    const asked = {
      ...{ mac: request.mac, xid: request.xid, kind: request.kind },
      ...{ order, reply: { heard, answer, mustProbe } },
    };
    this.#run(this.#answering.heard(asked, this.#nowMs, lagMs()));
  }

  #run(effects: readonly AnsweringEffect<Due>[]): void {
    const { counts, note, nameOf } = this.#parts;
    for (const effect of effects) {
      switch (effect.effect) {
        case "note":
          note(effect.to, effect.note);
          break;
        case "answer":
          if (effect.afterMs > 0) counts.steppedIn++;
          this.#answer(effect.reply, effect.afterMs);
          break;
        case "left":
          counts.left++;
          this.#tell(
            effect.reply.heard,
            effect.reply.answer.node.name,
            "left",
            `${nameOf(effect.to)} answers`,
          );
      }
    }
  }

  #answer(due: Due, afterMs: number): void {
    const { heard, answer, mustProbe } = due;
    if (!mustProbe || answer.address === undefined) return this.#send(due, afterMs, "");
    const { address } = answer.address;
    void this.#parts.probe.holderOf(heard.on, address, heard.request.mac).then((other) => {
      if (this.#isClosed) return;
      if (other !== undefined) {
        const why = `no quorum, and ${ipv4Text(address)} is in use by ${other}`;
        return this.#tell(heard, answer.node.name, "silence", why);
      }
      this.#send(due, afterMs, ", without quorum, after two ARP probes");
      this.#parts.counts.unsent += this.#parts.sender.flush();
    });
  }

  #send({ heard, answer }: Due, afterMs: number, how: string): void {
    const { sender, counts } = this.#parts;
    const answerer = sender.answererFor(heard, answer);
    const sent = sender.send(heard, answer, answerer);
    const { name } = answer.node;
    if (!sent.ok) {
      counts.unsent++;
      return this.#tell(heard, name, "failed", sent.refusal.message);
    }
    counts.answers[answer.message]++;
    const late = afterMs > 0 ? `, ${Math.round(afterMs)} ms late since nobody else did` : "";
    this.#tell(heard, name, "answered", answerText(answer, answerer, sent.value) + late + how);
  }

  // ----

  /** A server's answer on the wire, which is no member's. One to a relay, or to this very member,
   * may have come by a router: it tells nothing of the link. */
  #reply({ options, giaddr }: Dhcp4Packet, frame: UdpFrame, on: ServedInterface): void {
    const { source, sourcePort, destination } = frame;
    if (giaddr !== 0 || on.locals.some(({ address }) => address === destination)) return;
    const type = readU8(options, OPTION.MESSAGE_TYPE);
    const isGiven = type?.ok === true &&
      (type.value === MESSAGE_TYPE.OFFER || type.value === MESSAGE_TYPE.ACK);
    const lease = options.has(OPTION.IP_ADDRESS_LEASE_TIME);
    if (!isGiven || !lease || sourcePort !== 67) return;
    const told = readAddress(options, OPTION.SERVER_IDENTIFIER);
    const server = told?.ok === true ? told.value : source;
    if (this.#isMember(server) || this.#isMember(source)) return;
    const { foreign, log } = this.#parts;
    const networks = on.locals.map(({ network }) => network);
    if (foreign.heard(server, on.name, networks, this.#nowMs)) {
      log.warn(`${ipv4Text(server)}, which is no member, answers DHCP on ${on.name}`);
    }
  }

  #isMember(address: Ipv4): boolean {
    return this.#parts.field.members.some(({ interfaces }) =>
      interfaces.some((own) => own.address === address)
    );
  }

  #sighted(heard: HeardRequest, why: string): void {
    const { request, at } = heard;
    const { mac, uuid = "", giaddr, relayAgent } = request;
    const relayed = giaddr === 0 ? "" : `, relay ${ipv4Text(giaddr)}`;
    this.#parts.timeline.sighted({
      ...{ mac, uuid, client: clientText(request), via: at.via + relayed, why },
      relayAgent: relayAgent?.subarray(0, MAX_RELAY_AGENT_KEPT_BYTES).toHex() ?? "",
    }, this.#parts.clock.now().wallMs);
  }

  #tell(
    { request, at }: HeardRequest,
    node: string | undefined,
    outcome: BootOutcome,
    told: string,
  ): void {
    const { mac } = request;
    const asked = requestText(request, at.via, at.port);
    const atMs = this.#parts.clock.now().wallMs;
    const subject = { name: node ?? mac, isNode: node !== undefined };
    this.#parts.timeline.add(subject, { atMs, topic: "dhcp", mac, asked, outcome, told });
    if (outcome !== "left") this.#parts.log.debug(`${subject.name}: ${asked}: ${told}`);
  }

  /** Wakes when it is this member's turn. */
  #plan(): void {
    const dueAtMs = this.#answering.deadlineMs;
    if (dueAtMs === this.#tickAtMs || this.#isClosed) return;
    this.#cancelTick();
    this.#tickAtMs = dueAtMs;
    if (!Number.isFinite(dueAtMs)) return;
    this.#cancelTick = this.#parts.clock.after(Math.max(0, dueAtMs - this.#nowMs), () => {
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      this.#guarded(() => this.#run(this.#answering.tick(this.#nowMs, this.#parts.lagMs())));
      this.#parts.counts.unsent += this.#parts.sender.flush();
      this.#plan();
    });
  }
}
