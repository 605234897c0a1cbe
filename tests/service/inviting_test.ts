import { deepEqual, equal, match } from "node:assert/strict";

import { INVITATION_DEFAULT_MS, MAX_INVITATIONS } from "../../src/base/limits.ts";
import { ok, type Outcome, refused } from "../../src/base/outcome.ts";
import { systemRandom } from "../../src/io/random.ts";
import { invitationRow, type Operation } from "../../src/model/operation.ts";
import { Replica } from "../../src/replica/replica.ts";
import { invite, type Inviter } from "../../src/service/inviting.ts";
import type { InviteRequest } from "../../src/service/member_service.ts";
import { decodeToken } from "../../src/wire/token.ts";
import { create, entryAt, id, rosterOf } from "../replica/entries.ts";

const NOW = 1_800_000_000_000;

function inviter(): Inviter & { readonly replica: Replica } {
  const replica = new Replica();
  return {
    replica,
    id: id(1),
    roster: rosterOf(1, 2),
    state: replica.cells,
    random: systemRandom,
    agreedWallMs: NOW,
    write: (operations: readonly Operation[]) => {
      const { verdict } = replica.apply(entryAt(replica.applied + 1, { operations }));
      return Promise.resolve(ok({ index: replica.applied, verdict }));
    },
  };
}

async function invited(request: Partial<InviteRequest>, by = inviter()): Promise<unknown> {
  const answer = await invite({ name: "m3", by: "uid 0", ...request } as InviteRequest, by);
  if (!answer.ok) return `${answer.refusal.kind} ${answer.refusal.message}`;
  const token = decodeToken(answer.value.token);
  return { ...answer.value, token: token.ok ? token.value : token.refusal };
}

Deno.test("an invitation is in the log, and its token says where and for how long", async () => {
  const by = inviter();
  const { token, ...told } = await invited({}, by) as { token: Record<string, unknown> };
  const expiresAtMs = NOW + INVITATION_DEFAULT_MS;
  deepEqual(told, { name: "m3", role: "voter", expires: new Date(expiresAtMs).toISOString() });
  const { id, secret, addresses: _, ...said } = token;
  deepEqual(said, { index: 1, role: "learner", name: "m3", expiresAtMs });
  equal(by.state.exists(invitationRow(String(id))), true);
  equal((secret as Uint8Array).length, 32);
});

Deno.test("the time and the role that were asked for are taken", async () => {
  const { token, ...told } = await invited({ nonvoting: true, expiresMs: 60_000 }) as {
    token: Record<string, unknown>;
  };
  deepEqual(told, {
    name: "m3",
    role: "nonvoting",
    expires: new Date(NOW + 60_000).toISOString(),
  });
  equal(token["role"], "nonvoting");
});

Deno.test("a name that is listed is refused, unless the newcomer is to replace it", async () => {
  match(String(await invited({ name: "m2" })), /^conflict cannot invite m2: .*--replace/);
  equal(typeof await invited({ name: "m2", replaces: true }), "object");
});

Deno.test("so many invitations are open at once, and no more", async () => {
  const by = inviter();
  const rows = Array.from({ length: MAX_INVITATIONS - 1 }, (_, i) => invitationRow(String(i)));
  by.replica.apply(entryAt(1, { operations: rows.map(create) }));
  equal(typeof await invited({ name: "m4" }, by), "object");
  match(
    String(await invited({ name: "m5" }, by)),
    /^busy \d+ invitations are open.*MAX_INVITATIONS/,
  );
});

Deno.test("no token is given for what was not written", async () => {
  const lost: Outcome<never> = refused("no-quorum", "m2 does not answer");
  const by = { ...inviter(), write: () => Promise.resolve(lost) };
  equal(await invited({}, by), "no-quorum m2 does not answer");
});
