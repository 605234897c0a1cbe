/** The self-service API over a {@link StandIn}: nodes with made-up addresses ask it. */
import type { SelfEndpoint } from "../../../src/api/self/endpoint.ts";
import { createSelfService } from "../../../src/api/self/self_service.ts";
import type { NetworkPorts } from "../../../src/api/self/where_from.ts";
import { ok } from "../../../src/base/outcome.ts";
import { hmacSha256 } from "../../../src/base/crypto.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Clock } from "../../../src/io/clock.ts";
import { systemRandom } from "../../../src/io/random.ts";
import { ipAddressText, ipNetworkOf } from "../../../src/model/ip_address.ts";
import type { MemberService } from "../../../src/service/member_service.ts";

export const MAC = "52:54:00:00:00:01", OTHER_MAC = "52:54:00:00:00:02";
export const KEY = "0123456789abcdef".repeat(4), OTHER_KEY = "fedcba9876543210".repeat(4);
/** Where n1 is, and its port. */
export const AT = "10.0.0.7", PORT = 302;

/** The host's clock for timers; what is told of the time is set by hand. */
export class SelfClock implements Clock {
  monoMs = 1_000;

  now(): { monoMs: number; wallMs: number } {
    return { monoMs: this.monoMs, wallMs: 0 };
  }

  after(ms: number, call: () => void): () => void {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }
}

export interface Told {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface SelfStage {
  readonly clock: SelfClock;
  /** The kernel's neighbours: a change counts at once. */
  readonly macs: Map<string, string[]>;
  readonly lines: string[];
  readonly failures: string[];
  /** `GET whoami`, from AT and PORT where nothing else is said. */
  ask(route: string, init?: Asked): Promise<Told>;
  /** n1 registers KEY where nothing else is said. */
  register(init?: Asked & { readonly node?: string; readonly key?: string }): Promise<Told>;
  /** With the key of a node. */
  prove(node: string, key: string, from?: string): Promise<number>;
}

export interface Asked {
  readonly from?: string;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Tells which node asks. */
const NAME: SelfEndpoint = {
  method: "GET",
  path: "name",
  needsKey: true,
  handler: ({ node }) => ok({ document: { node } }),
};

export function selfStage(
  member: MemberService,
  endpointsOf: (clock: SelfClock) => readonly SelfEndpoint[] = () => [],
  flatYaml = (document: unknown): string => `yaml: ${JSON.stringify(document)}\n`,
): SelfStage {
  const clock = new SelfClock(), lines: string[] = [], failures: string[] = [];
  const macs = new Map([[AT, [MAC]]]);
  const networks: NetworkPorts = {
    listNetworks: () => ok(["10.0.0.1/24", "fd00::1/64"].map((text) => ipNetworkOf(text)!)),
    macsOf: (address) => ok(macs.get(ipAddressText(address)) ?? []),
  };
  const answer = createSelfService(member, {
    ...{
      clock,
      networks,
      random: systemRandom,
      flatYaml,
      endpoints: [NAME, ...endpointsOf(clock)],
    },
    tell: (line) => void lines.push(line),
    failed: (line) => void failures.push(line),
  });
  const ask: SelfStage["ask"] = async (route, asked = {}) => {
    const { from = AT, port = PORT, headers = {}, body } = asked;
    const [method = "", path = ""] = route.split(" ");
    const url = new URL(`/confluent-api/self/${path}`, "https://m1");
    const request = new Request(url, { method, headers, ...body === undefined ? {} : { body } });
    const response = await answer({ request, peer: { address: from, port } });
    const { status } = response;
    return { status, text: await response.text(), headers: response.headers };
  };
  return {
    ...{ clock, macs, lines, failures, ask },
    register: ({ node = "n1", key = KEY, headers = {}, ...asked } = {}) =>
      ask("POST registerapikey", {
        body: key,
        headers: { CONFLUENT_NODENAME: node, ...headers },
        ...asked,
      }),
    prove: async (node, key, from = AT) => {
      const headers = { "CONFLUENT-NODENAME": node, "CONFLUENT_APIKEY": key };
      return (await ask("GET name", { from, headers })).status;
    },
  };
}

/** The header by which a one-time token proves a body. */
export function hmacBy(token: string, body: string): Record<string, string> {
  return { CONFLUENT_CRYPTHMAC: hmacSha256(utf8(token), utf8(body)).toBase64() };
}
