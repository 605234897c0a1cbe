/**
 * The program: what stands on what. This is the only place that names concrete adapters, and it
 * loads them when they are needed, so that `confluent version` starts at once.
 */
import config from "./deno.json" with { type: "json" };
import type { Doors } from "./src/api/nodes_https/doors.ts";
import { HTTPS_READY_MS } from "./src/base/boot_limits.ts";
import { oneLine } from "./src/base/one_line.ts";
import { ok, type Outcome } from "./src/base/outcome.ts";
import { calledAs } from "./src/cli/called_as.ts";
import { runCommandLine } from "./src/cli/command_line.ts";
import type { Surroundings as Shell } from "./src/cli/surroundings.ts";
import { soon } from "./src/io/clock.ts";
import { notifySystemd } from "./src/io/systemd.ts";
import { askLine, askSecretLine, readAllInput, streamOutput } from "./src/io/terminal.ts";
import { SUPPORT } from "./src/model/support.ts";
import type { BootPorts } from "./src/service/boot/boot_ports.ts";
import type { Driver } from "./src/service/hardware/driver.ts";
import type { Surroundings } from "./src/service/member_life.ts";
import type { LoopLag } from "./src/service/metrics/loop_lag.ts";
import type { MetricsRegistry } from "./src/service/metrics/metrics.ts";
import type { CheckReport, Programs, ServeOptions, Tell, Voice } from "./src/service/programs.ts";
import type { RunningMember } from "./src/service/running_member.ts";
import type { VersionAnswer } from "./src/wire/http.ts";

declare global {
  /** Set by compile.sh in front of the bundle. */
  var confluentBuild: { readonly commit: string; readonly deno: string } | undefined;
}

const VERSION: VersionAnswer = {
  version: config.version,
  features: ["collective", "nodes", "groups", "secrets", "dumps", "hardware", "boot", "deploy"],
  deno: Deno.version.deno,
  support: SUPPORT,
  build: globalThis.confluentBuild?.commit ?? "from source",
};

/** What no file of a service is open to: writing by its group, and anything by others. */
const OTHERS = 0o027;

const SERVICE_FILE = "/etc/confluent/service.yaml";

/** What every member of this process runs on. */
async function surroundings(
  { logLevel, logFormat }: Pick<ServeOptions, "logLevel" | "logFormat">,
  tell: Tell,
): Promise<Surroundings> {
  const [{ tlsLinks }, { systemClock }, { systemRandom }, { openKvStore }, { createLogger }] =
    await Promise.all([
      import("./src/io/link_tls.ts"),
      import("./src/io/clock.ts"),
      import("./src/io/random.ts"),
      import("./src/io/store_kv.ts"),
      import("./src/service/logger.ts"),
    ]);
  const log = createLogger(logLevel, logFormat, tell);
  return {
    links: tlsLinks({
      clock: systemClock,
      dropped: ({ host }, reason) => log.debug(`dropped a call from ${host}: ${reason}`),
    }),
    clock: systemClock,
    random: systemRandom,
    log,
    openStore: (folder, lock) => openKvStore(folder, { lock }),
    hostAddresses: () => Deno.networkInterfaces(),
  };
}

/** What is measured of this process; the lag of its loop until that is closed. */
interface Measured {
  readonly metrics: MetricsRegistry;
  readonly lag: LoopLag;
}

/** The metrics of this process, and the same surroundings with a store that is counted. */
async function withMetrics(
  on: Surroundings,
): Promise<Measured & { readonly measured: Surroundings }> {
  const [{ MetricsRegistry }, { LoopLag }, { measureProcess }, { StoreCounts }] = await Promise.all(
    [
      import("./src/service/metrics/metrics.ts"),
      import("./src/service/metrics/loop_lag.ts"),
      import("./src/service/metrics/process_metrics.ts"),
      import("./src/service/metrics/counted_store.ts"),
    ],
  );
  const metrics = new MetricsRegistry();
  measureProcess(metrics, VERSION);
  const counts = new StoreCounts(metrics, on.clock);
  const openStore: Surroundings["openStore"] = async (folder, lock) => {
    const opened = await on.openStore(folder, lock);
    return opened.ok ? ok(counts.counting(opened.value)) : opened;
  };
  const lag = new LoopLag(metrics, on.clock);
  return { metrics, lag, measured: { ...on, openStore } };
}

