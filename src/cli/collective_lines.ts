/** The collective as `collective show` prints it; scripts read these very words. */
import { naturalSort } from "../model/natural_order.ts";
import type { CollectiveAnswer, MemberAnswer } from "../wire/http.ts";

/** The leader has a line of its own and is not among the active ones. */
export function collectiveLines(collective: CollectiveAnswer): string[] {
  const { quorum, leader, members } = collective;
  const leading = members.find(({ name }) => name === leader);
  const others = members.filter((member) => member !== leading);
  const offline = listed(others.filter(isOffline));
  return [
    `Quorum: ${quorum ? "True" : "False"}`,
    `Leader: ${leading === undefined ? leader ?? "None" : labelOf(leading)}`,
    "Active collective members:",
    ...listed(others.filter((member) => !isOffline(member))),
    ...offline.length === 0 ? [] : ["Offline collective members:", ...offline],
  ];
}

/** A locked member answers, and takes part in nothing. */
function isOffline({ state }: MemberAnswer): boolean {
  return state === "down" || state === "locked";
}

function listed(members: readonly MemberAnswer[]): string[] {
  const labels = new Map(members.map((member) => [member.name, labelOf(member)]));
  return naturalSort([...labels.keys()]).map((name) => `    ${labels.get(name)}`);
}

function labelOf({ name, role, state }: MemberAnswer): string {
  const lock = state === "locked" ? " (locked)" : "";
  switch (role) {
    case "nonvoting":
      return `${name} (nonvoting)${lock}`;
    case "learner":
      return `${name} (joining)${lock}`;
    case "voter":
      return `${name}${lock}`;
  }
}

/** One block of lines for each member: all that is known of it. */
export function memberLines(members: readonly MemberAnswer[]): string[] {
  const byName = new Map(members.map((member) => [member.name, member]));
  return naturalSort([...byName.keys()]).flatMap((name) => {
    const member = byName.get(name);
    return member === undefined ? [] : detailsOf(member);
  });
}

function detailsOf(member: MemberAnswer): string[] {
  const { name, state, role, voting, addresses, index, lag, fingerprint, support } = member;
  return [
    `${name}: state: ${state}${member.self ? " (answers this)" : ""}`,
    `${name}: role: ${role}`,
    `${name}: voting: ${voting ? "True" : "False"}`,
    `${name}: addresses: ${addresses.join(",")}`,
    `${name}: index: ${index ?? ""}`,
    `${name}: lag: ${lag ?? ""}`,
    `${name}: fingerprint: ${fingerprint}`,
    `${name}: certificate expires: ${member.certificateExpires ?? ""}`,
    `${name}: rotating: ${member.rotating ? "True" : "False"}`,
    `${name}: nodes: ${member.nodes}`,
    `${name}: drained: ${member.drained ? "True" : "False"}`,
    `${name}: protocol: ${support.fewest} to ${support.most}`,
    `${name}: feature level: ${support.level}`,
    `${name}: id: ${member.id}`,
  ].map((line) => line.trimEnd());
}
