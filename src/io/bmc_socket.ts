/**
 * A connection to a controller, TLS and all. Who is at the far end is not judged here: whoever gets
 * the socket looks at its certificate before anything secret is written.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
} from "node:tls";

import { fingerprintOf } from "../base/crypto.ts";
import { BMC_DIAL_MS } from "../base/limits.ts";
import { oneLine } from "../base/one_line.ts";
import { BmcFault } from "./bmc_fault.ts";
import type { Clock } from "./clock.ts";
import { gateNodeSocket } from "./gated_socket.ts";
import { peerCertificateOf } from "./link_tls_rules.ts";
import { unacknowledged } from "./unacknowledged.ts";

/** Where to, and what is to be found out there. */
export interface BmcDial {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Ask the authorities of this host whether the far end has this name. */
  readonly askAuthorities: boolean;
  readonly name: string;
  /** Certificates of authorities in PEM, instead of this host's. */
  readonly authorities?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** A connection whose handshake is done. */
export interface BmcSocket {
  /** What HTTP runs over. */
  readonly stream: Socket;
  /** SHA-256 of the certificate that was shown, in hexadecimal; undefined without TLS. */
  readonly fingerprint: string | undefined;
  readonly isVouchedFor: boolean;
  /** Whether the far end's kernel has all that was written. */
  isAcknowledged(): Promise<boolean>;
  /** Closes at once, so that the kernel forgets what it has not sent yet. */
  reset(): void;
}

/**
 * Throws {@link BmcFault} `unreachable`, `silent`, `tls` or `stopped`. Where authorities are asked
 * and do not vouch for the certificate, it connects again, to see which certificate it is.
 */
export async function connectBmc(dial: BmcDial, clock: Clock): Promise<BmcSocket> {
  if (!dial.isTls || !dial.askAuthorities) return await connectOnce(dial, clock);
  try {
    return await connectOnce(dial, clock);
  } catch (error) {
    if (!(error instanceof BmcFault) || error.kind !== "tls") throw error;
    return await connectOnce({ ...dial, askAuthorities: false }, clock);
  }
}

async function connectOnce(dial: BmcDial, clock: Clock): Promise<BmcSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<BmcSocket>();
  const raw = connectTcp({ host: dial.host, port: dial.port });
  const fail = (kind: BmcFault["kind"], why: string): void => {
    reject(new BmcFault(kind, why));
    raw.destroy();
  };
  const stop = (): void => fail("stopped", "nobody waits for it any more");
  let stage = "no connection was made";
  const cancel = clock.after(BMC_DIAL_MS, () => fail("silent", `${stage} in ${BMC_DIAL_MS} ms`));
  dial.signal.addEventListener("abort", stop, { once: true });
  if (dial.signal.aborted) stop();
  let isConnected = false;
  const failTls = (why: string): void => fail("tls", tlsReasonOf(why));
  raw.on("error", (error) => {
    isConnected ? failTls(reasonOf(error)) : fail("unreachable", reasonOf(error));
  });
  raw.once("connect", () => {
    if (!dial.isTls) return resolve(socketOf(raw, raw, undefined, false));
    stage = "it did not finish the handshake of TLS";
    isConnected = true;
    try {
      secure(raw, dial, failTls, resolve);
    } catch (error) {
      // A name that no certificate can have, for one.
      failTls(`it cannot be begun: ${oneLine(error)}`);
    }
  });
  try {
    return await promise;
  } finally {
    cancel();
    dial.signal.removeEventListener("abort", stop);
  }
}

function secure(
  raw: Socket,
  dial: BmcDial,
  fail: (why: string) => void,
  done: (socket: BmcSocket) => void,
): void {
  const gate = gateNodeSocket(raw);
  const tls = connectTls({
    socket: gate.duplex as Socket,
    secureContext: contextFor(dial),
    rejectUnauthorized: dial.askAuthorities,
    ...namesOf(dial),
  });
  tls.on("error", (error) => fail(oneLine(error)));
  tls.on("close", () => fail(gate.failure ?? "it closed the connection"));
  tls.once("secureConnect", () => {
    const certificate = peerCertificateOf(tls);
    if (certificate === undefined) return fail("it showed no certificate");
    done(socketOf(tls, raw, fingerprintOf(certificate), dial.askAuthorities));
  });
}

/** By which name its certificate is judged. An address is never sent ahead (RFC 6066, 3). */
function namesOf({ askAuthorities, name }: BmcDial): { servername?: string; host?: string } {
  if (!askAuthorities) return { servername: "" };
  return isIP(name) === 0 ? { servername: name, host: name } : { host: name };
}

function socketOf(
  stream: Socket,
  raw: Socket,
  fingerprint: string | undefined,
  isVouchedFor: boolean,
): BmcSocket {
  const ports = { local: raw.localPort ?? 0, remote: raw.remotePort ?? 0 };
  return {
    stream,
    fingerprint,
    isVouchedFor,
    isAcknowledged: async () => {
      if (stream.writableLength + raw.writableLength > 0) return false;
      return await unacknowledged(ports) === 0;
    },
    reset: () => {
      raw.resetAndDestroy();
      stream.destroy();
    },
  };
}

// Contexts are made once: reading this host's authorities takes a while. Each names its own, be it
// none: a context that does not takes up sessions of TLS that others had, and whoever takes one up
// is shown no certificate, so that one that was changed would be taken for the old one.
let indifferent: SecureContext | undefined;
let trusting: SecureContext | undefined;

function contextFor({ askAuthorities, authorities }: BmcDial): SecureContext {
  if (!askAuthorities) return indifferent ??= createSecureContext({ ca: [] });
  if (authorities !== undefined) return createSecureContext({ ca: [...authorities] });
  return trusting ??= createSecureContext({ ca: getCACertificates("system") });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it closed the connection",
  EHOSTUNREACH: "the host does not answer",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "the host does not answer",
  ENOTFOUND: "the name is unknown",
  EAI_AGAIN: "the name cannot be looked up now",
  EMFILE: "this process may open no more connections; raise its limit of open files",
};

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? oneLine(error);
}

/** Old controllers offer what TLS here refuses to speak; people need to know that it is that. */
function tlsReasonOf(why: string): string {
  return /ProtocolVersion|HandshakeFailure|InsufficientSecurity|incompatible|weak/i.test(why)
    ? `it speaks no TLS that is safe enough to be spoken here (1.2 with ECDHE and AES-GCM or ` +
      `ChaCha20, or 1.3): update its firmware (${why})`
    : `TLS failed: ${why}`;
}
