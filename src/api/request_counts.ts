/** How many requests were answered, by what they were for and with which status. */
import type { Metrics, Sample } from "../service/metrics/metrics.ts";

/** What no route is for: what is asked for there is up to whoever asks. */
export const OTHER = "other other";

/** Gives the answer, and counts it. */
export type Counted = (answer: () => Response | Promise<Response>) => Promise<Response>;

/** Counts by status. */
type ByStatus = Map<number, number>;

/** A request costs it two numbers: what there is of them is put together when it is asked for. */
export class RequestCounts {
  readonly #byRoute = new Map<string, { readonly labels: Labels; readonly counts: ByStatus }>();

  constructor(metrics: Metrics) {
    metrics.readOut(
      "counter",
      "confluent_requests_total",
      "requests to the API that were answered: by method, first part of the path, and status",
      () => this.#samples(),
      ["method", "path", "status"],
    );
  }

  /** What each request of a route, `GET /nodes/:node/`, is to be answered through. */
  of(route: string): Counted {
    const [method = "", path = ""] = route.split(" ");
    const [, first = ""] = path.split("/");
    const labels = { method, path: route === OTHER ? path : `/${first}` };
    const counts: ByStatus = new Map();
    this.#byRoute.set(route, { labels, counts });
    return async (answer) => {
      let status = 500; // as which is answered what is thrown
      try {
        const response = await answer();
        status = response.status;
        return response;
      } finally {
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }
    };
  }

  #samples(): Sample[] {
    const sums = new Map<string, { labels: Readonly<Record<string, string>>; sum: number }>();
    for (const { labels, counts } of this.#byRoute.values()) {
      for (const [status, count] of counts) {
        const of = { ...labels, status: String(status) };
        const key = JSON.stringify(of);
        const known = sums.get(key);
        if (known === undefined) sums.set(key, { labels: of, sum: count });
        else known.sum += count;
      }
    }
    return Array.from(sums.values(), ({ labels, sum }) => [labels, sum]);
  }
}

interface Labels {
  readonly method: string;
  readonly path: string;
}
