/** All that a node with its key may ask of a member, and report to it. */
import { certificateEndpoints } from "./certificates.ts";
import { configurationEndpoints } from "./configuration.ts";
import type { SelfEndpoint } from "./endpoint.ts";
import { nodeListEndpoint } from "./node_list.ts";
import { NodeViews } from "./node_view.ts";
import { statusEndpoint } from "./reporting.ts";
import { scriptEndpoints } from "./scripts.ts";
import type { SelfParts } from "./self_parts.ts";

export function selfEndpoints(parts: SelfParts): SelfEndpoint[] {
  const views = new NodeViews(parts);
  return [
    ...configurationEndpoints(parts, views),
    nodeListEndpoint(parts),
    ...scriptEndpoints(parts),
    statusEndpoint(parts),
    ...certificateEndpoints(parts, views),
  ];
}
