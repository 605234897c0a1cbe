/**
 * A receiver in a process of its own, for link_faults_test.ts to measure. It listens and prints
 * its port. The first frame of a link says what the link is:
 *
 *     "control"    every later frame is a question: "ping", "rss", "received", "failures",
 *                  "dial PORT", "go"
 *     "bulk"       later frames are counted, and none is done with before "go"
 */
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import type { Link } from "../../src/io/link.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import { makeIdentity } from "../../src/io/certificate.ts";
import { valueOf } from "../contract/link_bench.ts";

const HOST = "127.0.0.1";
let failures = 0;
const links = tlsLinks({
  dropped: (_remote, reason) => void (reason.startsWith("cannot accept") && failures++),
});
const identity = await makeIdentity("receiver");
const go = Promise.withResolvers<void>();
let received = 0;

async function answer(question: string): Promise<string> {
  const [verb, port] = question.split(" ");
  switch (verb) {
    case "rss":
      return String(Deno.memoryUsage().rss);
    case "received":
      return String(received);
    case "failures":
      return String(failures);
    case "dial":
      bulk(valueOf(await links.dial({ host: HOST, port: Number(port) }, identity)));
      return "dialed";
    case "go":
      go.resolve();
      return "gone";
    default:
      return question;
  }
}

function bulk(link: Link): void {
  link.proven();
  const frame = (bytes: Uint8Array): Promise<void> => {
    received += bytes.length;
    return go.promise;
  };
  link.open({ frame, closed: () => {} });
}

// Deno needs descriptors to hear signals. It asks for them when it comes to that, and dies where
// there are none; the program listens to signals before it is ready.
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));

const listening = await links.listen({ host: HOST, port: 0 }, identity, (link) => {
  let role: string | undefined;
  link.proven();
  link.open({
    frame: async (bytes) => {
      if (role === undefined) {
        role = fromUtf8(bytes);
      } else if (role === "control") {
        link.send(utf8(await answer(fromUtf8(bytes))));
      } else {
        received += bytes.length;
        await go.promise;
      }
    },
    closed: () => {
      if (role === "control") Deno.exit(0);
    },
  });
});
console.log(valueOf(listening).address.port);
