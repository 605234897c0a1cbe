/** Requests and answers in words, for logs and timelines. */
import { ipv4Text } from "../../model/ipv4.ts";
import type { BootAnswer } from "../../netboot/boot_decision.ts";
import type { BootRequest } from "../../netboot/boot_request.ts";
import { type Answerer, fileText, type ReplyRoute } from "../../netboot/dhcp_reply.ts";

const KINDS: Readonly<Record<BootRequest["kind"], string>> = {
  "discover": "DISCOVER",
  "selecting": "REQUEST",
  "init-reboot": "REQUEST (again after a restart)",
  "rebinding": "REQUEST (renewal)",
  "inform": "INFORM",
  "decline": "DECLINE",
  "release": "RELEASE",
};

const ARCHITECTURES = {
  "bios": "BIOS",
  "uefi-x64": "UEFI x64",
  "uefi-arm64": "UEFI arm64",
} as const;

/** `UEFI x64 PXE`, `iPXE`, `a plain client`. */
export function clientText({ client, architecture, architectureCode }: BootRequest): string {
  if (client === "plain") return "a plain client";
  const firmware = architecture !== undefined
    ? ARCHITECTURES[architecture]
    : architectureCode === undefined
    ? "firmware that does not tell its architecture,"
    : `architecture ${architectureCode}`;
  return `${firmware} ${{ pxe: "PXE", http: "HTTP boot", ipxe: "iPXE" }[client]}`;
}

/** `DISCOVER of UEFI x64 PXE on eth0`. */
export function requestText(request: BootRequest, via: string, port: number): string {
  const relayed = request.giaddr === 0 ? "" : ` through relay ${ipv4Text(request.giaddr)}`;
  const proxy = port === 4011 ? " at the proxy port" : "";
  return `${KINDS[request.kind]} of ${clientText(request)} on ${via}${relayed}${proxy}`;
}

/** `OFFER 10.77.1.50, confluent/x86_64/snponly.efi`, whoever gives it. */
export function outlookText({ message, address, target, isProxy }: BootAnswer): string {
  const what = message.toUpperCase() +
    (address === undefined ? isProxy ? " as a proxy" : "" : ` ${ipv4Text(address.address)}`);
  return target === undefined ? what : `${what}, ${target.path}`;
}

/** The same, and how it was given. */
export function answerText(
  answer: BootAnswer,
  answerer: Answerer,
  { kind }: ReplyRoute,
): string {
  const { target, serverId } = answer;
  return [
    outlookText({ ...answer, target: undefined }),
    ...target === undefined ? [] : [fileText(target, answerer)],
    ...serverId === undefined ? [] : [`in the name of ${ipv4Text(serverId)}, which is gone`],
    ...kind === "broadcast" ? ["broadcast"] : [],
  ].join(", ");
}
