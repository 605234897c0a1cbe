/** The one executable, with nothing beside it, gives nodes what runs on them. */
import { Scene } from "../collective.ts";
import { NODE_ROOT_TOOLS } from "./node_root.ts";
import { canMakeSegments, INTERFACE, Segment, serverAddress } from "../boot/segment.ts";
import { shell } from "../boot/shell.ts";

const ROOT = new URL("../../..", import.meta.url).pathname.replace(/\/$/, "");
const URL_OF_ADDONS = `http://${serverAddress(1)}/confluent-public/site/addons.cpio`;

Deno.test({
  name: "boot: the executable alone in a folder serves addons.cpio",
  ignore: !await canMakeSegments(...NODE_ROOT_TOOLS),
  async fn(): Promise<void> {
    const segment = await Segment.make({ servers: 1, clients: 1 });
    const alone = `${segment.folder}/alone`, executable = `${alone}/confluent`;
    const compile = `mkdir "$0"; DENO="$2" bash "$1/compile.sh" --out "$0/confluent"`;
    await shell(compile, alone, ROOT, Deno.execPath());
    const scene = new Scene(segment.folder, [executable]);
    try {
      const flags = ["--boot-http", "[::]:80", "--interfaces", INTERFACE];
      const server = scene.server({
        before: [
          ...segment.at("s1"),
          "env",
          "-C",
          alone,
          `CONFLUENT_CACHE=${segment.folder}/cache`,
        ],
        address: serverAddress(1),
        flags: [...flags, "--content", `${segment.folder}/content`],
      });
      await server.serve();
      const [got, made] = [`${segment.folder}/got`, `${segment.folder}/made`];
      await segment.done("s1", "curl", "-sSf", "-o", got, URL_OF_ADDONS);
      await shell(`sh "$0/node/build.sh" --out "$1" && cmp "$1" "$2"`, ROOT, made, got);
    } finally {
      await scene.end();
      await segment.end();
    }
  },
});
