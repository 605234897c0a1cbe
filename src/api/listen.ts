/**
 * Where the API is listened for: a unix socket for whoever is local administrator, and a TCP
 * port. Both by Deno.serve: docs/decisions/0020-api-listeners.md says why and what it costs.
 */
import { oneLine } from "../base/one_line.ts";
import { ok, type Outcome, refused } from "../base/outcome.ts";
import { soon } from "../io/clock.ts";
import { endpointText } from "../io/link.ts";
import type { Tell } from "../service/programs.ts";
import type { Via } from "./call.ts";

/** What answers requests: the `fetch` of the app. */
export type Answerer = (
  request: Request,
  env: { readonly via: Via },
) => Response | Promise<Response>;

export interface Listener {
  /** The path, or `host:port` with the port that was really taken. */
  readonly address: string;
  /** Takes no more connections and resolves when every request under way is answered. There is no
   * way to hurry it: an abort in the middle of a shutdown brings Deno down. */
  close(): Promise<void>;
}

const UNIX = { via: "unix" } as const;
const TCP = { via: "tcp" } as const;
const NOTHING_TO_SAY = (): void => {};
/** Owner and group may connect. */
const SOCKET_MODE = 0o660;
const FOLDER_MODE = 0o750;
/** What ends a listener, no descriptor left say, is given this long to pass. */
const LISTEN_AGAIN_MS = 1_000;

/**
 * Listens on a unix socket. Its folder is made 0750 where there is none. A socket that a killed
 * process left is taken over; one that still answers is not: `conflict`. `tell` hears, should it
 * end by itself, why, and that it listens again.
 */
export async function listenUnix(
  path: string,
  answer: Answerer,
  tell: Tell,
): Promise<Outcome<Listener>> {
  try {
    const folder = path.replace(/\/[^/]*$/, "");
    if (folder !== "" && folder !== path) {
      await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    }
    const free = await freeSocket(path);
    if (!free.ok) return free;
    const again = async (): Promise<Server> => {
      const stillFree = await freeSocket(path);
      if (!stillFree.ok) throw new Error(stillFree.refusal.message);
      return serveUnix(path, answer);
    };
    return ok(new Served(path, serveUnix(path, answer), again, tell));
  } catch (error) {
    return refused("unavailable", `cannot listen on ${path}: ${oneLine(error)}`);
  }
}

/** Whoever connects needs to be allowed to write: until its mode is set the umask has to keep
 * others from that, as a process that serves sees to (main.ts). */
function serveUnix(path: string, answer: Answerer): Server {
  const options = { path, onListen: NOTHING_TO_SAY };
  const server = Deno.serve(options, (request) => answer(request, UNIX));
  Deno.chmodSync(path, SOCKET_MODE);
  return server;
}

async function freeSocket(path: string): Promise<Outcome<void>> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return ok();
    throw error;
  }
  if (!found.isSocket) {
    return refused("conflict", `cannot listen on ${path}: something that is no socket is there`);
  }
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await Deno.remove(path);
    return ok();
  }
  return refused(
    "conflict",
    `cannot listen on ${path}: another process answers there; stop it or choose another path`,
  );
}

/** The same on a TCP port; port 0 takes any. `conflict` where another process has it. */
export function listenTcp(
  host: string,
  port: number,
  answer: Answerer,
  tell: Tell,
): Outcome<Listener> {
  const wanted = endpointText({ host, port });
  const serve = (at: number): Deno.HttpServer<Deno.NetAddr> => {
    const options = { hostname: host, port: at, onListen: NOTHING_TO_SAY };
    return Deno.serve(options, (request) => answer(request, TCP));
  };
  try {
    const server = serve(port);
    const taken = server.addr.port;
    return ok(new Served(endpointText({ host, port: taken }), server, () => serve(taken), tell));
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      return refused(
        "conflict",
        `cannot listen on ${wanted}: the port is taken; stop what holds it or choose another port`,
      );
    }
    return refused("unavailable", `cannot listen on ${wanted}: ${oneLine(error)}`);
  }
}

type Server = Pick<Deno.HttpServer, "finished" | "shutdown">;

/** A server that is begun again where it ends though nobody asked it to. */
class Served implements Listener {
  readonly address: string;
  readonly #again: () => Server | Promise<Server>;
  readonly #tell: Tell;
  #server: Server;
  readonly #closing = Promise.withResolvers<void>();
  readonly #kept: Promise<void>;
  #isClosing = false;

  constructor(
    address: string,
    server: Server,
    again: () => Server | Promise<Server>,
    tell: Tell,
  ) {
    this.address = address;
    this.#again = again;
    this.#tell = tell;
    this.#server = server;
    this.#kept = this.#keep();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#closing.resolve();
    const server = this.#server;
    await this.#end(server);
    await this.#kept;
    // One that was about to be begun in its place.
    if (this.#server !== server) await this.#end(this.#server);
  }

  async #end(server: Server): Promise<void> {
    try {
      await server.shutdown();
    } catch (error) {
      // It had ended by itself, which was told.
      this.#tell(`the listener on ${this.address} ended: ${oneLine(error)}`);
    }
  }

  async #keep(): Promise<void> {
    while (!this.#isClosing) {
      try {
        await this.#server.finished;
      } catch (error) {
        this.#tell(`cannot take calls on ${this.address}: ${oneLine(error)}; tries again`);
      }
      await this.#begin();
    }
  }

  async #begin(): Promise<void> {
    while (!this.#isClosing) {
      await soon(this.#closing.promise, LISTEN_AGAIN_MS);
      if (this.#isClosing) return;
      try {
        this.#server = await this.#again();
        this.#tell(`takes calls on ${this.address} again`);
        return;
      } catch {
        // Said already: it goes on until it can.
      }
    }
  }
}
