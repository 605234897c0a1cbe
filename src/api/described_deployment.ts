/** The same as described.ts, of deployment. */
import type { RefusalKind } from "../base/outcome.ts";
import type { DeploymentRoute } from "./deployment.ts";
import type { Content, Described, ShapeName } from "./described.ts";

function json(shape: ShapeName): readonly Content[] {
  return [{ type: "application/json", shapes: [shape] }];
}

const LINKS: Described = {
  summary: "What there is of deployment",
  answers: json("Links"),
  refuses: ["invalid", "not-found"],
};
const OF_WRITES = {
  "If-Match": 'compare-and-set: `"INDEX"`; 412 where a node has a newer change',
  "Idempotency-Key": "makes a retry safe: the write takes effect once for it, for 24 hours",
};
const WRITES: readonly RefusalKind[] = ["invalid", "not-found", "stale", "too-large", "busy"];

function reading(summary: string, answer: ShapeName): Described {
  return { summary, answers: json(answer), refuses: ["invalid", "not-found"] };
}

function writing(summary: string, about: string, body: ShapeName, answer: ShapeName): Described {
  const shapes = { body: json(body), answers: json(answer) };
  return { summary, about, ...shapes, refuses: WRITES, headers: OF_WRITES };
}

const LOCK = "Whether deployment is refused", SET_LOCK = "Locks nodes against deployment, or not";
const ABOUT_LOCK = "`autolock` becomes `locked` once a deployment is complete.";
const PROFILE = "What is deployed, or about to be";
const SET_PROFILE = "Has the next network boot install a profile, or nothing";
const ABOUT_PROFILE =
  "One change for all nodes: the profile is pending, the node may have a key for the API once, " +
  "and what is known of the deployment before is cleared. Refused whole, with the nodes named, " +
  "where one is locked, could not be booted or could never be known, or where there is no such " +
  "profile.";

export const DESCRIBED_DEPLOYMENT: Readonly<Record<DeploymentRoute, Described>> = {
  "GET /nodes/:node/deployment/": LINKS,
  "GET /nodes/:node/deployment/lock": reading(LOCK, "LockValues"),
  "PUT /nodes/:node/deployment/lock": writing(SET_LOCK, ABOUT_LOCK, "LockRequest", "LockValues"),
  "GET /nodes/:node/deployment/profile": reading(PROFILE, "ProfileValues"),
  "PUT /nodes/:node/deployment/profile": writing(
    SET_PROFILE,
    ABOUT_PROFILE,
    "ProfileRequest",
    "ProfileValues",
  ),
  "GET /noderange/:range/deployment/": LINKS,
  "GET /noderange/:range/deployment/lock": reading(LOCK, "LocksByNode"),
  "PUT /noderange/:range/deployment/lock": writing(
    SET_LOCK,
    ABOUT_LOCK,
    "LockRequest",
    "LocksByNode",
  ),
  "GET /noderange/:range/deployment/profile": reading(PROFILE, "ProfilesByNode"),
  "PUT /noderange/:range/deployment/profile": writing(
    SET_PROFILE,
    ABOUT_PROFILE,
    "ProfileRequest",
    "ProfilesByNode",
  ),
};