/** The same, with what reaches the controllers of nodes. */
async function withDrivers(
  on: Surroundings,
  memberName: () => string,
): Promise<Surroundings> {
  const [{ createIpmiDriver }, { createRedfishDriver }] = await Promise.all([
    import("./src/service/hardware/ipmi.ts"),
    import("./src/service/hardware/redfish.ts"),
  ]);
  const { clock, log } = on;
  const drivers = new Map<string, Driver>([
    ["ipmi", createIpmiDriver({ clock })],
    ["redfish", createRedfishDriver({ clock, log, memberName })],
  ]);
  return { ...on, drivers };
}

/** Where `addons.cpio` lies that came with the program. */
function addonsPlaces(): string[] {
  const isCompiled = globalThis.confluentBuild !== undefined;
  const place = isCompiled ? "addons.cpio" : "dist/addons.cpio";
  return [new URL(place, import.meta.url).pathname];
}

/** What boot services stand on. */
async function bootPorts(
  measured: Measured,
  log: Surroundings["log"],
  { content, doors }: { readonly content: string; readonly doors: Doors },
): Promise<BootPorts> {
  const [
    { openAddons },
    { listenNodesHttps },
    { listenBootHttp },
    { openDatagramSocket },
    { openGroupSocket },
    { listInterfaces },
    { lookUpIpv4 },
    { openPacketSocket },
    { Poller },
  ] = await Promise.all([
    import("./src/io/addons.ts"),
    import("./src/api/nodes_https/listening.ts"),
    import("./src/api/boot/listening.ts"),
    import("./src/io/datagram.ts"),
    import("./src/io/group_socket.ts"),
    import("./src/io/interfaces.ts"),
    import("./src/io/names.ts"),
    import("./src/io/packet_socket.ts"),
    import("./src/io/poller.ts"),
  ]);
  return {
    ...measured,
    openPoller: () =>
      Poller.open((error) => log.error(`a fault while a packet was handled: ${oneLine(error)}`)),
    openPackets: openPacketSocket,
    openDatagrams: openDatagramSocket,
    openGroup: openGroupSocket,
    listInterfaces,
    lookUpName: lookUpIpv4,
    listenHttp: listenBootHttp,
    listenHttps: (order) => listenNodesHttps(order, doors),
    addons: () => openAddons(content, addonsPlaces()),
  };
}

/**
 * The port for peers that will be bound, which a joiner must name before it is. Refused where it
 * cannot be: whoever cannot serve must not become a member first.
 */
async function withPeerPort(options: ServeOptions): Promise<Outcome<ServeOptions>> {
  const { host, port } = options.peer;
  try {
    using probe = Deno.listen({ hostname: host, port });
    return ok({ ...options, peer: { host, port: probe.addr.port } });
  } catch (error) {
    const { cannotListen } = await import("./src/io/link_tls.ts");
    return cannotListen(options.peer, error);
  }
}

/** Whether the API could be served; for the same reason. */
async function canServeApi({ socket, api }: ServeOptions): Promise<Outcome<void>> {
  const { listenTcp, listenUnix } = await import("./src/api/listen.ts");
  const starting = (): Response => new Response("starting", { status: 503 });
  const unix = await listenUnix(socket, starting, () => {});
  if (!unix.ok) return unix;
  await unix.value.close();
  const tcp = listenTcp(api.host, api.port, starting, () => {});
  if (!tcp.ok) return tcp;
  await tcp.value.close();
  return ok();
}

type Start = (
  options: Parameters<typeof import("./src/service/start.ts").startMember>[0],
  on: Surroundings,
) => Promise<Outcome<RunningMember | undefined>>;

/** Holds the data folder, starts a member as `start` says, and serves until it is told to stop. */
async function run(
  given: ServeOptions,
  voice: Voice,
  start: Start,
  servesApi = true,
): Promise<Outcome<void>> {
  Deno.umask(Deno.umask() | OTHERS); // a socket is there before its mode is set
  const { lockFolder } = await import("./src/io/lock.ts");
  const locked = await lockFolder(given.data);
  if (!locked.ok) return locked;
  const lock = locked.value;
  try {
    const free = servesApi ? await canServeApi(given) : ok();
    if (!free.ok) return free;
    const bound = await withPeerPort(given);
    if (!bound.ok) return bound;
    const options = bound.value;
    const { data, content, boot, peer, advertise, hints, wrapping, name } = options;
    const hostName = Deno.hostname().replace(/\..*/, "");
    const running: { member?: RunningMember } = {};
    const memberName = (): string => running.member?.name ?? hostName;
    const { metrics, lag, measured } = await withMetrics(await surroundings(options, voice.tell));
    const doors: Doors = {}, { log } = measured;
    const on = {
      ...await withDrivers(measured, memberName),
      ...boot && { bootPorts: await bootPorts({ metrics, lag }, log, { content, doors }) },
    };
    const life = { data, content, boot, lock, peer, advertise, hints, wrapping };
    const started = await start({ ...life, name, hostName }, on);
    if (!started.ok) return started;
    if (started.value === undefined) return ok();
    running.member = started.value;
    const { measureMember } = await import("./src/service/metrics/member_metrics.ts");
    measureMember(metrics, started.value);
    const ended = await serveApi(started.value, options, on, { voice, metrics, doors });
    lag.close();
    return ended;
  } finally {
    lock.release();
  }
}

