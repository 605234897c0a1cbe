/**
 * The port to the service manager (sd_notify(3)). Its socket takes datagrams, which the runtime
 * cannot send without an unstable flag; the manager's own tool can, and is there wherever it is.
 */
import { oneLine } from "../base/one_line.ts";

/** Tells systemd that the service answers, or ends. Does nothing under any other parent. */
export async function notifySystemd(
  state: "READY=1" | "STOPPING=1",
  failed: (line: string) => void,
): Promise<void> {
  if (!Deno.env.has("NOTIFY_SOCKET")) return;
  try {
    const { success, stderr } = await new Deno.Command("systemd-notify", {
      args: [state],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) failed(`systemd-notify: ${new TextDecoder().decode(stderr).trim()}`);
  } catch (error) {
    failed(`cannot run systemd-notify: ${oneLine(error)}`);
  }
}
