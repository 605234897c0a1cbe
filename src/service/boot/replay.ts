/** What a member would make of requests that were recorded: on the interface where it would answer
 * them, if there is one. Nothing is sent, and nothing remembered. */
import { type MemberId, nameOf, type Roster } from "../../model/member.ts";
import { ipv4Of } from "../../model/ipv4.ts";
import { decideBoot } from "../../netboot/boot_decision.ts";
import { readBootRequest } from "../../netboot/boot_request.ts";
import type { Arrival, BootView } from "../../netboot/boot_view.ts";
import { parseCutDhcp4, parseDhcp4 } from "../../wire/dhcp4.ts";
import type { ReplayAnswer, ReplayRequest } from "../../wire/explanation_http.ts";
import { outlookText, requestText } from "./boot_words.ts";
import type { ServedInterfaces } from "./served_interfaces.ts";

type Recorded = ReplayRequest["requests"][number];
type Judged = ReplayAnswer["decisions"][number];

export interface ReplayParts {
  readonly interfaces: ServedInterfaces;
  readonly view: BootView;
  readonly roster: () => Roster;
}

/** One for each, in their order. */
export function replay(recorded: readonly Recorded[], parts: ReplayParts): Judged[] {
  return recorded.map((one) => judged(one, parts));
}

function judged(one: Recorded, { interfaces, view, roster }: ReplayParts): Judged {
  const bytes = Uint8Array.fromBase64(one.message);
  const packet = one.cut === true ? parseCutDhcp4(bytes) : parseDhcp4(bytes);
  if (!packet.ok) return nonsense(packet.refusal.message);
  const read = readBootRequest(packet.value);
  if (!read.ok) return nonsense(read.refusal.message);
  const request = read.value;
  const arrivals = interfaces.all.map(({ name, locals }): Arrival => ({
    ...{ via: name, locals, to: ipv4Of(one.to) ?? 0, port: one.port },
    from: { address: ipv4Of(one.from) ?? 0, port: one.fromPort },
  }));
  const decisions = arrivals.map((at) => ({ at, decision: decideBoot(request, at, view) }));
  const best = decisions.find(({ decision }) => decision.kind === "answer") ?? decisions[0];
  if (best === undefined) return nonsense("this member hears no segment");
  const { at, decision } = best;
  const known = { mac: request.mac, asked: requestText(request, at.via, at.port) };
  if (decision.kind === "silence") {
    return { ...known, node: decision.node ?? null, members: [], told: decision.why };
  }
  const { answer, order } = decision;
  const members = order.map((id: MemberId) => nameOf(roster(), id));
  return { ...known, node: answer.node.name, members, told: outlookText(answer) };
}

function nonsense(told: string): Judged {
  return { mac: "", node: null, asked: "", members: [], told };
}
