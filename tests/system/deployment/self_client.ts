/** A node as it asks members for what is its own: by curl, from its place in a segment. */
import { equal } from "node:assert/strict";

import type { Server } from "../collective.ts";
import type { BootSite } from "../boot/boot_site.ts";
import { clientMac, INTERFACE, ROUTER, serverAddress } from "../boot/segment.ts";

/** The ports that only the administrator of a machine may use, those of services left out. */
const PRIVILEGED = "600-1023";
const UNPRIVILEGED = "20000-29999";
const SELF = "/confluent-api/self";
const CURL_S = "30";

/** What curl got. */
export interface Got {
  /** How curl ended: 60 where it does not trust the certificate. */
  readonly code: number;
  /** 0 where nothing was answered. */
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** How it asks, where not as a node that does it rightly. */
export interface Asked {
  readonly node?: string;
  /** Empty: none. */
  readonly key?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly isUnprivileged?: boolean;
  /** What it calls the member; else the name of them all, at whatever address they are. */
  readonly host?: string;
  /** Where it finds the member, if not at its address of IPv4. */
  readonly to?: string;
  /** Further arguments of curl. */
  readonly more?: readonly string[];
}

/** What was made of the archive that all nodes boot with. */
export interface Trust {
  readonly ca: string;
  readonly uuid: string;
  /** The line of the key that signs keys of hosts. */
  readonly sshCa: string;
}

/** A key as nodes make them. */
export function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/** What m1, m2 and so on has for an address. */
export function addressOf({ name }: Server): string {
  return serverAddress(Number(name.slice(1)));
}

export class SelfClient {
  readonly node: string;
  readonly place: string;
  readonly mac: string;
  address = "";
  key = newKey();
  readonly #site: BootSite;
  readonly #trust: Trust;

  constructor(site: BootSite, trust: Trust, place: string, node: string) {
    this.#site = site;
    this.#trust = trust;
    this.place = place;
    this.node = node;
    this.mac = clientMac(place);
  }

  /** Gives it that address and no other. Behind the router it goes by that. */
  async takes(address: string, prefix = 16): Promise<void> {
    const { segment } = this.#site;
    await segment.sh(
      this.place,
      `ip -4 addr flush dev ${INTERFACE}; ip addr add ${address}/${prefix} dev ${INTERFACE}`,
    );
    if (this.place.startsWith("q")) {
      await segment.done(this.place, "ip", "route", "replace", "default", "via", ROUTER.far);
    }
    this.address = address;
  }

  /** Asks for a path of the self-service API, without a key where it says nothing of one. */
  async ask(member: Server, path: string, asked: Asked = {}): Promise<Got> {
    return await this.fetch(member, `${SELF}/${path}`, asked);
  }

  /** With its own key. */
  async own(member: Server, path: string, asked: Asked = {}): Promise<Got> {
    return await this.ask(member, path, { key: this.key, ...asked });
  }

  /** The same, of what must be answered: its text. */
  async got(member: Server, path: string, asked: Asked = {}): Promise<string> {
    const { status, text } = await this.own(member, path, asked);
    equal(status, 200, `${path}: ${text}`);
    return text;
  }

  /** Asks for its own key to be taken, from a privileged port. */
  async register(member: Server, asked: Asked = {}): Promise<Got> {
    const { body = this.key } = asked;
    return await this.ask(member, "registerapikey", { ...asked, body });
  }

  /** Any path of the port for nodes, not tidied up by curl. */
  async fetch(member: Server, path: string, asked: Asked = {}): Promise<Got> {
    const { node = this.node, key = "", headers = [], body, isUnprivileged, more = [] } = asked;
    const { host = `${this.#trust.uuid}.confluent`, to = addressOf(member) } = asked;
    const fields = [
      ...node === "" ? [] : [`CONFLUENT_NODENAME: ${node}`],
      ...key === "" ? [] : [`CONFLUENT_APIKEY: ${key}`],
      ...headers,
    ];
    return await curl(
      this.#site,
      this.place,
      ...["--cacert", this.#trust.ca, "--connect-to", `::${to}:`],
      ...["--local-port", isUnprivileged === true ? UNPRIVILEGED : PRIVILEGED],
      ...fields.flatMap((field) => ["-H", field]),
      ...body === undefined ? [] : ["--data-binary", body],
      ...more,
      `https://${host}${path}`,
    );
  }
}

/** Runs curl at a place. The last argument is the URL, which is sent as it stands. */
export async function curl(
  { segment }: BootSite,
  place: string,
  ...args: readonly string[]
): Promise<Got> {
  const { code, out } = await segment.run(
    place,
    ...["curl", "-q", "-sS", "--noproxy", "*", "--path-as-is", "--globoff", "-m", CURL_S],
    ...["-w", "\\n%{http_code} %{content_type}"],
    ...args,
  );
  const end = out.lastIndexOf("\n");
  const [status = "", ...type] = out.slice(end + 1).split(" ");
  return { code, status: Number(status), type: type.join(" "), text: out.slice(0, end) };
}
