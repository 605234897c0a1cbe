/** /openapi.json and /docs against the routes, a validator, and what the API really answers. */
import { deepEqual, equal, match, ok as holds } from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";

import { openApi } from "../../src/api/openapi.ts";
import { type Route, ROUTES } from "../../src/api/routes.ts";
import { CATALOGUE } from "../../src/model/attribute.ts";
import { sha256 } from "../../src/base/crypto.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { asking, exampleOf, newGroup } from "./asking.ts";

const DOCUMENT = openApi("1.2.3");
const EVERY = Object.entries(ROUTES) as [string, Route][];

function operationAt(route: string): (typeof DOCUMENT.paths)[string][string] {
  const [method = "", path = ""] = route.split(" ");
  const at = DOCUMENT.paths[path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")];
  const operation = at?.[method.toLowerCase()];
  holds(operation !== undefined, `${route} is not described`);
  return operation;
}

Deno.test("the document is OpenAPI 3.1, as a validator reads it", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(DOCUMENT));
  deepEqual([valid, errors, validator.version], [true, undefined, "3.1"]);
});

Deno.test("every route is described, with its parameters and who may call", () => {
  for (const [route, { open, needs }] of EVERY) {
    const { parameters, security, responses, summary, description } = operationAt(route);
    const inPath = parameters.filter((one) => one.in === "path").map(({ name }) => name);
    deepEqual(inPath, [...route.matchAll(/:(\w+)/g)].map(([, name]) => name), route);
    equal(security.length === 0, open === true, route);
    equal("401" in responses, open !== true, route);
    equal(needs === "always" || "503" in responses, true, route);
    equal(needs === "quorum-or-local-copy", parameters.some(({ name }) => name === "stale"), route);
    holds(summary !== "" && description !== "" && "200" in responses, route);
  }
  const told = Object.values(DOCUMENT.paths).flatMap((methods) => Object.keys(methods));
  equal(told.length, EVERY.length);
  const ids = EVERY.map(([route]) => operationAt(route).operationId);
  equal(new Set(ids).size, ids.length);
});

Deno.test("every shape is referred to, and every reference leads to a shape", () => {
  const { schemas } = DOCUMENT.components;
  const referred = [...JSON.stringify(DOCUMENT).matchAll(/#\/components\/schemas\/(\w+)/g)]
    .map(([, name]) => name);
  deepEqual([...new Set(referred)].sort(), Object.keys(schemas).sort());
  match(JSON.stringify(schemas["AttributesInput"]), /"\$ref":"#\/components\/schemas\/AttributeI/);
});

Deno.test("what is answered is of a type and a status that are described", async () => {
  for (const [route] of EVERY) {
    const [path, body] = exampleOf(route);
    const { responses, requestBody } = operationAt(route);
    equal(requestBody !== undefined, body !== undefined, route);
    for (const isHeld of [true, false]) {
      const { ask, member } = asking("n1", newGroup("g1"));
      member.holdsQuorum = isHeld;
      const { status, headers } = await ask(path, body);
      const content = responses[String(status)]?.["content"] as object | undefined;
      const type = headers.get("content-type") ?? "";
      holds(content !== undefined && type in content, `${route} answers ${status} as ${type}`);
    }
    if (body === undefined) continue;
    const { ask } = asking("n1", newGroup("g1"));
    equal((await ask(path, "{")).status, 400, route);
    holds("400" in responses, `${route} does not say that a body may be wrong`);
  }
});

Deno.test("both are served, over TCP to who proves itself, and need nothing else", async () => {
  const { askBy } = asking();
  for (const route of ["GET /openapi.json", "GET /docs"]) {
    equal((await askBy("tcp", route)).status, 401);
  }
  const json = await askBy("unix", "GET /openapi.json");
  deepEqual(json.body, JSON.parse(JSON.stringify(openApi("0.0.0"))));
  const { text, headers } = await askBy("unix", "GET /docs");
  equal(headers.get("content-type"), "text/html; charset=utf-8");
  for (const [route] of EVERY) {
    match(text, new RegExp(`id="${operationAt(route).operationId}"`));
  }
  for (const shape of Object.keys(DOCUMENT.components.schemas)) {
    match(text, new RegExp(`<details id="${shape}">`));
  }
  deepEqual([...text.matchAll(/(?:src|href)="(?!#)([^"]*)"/g)].map(([, at]) => at), [
    "openapi.json",
  ]);
  equal(/https?:|@import|url\(/.test(text), false);
  const script = /<script>([\s\S]*)<\/script>/.exec(text)?.[1] ?? "";
  const policy = headers.get("content-security-policy") ?? "";
  match(policy, /^default-src 'none';/);
  holds(policy.includes(`'sha256-${sha256(utf8(script)).toBase64()}'`));
});

Deno.test("what is set is described attribute by attribute, with its few words", () => {
  const { properties, patternProperties } = DOCUMENT.components.schemas.AttributesInput as {
    properties: Record<string, { $ref: string; description: string; anyOf?: unknown[] }>;
    patternProperties: Record<string, unknown>;
  };
  deepEqual(Object.keys(properties), [...CATALOGUE.keys()]);
  deepEqual(properties["console.method"], {
    $ref: "#/components/schemas/AttributeInput",
    description: "how the console is reached; one of ssh, ipmi, openbmc, tsmsol, vcenter, " +
      "proxmox; unset: no console",
    anyOf: [
      { enum: ["ssh", "ipmi", "openbmc", "tsmsol", "vcenter", "proxmox", "", null] },
      { type: "object" },
    ],
  });
  equal(properties["deployment.encryptboot"]?.anyOf, undefined, "a pattern is no enumeration");
  equal(properties["discovery.policy"]?.anyOf, undefined, "a list is no enumeration");
  deepEqual(Object.keys(patternProperties), [
    "^net\\..+\\.ipv4_method$",
    "^net\\..+\\.ipv6_method$",
    "^net\\..+\\.team_mode$",
  ]);
});
