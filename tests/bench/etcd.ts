/** Three members of etcd 3 with TLS to clients and to each other, and every write synced. */
import type { ClientTls } from "./grpc_connection.ts";
import type { Address } from "./kept_connection.ts";
import { run, Running, until } from "./processes.ts";
import type { World } from "./world.ts";

const MEMBERS = [1, 2, 3];
const TLS_PORT = 2379, PEER_PORT = 2380, PLAIN_PORT = 2381;
const HEALTHY_MS = 30_000;
const NAMES = ["client", ...MEMBERS.map((member) => `e${member}`)];

export const ETCD_PACKAGES: readonly string[] = ["etcd-server", "etcd-client", "openssl"];

/** A cluster that runs. Timings and all else are etcd's own defaults. */
export class Etcd {
  readonly #world: World;
  readonly #folder: string;
  readonly #members: Running[] = [];

  private constructor(world: World, folder: string) {
    this.#world = world;
    this.#folder = folder;
  }

  static async during<T>(
    world: World,
    parent: string,
    work: (etcd: Etcd) => Promise<T>,
  ): Promise<T> {
    const folder = await Deno.makeTempDir({ dir: parent, prefix: "etcd-" });
    const etcd = new Etcd(world, folder);
    try {
      await etcd.#certify();
      for (const member of MEMBERS) etcd.#start(member);
      await until("etcd is healthy", HEALTHY_MS, () => etcd.#isHealthy());
      return await work(etcd);
    } catch (error) {
      for (const member of etcd.#members) console.error(member.said());
      throw error;
    } finally {
      for (const member of etcd.#members) await member.end("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    }
  }

  get pids(): number[] {
    return this.#members.map((member) => member.pid);
  }

  /** In the order of the members: where clients connect, with TLS or without. */
  addresses(isTls: boolean): Address[] {
    const port = isTls ? TLS_PORT : PLAIN_PORT;
    return MEMBERS.map((member) => ({ host: this.#world.host(member), port }));
  }

  get tls(): ClientTls {
    const read = (file: string): string => Deno.readTextFileSync(`${this.#folder}/${file}`);
    return { ca: read("ca.pem"), cert: read("client.pem"), key: read("client.key") };
  }

  /** Which of the members, 1 to 3, leads. */
  async leader(): Promise<number> {
    for (const member of MEMBERS) {
      const said = await this.#ctl([member], "endpoint", "status", "-w", "json");
      const [{ Status: status }] = JSON.parse(said);
      if (status.leader === status.header.member_id) return member;
    }
    throw new Error("etcd has no leader");
  }

  async version(): Promise<string> {
    return (await run("etcd", "--version")).split("\n")[0]?.replace(/.*: /, "") ?? "";
  }

  #ctl(members: readonly number[], ...args: readonly string[]): Promise<string> {
    const { ca, cert, key } = { ca: "ca.pem", cert: "client.pem", key: "client.key" };
    const endpoints = members.map((member) => `https://${this.#world.host(member)}:${TLS_PORT}`);
    return run(
      ...["env", "ETCDCTL_API=3", "etcdctl", `--endpoints=${endpoints}`],
      ...[`--cacert=${this.#folder}/${ca}`, `--cert=${this.#folder}/${cert}`],
      ...[`--key=${this.#folder}/${key}`, "--command-timeout=3s", ...args],
    );
  }

  async #isHealthy(): Promise<boolean> {
    try {
      await this.#ctl(MEMBERS, "endpoint", "health");
      return true;
    } catch {
      return false; // not yet
    }
  }

  async #certify(): Promise<void> {
    const file = (name: string): string => `${this.#folder}/${name}`;
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const authority = ["-subj", "/CN=bench", "-keyout", file("ca.key"), "-out", file("ca.pem")];
    await run("openssl", "req", "-x509", ...key, "-days", "2", ...authority);
    for (const name of NAMES) {
      const own = ["-keyout", file(`${name}.key`), "-out", file(`${name}.csr`)];
      await run("openssl", "req", ...key, "-subj", `/CN=${name}`, ...own);
      const host = name === "client" ? "127.0.0.1" : this.#world.host(Number(name.slice(1)));
      await Deno.writeTextFile(
        file("extensions"),
        `subjectAltName=IP:${host}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      const signer = ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"];
      const paths = ["-in", file(`${name}.csr`), "-out", file(`${name}.pem`)];
      const more = ["-days", "2", "-extfile", file("extensions")];
      await run("openssl", "x509", "-req", ...paths, ...signer, ...more);
    }
  }

  #start(member: number): void {
    const host = this.#world.host(member), own = `${this.#folder}/e${member}`;
    const ca = `${this.#folder}/ca.pem`;
    const cluster = MEMBERS.map((one) => `e${one}=https://${this.#world.host(one)}:${PEER_PORT}`);
    const clientUrls = [`https://${host}:${TLS_PORT}`, `http://${host}:${PLAIN_PORT}`];
    this.#members.push(
      new Running([
        ...[...this.#world.inside(member), "etcd", "--name", `e${member}`],
        ...["--data-dir", `${own}.data`, "--log-level", "warn", "--logger", "zap"],
        ...["--initial-cluster", String(cluster), "--initial-cluster-state", "new"],
        ...["--listen-client-urls", String(clientUrls)],
        ...["--advertise-client-urls", `https://${host}:${TLS_PORT}`],
        ...["--listen-peer-urls", `https://${host}:${PEER_PORT}`],
        ...["--initial-advertise-peer-urls", `https://${host}:${PEER_PORT}`],
        ...["--cert-file", `${own}.pem`, "--key-file", `${own}.key`, "--trusted-ca-file", ca],
        ...["--client-cert-auth", "--peer-client-cert-auth", "--peer-trusted-ca-file", ca],
        ...["--peer-cert-file", `${own}.pem`, "--peer-key-file", `${own}.key`],
      ]),
    );
  }
}
