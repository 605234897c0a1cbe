/** Certificates of nodes, by the collective's own CAs. */
import { MAX_CERTIFIED_NAMES } from "../../base/boot_limits.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { ipv4Text } from "../../model/ipv4.ts";
import { nodeNames, OWN_NAMES } from "../../model/self/node_names.ts";
import type { SelfAnswer, SelfCall, SelfEndpoint } from "./endpoint.ts";
import type { NodeViews } from "./node_view.ts";
import type { SelfParts } from "./self_parts.ts";
import { tellAsked } from "./telling.ts";

/** Days of a certificate for TLS, where `pubkeys.tls_lifetime` says nothing. */
const TLS_DAYS = 47, TLS_LIFETIME = "pubkeys.tls_lifetime";

export function certificateEndpoints(parts: SelfParts, views: NodeViews): SelfEndpoint[] {
  return [
    {
      ...{ method: "POST", path: "tlscert", needsKey: true },
      handler: (call) => tlsCertificate(parts, views, call),
    },
    {
      ...{ method: "POST", path: "sshcert", needsKey: true },
      handler: (call) => sshCertificate(parts, views, call),
    },
  ];
}

async function tlsCertificate(
  parts: SelfParts,
  views: NodeViews,
  call: SelfCall,
): Promise<Outcome<SelfAnswer>> {
  const request = textOf(call.body, "a request for a certificate (PKCS#10, PEM)");
  if (!request.ok) return request;
  const lifetime = parts.member.nodes.resolver.textOf(call.node, TLS_LIFETIME).trim();
  if (lifetime !== "" && !/^[1-9]\d{0,4}$/.test(lifetime)) {
    return refused("conflict", `${TLS_LIFETIME}: "${lifetime.slice(0, 32)}": wanted days, as 47`);
  }
  const names = (await namesOf(views, call)).slice(0, MAX_CERTIFIED_NAMES);
  const days = lifetime === "" ? TLS_DAYS : Number(lifetime);
  const signed = await parts.member.authority.signTls(request.value, names, days);
  return answerOf(parts, call, "tlscert", names, signed);
}

async function sshCertificate(
  parts: SelfParts,
  views: NodeViews,
  call: SelfCall,
): Promise<Outcome<SelfAnswer>> {
  const key = textOf(call.body, "a public key of SSH, one line");
  if (!key.ok) return key;
  const all = [...await namesOf(views, call), ...OWN_NAMES];
  const names = all.slice(0, MAX_CERTIFIED_NAMES);
  const signed = await parts.member.authority.signSsh(key.value.trim(), names);
  return answerOf(parts, call, "sshcert", names, signed);
}

function answerOf(
  parts: SelfParts,
  call: SelfCall,
  asked: string,
  names: readonly string[],
  signed: Outcome<string>,
): Outcome<SelfAnswer> {
  tellAsked(parts, call, asked, signed.ok ? ok(`for ${names.join(" ")}`) : signed);
  if (!signed.ok) return signed;
  return ok({ text: signed.value.endsWith("\n") ? signed.value : `${signed.value}\n` });
}

/** The node's name first. */
async function namesOf(views: NodeViews, call: SelfCall): Promise<string[]> {
  const { name, texts, networks } = views.of(call);
  const { names, addresses } = nodeNames(name, texts.get("dns.domain")?.trim() ?? "", networks);
  if (addresses.length > 0) return [...names, ...addresses];
  const found = await views.names.of(name);
  return found === undefined ? [...names] : [...names, ipv4Text(found)];
}

function textOf(body: Uint8Array, wanted: string): Outcome<string> {
  const text = new TextDecoder().decode(body);
  return text.trim() === "" ? refused("invalid", `the body is empty: wanted ${wanted}`) : ok(text);
}
