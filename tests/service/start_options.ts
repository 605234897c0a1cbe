/** How a member is started in tests that play hosts of one network. */
import type { FolderLock } from "../../src/io/lock.ts";
import type { StartOptions } from "../../src/service/start.ts";

export function startOptions(name: string, data: string, lock: FolderLock): StartOptions {
  return {
    data,
    lock,
    peer: { host: name, port: 13_001 },
    advertise: [],
    hints: new Map(),
    wrapping: { by: "generated" },
    name,
    hostName: name,
  };
}
