/** The DHCP requests of a capture file, as a member is asked about them. */
import { MAX_CAPTURE_BYTES } from "../base/boot_limits.ts";
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { ipv4Text } from "../model/ipv4.ts";
import { BOOTREQUEST } from "../wire/dhcp4.ts";
import type { ReplayRequest } from "../wire/explanation_http.ts";
import { parseUdpFrame } from "../wire/ip_frame.ts";
import { parseCapture } from "../wire/pcap.ts";

/** Requests in the order of the file, and when each was seen. */
export interface Recorded {
  readonly requests: ReplayRequest["requests"];
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly endsEarly: boolean;
}

export async function recordedRequests(path: string): Promise<Outcome<Recorded>> {
  const read = await readBounded(path);
  if (!read.ok) return read;
  const capture = parseCapture(read.value);
  if (!capture.ok) return refused("invalid", `${path}: ${capture.refusal.message}`);
  const requests: ReplayRequest["requests"] = [], times: number[] = [];
  for (const { frame, wireBytes, atMs } of capture.value.packets) {
    const udp = parseUdpFrame(frame, wireBytes);
    if (udp === undefined || udp.payload[0] !== BOOTREQUEST) continue;
    const { destinationPort: port } = udp;
    if (port !== 67 && port !== 4011) continue;
    times.push(atMs);
    requests.push({
      message: udp.payload.toBase64(),
      cut: frame.length < wireBytes,
      from: ipv4Text(udp.source),
      fromPort: udp.sourcePort,
      to: ipv4Text(udp.destination),
      port,
    });
  }
  return ok({ requests, times, endsEarly: capture.value.endsEarly });
}

async function readBounded(path: string): Promise<Outcome<Uint8Array>> {
  try {
    const { size } = await Deno.stat(path);
    if (size <= MAX_CAPTURE_BYTES) return ok(await Deno.readFile(path));
    const most = `MAX_CAPTURE_BYTES is ${MAX_CAPTURE_BYTES}`;
    return refused("too-large", `cannot read ${path}: it has ${size} bytes, ${most}`);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : oneLine(error);
    return refused("invalid", `cannot read ${path}: ${why}`);
  }
}
