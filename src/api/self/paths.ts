/** Which endpoint of the self-service API a path means. */
import { MAX_SELF_TEXT_LENGTH } from "../../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import type { SelfEndpoint } from "./endpoint.ts";

const BASE = "/confluent-api/self/";

/** What stands at a path: endpoints, one a method, and what their parameters are. */
export interface Found {
  readonly endpoints: readonly SelfEndpoint[];
  readonly parameters: ReadonlyMap<string, string>;
}

/** Those whose paths fit; none where there is nothing. `invalid` for a path that is no text. */
export function findEndpoints(
  endpoints: readonly SelfEndpoint[],
  url: string,
): Outcome<Found> {
  const { pathname } = new URL(url);
  const nothing: Found = { endpoints: [], parameters: new Map() };
  if (!pathname.startsWith(BASE)) return ok(nothing);
  if (pathname.length > MAX_SELF_TEXT_LENGTH) {
    return refused(
      "invalid",
      `a path of ${pathname.length} characters: wanted at most ` +
        `${MAX_SELF_TEXT_LENGTH}, which is MAX_SELF_TEXT_LENGTH`,
    );
  }
  const segments: string[] = [];
  for (const segment of pathname.slice(BASE.length).replace(/\/$/, "").split("/")) {
    try {
      segments.push(decodeURIComponent(segment));
    } catch {
      return refused("invalid", "the path: wanted UTF-8 behind its %");
    }
  }
  const found = endpoints.map((endpoint) => ({ endpoint, parameters: fit(endpoint, segments) }))
    .filter(({ parameters }) => parameters !== undefined);
  const [first] = found;
  return ok(
    first?.parameters === undefined
      ? nothing
      : { endpoints: found.map(({ endpoint }) => endpoint), parameters: first.parameters },
  );
}

/** The parameters; undefined where the path does not fit. */
function fit(
  { path }: SelfEndpoint,
  segments: readonly string[],
): Map<string, string> | undefined {
  const parameters = new Map<string, string>(), wanted = path.split("/");
  for (const [i, name] of wanted.entries()) {
    const segment = segments[i];
    if (segment === undefined) return undefined;
    if (name.startsWith("*")) {
      parameters.set(name.slice(1), segments.slice(i).join("/"));
      return parameters;
    }
    if (name.startsWith(":")) parameters.set(name.slice(1), segment);
    else if (name !== segment) return undefined;
  }
  return wanted.length === segments.length ? parameters : undefined;
}
