/** Sockets of groups in a namespace: scenes of raw_sockets_child.ts. */
import { openDatagramSocket } from "../../src/io/datagram.ts";
import { type GroupSocket, openGroupSocket } from "../../src/io/group_socket.ts";
import { Poller } from "../../src/io/poller.ts";
import { type IpAddress, ipAddressText } from "../../src/model/ip_address.ts";
import { indexOf, MARKER, nameOf, run, valueOf } from "./raw_socket_place.ts";

const GROUP4: IpAddress = { family: 4, address: 0xefff_fffa };
const GROUP6: IpAddress = { family: 6, address: (0xff02n << 112n) + 0xcn };

interface Asked {
  readonly on: string;
  readonly text: string;
  readonly from: string;
}

/** What comes to a socket until `MARKER`; each is answered with its own words. */
async function askedUntilMarker(poller: Poller, socket: GroupSocket): Promise<Asked[]> {
  const asked: Asked[] = [];
  await new Promise<void>((resolve) => {
    const stop = poller.watch(socket.fd, () =>
      void socket.receive(64, (bytes, from) => {
        const text = new TextDecoder().decode(bytes);
        if (text === MARKER) {
          stop();
          return resolve();
        }
        asked.push({ on: nameOf(from.interfaceIndex), text, from: ipAddressText(from.host) });
        socket.send(from, new TextEncoder().encode(`re: ${text}`));
      }));
  });
  return asked;
}

/** Cables have addresses; the members of a group are at s0 and s1, who asks at c0 and c1. */
async function grouped(group: IpAddress): Promise<unknown> {
  for (const [name, part] of [["s0", "0.7"], ["c0", "0.8"], ["s1", "1.7"], ["c1", "1.8"]]) {
    run(`ip address add 10.0.${part}/24 dev ${name}`);
    run(`ip address add fe80::${part?.replace(".", ":")}/64 dev ${name} nodad`);
    // Both ends of a cable are in one place: what comes from an own address is not believed.
    run(
      `for i in all ${name}; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; ` +
        `echo 1 > /proc/sys/net/ipv4/conf/$i/accept_local; done`,
    );
  }
  const poller = valueOf(Poller.open());
  const [server, client] = [1900, 0].map((port) => valueOf(openGroupSocket({ group, port })));
  if (server === undefined || client === undefined) throw new Error("no sockets");
  const send = (by: string, text: string): void => {
    const to = { host: group, port: 1900, interfaceIndex: indexOf(by) };
    if (!client.send(to, new TextEncoder().encode(text))) throw new Error(`${by}: not sent`);
  };
  const all = askedUntilMarker(poller, server);
  send("c0", "NO: nobody joined yet");
  valueOf(server.join(indexOf("s0"), "s0"));
  valueOf(server.join(indexOf("s0"), "s0"));
  send("c0", "one");
  send("c1", "NO: joined elsewhere");
  valueOf(server.join(indexOf("s1"), "s1"));
  send("c1", "two");
  server.leave(indexOf("s0"));
  server.leave(indexOf("s0"));
  server.leave(999_999);
  send("c0", "NO: left");
  valueOf(server.join(indexOf("s0"), "s0"));
  send("c0", "three");
  send("c1", MARKER);
  const asked = await all;
  const answers: Asked[] = [];
  await new Promise<void>((resolve) =>
    poller.watch(client.fd, () =>
      void client.receive(64, (bytes, from) => {
        const text = new TextDecoder().decode(bytes);
        answers.push({ text, on: nameOf(from.interfaceIndex), from: ipAddressText(from.host) });
        if (answers.length === asked.length) resolve();
      }))
  );
  await poller.close();
  const gone = server.join(999_999, "s9");
  const lost = server.send({ host: group, port: 9, interfaceIndex: 999_999 }, new Uint8Array(1));
  server.close();
  client.close();
  return { asked, answers, gone, lost };
}

/** Two programs share a port where both allow it; who does not is named. */
export function shared(): unknown {
  const group = GROUP4;
  const [one, other] = [1, 2].map(() => valueOf(openGroupSocket({ group, port: 1900 })));
  one?.close();
  other?.close();
  const alone = valueOf(openDatagramSocket({ port: 1900 }));
  const refusal = openGroupSocket({ group, port: 1900 });
  alone.close();
  return [refusal, Deno.pid];
}

export function grouped4(): Promise<unknown> {
  return grouped(GROUP4);
}

export function grouped6(): Promise<unknown> {
  return grouped(GROUP6);
}
