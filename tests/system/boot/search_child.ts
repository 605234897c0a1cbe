/**
 * A machine that searches for members, at a client's place in a segment, for search_test.ts: sends
 * the search that its first argument says (as SearchOrder, JSON) again and again until it is ended,
 * and prints each answer once, as SearchTold in JSON.
 */
import type { Outcome } from "../../../src/base/outcome.ts";
import { openDatagramSocket } from "../../../src/io/datagram.ts";
import { openGroupSocket } from "../../../src/io/group_socket.ts";
import { listInterfaces } from "../../../src/io/interfaces.ts";
import { Poller } from "../../../src/io/poller.ts";
import { ipAddressText } from "../../../src/model/ip_address.ts";
import { broadcastOf, ipv4Text } from "../../../src/model/ipv4.ts";
import { SEARCH_GROUPS } from "../../../src/service/boot/search_sockets.ts";
import { parseSearchAnswer, printSearch, type SearchField } from "../../../src/wire/ssdp.ts";

/** What it is to do. */
export interface SearchOrder {
  readonly fields: readonly SearchField[];
  /** By which ways: the groups, and the broadcast address of each network. */
  readonly by: readonly ("4" | "6" | "broadcast")[];
}

/** What it was told. */
export interface SearchTold {
  /** Who answered, and the interface that it came by. */
  readonly from: string;
  readonly on: string;
  readonly node: string | undefined;
  readonly via: string | undefined;
  readonly isDefaultNet: boolean | undefined;
  readonly isPresent: boolean;
}

const AGAIN_MS = 300;

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

const order: SearchOrder = JSON.parse(Deno.args[0] ?? "");
const bytes = printSearch(order.fields);
const interfaces = valueOf(listInterfaces()).filter(({ isLoopback, isUp }) => isUp && !isLoopback);
const poller = valueOf(Poller.open());
const told = new Set<string>();

function heard(answer: Uint8Array, from: string, index: number): void {
  const { node, isPresent } = valueOf(parseSearchAnswer(answer));
  const on = interfaces.find((one) => one.index === index)?.name ?? `#${index}`;
  const { name, via, isDefaultNet, wallMs } = node ?? {};
  if (wallMs !== undefined && Math.abs(wallMs - Date.now()) > 5_000) throw new Error("wrong time");
  const line = JSON.stringify(
    { from, on, node: name, via, isDefaultNet, isPresent } satisfies SearchTold,
  );
  if (told.has(line)) return;
  told.add(line);
  console.log(line);
}

const groups = SEARCH_GROUPS.filter(({ group }) => order.by.includes(`${group.family}`))
  .map(({ group }) => {
    const socket = valueOf(openGroupSocket({ group, port: 0 }));
    poller.watch(
      socket.fd,
      () =>
        void socket.receive(
          64,
          (answer, { host, interfaceIndex }) => heard(answer, ipAddressText(host), interfaceIndex),
        ),
    );
    return { socket, group };
  });
const broadcasts = valueOf(openDatagramSocket({ port: 0, broadcast: true }));
poller.watch(
  broadcasts.fd,
  () =>
    void broadcasts.receive(
      64,
      (answer, from, to) => heard(answer, ipv4Text(from.address), to.interfaceIndex),
    ),
);

function search(): void {
  for (const { index, addresses } of interfaces) {
    for (const { socket, group } of groups) {
      // Without an address yet it cannot; it has one the next time.
      socket.send({ host: group, port: 1900, interfaceIndex: index }, bytes);
    }
    if (!order.by.includes("broadcast")) continue;
    for (const { network } of addresses) {
      broadcasts.send({ address: broadcastOf(network), port: 1900 }, undefined, bytes);
    }
    broadcasts.flush();
  }
}

search();
setInterval(search, AGAIN_MS);
