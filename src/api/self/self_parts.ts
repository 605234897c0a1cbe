/** What the endpoints of the self-service API stand on; whoever serves it names the real things. */
import type { Outcome } from "../../base/outcome.ts";
import type { Clock } from "../../io/clock.ts";
import type { HostInterface } from "../../io/interfaces.ts";
import type { Ipv4 } from "../../model/ipv4.ts";
import type { Locality } from "../../model/self/deploy_config.ts";
import type { MemberService } from "../../service/member_service.ts";

export interface SelfParts {
  readonly member: MemberService;
  readonly clock: Clock;
  /** The content folder; undefined for a member that has none. */
  readonly content: string | undefined;
  readonly listInterfaces: () => Outcome<readonly HostInterface[]>;
  /** The IPv4 address of a name; undefined where it has none. */
  readonly lookUpName: (name: string) => Promise<Ipv4 | undefined>;
  readonly locality: () => Promise<Locality>;
}
