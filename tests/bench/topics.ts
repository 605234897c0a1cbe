/** Every bench there is, by the name it is asked for. */
import { benchAttributes } from "./attributes.ts";
import { benchBesideEtcd } from "./beside_etcd.ts";
import { benchBmcs } from "./bmcs.ts";
import { benchBootHttp, BOOT_HTTP_PACKAGES } from "./boot_http.ts";
import { benchBulkWrite } from "./bulk_write.ts";
import { benchBusyLoops } from "./busy_loops.ts";
import type { Bench } from "./collective.ts";
import { benchDelta } from "./delta.ts";
import { ETCD_PACKAGES } from "./etcd.ts";
import { benchFailover } from "./failover.ts";
import type { Figure } from "./figures.ts";
import { benchFlips } from "./flips.ts";
import { benchIdling } from "./idling.ts";
import { benchKills } from "./kills.ts";
import { benchManagers } from "./managers.ts";
import { benchNemesis } from "./nemesis.ts";
import { benchNodepower } from "./nodepower.ts";
import { benchPlacing } from "./placing.ts";
import { benchPower } from "./power.ts";
import { benchRestore } from "./restoring.ts";
import { benchSixteen, SIXTEEN } from "./sixteen.ts";
import { benchScale } from "./scale.ts";
import { benchSlowDisks } from "./slow_disks.ts";
import { benchStarting } from "./starting.ts";
import { benchStrangers } from "./strangers.ts";
import { benchTftp } from "./tftp.ts";
import { benchVisibility } from "./visibility.ts";

/** One bench: what it is for, and what it cannot do without. */
export interface Topic {
  readonly says: string;
  /** Debian packages. */
  readonly packages?: readonly string[];
  /** Those that cannot be installed beside others: unpacked into `unpacked` of the folder. */
  readonly unpacked?: readonly string[];
  readonly needsRoot?: true;
  /** How many members it has; three where nothing is said. */
  readonly members?: number;
  /** How many rounds, and seconds of what takes time, where the command line does not say. */
  readonly rounds?: number;
  readonly seconds?: number;
  /** How many nodes, where `--nodes` does not say and may. */
  readonly nodes?: number;
  run(bench: Bench): Promise<Figure[]>;
}

export const TOPICS: Readonly<Record<string, Topic>> = {
  etcd: {
    says: "writes and reads, ours beside etcd 3",
    packages: ETCD_PACKAGES,
    needsRoot: true,
    run: benchBesideEtcd,
  },
  bmcs: {
    says: "power of many BMCs by Redfish, asked by three drivers without members around them",
    nodes: 2_000,
    run: benchBmcs,
  },
  boothttp: {
    says: "boot files by HTTP, ours beside nginx",
    packages: BOOT_HTTP_PACKAGES,
    members: 1,
    rounds: 7,
    seconds: 3,
    run: benchBootHttp,
  },
  bulk: { says: "one attribute on 10,000 nodes in one request", run: benchBulkWrite },
  visible: { says: "a write on one member, readable on another", run: benchVisibility },
  delta: {
    says: "a member that was away, back at the head",
    needsRoot: true,
    nodes: 5_000,
    run: benchDelta,
  },
  scale: {
    says: "memory, starts and stalls with millions of cells",
    needsRoot: true,
    nodes: 100_000,
    run: benchScale,
  },
  attributes: {
    says: "filters, inheritance and reads with millions of cells, and commands over them",
    nodes: 100_000,
    run: benchAttributes,
  },
  restore: {
    says: "a large dump restored and dumped by the commands",
    nodes: 100_000,
    run: benchRestore,
  },
  managers: {
    says: "managers killed, stopped, cut off, or with a wrong clock: who acts on their nodes",
    packages: ["faketime"],
    needsRoot: true,
    rounds: 20,
    seconds: 20,
    run: benchManagers,
  },
  nodepower: {
    says: "nodepower on thousands of nodes over three managers, from the command line",
    needsRoot: true,
    nodes: 2_000,
    run: benchNodepower,
  },
  placing: {
    says: "thousands of nodes whose manager is lost, drained or told to stop",
    needsRoot: true,
    nodes: 5_000,
    seconds: 600,
    run: benchPlacing,
  },
  failover: { says: "the leader killed, and cut off in silence", run: benchFailover },
  fsync: {
    says: "acknowledgements while fsync is slow",
    packages: ["strace"],
    needsRoot: true,
    run: benchSlowDisks,
  },
  kill: { says: "rounds of kill -9 under load", rounds: 100, run: benchKills },
  power: {
    says: "power cuts of all members under load",
    packages: ["e2fsprogs", "faketime", "mount", "strace"],
    needsRoot: true,
    rounds: 20,
    run: benchPower,
  },
  flips: { says: "bits that turn over on a disk", rounds: 200, run: benchFlips },
  nemesis: {
    says: "rounds of kill -9, SIGSTOP and one-way cuts; is the history linearizable?",
    rounds: 200,
    seconds: 20,
    run: benchNemesis,
  },
  busy: {
    says: "elections while two busy loops want the same cores",
    seconds: 600,
    run: benchBusyLoops,
  },
  sixteen: {
    says: "a collective of 16: formed, idle, seven killed at once",
    members: SIXTEEN,
    needsRoot: true,
    run: benchSixteen,
  },
  tftp: {
    says: "boot files by TFTP, ours beside tftpd-hpa, atftpd and dnsmasq",
    packages: ["atftp", "dnsmasq-base", "tftpd-hpa"],
    unpacked: ["atftpd"],
    needsRoot: true,
    members: 4,
    run: benchTftp,
  },
  strangers: { says: "writes while strangers hold connections", run: benchStrangers },
  idle: { says: "what a member costs that has nothing to do", run: benchIdling },
  start: { says: "how fast the compiled program starts", run: benchStarting },
};
