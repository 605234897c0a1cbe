/**
 * Machines with real firmware, emulated without the host's help: `/dev/kvm` can open and still
 * fail. Each hangs on a tap of a segment, and what it prints on its serial console is read.
 */
import { type Program, until } from "../program.ts";
import type { Segment, Side } from "./segment.ts";

/**
 * bios: SeaBIOS with iPXE in the network card's ROM. uefi-pxe: OVMF with its own driver and PXE.
 * uefi-http: the same, only by HTTP.
 */
export type Firmware = "bios" | "uefi-pxe" | "uefi-http";

export interface MachineShape {
  readonly firmware: Firmware;
  readonly mac: string;
  readonly uuid: string;
  readonly side?: Side;
  /** Starts anew where nothing could be booted, as a server's firmware does. */
  readonly retries?: boolean;
  /** A disk, as a file. */
  readonly disk?: string;
  /** It starts from its disk, as it does when nobody told its firmware to use the network once. */
  readonly fromDisk?: boolean;
}

const OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd";
/** No machine here needs longer, however busy its host. */
const BOOT_MS = 300_000;
const RETRY_MS = 1_000;
/** What machines call and read; each is a tool or a file. */
export const MACHINE_NEEDS = [
  "qemu-system-x86_64",
  OVMF_CODE,
  "/usr/lib/ipxe/snponly.efi",
  "/usr/lib/ipxe/qemu/pxe-virtio.rom",
  "busybox",
  "dnsmasq",
  "cpio",
];

export class Machine {
  /** Its port of the bridge. */
  readonly port: string;
  readonly #program: Program;
  readonly #console: string;
  readonly #startedMs = performance.now();

  private constructor(port: string, program: Program, console: string) {
    this.port = port;
    this.#program = program;
    this.#console = console;
  }

  /** Its power is switched on. */
  static async start(segment: Segment, shape: MachineShape): Promise<Machine> {
    const tap = await segment.tap(shape.side);
    const stem = `${segment.folder}/${tap}`;
    if (shape.firmware !== "bios") await Deno.copyFile(OVMF_VARS, `${stem}.vars`);
    const program = segment.start("world", ...commandOf(shape, tap, stem));
    return new Machine(tap, program, `${stem}.console`);
  }

  /** Since its power is on. */
  get ageMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Switches its power off. */
  async end(): Promise<void> {
    await this.#program.kill();
  }

  /** All it printed, as one line: firmware moves the cursor instead of ending lines. */
  async said(): Promise<string> {
    const raw = await Deno.readTextFile(this.#console).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    // deno-lint-ignore no-control-regex
    return raw.replace(/\x1b\[[0-9;?=]*[A-Za-z]/g, "").replace(/[^ -~]+/g, "");
  }

  /** What it printed that fits, there already or to come. */
  async prints(wanted: RegExp, withinMs = BOOT_MS): Promise<RegExpExecArray> {
    try {
      return await until(`the machine prints ${wanted}`, async () => {
        const hasEnded = this.#program.hasEnded;
        const found = wanted.exec(await this.said());
        if (found === null && hasEnded) throw new Error(`it ended: ${this.#program.said()}`);
        return found ?? undefined;
      }, withinMs);
    } catch (error) {
      throw new Error(`no ${wanted} on the console:\n${(await this.said()).slice(-2_000)}`, {
        cause: error,
      });
    }
  }
}

function commandOf(shape: MachineShape, tap: string, stem: string): string[] {
  const [cardAt, diskAt] = shape.fromDisk ? [2, 1] : [1, 2];
  const card = `virtio-net-pci,netdev=n0,mac=${shape.mac},bootindex=${cardAt}`;
  return [
    ...["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35,graphics=off", "-cpu", "max"],
    ...["-smp", "1", "-m", "512", "-uuid", shape.uuid, "-nodefaults", "-display", "none"],
    ...["-monitor", "none", "-serial", `file:${stem}.console`],
    ...shape.retries ? ["-boot", `reboot-timeout=${RETRY_MS}`] : ["-no-reboot"],
    ...["-netdev", `tap,id=n0,ifname=${tap},script=no,downscript=no`],
    ...["-device", shape.firmware === "bios" ? card : `${card},romfile=`],
    ...shape.disk === undefined ? [] : disk(shape.disk, diskAt),
    ...shape.firmware === "bios" ? [] : uefi(shape.firmware, stem),
  ];
}

function disk(file: string, bootIndex: number): string[] {
  return [
    ...["-drive", `if=none,id=d0,format=raw,file=${file}`],
    ...["-device", `virtio-blk-pci,drive=d0,bootindex=${bootIndex}`],
  ];
}

function uefi(firmware: Firmware, stem: string): string[] {
  const has = (option: string): string[] => ["-fw_cfg", `name=opt/org.tianocore/${option}`];
  return [
    ...["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${OVMF_CODE}`],
    ...["-drive", `if=pflash,format=raw,unit=1,file=${stem}.vars`],
    ...["-device", "virtio-rng-pci"],
    ...has("IPv6PXESupport,string=no"),
    ...firmware === "uefi-http" ? has("IPv4PXESupport,string=no") : [],
  ];
}
