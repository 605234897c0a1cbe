/**
 * The self-service API, by which nodes themselves ask. Every request goes the same way: its
 * endpoint, how much its address may ask, quorum (without it a node turns to another member), who
 * it is, the handler, one response. Where it comes from is what the connection says: no header
 * speaks for another address.
 */
import {
  MAX_SELF_ADDRESSES,
  MAX_SELF_TEXT_LENGTH,
  SELF_OPEN_BURST,
  SELF_OPEN_PER_SECOND,
  SELF_WRONG_BURST,
  SELF_WRONG_PER_SECOND,
} from "../../base/boot_limits.ts";
import { Allowances } from "../../base/allowances.ts";
import { oneLine } from "../../base/one_line.ts";
import { ok, type Outcome, type Refused, refused } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import { hashInCell, NODE_KEY } from "../../model/node_key.ts";
import { nodeRow } from "../../model/operation.ts";
import type { MemberService } from "../../service/member_service.ts";
import { NodeKeys } from "../../service/node_keys.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import { findEndpoints } from "./paths.ts";
import { registrationEndpoint } from "./registering.ts";
import { printFor, selfAnswered, selfFailed, selfRefused } from "./responses.ts";
import type { SelfRequest, SelfService } from "./self_request.ts";
import { type NetworkPorts, Whereabouts } from "./where_from.ts";
import { whoamiEndpoint } from "./whoami.ts";

export interface SelfServiceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly networks: NetworkPorts;
  /** Those beside `whoami` and `registerapikey`. */
  readonly endpoints: readonly SelfEndpoint[];
  /** A document as flat YAML. */
  readonly flatYaml: (document: unknown) => string;
  /** Told of grants and of claims that were refused: one line, for the log. */
  readonly tell: (line: string) => void;
  /** Told of what nobody foresaw: one line, for the log. */
  readonly failed: (line: string) => void;
}

/** Answers requests of nodes; never rejects. */
export function createSelfService(
  member: MemberService,
  parts: SelfServiceParts,
): SelfService {
  const service = new SelfRequests(member, parts);
  return (request) => service.answer(request);
}

type Headers = SelfCall["headers"];

class SelfRequests {
  readonly #member: MemberService;
  readonly #parts: SelfServiceParts;
  readonly #keys: NodeKeys;
  readonly #endpoints: readonly SelfEndpoint[];
  readonly #open = new Allowances(SELF_OPEN_BURST, SELF_OPEN_PER_SECOND, MAX_SELF_ADDRESSES);
  readonly #wrong = new Allowances(SELF_WRONG_BURST, SELF_WRONG_PER_SECOND, MAX_SELF_ADDRESSES);

  constructor(member: MemberService, parts: SelfServiceParts) {
    const { clock, random, networks, tell } = parts;
    this.#member = member;
    this.#parts = parts;
    this.#keys = new NodeKeys(clock, random);
    const whereabouts = new Whereabouts(clock, networks);
    this.#endpoints = [
      whoamiEndpoint(member, whereabouts),
      registrationEndpoint(member, { clock, keys: this.#keys, whereabouts, tell }),
      ...parts.endpoints,
    ];
  }

  async answer(given: SelfRequest): Promise<Response> {
    const { method, url } = given.request;
    try {
      return await this.#answer(given);
    } catch (error) {
      this.#parts.failed(`${method} ${oneLine(new URL(url).pathname)}: ${oneLine(error)}`);
      const why = "an error that nobody foresaw; the log of this member has its reason";
      return selfFailed({ errorcode: 500, error: why });
    }
  }

  async #answer({ request, peer }: SelfRequest): Promise<Response> {
    const found = findEndpoints(this.#endpoints, request.url);
    if (!found.ok) return selfRefused(found.refusal);
    const { endpoints, parameters } = found.value;
    const endpoint = endpoints.find(({ method }) => method === request.method);
    if (endpoint === undefined) return nothingThere(request, endpoints);
    const headers = headersOf(request);
    if (!headers.ok) return selfRefused(headers.refusal);
    const waitMs = endpoint.needsKey ? 0 : this.#waitMs(endpoint, peer.address);
    if (waitMs > 0) return tooMany(waitMs);
    const fresh = await this.#member.fresh();
    if (!fresh.ok) return selfRefused(fresh.refusal);
    const node = headers.value.get("confluent-nodename") ?? "";
    if (endpoint.needsKey) {
      const unproven = await this.#prove(node, headers.value, peer);
      if (unproven !== undefined) return unproven;
    }
    const body = new Uint8Array(await request.arrayBuffer());
    const call: SelfCall = { node, peer, headers: headers.value, parameters, body };
    const answer = mayBeWrong(endpoint)
      ? await this.#counted(endpoint, call)
      : await endpoint.handler(call);
    if (answer instanceof Response) return answer;
    if (!answer.ok) return selfRefused(answer.refusal);
    const print = printFor(request.headers.get("accept"));
    return selfAnswered(answer.value, print, this.#parts.flatYaml);
  }

  /** How long the address must wait before it may ask what needs no key; what is refused to it
   * there counts as a wrong key does. */
  #waitMs(endpoint: SelfEndpoint, address: string): number {
    const nowMs = this.#nowMs();
    const wrongMs = mayBeWrong(endpoint) ? this.#wrong.waitMs(address, nowMs) : 0;
    return wrongMs > 0 ? wrongMs : this.#open.take(address, nowMs);
  }

  /** As a wrong key until it is known to be none: of many at once each would pass otherwise. */
  async #counted(
    endpoint: SelfEndpoint,
    call: SelfCall,
  ): Promise<Outcome<SelfAnswer> | Response> {
    const { address } = call.peer;
    const waitMs = this.#wrong.take(address, this.#nowMs());
    if (waitMs > 0) return tooMany(waitMs);
    const answer = await endpoint.handler(call);
    const isWrong = !answer.ok && answer.refusal.kind === "forbidden";
    if (!isWrong) this.#wrong.giveBack(address, this.#nowMs());
    return answer;
  }

