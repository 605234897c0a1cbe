/** What a running member does for machines that boot: DHCP on its interfaces, in turn with the
 * others. Its owner hands it links that come and go, and the frames that `isBootFrame` names. */
import { FOREIGN_SEARCH_MS, INTERFACES_LOOK_MS } from "../../base/boot_limits.ts";
import type { Clock } from "../../io/clock.ts";
import type { PacketSocket } from "../../io/packet_socket.ts";
import type { Poller } from "../../io/poller.ts";
import type { Random } from "../../io/random.ts";
import type { SelfEvent } from "../../model/boot_event.ts";
import type { MemberId, Roster } from "../../model/member.ts";
import { nameOf } from "../../model/member.ts";
import { type Ipv4, ipv4Text, sameNetwork } from "../../model/ipv4.ts";
import type { BootNode } from "../../netboot/boot_node.ts";
import type { BootAbilities } from "../../netboot/boot_view.ts";
import { type MachineIds, machineOf } from "../../netboot/search_decision.ts";
import { decodeBootFrame, encodeBootFrame } from "../../wire/boot_frame.ts";
import type { ReplayAnswer, ReplayRequest, ToldStrangers } from "../../wire/explanation_http.ts";
import type { Logger } from "../logger.ts";
import type { MachineBoots } from "../member_service.ts";
import type { ProfileStanding } from "../content/profile_standing.ts";
import type { LoopLag } from "../metrics/loop_lag.ts";
import type { CollectiveAuthority } from "../authority/collective_authority.ts";
import type { OwnLeaf } from "../authority/own_leaf.ts";
import { AddressProbe } from "./address_probe.ts";
import { AnswerSender } from "./answer_sender.ts";
import { BootFiles } from "./boot_files.ts";
import { BootExplaining } from "./boot_explaining.ts";
import type { BootBook } from "./boot_book.ts";
import { BootField } from "./boot_field.ts";
import { BootLog } from "./boot_log.ts";
import { measureBoot } from "./boot_metrics.ts";
import type { BootOptions, BootPorts, HttpServing, HttpsServing } from "./boot_ports.ts";
import { BootViewNow, type BootViewParts } from "./boot_view_now.ts";
import { type DhcpCounts, noDhcpCounts } from "./dhcp_counts.ts";
import { DhcpService } from "./dhcp_service.ts";
import { DhcpSockets } from "./dhcp_sockets.ts";
import { FileServers } from "./file_servers.ts";
import { ForeignServers } from "./foreign_servers.ts";
import { Loaders } from "./loaders_here.ts";
import { type SiteFiles, siteFilesOf } from "./site_files.ts";
import { replay } from "./replay.ts";
import { noSearchCounts, type SearchCounts } from "./search_counts.ts";
import { SearchService } from "./search_service.ts";
import { SearchSockets } from "./search_sockets.ts";
import type { TftpServer } from "./tftp_server.ts";
import { type ServedInterface, ServedInterfaces } from "./served_interfaces.ts";
import { searchServers } from "./server_search.ts";

type Knowledge = Pick<
  BootViewParts,
  "self" | "isHeld" | "uuid" | "candidatesOf" | "profile" | "mayServe"
>;

export interface BootServiceParts extends Knowledge {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly ports: BootPorts;
  readonly options: BootOptions;
  readonly book: BootBook;
  readonly lag: LoopLag;
  /** What nodes trust this collective by. */
  readonly authority: CollectiveAuthority & { readonly leaf: OwnLeaf };
  /** The content folder. */
  readonly content: string;
  /** Whether any profile here is loaded by GRUB. */
  wantsGrub(): boolean;
  /** What this member holds of a profile. */
  standing(profile: string): ProfileStanding | undefined;
  roster(): Roster;
  isLive(id: MemberId): boolean;
  /** False where there is no link. */
  send(to: MemberId, frame: Uint8Array): boolean;
}

