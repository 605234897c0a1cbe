/**
 * Ours beside etcd: three members each, in the same three namespaces at the same time, asked in
 * turns by the same load client out of a fourth. Ours is asked over its TCP API with the bootstrap
 * token (HTTP/1.1, JSON), etcd over gRPC with TLS. The same again without TLS to etcd's clients:
 * ours has none there, so this shows how much of the ratio is that.
 */
import { type Bench, Collective } from "./collective.ts";
import { Etcd } from "./etcd.ts";
import { atLeast, type Figure, median, shorten } from "./figures.ts";
import type { LoadOrder, LoadResult } from "./load_client.ts";
import { load } from "./loading.ts";

const NODES = 1000;
const VALUE_BYTES = 256;
const WARM_MS = 1_500;

interface Shape {
  readonly what: string;
  readonly does: LoadOrder["does"];
  readonly clients: number;
  /** Where the clients connect; the leaders of ours and of etcd need not be the same. */
  readonly at: "leader" | "follower" | "all";
  readonly least?: number;
}

const SHAPES: readonly Shape[] = [
  {
    what: "1 client at the leader, writes one after another",
    does: "writes",
    clients: 1,
    at: "leader",
    least: 1,
  },
  {
    what: "1 client at a follower, writes one after another",
    does: "writes",
    clients: 1,
    at: "follower",
  },
  { what: "64 clients at all three, writes", does: "writes", clients: 64, at: "all", least: 2 },
  {
    what: "1 client at the leader, linearizable reads",
    does: "reads",
    clients: 1,
    at: "leader",
  },
  { what: "64 clients at all three, linearizable reads", does: "reads", clients: 64, at: "all" },
];

const PEERS = ["ours", "etcd", "etcd without TLS"] as const;
type Peer = typeof PEERS[number];

export async function benchBesideEtcd(bench: Bench): Promise<Figure[]> {
  return await Collective.during(bench, async (three) => {
    await three.defineNodes(NODES);
    return await Etcd.during(bench.world, bench.folder, async (etcd) => {
      console.error(`etcd ${await etcd.version()}, values of ${VALUE_BYTES} bytes, ${NODES} nodes`);
      // A server that has just started is slower than it will be for the rest of its life.
      for (const shape of SHAPES.filter(({ clients }) => clients > 1)) {
        for (const peer of PEERS) await load(await orderFor(peer, bench, shape, three, etcd));
      }
      const figures: Figure[] = [];
      for (const shape of SHAPES) figures.push(...await measure(bench, shape, three, etcd));
      return figures;
    });
  });
}

async function measure(
  bench: Bench,
  shape: Shape,
  three: Collective,
  etcd: Etcd,
): Promise<Figure[]> {
  const results: Record<Peer, LoadResult[]> = { "ours": [], "etcd": [], "etcd without TLS": [] };
  for (let run = 0; run < bench.runs; run++) {
    for (const peer of PEERS) {
      const result = await load(await orderFor(peer, bench, shape, three, etcd));
      results[peer].push(result);
      console.error(`${shape.what}, run ${run + 1}, ${peer}: ${told(result)}`);
    }
  }
  const rates = (peer: Peer): number[] => results[peer].map(({ perSecond }) => perSecond);
  const ratio = (peer: Peer): number => median(rates("ours")) / median(rates(peer));
  const target = shape.least === undefined ? {} : { target: atLeast(shape.least) };
  return [
    ...PEERS.map((peer) => ({
      what: `${shape.what}, ${peer}`,
      unit: "/s",
      values: rates(peer),
      note: explained(results[peer]),
    })),
    {
      what: `${shape.what}, ours to etcd (medians)`,
      unit: "times",
      values: [ratio("etcd")],
      ...target,
    },
    {
      what: `${shape.what}, ours to etcd without TLS to its clients`,
      unit: "times",
      values: [ratio("etcd without TLS")],
    },
  ];
}

async function orderFor(
  peer: Peer,
  bench: Bench,
  { does, clients, at }: Shape,
  three: Collective,
  etcd: Etcd,
): Promise<LoadOrder> {
  const isOurs = peer === "ours", isTls = peer === "etcd";
  const leader = isOurs ? (await three.leader()).number : await etcd.leader();
  const chosen = [1, 2, 3].filter((member) =>
    at === "all" || (member === leader) === (at === "leader")
  )
    .slice(0, at === "all" ? 3 : 1);
  const all = isOurs ? three.members.map(({ api }) => api) : etcd.addresses(isTls);
  return {
    peer: isOurs ? "confluent" : "etcd",
    does,
    clients,
    addresses: all.filter((_, i) => chosen.includes(i + 1)),
    warmMs: WARM_MS,
    measureMs: bench.seconds * 1000,
    valueBytes: VALUE_BYTES,
    nodes: NODES,
    serverPids: isOurs ? three.pids : etcd.pids,
    ...isOurs ? { tokens: chosen.map((member) => three.member(member).token) } : {},
    ...isTls ? { tls: etcd.tls } : {},
  };
}

function told(result: LoadResult): string {
  const { perSecond, p50Ms, p99Ms, failures, firstFailure } = result;
  const failed = failures === 0 ? "" : `, ${failures} FAILED: ${firstFailure}`;
  return `${shorten(perSecond)}/s, p50 ${shorten(p50Ms)} ms, p99 ${shorten(p99Ms)} ms` +
    `, ${costs(result)}${failed}`;
}

/** Processor time for each request. */
function costs({ count, serverCpuMs, clientCpuMs }: LoadResult): string {
  const servers = serverCpuMs.map((ms) => shorten(ms * 1000 / count)).join(" + ");
  return `cpu us each: servers ${servers}, client ${shorten(clientCpuMs * 1000 / count)}`;
}

function explained(results: readonly LoadResult[]): string {
  const middle = (of: (result: LoadResult) => number): string => shorten(median(results.map(of)));
  const total = (result: LoadResult): number => result.serverCpuMs.reduce((a, b) => a + b, 0);
  const failures = results.reduce((sum, result) => sum + result.failures, 0);
  return `p50 ${middle((each) => each.p50Ms)} ms, p99 ${middle((each) => each.p99Ms)} ms; ` +
    `processor us each: all three servers ${middle((each) => total(each) * 1000 / each.count)}, ` +
    `client ${middle((each) => each.clientCpuMs * 1000 / each.count)}` +
    (failures === 0 ? "" : `; ${failures} requests FAILED`);
}