async function serveApi(
  member: RunningMember,
  options: ServeOptions,
  { clock, log, random }: Surroundings,
  { voice, metrics, doors }: {
    readonly voice: Voice;
    readonly metrics: MetricsRegistry;
    readonly doors: Doors;
  },
): Promise<Outcome<void>> {
  const [{ createApi }, { listenTcp, listenUnix }, { bootstrapToken }, { endpointText }] =
    await Promise.all([
      import("./src/api/app.ts"),
      import("./src/api/listen.ts"),
      import("./src/service/identity.ts"),
      import("./src/io/link.ts"),
    ]);
  const { data, api } = options;
  const token = await bootstrapToken(data, () => random.bytes(32).toHex());
  if (!token.ok) {
    await member.close();
    return token;
  }
  const app = createApi(member, {
    bootstrapToken: token.value,
    version: VERSION,
    metrics,
    failed: (line) => log.error(line),
  });
  const unix = await listenUnix(options.socket, app.fetch, log.error);
  if (!unix.ok) {
    await member.close();
    return unix;
  }
  const tcp = listenTcp(api.host, api.port, app.fetch, log.error);
  if (!tcp.ok) {
    await unix.value.close();
    await member.close();
    return tcp;
  }
  doors.api = app.fetch;
  if (options.boot !== undefined) {
    const { selfServiceHere } = await import("./src/api/self/on_this_host.ts");
    doors.self = selfServiceHere(member, { clock, random, log, content: options.content });
  }
  const peer = endpointText(member.life.listening), https = await httpsAddress(member);
  const at = `peer=${peer} api=${tcp.value.address}${https} socket=${options.socket} data=${data}`;
  const stop = toldToStop();
  voice.result(`ready name=${member.name} ${at}`);
  await notifySystemd("READY=1", log.warn);
  const ended = await Promise.race([stop, member.failed]);
  if (typeof ended === "string") log.info(`stops: ${ended}`);
  await notifySystemd("STOPPING=1", log.warn);
  // Those who watch would wait for ever.
  member.watches.close();
  // Requests under way end; those that would wait longer are answered by the member's end, and
  // connections that stay open do not keep the process.
  const { media } = member.control.boot;
  // An import would take its time, and leaves nothing.
  const closing = Promise.all([unix.value, tcp.value, media].map((one) => one.close()));
  await soon(closing, 2_000);
  await member.close();
  await soon(closing, 250);
  return typeof ended === "string" ? ok() : ended;
}

/** For the line that says what is served; empty where it is not, or not yet. */
async function httpsAddress({ control: { boot } }: RunningMember): Promise<string> {
  await soon(boot.service?.httpsTried ?? Promise.resolve(), HTTPS_READY_MS);
  const address = boot.service?.https?.address;
  return address === undefined ? "" : ` https=${address}`;
}

function toldToStop(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const heard = (): void => {
        Deno.removeSignalListener(signal, heard);
        resolve(signal);
      };
      Deno.addSignalListener(signal, heard);
    }
  });
}

