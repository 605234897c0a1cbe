/** `watch` against a real service on a real socket. */
import { deepEqual, equal, match } from "node:assert/strict";

import { listenUnix } from "../../src/api/listen.ts";
import { MAX_WATCHERS } from "../../src/base/limits.ts";
import { groupRow, nodeRow, type Operation, ROW_MARK } from "../../src/model/operation.ts";
import { toCell } from "../../src/model/stored_value.ts";
import { newNodes } from "../api/asking.ts";
import { MetricsRegistry } from "../../src/service/metrics/metrics.ts";
import { inFolder, lines, type Ran, run, type Service, VERSION, withService } from "./shell.ts";

function note(node: string, value: string): Operation {
  return { kind: "set", rows: [nodeRow(node)], cells: [["info.note", value]] };
}

/** Lines without the time of day in front of them. */
function timeless(out: string): string[] {
  return lines(out).map((line) => line.replace(/^\d\d:\d\d:\d\d /, "TIME "));
}

/** Watches; `act` is called once somebody watches, Ctrl-C is pressed once `last` was seen. */
async function watched(
  { run, member }: Service,
  line: string,
  last: string,
  act: () => void,
): Promise<Ran> {
  const open = member.watch.bind(member);
  member.watch = (request) => {
    member.watch = open;
    queueMicrotask(act);
    return open(request);
  };
  return await run(line, { sees: (out, _, { interrupt }) => out.includes(last) && interrupt() });
}

Deno.test("changes are lines as they come, from now on, until Ctrl-C", async () => {
  await withService(["n1", "n2"], async (service) => {
    const { member } = service;
    const { code, out, err } = await watched(service, "watch", "end", () => {
      member.apply([note("n1", "x")]);
      member.apply([newNodes("n3"), note("n3", "y")]);
      member.apply([{ kind: "clear", rows: [nodeRow("n1")], attributes: ["info.note"] }]);
      member.apply([{ kind: "drop", rows: [nodeRow("n2")] }]);
      member.apply([note("n1", "end")]);
    });
    deepEqual([code, err, timeless(out)], [0, "", [
      "TIME n1: info.note: x",
      "TIME n3: created",
      "TIME n3: info.note: y",
      "TIME n1: info.note cleared",
      "TIME n2: deleted",
      "TIME n1: info.note: end",
    ]]);
  });
});

Deno.test("groups have lines of their own, and what is no text is one too", async () => {
  await withService(["n1"], async (service) => {
    const { member } = service;
    const { out } = await watched(service, "watch n9", "end", () => {
      const rows = [groupRow("compute")];
      const cells: [string, string][] = [
        ["info.note", toCell({ kind: "expression", expression: "{nodename}" })],
        ["custom.list", toCell({ kind: "json", json: '["a", 1]' })],
      ];
      member.apply([note("n1", "of no interest")]);
      member.apply([{ kind: "set", rows, cells: [[ROW_MARK, ""], ...cells] }]);
      member.apply([{ kind: "clear", rows, attributes: ["info.note"] }]);
      member.apply([{ kind: "drop", rows }]);
      member.apply([newNodes("n9"), note("n9", "end")]);
    });
    deepEqual(timeless(out), [
      "TIME group compute: created",
      "TIME group compute: info.note: {nodename}",
      'TIME group compute: custom.list: ["a",1]',
      "TIME group compute: info.note cleared",
      "TIME group compute: deleted",
      "TIME n9: created",
      "TIME n9: info.note: end",
    ]);
  });
});

Deno.test("within a noderange, and after an index", async () => {
  await withService(["n1", "n2"], async (service) => {
    const { member } = service;
    member.apply([note("n1", "a")]);
    member.apply([note("n2", "b")]);
    const { out } = await watched(service, "watch n2,n9 --from 1", "n9", () => {
      member.apply([newNodes("n9")]);
    });
    deepEqual(timeless(out), ["TIME n2: info.note: b", "TIME n9: created"]);
  });
});

