/**
 * /docs: the API as a page, made of /openapi.json. It asks nobody for anything: style and script
 * stand in it, and its policy allows no others.
 */
import { sha256 } from "../base/crypto.ts";
import { utf8 } from "../base/bytes.ts";
import type { OpenApi, OpenApiOperation } from "./openapi.ts";

const STYLE = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:1rem 0}
details{border:1px solid #8886;border-radius:.4rem;margin:.4rem 0;padding:0 .8rem}
summary{cursor:pointer;padding:.4rem 0}
code,pre{font:14px/1.4 ui-monospace,monospace}
pre{overflow:auto;background:#8881;padding:.8rem;border-radius:.4rem}
table{border-collapse:collapse;margin:.5rem 0}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
.method{display:inline-block;width:4.5rem;font-weight:bold}
.about{opacity:.75}
[hidden]{display:none}
`;

/** Shows what has every word of the search in it, and opens what a link leads to. */
const SCRIPT = `
const search = document.querySelector("input"), all = [...document.querySelectorAll("details")];
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\\s+/);
  for (const one of all) {
    one.hidden = !words.every((word) => one.textContent.toLowerCase().includes(word));
  }
  for (const part of document.querySelectorAll("section")) {
    part.hidden = !part.querySelector("details:not([hidden])");
  }
});
const follow = () => {
  const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (found) found.open = true, found.hidden = false, found.scrollIntoView();
};
addEventListener("hashchange", follow);
follow();
`;

/** What the browser may do with the page: nothing but show it and run its own script. */
export function docsPolicy(): string {
  const hash = sha256(utf8(SCRIPT)).toBase64();
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
}

/** The page, whole. */
export function docsPage({ info, paths, components }: OpenApi): string {
  const sections = new Map<string, string>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0] ?? "";
      sections.set(tag, (sections.get(tag) ?? "") + operationText(path, method, operation));
    }
  }
  const routes = [...sections].map(([tag, text]) => section(tag, text)).join("");
  const shapes = Object.entries(components.schemas).map(([name, schema]) =>
    `<details id="${escaped(name)}"><summary><code>${escaped(name)}</code></summary>` +
    `${schemaText(schema)}</details>`
  ).join("");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(info.title)} API</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)} ${escaped(info.version)}</h1><p>${words(info.description)}</p>
<p><a href="openapi.json">openapi.json</a></p>
<input type="search" placeholder="Search" aria-label="Search" autofocus>
${routes}${section("shapes", shapes)}<script>${SCRIPT}</script></body></html>
`;
}

function section(title: string, text: string): string {
  return `<section><h2>${escaped(title)}</h2>${text}</section>\n`;
}

function operationText(path: string, method: string, operation: OpenApiOperation): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const given = parameters.map(({ name, in: where, description, schema }) =>
    row(`<code>${escaped(name)}</code>`, escaped(where), words(description) + choicesOf(schema))
  ).join("");
  const answers = Object.entries(responses).map(([status, { description, content }]) =>
    row(escaped(status), words(description), contentText(content))
  ).join("");
  return `<details id="${escaped(operationId)}"><summary><span class="method">` +
    `${escaped(method.toUpperCase())}</span><code>${escaped(path)}</code> ` +
    `<span class="about">${escaped(summary)}</span></summary><p>${words(description)}</p>` +
    (given === "" ? "" : `<h4>Parameters</h4><table>${given}</table>`) +
    (requestBody === undefined ? "" : `<h4>Body</h4><p>${contentText(requestBody.content)}</p>`) +
    `<h4>Answers</h4><table>${answers}</table></details>`;
}

function row(...cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

function choicesOf(schema: unknown): string {
  const { enum: choices } = schema as { enum?: readonly string[] };
  return choices === undefined ? "" : ` (${escaped(choices.join(", "))})`;
}

/** The content types, and links to the shapes of each. */
function contentText(content: unknown): string {
  return Object.entries(content as Readonly<Record<string, unknown>>).map(([type, of]) => {
    const names = JSON.stringify(of).matchAll(/#\/components\/schemas\/(\w+)/g);
    const links = Array.from(names, ([, name]) => `<a href="#${name}">${name}</a>`).join(" or ");
    return `<code>${escaped(type)}</code> ${links}`;
  }).join("<br>");
}

function schemaText(schema: unknown): string {
  return `<pre>${linked(escaped(JSON.stringify(schema, undefined, 2)))}</pre>`;
}

/** References become links within the page. */
function linked(html: string): string {
  return html.replace(
    /&quot;#\/components\/schemas\/(\w+)&quot;/g,
    '<a href="#$1">$1</a>',
  );
}

/** Words in backticks are code. */
function words(text: unknown): string {
  return escaped(text).replace(/`([^`]*)`/g, "<code>$1</code>");
}

function escaped(text: unknown): string {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