/** What this member cannot open, and has not, a line each with its remedy. */
export interface BootLacks {
  readonly ports: readonly string[];
  /** First stages that most firmware would ask for in vain. */
  readonly loaders: readonly string[];
  /** What nodes are given beside their initramfs. */
  readonly nodeSide: readonly string[];
}

export class BootService implements MachineBoots {
  readonly field: BootField;
  readonly timeline = new BootLog();
  readonly foreign = new ForeignServers();
  readonly counts: DhcpCounts = noDhcpCounts();
  readonly searchCounts: SearchCounts = noSearchCounts();
  /** How machines booted. */
  readonly explaining: BootExplaining;
  readonly #parts: BootServiceParts;
  readonly #interfaces: ServedInterfaces;
  readonly #sockets: DhcpSockets;
  readonly #searches: SearchSockets;
  readonly #loaders: Loaders;
  readonly #site: SiteFiles;
  readonly #files: BootFiles;
  #servers: FileServers | undefined;
  readonly #view: BootViewNow;
  #poller: Poller | undefined;
  /** Why it answers no machine at all. */
  #fault: string | undefined;
  #dhcp: { readonly service: DhcpService; readonly end: () => void } | undefined;
  #cancels: (() => void)[] = [];
  #isClosed = false;
  #isStarted = false;