Deno.test("as JSON every event is a line, and the state comes first", async () => {
  await withService(["n1"], async (service) => {
    let isApplied = false;
    const { out } = await service.run("watch --json", {
      sees: (out, _, { interrupt }) => {
        if (out.includes('"change"')) return interrupt();
        if (!out.includes('"sync"') || isApplied) return;
        isApplied = true;
        service.member.apply([note("n1", "x")]);
      },
    });
    const events = lines(out).map((line) => JSON.parse(line));
    deepEqual(events.map(({ event, index }) => [event, index]), [
      ["state", 1],
      ["sync", 1],
      ["change", 2],
    ]);
  });
});

Deno.test("a pipe that closes ends it quietly", async () => {
  await withService(["n1"], async ({ run }) => {
    const ran = await run("watch --json", { sees: (_, __, { hangUp }) => hangUp() });
    deepEqual([ran.code, ran.err, lines(ran.out).length], [0, "", 2]);
  });
});

Deno.test("what is not every change is said", async () => {
  await withService(["n1"], async (service) => {
    const { member } = service;
    member.apply([note("n1", "a")]);
    member.apply([note("n1", "b")]);
    member.log.delete(2);
    member.holdsQuorum = false;
    member.ageMs = 4_000;
    const ran = await watched(service, "watch --from 1", "info.note: b", () => {});
    deepEqual([ran.code, ran.out], [0, "n1: info.note: b\n"]);
    match(ran.err, /^Warning: not every change after index 1 is there any more; the last values/);
  });
});

Deno.test("a service that goes away is asked again, and nothing is missed", async () => {
  await withService(["n1"], async ({ member }) => {
    await inFolder(async (folder) => {
      const socket = `${folder}/http.sock`;
      // The service as it was before and after, at one place: all that it needs is the member.
      const { createApi } = await import("../../src/api/app.ts");
      const app = createApi(member, {
        metrics: new MetricsRegistry(),
        version: VERSION,
        failed: () => {},
      });
      const listen = async (): Promise<() => Promise<void>> => {
        const listening = await listenUnix(socket, app.fetch, () => {});
        if (!listening.ok) throw new Error(listening.refusal.message);
        return () => listening.value.close();
      };
      let close = await listen();
      const { code, out, err } = await run(["watch", "--socket", socket, "--from", "0"], {
        sees: (out, err, { interrupt }) => {
          if (out.endsWith("created\n") && err === "") {
            member.watches.endAll();
            const closing = close();
            member.apply([note("n1", "missed")]);
            void closing.then(async () => close = await listen());
          }
          if (out.includes("missed")) interrupt();
        },
      });
      await close();
      deepEqual([code, timeless(out)], [0, ["TIME n1: created", "TIME n1: info.note: missed"]]);
      match(
        err,
        /^Warning: no answer from the service at .*; asks again\nGoes on after index 2\.\n$/,
      );
    });
  });
});

Deno.test("what would not become better is said, and ends it", async () => {
  await withService(["n1"], async ({ run, member }) => {
    const usage = await run("watch --from x");
    deepEqual([usage.code, lines(usage.err)[0]], [
      2,
      "Error: --from takes an index, a whole number",
    ]);
    const range = await run("watch (n1");
    deepEqual([range.code, range.out], [1, ""]);
    match(range.err, /^Error: Bad Request - Invalid Noderange/);
    const far = await run("watch --from 9");
    deepEqual([far.code, far.err], [1, "Error: this member has not reached index 9 yet\n"]);
    for (let i = 0; i < MAX_WATCHERS; i++) member.watch({});
    const busy = await run("watch");
    equal(busy.code, 1);
    match(busy.err, /^Error: 64 watch at this member already/);
  });
  equal((await run(["watch", "--socket", "/nonexistent/http.sock"])).code, 4);
});
