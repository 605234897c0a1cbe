/**
 * A controller that speaks IPMI, by `ipmi_sim` (Debian's openipmi): a real one on the wire. What it
 * did to its machine stands in files. Its quirks: it tells no cipher suites, so that ipmitool waits
 * a second for them; it drops the bit that says that boot flags are valid, so that they read as
 * `default`; `hd` it calls default as well; it does not know whether its light is on.
 */
import { Program, until } from "./program.ts";

export const IPMI_USER = "admin", IPMI_PASSWORD = "hunter2-of-a-bmc";

/** Where one is: of 127.0.0.0/8, unless another is wanted. */
export interface IpmiPlace {
  readonly host: string;
  readonly port: number;
}

/** A place that nobody else has. */
export function anyPlace(port = 6230): IpmiPlace {
  const bytes = crypto.getRandomValues(new Uint8Array(3)).map((byte) => 1 + byte % 254);
  return { host: `127.${[...bytes].join(".")}`, port };
}

export class IpmiSim {
  readonly place: IpmiPlace;
  readonly #folder: string;
  readonly #process: Program;

  private constructor(place: IpmiPlace, folder: string, process: Program) {
    this.place = place;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(folder: string, place = anyPlace()): Promise<IpmiSim> {
    await Deno.mkdir(`${folder}/state`, { recursive: true });
    for (const [name, text] of Object.entries(filesOf(folder, place))) {
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
    }
    const files = ["-c", `${folder}/lan.conf`, "-f", `${folder}/emu`, "-s", `${folder}/state`];
    const process = new Program(["ipmi_sim", "-n", ...files]);
    const sim = new IpmiSim(place, folder, process);
    const table = place.host.includes(":") ? "/proc/net/udp6" : "/proc/net/udp";
    const local = `:${place.port.toString(16).toUpperCase().padStart(4, "0")} `;
    const host = place.host.includes(":") ? "" : place.host.split(".").reverse()
      .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0")).join("");
    await until(`ipmi_sim listens at ${place.host}:${place.port}`, async () => {
      if (process.hasEnded) throw new Error(`ipmi_sim ended; it said:\n${process.said()}`);
      return (await Deno.readTextFile(table)).includes(`${host}${local}`) || undefined;
    });
    return sim;
  }

  /** `1` or `0`. */
  async power(): Promise<string> {
    return (await Deno.readTextFile(`${this.#folder}/power`)).trim();
  }

  async setPower(power: "0" | "1"): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/power`, power);
  }

  async setTemperature(degrees: number): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/temperature`, String(degrees));
  }

  /** What it was told to do since this was asked last: `power 1`, `boot pxe`, `reset 1`. */
  async told(): Promise<string[]> {
    const file = `${this.#folder}/told`;
    const lines = (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "");
    await Deno.writeTextFile(file, "");
    return lines;
  }

  /** From then on it takes packets and does not answer. */
  silence(): void {
    this.#process.signal("SIGSTOP");
  }

  speak(): void {
    this.#process.signal("SIGCONT");
  }

  async end(): Promise<void> {
    await this.#process.kill();
  }
}

/** One temperature: thresholds at 70, 80 and 90 degrees. IPMI 2.0, 43.1 has the record. */
const SENSOR = [
  ...["0x01 0x00 0x51 0x01 0x33 0x20 0x00 0x01 0x07 0x01 0x7f 0x68 0x01 0x01 0x80 0x0a 0x80 0x0a"],
  ...["0x38 0x38 0x00 0x01 0x00 0x00 0x01 0x00 0x00 0x00 0x00 0x00 0x00 0x28 0x50 0x10 0xff 0x00"],
  ...["90 80 70 0x00 0x00 0x00 0x02 0x02 0x00 0x00 0x00 0xc8"],
  ...[...new TextEncoder().encode("CPU Temp")].map(String),
].join(" ");

function filesOf(folder: string, { host, port }: IpmiPlace): Record<string, string> {
  const events = Array(4).fill("000111111000111").join(" ");
  const rights = ["callback", "user", "operator", "admin"]
    .map((role) => `    allowed_auths_${role} none md2 md5 straight`).join("\n");
  return {
    power: "0",
    boot: "default",
    temperature: "40",
    told: "",
    chassis: `#!/bin/sh
case $1 in
get) shift; for p; do case $p in
  power|boot) echo "$p:$(cat "${folder}/$p")" ;;
  *) echo "$p:0" ;; esac; done ;;
set) shift; while [ $# -ge 2 ]; do
  echo "$1 $2" >>'${folder}/told'
  case $1 in
  power|boot) echo "$2" >"${folder}/$1" ;;
  shutdown) echo 0 >'${folder}/power' ;;
  esac; shift 2; done ;;
esac
`,
    "lan.conf": `name "sim"
set_working_mc 0x20
  startlan 1
    addr ${host} ${port}
    priv_limit admin
${rights}
    guid a123456789abcdefa123456700000001
  endlan
  chassis_control "${folder}/chassis"
  user 1 false "" "" user 10 none md2 md5 straight
  user 2 true "${IPMI_USER}" "${IPMI_PASSWORD}" admin 10 none md2 md5 straight
`,
    emu: `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
sensor_add 0x20 0 1 1 1 poll 50 file "${folder}/temperature"
sensor_set_threshold 0x20 0 1 settable 111000 90 80 70 0 0 0
sensor_set_event_support 0x20 0 1 enable scanning per-state ${events}
main_sdr_add 0x20 ${SENSOR}
mc_enable 0x20
`,
  };
}