  constructor(parts: BootServiceParts) {
    this.#parts = parts;
    const { clock, log, ports, options } = parts;
    const tell = (line: string): void => log.warn(line);
    this.#interfaces = new ServedInterfaces(ports.listInterfaces, options.interfaces, tell);
    const changed = (): void => this.#changed();
    this.#sockets = new DhcpSockets({ clock, ports, changed, tell });
    this.field = new BootField(parts);
    this.#view = new BootViewNow({
      ...parts,
      ...{ clock, field: this.field, self: () => parts.self(), isHeld: () => parts.isHeld() },
      foreignServer: (networks) => this.#foreignServer(networks),
    });
    this.#searches = this.#newSearches();
    const { content, standing } = parts;
    this.#loaders = new Loaders({ clock, content, changed, wantsGrub: () => parts.wantsGrub() });
    const nodeAt = (address: Ipv4): BootNode | undefined => parts.book.nodeAt(address);
    this.#site = siteFilesOf(parts);
    const { loaders, view, site } = { loaders: this.#loaders, view: this.#view, site: this.#site };
    this.#files = new BootFiles({ content, loaders, site, view, standing, nodeAt });
    this.explaining = new BootExplaining({
      ...{ clock, timeline: this.timeline, interfaces: this.#interfaces, view: this.#view },
      ...{ self: () => parts.self(), roster: () => parts.roster() },
      hasNode: (name) => parts.book.hasNode(name),
      node: (name) => parts.book.node(name),
      nodesAt: (address) => parts.book.nodesAt(address),
      send: (to, frame) => parts.send(to, frame),
    });
  }

  get tftp(): TftpServer | undefined {
    return this.#servers?.tftp.thing;
  }

  get http(): HttpServing | undefined {
    return this.#servers?.http.thing;
  }

  get https(): HttpsServing | undefined {
    return this.#servers?.https.thing;
  }

  /** Resolves once the port for HTTPS was opened, or could not be; where there is no certificate
   * yet that may be long. */
  get httpsTried(): Promise<void> {
    return this.#servers?.httpsTried ?? Promise.resolve();
  }

  /** Opens what can be opened, and goes on trying with the rest. May be called again. */
  start(): void {
    if (this.#isStarted || this.#isClosed) return;
    this.#isStarted = true;
    measureBoot(this.#parts.ports.metrics, this);
    const poller = this.#parts.ports.openPoller();
    if (!poller.ok) {
      this.#fault = poller.refusal.message;
      return this.#parts.log.error(`answers no machine that boots: ${this.#fault}`);
    }
    this.#poller = poller.value;
    this.#interfaces.refresh();
    this.#servers = this.#newServers(poller.value);
    void this.#sockets.start();
    void this.#searches.start();
    void this.#servers.start();
    void this.#loaders.start();
    void this.#site.start();
    this.#every(INTERFACES_LOOK_MS, () => {
      if (this.#interfaces.refresh()) this.#changed();
      this.#searches.refresh();
      this.#search(({ name }) => this.foreign.isSuspected(name));
      this.field.forgetRelays();
    });
    this.#every(FOREIGN_SEARCH_MS, () => this.#searchAll());
  }

  linked(peer: MemberId, isUp: boolean): void {
    this.field.linked(peer, isUp);
    if (!isUp) this.explaining.down(peer);
  }

  /** What a peer said; {@link MalformedError} where it makes no sense. */
  frame(peer: MemberId, bytes: Uint8Array): void {
    const frame = decodeBootFrame(bytes);
    switch (frame.type) {
      case "bootNote":
        return this.#dhcp?.service.noted(frame, peer);
      case "bootNow":
        return this.field.told(peer, frame.now);
      case "bootAsk":
      case "bootTold":
        return this.explaining.frame(peer, frame);
    }
  }

  /** What an administrator should know or do, a line each. */
  notices(): string[] {
    const { clock, roster, self } = this.#parts;
    const name = nameOf(roster(), self());
    if (this.#fault !== undefined) return [`${name} answers no machine that boots: ${this.#fault}`];
    const missing = this.#interfaces.missing.map((one) =>
      `${name} answers no machine on ${one}, which --interfaces names: it is not there, is down, ` +
      "has no IPv4 address, or is no Ethernet; mend that, or name another"
    );
    const { ports, loaders, nodeSide } = this.lacks;
    const whys = [...ports, ...loaders, ...nodeSide];
    const troubles = whys.map((why) => `${name}: ${why}`);
    return [...missing, ...troubles, ...this.foreign.notices(name, clock.now().monoMs)];
  }

  get lacks(): BootLacks {
    return {
      ports: [
        ...this.#sockets.troubles,
        ...this.#searches.troubles,
        ...this.#servers?.troubles ?? [],
      ],
      loaders: this.#loaders.missing,
      nodeSide: this.#site.missing,
    };
  }

  get strangersHeard(): number {
    return this.timeline.strangerCount;
  }

  get foreignServers(): number {
    return this.foreign.countAt(this.#parts.clock.now().monoMs);
  }

  strangers(): Promise<ToldStrangers> {
    return this.explaining.strangers();
  }

  whoIs(machine: MachineIds): string | undefined {
    return machineOf(machine, (mac, uuid) => this.#view.recognize(mac, uuid)).node?.name;
  }

  reported(node: string, event: SelfEvent): void {
    const { clock, log } = this.#parts;
    const atMs = clock.now().wallMs;
    this.timeline.add({ name: node, isNode: true }, { ...event, atMs, topic: "self", mac: "" });
    log.debug(`${node}: ${event.asked}: ${event.told}`);
  }

  /** What this member would make of recorded requests. */
  replay(recorded: ReplayRequest["requests"]): ReplayAnswer["decisions"] {
    const { roster } = this.#parts;
    return replay(recorded, { interfaces: this.#interfaces, view: this.#view, roster });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#cancels) cancel();
    this.#endDhcp();
    this.explaining.close();
    this.#loaders.close();
    this.#site.close();
    await this.#servers?.close();
    await this.#sockets.close();
    await this.#searches.close();
    await this.#poller?.close();
  }

  // ----

  get #can(): BootAbilities {
    const { tftp, httpPort = 0 } = this.#servers ?? {};
    return {
      dhcp: this.#dhcp !== undefined,
      tftp: tftp?.thing !== undefined,
      httpPort,
      loaders: this.#loaders.names,
    };
  }

  #changed(): void {
    if (this.#isClosed) return;
    const packets = this.#sockets.packets.thing;
    if (packets !== undefined && this.#dhcp === undefined) this.#beginDhcp(packets);
    this.field.is(this.#interfaces.all.flatMap(({ locals }) => locals), this.#can);
    this.#searchAll();
  }

  #beginDhcp(packets: PacketSocket): void {
    const { clock, log, ports, lag, roster, send } = this.#parts;
    const poller = this.#poller;
    if (poller === undefined) return;
    const probe = new AddressProbe(clock, poller, () => ports.openPackets("arp"));
    const sender = new AnswerSender({
      packets,
      routed: (port) => this.#sockets.routed(port),
      httpPort: () => this.field.can.httpPort,
    });
    const service = new DhcpService({
      ...{ clock, log, packets, sender, probe, interfaces: this.#interfaces },
      ...{ field: this.field, timeline: this.timeline, foreign: this.foreign },
      ...{ counts: this.counts, view: this.#view },
      nameOf: (id) => nameOf(roster(), id),
      lagMs: () => lag.worstMs,
      note: (to, note) => {
        const frame = encodeBootFrame({ type: "bootNote", ...note });
        for (const id of to) send(id, frame);
      },
      suspect: (on) => {
        this.foreign.suspect(on.name);
        this.#search(({ name }) => this.foreign.isSuspected(name));
      },
    });
    const unwatch = poller.watch(packets.fd, () => service.readable());
    this.#dhcp = {
      service,
      end: () => {
        unwatch();
        service.close();
        probe.close();
      },
    };
  }

  #newSearches(): SearchSockets {
    const { clock, log, ports } = this.#parts;
    const { timeline, searchCounts: counts } = this;
    const interfaces = this.#interfaces;
    const service = new SearchService({
      clock,
      log,
      interfaces,
      timeline,
      counts,
      view: this.#view,
    });
    return new SearchSockets({
      ...{ clock, ports },
      interfaces: () => interfaces.withAny,
      opened: (socket) =>
        this.#poller?.watch(socket.fd, () => service.readable(socket)) ?? (() => {}),
      tell: (line) => log.warn(line),
    });
  }

  #newServers(poller: Poller): FileServers {
    const { clock, log, ports, options: { http, https }, content, book, authority } = this.#parts;
    return new FileServers({
      ...{ clock, ports, poller, http, https, content, files: this.#files, leaf: authority.leaf },
      changed: () => this.#changed(),
      tell: (line) => log.warn(line),
      fetched: (topic, client, asked, outcome, told) => {
        const address = ipv4Text(client);
        const node = book.nodeAt(client), name = node?.name ?? address;
        const subject = { name, isNode: node !== undefined };
        const atMs = clock.now().wallMs;
        const what = `${topic.toUpperCase()} ${asked} from ${address}`;
        this.timeline.add(subject, { atMs, topic, mac: "", asked: what, outcome, told });
        log.debug(`${name}: ${what}: ${told}`);
      },
    });
  }

  #endDhcp(): void {
    this.#dhcp?.end();
    this.#dhcp = undefined;
  }

  #searchAll(): void {
    this.#search(() => true);
  }

  /** Asks which servers there are, where that was not done just now. */
  #search(isMeant: (one: ServedInterface) => boolean): void {
    const packets = this.#sockets.packets.thing;
    const nowMs = this.#parts.clock.now().monoMs;
    if (packets === undefined) return;
    for (const one of this.#interfaces.all.filter(isMeant)) {
      if (this.foreign.mayAsk(one.name, nowMs)) searchServers(packets, one, this.#parts.random);
    }
    packets.flush();
  }

  #foreignServer(networks: Parameters<ForeignServers["on"]>[0]): number | undefined {
    const found = this.foreign.on(networks, this.#parts.clock.now().monoMs);
    if (found === undefined) return undefined;
    const { authoritative } = this.#parts.options;
    const isOurs = this.#interfaces.all.some(({ name, locals }) =>
      authoritative.includes(name) &&
      locals.some(({ network }) => networks.some((one) => sameNetwork(one, network)))
    );
    return isOurs ? undefined : found;
  }

  #every(ms: number, act: () => void): void {
    const cancel: { call: () => void } = { call: () => {} };
    const plan = (): void => {
      cancel.call = this.#parts.clock.after(ms, () => {
        if (this.#isClosed) return;
        act();
        plan();
      });
    };
    plan();
    this.#cancels.push(() => cancel.call());
  }
}
