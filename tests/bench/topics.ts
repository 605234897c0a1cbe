/** Every bench there is, by the name it is asked for. */
import { benchBesideEtcd } from "./beside_etcd.ts";
import type { Bench } from "./collective.ts";
import { ETCD_PACKAGES } from "./etcd.ts";
import type { Figure } from "./figures.ts";

/** One bench: what it is for, and what it cannot do without. */
export interface Topic {
  readonly says: string;
  /** Debian packages. */
  readonly packages?: readonly string[];
  readonly needsRoot?: true;
  run(bench: Bench): Promise<Figure[]>;
}

export const TOPICS: Readonly<Record<string, Topic>> = {
  etcd: {
    says: "writes and reads, ours beside etcd 3",
    packages: ETCD_PACKAGES,
    needsRoot: true,
    run: benchBesideEtcd,
  },
};
