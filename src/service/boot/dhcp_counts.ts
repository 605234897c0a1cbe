/** What DHCP came to at this member since it was started. */
import type { RequestKind } from "../../wire/boot_frame.ts";

export interface DhcpCounts {
  readonly requests: Record<RequestKind, number>;
  readonly answers: Record<"offer" | "ack" | "nak", number>;
  silences: number;
  /** Another member's turn. */
  left: number;
  /** Another member's turn, which was silent. */
  steppedIn: number;
  /** Words of others that they answer. */
  notes: number;
  malformed: number;
  /** Packets that met a fault of this program. */
  faults: number;
  /** Of machines that ask more often than MAX_REQUESTS_OF_ONE. */
  floods: number;
  /** Frames that the kernel had no room for. */
  dropped: number;
  /** Answers that the kernel did not take, and those with too much to echo. */
  unsent: number;
}

export function noDhcpCounts(): DhcpCounts {
  return {
    requests: {
      "discover": 0,
      "selecting": 0,
      "init-reboot": 0,
      "rebinding": 0,
      "inform": 0,
      "decline": 0,
      "release": 0,
    },
    answers: { offer: 0, ack: 0, nak: 0 },
    ...{ silences: 0, left: 0, steppedIn: 0, notes: 0, malformed: 0, faults: 0, floods: 0 },
    ...{ dropped: 0, unsent: 0 },
  };
}
