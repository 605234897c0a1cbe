/** The same as described.ts, of installation media. */
import type { Content, Described, ShapeName } from "./described.ts";
import type { MediaRoute } from "./media.ts";

function json(...shapes: ShapeName[]): readonly Content[] {
  return [{ type: "application/json", shapes }];
}

export const DESCRIBED_MEDIA: Readonly<Record<MediaRoute, Described>> = {
  "GET /deployment/content": {
    summary: "What deployments need of the member that is asked, and whether it is there",
    answers: json("Content"),
    refuses: ["conflict", "unavailable"],
  },
  "POST /deployment/content": {
    summary: "Makes what is missing of the content folder of the member that is asked",
    answers: json("Content"),
    refuses: ["conflict", "unavailable"],
  },
  "GET /deployment/importing/": {
    summary: "What is being imported by the member that is asked",
    answers: json("Links"),
    refuses: [],
  },
  "POST /deployment/importing/": {
    summary: "Makes a profile of an installation medium, at the member that is asked",
    about: "All of it or nothing: it is there once it is whole, and what it is becomes its " +
      "reference where it has none. It ends, and leaves nothing, when its caller hangs up. With " +
      "`Accept: application/x-ndjson` progress comes in lines; the last says what became of it.",
    body: json("ImportRequest"),
    answers: [
      ...json("Imported"),
      { type: "application/x-ndjson", shapes: ["ImportLine"] },
    ],
    refuses: ["invalid", "forbidden", "not-found", "conflict", "too-large", "busy", "unavailable"],
  },
  "POST /deployment/fingerprint/": {
    summary: "What an installation medium is, and what an import of it would keep",
    body: json("MediumRequest"),
    answers: json("Fingerprint"),
    refuses: ["invalid", "forbidden", "not-found", "too-large", "unavailable"],
  },
};