const programs: Programs = {
  async serve(options, voice): Promise<Outcome<void>> {
    const { startMember } = await import("./src/service/start.ts");
    return await run(options, voice, startMember);
  },

  async join(options, join, voice): Promise<Outcome<void>> {
    const { startAsJoiner } = await import("./src/service/start.ts");
    return await run(options, voice, async (start, on) => {
      return await joined(await startAsJoiner(start, join, on, voice.tell), join.noServe, voice);
    }, !join.noServe);
  },

  async rejoin(options, noServe, voice): Promise<Outcome<void>> {
    const { startAgain } = await import("./src/service/start.ts");
    return await run(options, voice, async (start, on) => {
      return await joined(await startAgain(start, on, voice.tell), noServe, voice);
    }, !noServe);
  },

  async forceQuorum(data, lost, confirm, tell): Promise<Outcome<void>> {
    const [{ forceQuorum }, { openKvStore }] = await Promise.all([
      import("./src/service/force_quorum.ts"),
      import("./src/io/store_kv.ts"),
    ]);
    const on = await surroundings({ logLevel: "warn", logFormat: "text" }, tell);
    return await forceQuorum(
      data,
      () => openKvStore(data, { takesCut: true }),
      lost,
      on,
      confirm,
      tell,
    );
  },

  async check(options): Promise<CheckReport> {
    const [{ checkFolder }, { openKvStore }, { listenTcp }] = await Promise.all([
      import("./src/service/check_folder.ts"),
      import("./src/io/store_kv.ts"),
      import("./src/api/listen.ts"),
    ]);
    const report = await checkFolder(options.data, openKvStore, Date.now());
    const { host, port } = options.api;
    const peer = await withPeerPort(options);
    const api = listenTcp(host, port, () => new Response("checking", { status: 503 }), () => {});
    if (api.ok) await api.value.close();
    const taken = [peer, api].flatMap((bound) => bound.ok ? [] : [bound.refusal.message]);
    const boot = options.boot && await bootFindings(options.boot, options.content);
    return { ...report, findings: [...report.findings, ...taken, ...boot ?? []] };
  },
};

/** What a member that does not run would lack to boot machines. */
async function bootFindings(
  { http, https }: NonNullable<ServeOptions["boot"]>,
  content: string,
): Promise<readonly string[]> {
  const [
    { openAddons },
    { openDatagramSocket },
    { openGroupSocket },
    { openPacketSocket },
    { listenStream },
    { Loaders },
    { SEARCH_GROUPS },
  ] = await Promise.all([
    import("./src/io/addons.ts"),
    import("./src/io/datagram.ts"),
    import("./src/io/group_socket.ts"),
    import("./src/io/packet_socket.ts"),
    import("./src/io/stream_socket.ts"),
    import("./src/service/boot/loaders_here.ts"),
    import("./src/service/boot/search_sockets.ts"),
  ]);
  const tried = [
    openPacketSocket("dhcp"),
    ...[67, 4011, 69].map((port) => openDatagramSocket({ port, isDeaf: true })),
    ...SEARCH_GROUPS.map(openGroupSocket),
    listenStream(http, "--boot-http"),
    listenStream(https, "--https"),
    await openAddons(content, addonsPlaces()),
  ];
  for (const one of tried) if (one.ok && "close" in one.value) one.value.close();
  const { systemClock: clock } = await import("./src/io/clock.ts");
  const loaders = new Loaders({ clock, content, wantsGrub: () => false, changed: () => {} });
  await loaders.start();
  loaders.close();
  // Whoever checks may do less than the service, which has its capabilities from its unit.
  const faults = tried.flatMap((one) =>
    one.ok || one.refusal.kind === "forbidden" ? [] : [one.refusal.message]
  );
  return [...faults, ...loaders.missing];
}

type JoinedOutcome = Awaited<
  ReturnType<typeof import("./src/service/start.ts").startAsJoiner>
>;

async function joined(
  outcome: JoinedOutcome,
  noServe: boolean,
  voice: Voice,
): Promise<Outcome<RunningMember | undefined>> {
  if (!outcome.ok) return outcome;
  const { member, answer } = outcome.value;
  for (const notice of answer.notices) voice.tell(notice);
  voice.result(`joined name=${answer.name} collective=${answer.collective}`);
  if (!noServe) return ok(member);
  await member.close();
  return ok(undefined);
}

function onInterrupt(call: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, call);
  return () => signals.forEach((signal) => Deno.removeSignalListener(signal, call));
}

/** A compiled file runs itself; from source the runtime runs this file. */
function ownCommand(): string[] {
  const executable = Deno.env.get("CONFLUENT_EXECUTABLE");
  if (executable !== undefined) return [executable];
  if (globalThis.confluentBuild !== undefined) return [Deno.execPath()];
  return [Deno.execPath(), "run", "-A", new URL(import.meta.url).pathname];
}

const shell: Shell = {
  stdout: streamOutput(Deno.stdout),
  stderr: streamOutput(Deno.stderr),
  stdin: {
    isTerminal: Deno.stdin.isTerminal(),
    text: readAllInput,
    ask: askLine,
    askSecretly: askSecretLine,
  },
  env: (name) => Deno.env.get(name),
  programs,
  version: VERSION,
  serviceFile: SERVICE_FILE,
  ownCommand: ownCommand(),
  onInterrupt,
};

const name = calledAs(shell.env, Deno.readTextFileSync);
Deno.exit(await runCommandLine(Deno.args, name, shell));
