/** The files that a new profile has, by what installs it; they lie in `profiles/` as they are. */
import firstboot from "../../../profiles/common/scripts/firstboot.sh" with { type: "text" };
import onboot from "../../../profiles/common/scripts/onboot.sh" with { type: "text" };
import post from "../../../profiles/common/scripts/post.sh" with { type: "text" };
import preseed from "../../../profiles/debian/preseed.cfg" with { type: "text" };
import debianPre from "../../../profiles/debian/scripts/pre.sh" with { type: "text" };
import kickstart from "../../../profiles/el/kickstart" with { type: "text" };
import elPre from "../../../profiles/el/scripts/pre.sh" with { type: "text" };
import autoinstall from "../../../profiles/ubuntu/autoinstall" with { type: "text" };
import ubuntuPre from "../../../profiles/ubuntu/scripts/pre.sh" with { type: "text" };
import type { Medium, MediumFamily } from "../../model/medium.ts";
import type { Profile } from "../../model/profile.ts";

type Files = Readonly<Record<string, string>>;

const ALL: Files = {
  "scripts/post.sh": post,
  "scripts/firstboot.sh": firstboot,
  "scripts/onboot.sh": onboot,
};

const OF_FAMILY: Readonly<Record<MediumFamily, Files>> = {
  debian: { "preseed.cfg": preseed, "scripts/pre.sh": debianPre },
  el: { kickstart, "scripts/pre.sh": elPre },
  ubuntu: { autoinstall, "scripts/pre.sh": ubuntuPre },
};

/** Arguments of a kernel that name neither a node nor a server: the node's own environment finds
 * out both. */
const KERNEL_ARGUMENTS: Readonly<Record<MediumFamily, string>> = {
  // The word `auto` has the installer run on one console alone; `true` would ask for no language.
  debian: "auto=false priority=critical quiet",
  el: "quiet inst.text",
  ubuntu: "quiet autoinstall",
};

/** Folders for scripts of the site's own. */
export const SCRIPT_FOLDERS = ["pre", "post", "firstboot", "onboot"].map((name) =>
  `scripts/${name}.d`
);

/** The files by their paths below the profile, profile.yaml among them. */
export function defaultFiles(medium: Medium): Files {
  const { family, label, ostype } = medium;
  const yaml = profileYaml({
    ...{ label, ostype, kernelargs: KERNEL_ARGUMENTS[family] },
    ...{ installedargs: "quiet", loader: "ipxe" },
  });
  return { ...ALL, ...OF_FAMILY[family], "profile.yaml": yaml };
}

function profileYaml({ label, ostype, kernelargs, installedargs }: Profile): string {
  // JSON's strings are YAML's as well.
  return [
    `label: ${JSON.stringify(label)}`,
    `ostype: ${ostype}`,
    "# Of the kernel that is booted from the network. Neither a node nor a server is named here.",
    `kernelargs: ${JSON.stringify(kernelargs)}`,
    "# Of the installed system's kernel.",
    `installedargs: ${JSON.stringify(installedargs)}`,
    "",
  ].join("\n");
}
