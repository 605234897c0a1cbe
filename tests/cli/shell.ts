/**
 * The command line in this process: streams, environment and programs are handed in, and the
 * service is the real API on a unix socket, over a member of one process.
 */
import { createApi } from "../../src/api/app.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { type Listener, listenTcp, listenUnix } from "../../src/api/listen.ts";
import { ok, type Outcome } from "../../src/base/outcome.ts";
import { runCommandLine } from "../../src/cli/command_line.ts";
import type { Output } from "../../src/cli/surroundings.ts";
import type { Programs } from "../../src/service/programs.ts";
import type { VersionAnswer } from "../../src/wire/http.ts";
import { newNodes, TOKEN } from "../api/asking.ts";
import { StandIn } from "../api/stand_in.ts";

export { TOKEN };

export const VERSION: VersionAnswer = {
  version: "1.2.3",
  features: ["nodes"],
  deno: "2",
  build: "test",
  support: { fewest: 1, most: 1, level: 1 },
};

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Asked {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** What a person types, a line for each question; without it there is no terminal. */
  readonly typed?: readonly string[];
  readonly programs?: Partial<Programs>;
  readonly calledAs?: string;
  readonly serviceFile?: string;
  readonly ownCommand?: readonly string[];
  /** Sees what is printed, in one with what was before; may press Ctrl-C, or stop reading. */
  readonly sees?: (out: string, err: string, hands: Hands) => void;
}

/** What a person does while a command runs. */
export interface Hands {
  interrupt(): void;
  /** Nobody reads stdout any more. */
  hangUp(): void;
}

/** A program that must not be run. */
function unwanted(): never {
  throw new Error("a program ran that nobody asked for");
}

const UNWANTED: Programs = {
  serve: unwanted,
  join: unwanted,
  rejoin: unwanted,
  forceQuorum: unwanted,
  check: unwanted,
};

export async function run(args: readonly string[], asked: Asked = {}): Promise<Ran> {
  const out: string[] = [], err: string[] = [];
  const typed = asked.typed?.[Symbol.iterator]();
  const answer = (prompt: string): Promise<string | undefined> => {
    err.push(prompt);
    return Promise.resolve(typed?.next().value);
  };
  let isClosed = false;
  const interrupts = new Set<() => void>();
  const hands = {
    interrupt: () => interrupts.forEach((call) => call()),
    hangUp: () => isClosed = true,
  };
  const output = (into: string[]): Output => ({
    isTerminal: false,
    get isClosed(): boolean {
      return isClosed && into === out;
    },
    write: (text) => {
      into.push(text);
      asked.sees?.(out.join(""), err.join(""), hands);
    },
  });
  const code = await runCommandLine(args, asked.calledAs ?? "confluent", {
    stdout: output(out),
    stderr: output(err),
    stdin: {
      isTerminal: typed !== undefined,
      text: () => Promise.resolve(asked.stdin ?? ""),
      ask: answer,
      askSecretly: answer,
    },
    env: (name) => asked.env?.[name],
    programs: { ...UNWANTED, ...asked.programs },
    version: VERSION,
    serviceFile: asked.serviceFile ?? "/nonexistent/service.yaml",
    ownCommand: asked.ownCommand ?? ["/nonexistent/confluent"],
    onInterrupt: (call) => {
      interrupts.add(call);
      return () => void interrupts.delete(call);
    },
  });
  if (interrupts.size > 0) throw new Error("it goes on listening for Ctrl-C");
  return { code, out: out.join(""), err: err.join("") };
}

export interface Service {
  readonly member: StandIn;
  readonly folder: string;
  readonly socket: string;
  /** `http://127.0.0.1:PORT`, for a caller who has TOKEN. */
  readonly url: string;
  /** Runs a command against this service. */
  run(line: string | readonly string[], asked?: Asked): Promise<Ran>;
}

/** A service that knows `nodes`, for the time of a test. */
export async function withService(
  nodes: readonly string[],
  test: (service: Service) => Promise<void>,
): Promise<void> {
  const member = new StandIn();
  if (nodes.length > 0) member.apply([newNodes(...nodes)]);
  const failures: string[] = [];
  const app = createApi(member, {
    metrics: new MetricsRegistry(),
    bootstrapToken: TOKEN,
    version: VERSION,
    failed: (line) => void failures.push(line),
  });
  await inFolder(async (folder) => {
    const socket = `${folder}/http.sock`;
    const unix = listening(await listenUnix(socket, app.fetch, () => {}));
    const tcp = listening(listenTcp("127.0.0.1", 0, app.fetch, () => {}));
    try {
      await test({
        member,
        folder,
        socket,
        url: `http://${tcp.address}`,
        run: (line, asked = {}) => {
          const args = typeof line === "string" ? line.split(" ") : line;
          return run(args, { ...asked, env: { CONFLUENT_SOCKET: socket, ...asked.env } });
        },
      });
    } finally {
      await Promise.all([unix.close(), tcp.close()]);
    }
  });
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "confluent-cli-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function listening(outcome: Outcome<Listener>): Listener {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

/** Lines of a text, without the end of the last. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

export const DONE = ok();
