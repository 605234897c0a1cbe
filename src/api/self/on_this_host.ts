/** The self-service API of a running member, standing on this host. */
import { HostLocality } from "../../io/locality.ts";
import { listInterfaces, listNetworks } from "../../io/interfaces.ts";
import { lookUpIpv4 } from "../../io/names.ts";
import { Neighbours } from "../../io/neighbours.ts";
import type { Clock } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { Logger } from "../../service/logger.ts";
import type { MemberService } from "../../service/member_service.ts";
import { flatYaml } from "../../wire/flat_yaml.ts";
import { selfEndpoints } from "./endpoints.ts";
import type { SelfService } from "./self_request.ts";
import { createSelfService } from "./self_service.ts";

export interface HostParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The content folder. */
  readonly content: string;
}

/** Answers requests of nodes; never rejects. */
export function selfServiceHere(
  member: MemberService,
  { clock, random, log, content }: HostParts,
): SelfService {
  const locality = new HostLocality(clock), neighbours = new Neighbours(clock);
  const endpoints = selfEndpoints({
    ...{ member, clock, content, listInterfaces, lookUpName: lookUpIpv4 },
    locality: () => locality.now(),
  });
  return createSelfService(member, {
    ...{ clock, random, endpoints, flatYaml },
    networks: { listNetworks, macsOf: (address) => neighbours.macsOf(address) },
    tell: (line) => log.info(line),
    failed: (line) => log.error(line),
  });
}
