/** The same as described.ts, of /deployment/. */
import type { ProfileRoute } from "./profiles.ts";
import type { Content, Described, ShapeName } from "./described.ts";

function json(shape: ShapeName): readonly Content[] {
  return [{ type: "application/json", shapes: [shape] }];
}

export const DESCRIBED_PROFILES: Readonly<Record<ProfileRoute, Described>> = {
  "GET /deployment/": {
    summary: "What there is of deployment",
    answers: json("Links"),
    refuses: [],
  },
  "GET /deployment/profiles/": {
    summary: "The profiles that any member is known to hold, in natural order",
    answers: json("Links"),
    refuses: [],
  },
  "GET /deployment/profiles/:profile": {
    summary: "A profile, and what each member holds of it beside the reference",
    about: "The digest is over all files of `public/os/NAME`; members whose digest is the " +
      "reference are preferred where a node is booted.",
    answers: json("Profile"),
    refuses: ["invalid", "not-found"],
  },
  "PUT /deployment/profiles/:profile": {
    summary: "Makes what the member that is asked holds of a profile the reference",
    about: "Answered once its files have been read; 503 where that takes too long now.",
    body: json("UpdateProfile"),
    answers: json("UpdatedProfile"),
    refuses: ["invalid", "not-found", "conflict", "unavailable"],
  },
};