  /** A response where the request does not prove that it is the node's. */
  async #prove(
    node: string,
    headers: Headers,
    { address }: SelfRequest["peer"],
  ): Promise<Response | undefined> {
    const key = headers.get("confluent-apikey") ?? "";
    const hash = this.#hashOf(node);
    if (this.#keys.isKnown(node, hash, key)) return undefined;
    const waitMs = this.#wrong.take(address, this.#nowMs());
    if (waitMs > 0) return tooMany(waitMs);
    // Counted as wrong until it is right, as those that are looked at at the same time are.
    const isRight = await this.#keys.isRight(node, hash, key);
    // Meanwhile it may have been revoked.
    const isProven = isRight.ok && isRight.value && this.#hashOf(node) === hash;
    if (!isRight.ok || isProven) this.#wrong.giveBack(address, this.#nowMs());
    if (!isRight.ok) return selfRefused(isRight.refusal);
    return isProven ? undefined : selfRefused(UNPROVEN.refusal);
  }

  /** A node's own: that of a group would let each of its nodes be all of them. */
  #hashOf(node: string): string | undefined {
    return hashInCell(this.#member.state.value(nodeRow(node), NODE_KEY));
  }

  #nowMs(): number {
    return this.#parts.clock.now().monoMs;
  }
}

/** Whether who is refused there counts as one with a wrong key. */
function mayBeWrong({ needsKey, method }: SelfEndpoint): boolean {
  return !needsKey && method === "POST";
}

const UNPROVEN: Refused = refused("unauthorized", "which node asks is not proven");

function tooMany(waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1000);
  const error = `too many requests from this address; ask again in ${seconds} s`;
  return selfFailed({ errorcode: 429, error }, { "Retry-After": String(seconds) });
}

function nothingThere(
  { method, url }: Request,
  endpoints: readonly SelfEndpoint[],
): Response {
  const path = new URL(url).pathname.slice(0, 256);
  if (endpoints.length === 0) {
    const error = `Target not found - there is nothing at ${path}`;
    return selfFailed({ errorcode: 404, error });
  }
  const allowed = endpoints.map((endpoint) => endpoint.method).join(", ");
  const error = `${method} is not supported at ${path}; ${allowed} is`;
  return selfFailed({ errorcode: 405, error }, { Allow: allowed });
}

/** `invalid` where a header is too long, or is there in both spellings and says two things. */
function headersOf({ headers }: Request): Outcome<Headers> {
  const all = new Map<string, string>();
  for (const [given, value] of headers) {
    const name = given.toLowerCase().replaceAll("_", "-"), before = all.get(name);
    if (value.length > MAX_SELF_TEXT_LENGTH && name.startsWith("confluent-")) {
      return refused(
        "invalid",
        `${name}: wanted at most ${MAX_SELF_TEXT_LENGTH} characters, which is MAX_SELF_TEXT_LENGTH`,
      );
    }
    if (before !== undefined && before !== value) {
      return refused("invalid", `${name} is there twice, and says two things`);
    }
    all.set(name, value);
  }
  return ok(all);
}
