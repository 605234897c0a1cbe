/**
 * The port to other programs, run as children that end: with what they say bounded, and at the
 * latest when they are told to.
 */

/** What is run, and how. */
export interface ChildOrder {
  /** The whole command line. Everybody on the machine can read it. */
  readonly command: readonly string[];
  /** The whole environment; who runs the child, and root, can read it. */
  readonly env: Readonly<Record<string, string>>;
  /** What the child reads on stdin, through a pipe that nobody else has. */
  readonly input: string;
  /** More than so many bytes on stdout or stderr end it. */
  readonly maxBytes: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** What ends it; SIGKILL unless it has to end children of its own. */
  readonly kill?: Deno.Signal;
}

/** How a child ended. */
export interface ChildEnd {
  /** Undefined where it was killed, by whomever. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
  /** It said more than it may, and was ended for it. */
  readonly isTooLong: boolean;
}

/**
 * Runs it to its end. It has been started when the promise is returned, which fails where it cannot
 * be: with `Deno.errors.NotFound` where there is no such program.
 */
export async function runChild(order: ChildOrder): Promise<ChildEnd> {
  const [program = "", ...args] = order.command;
  order.signal.throwIfAborted();
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...order.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = new AbortController();
  let isTooLong = false;
  const end = (): void => {
    try {
      child.kill(order.kill ?? "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const flood = (): void => {
    isTooLong = true;
    end();
  };
  order.signal.addEventListener("abort", end, { once: true });
  try {
    const said = [child.stdout, child.stderr].map((stream) =>
      readBounded(stream, order.maxBytes, flood, ended.signal)
    );
    await giveInput(child.stdin, order.input);
    const { code, signal } = await child.status;
    // A grandchild that lives on would hold the pipes open for ever.
    if (signal !== null || order.signal.aborted || isTooLong) ended.abort();
    const [out = "", err = ""] = await Promise.all(said);
    return { code: signal === null ? code : undefined, out, err, isTooLong };
  } finally {
    order.signal.removeEventListener("abort", end);
  }
}

/** A child that ends before it has read all need not be told the rest. */
async function giveInput(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Its beginning, as text: `maxBytes` of it, or what came until `stop`. */
async function readBounded(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  flood: () => void,
  stop: AbortSignal,
): Promise<string> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel();
  const decoder = new TextDecoder();
  let text = "", left = maxBytes;
  stop.addEventListener("abort", cancel, { once: true });
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.length;
    if (left < 0) {
      flood();
      await reader.cancel();
      return text;
    }
  }
}
