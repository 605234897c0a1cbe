/** What of a change did not arrive while the lease lasted never arrives (invariant I4). */
import assert from "node:assert/strict";

const CHILD = new URL("bmc_cut_child.ts", import.meta.url).pathname;

async function has(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdout: "null",
  }).output();
  return success;
}

const CAN = Deno.uid() === 0 && await has("nft") && await has("ip") && await has("unshare");

Deno.test({
  name: "a change on its way into a cut is taken back (needs root, iproute2, nftables)",
  ignore: !CAN,
  fn: async () => {
    const { stdout, stderr } = await new Deno.Command("setpriv", {
      args: [
        ...["--pdeathsig", "KILL", "unshare", "--net", "sh", "-c"],
        `ip link set lo up && exec "$0" run -A "$1"`,
        ...[Deno.execPath(), CHILD],
      ],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert.notEqual(said, "", new TextDecoder().decode(stderr));
    const { errorcode, message, inTime, actions } = JSON.parse(said);
    assert.equal(errorcode, 504, message);
    assert.match(message, /may have been done/);
    assert.deepEqual({ inTime, actions }, { inTime: true, actions: [] });
  },
});
