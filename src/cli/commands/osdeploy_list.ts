/** `osdeploy list`: the profiles, and what is wrong with them. */
import { type ProfileAnswer, profileAnswer } from "../../wire/profile_http.ts";
import { links } from "../../wire/http.ts";
import type { GlobalOptions } from "../command.ts";
import { DONE, type ExitCode } from "../exit_code.ts";
import { namesOf } from "../linked_names.ts";
import { inPath, type ServiceClient } from "../service_client.ts";
import { print, printJson, type Surroundings, tell } from "../surroundings.ts";
import { unanswered, warnOfAge, withService } from "../with_service.ts";

export interface OsdeployListOptions {
  readonly verbose?: boolean;
}

export function osdeployList(
  surroundings: Surroundings,
  options: OsdeployListOptions & GlobalOptions,
): Promise<ExitCode> {
  return withService(surroundings, options, async (service) => {
    const asked = await service.ask("GET /deployment/profiles/", links);
    if (!asked.ok) return unanswered(surroundings, asked);
    const profiles = await profilesOf(service, namesOf(asked.value));
    if (options.json === true) {
      printJson(surroundings, profiles);
    } else {
      // Scripts know these lines from elsewhere.
      print(surroundings, "Profiles:");
      for (const profile of profiles) {
        print(surroundings, `  ${profile.name}`);
        if (options.verbose !== true) continue;
        for (const line of detailsOf(profile)) print(surroundings, `    ${line}`);
      }
    }
    for (const line of profiles.flatMap(faultsOf)) tell(surroundings, line);
    warnOfAge(surroundings, asked);
    return DONE;
  });
}

/** One that went meanwhile is left out. */
async function profilesOf(
  service: ServiceClient,
  names: readonly string[],
): Promise<readonly ProfileAnswer[]> {
  const profiles: ProfileAnswer[] = [];
  for (const name of names) {
    const asked = await service.ask(`GET /deployment/profiles/${inPath(name)}`, profileAnswer);
    if (asked.ok) profiles.push(asked.value);
  }
  return profiles;
}

/** What it is, and what each member holds of it. */
function detailsOf({ label, kernelargs, loader, reference, members }: ProfileAnswer): string[] {
  const told = [["label", label], ["kernelargs", kernelargs], ["loader", loader]] as const;
  return [
    ...told.flatMap(([key, value]) => value === null ? [] : `${key}: ${value}`),
    `reference: ${reference?.slice(0, 12) ?? "none"}`,
    ...members.map(({ name, content, digest, bootable }) =>
      `${name}: ${content}, ${bootable ? "boots nodes" : "boots no node"}, digest ` +
      `${digest?.slice(0, 12) ?? "unknown"}`
    ),
  ];
}

function faultsOf({ name, reference, members }: ProfileAnswer): readonly string[] {
  const ofMembers = members.flatMap(({ name: member, content, why }) => {
    switch (content) {
      case "differs":
        return [`${name}: ${member} differs from the reference`, ...because(name, member, why)];
      case "missing":
        return reference === null ? [] : [`${name}: ${member} does not have it`];
      case "reading":
        return why === null
          ? [`${name}: ${member} is still reading its files`]
          : because(name, member, why);
      default:
        return because(name, member, why);
    }
  });
  const digests = new Set(members.flatMap(({ digest }) => digest ?? []));
  if (reference !== null || digests.size < 2) return ofMembers;
  return [...ofMembers, `${name}: it is not the same at all members, and has no reference`];
}

function because(name: string, member: string, why: string | null): readonly string[] {
  return why === null ? [] : [`${name}: ${member}: ${why}`];
}
