import { makeIdentity } from "../../src/io/certificate.ts";
import { tlsLinks } from "../../src/io/link_tls.ts";
import { type LinkBench, ManualClock } from "./link_bench.ts";
import { linkContract } from "./link_contract.ts";

const [SERVER, CLIENT] = [await makeIdentity("n1"), await makeIdentity("n2")];

// deno-lint-ignore require-await
async function makeBench(): Promise<LinkBench> {
  const clock = new ManualClock();
  const links = tlsLinks({ clock });
  return { links, clock, host: "127.0.0.1", server: SERVER, client: CLIENT };
}

linkContract("TLS links", makeBench);
