/** Where the service is: a unix socket on this machine, or a URL. */
import { ok, type Outcome, refused } from "../base/outcome.ts";

export const DEFAULT_SOCKET = "/run/confluent/http.sock";

/** What was said of it on the command line. */
export interface AddressOptions {
  readonly server?: string | undefined;
  readonly socket?: string | undefined;
}

export type ServiceAddress =
  | { readonly kind: "socket"; readonly path: string }
  /** `url` ends without a slash. */
  | { readonly kind: "server"; readonly url: string; readonly token: string | undefined };

/**
 * The command line goes before the environment (CONFLUENT_SERVER, then CONFLUENT_SOCKET), and
 * that before the default. A token comes from CONFLUENT_TOKEN alone: command lines are public.
 */
export function serviceAddress(
  given: AddressOptions,
  env: (name: string) => string | undefined,
): Outcome<ServiceAddress> {
  if (given.server !== undefined && given.socket !== undefined) {
    return refused("invalid", "--server and --socket name two services; give one of them");
  }
  const set = (name: string): string | undefined => env(name) || undefined;
  const server = given.server ?? (given.socket === undefined ? set("CONFLUENT_SERVER") : undefined);
  if (server !== undefined) return serverAddress(server, set("CONFLUENT_TOKEN"));
  const path = given.socket ?? set("CONFLUENT_SOCKET") ?? DEFAULT_SOCKET;
  return ok({ kind: "socket", path });
}

function serverAddress(text: string, token: string | undefined): Outcome<ServiceAddress> {
  const wanted = "wanted a URL as http://m1:4005";
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    return refused("invalid", `the server "${text.slice(0, 128)}" cannot be read; ${wanted}`);
  }
  if (url.username !== "" || url.password !== "") {
    return refused(
      "invalid",
      "the URL of the server has a user or password in it, which others can read; " +
        "leave it out and put the token in the environment variable CONFLUENT_TOKEN",
    );
  }
  return ok({ kind: "server", url: url.href.replace(/\/+$/, ""), token });
}

export function placeOf(address: ServiceAddress): string {
  return address.kind === "socket" ? address.path : address.url;
}
