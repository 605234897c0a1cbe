/**
 * The catalogue, second half: who serves a node, what is deployed on it, and its network.
 * Names and words are those of confluent 4.0, save what is ours; the order of words is that of its
 * error messages.
 */
import { type Attribute, hashed, keysOf, oneOf, sealed, someOf, text } from "./entry.ts";

const IP_METHODS = "dhcp static firmwaredhcp firmwarenone none";

/** By prefix, then by name. */
export const SYSTEM: readonly Attribute[] = [
  oneOf(
    "auto off",
    "collective.failback",
    "auto: the node goes back to a candidate that was away, once that has fewer nodes",
    { unset: "off", isOurs: true },
  ),
  oneOf(
    "strict",
    "collective.lockdown",
    "strict: without quorum the node gets nothing, not even the address that it has",
    { unset: "it gets its own address, where nothing is to be deployed", isOurs: true },
  ),
  text("collective.manager", "member that should look after the node", {
    unset: "one of the candidates; nobody where there are none",
  }),
  text(
    "collective.managercandidates",
    "noderange of members that may look after it and deploy it",
    {
      unset: "any member may deploy it, and it goes to no other manager by itself",
      isNoderange: true,
    },
  ),

  oneOf(
    "full memory interactive none",
    "console.logging",
    "whether the console is followed: full to a log, memory without one, others on demand",
    { unset: "full" },
  ),
  oneOf(
    "ssh ipmi openbmc tsmsol vcenter proxmox",
    "console.method",
    "how the console is reached",
    { unset: "no console" },
  ),

  hashed("crypted.grubpassword", "password that grub asks for before it is changed"),
  hashed("crypted.rootpassword", "root's password", { unset: "root cannot log in by password" }),
  hashed("crypted.selfapikey", "key by which the node proves itself to the API"),

  oneOf(
    "once continuous ",
    "deployment.apiarmed",
    "whether the node may have a key for the API: once, or every time it asks",
  ),
  text("deployment.client_ip", "address that the last report of the node's state came from"),
  oneOf(
    "tpm2 tpm2:* none ",
    "deployment.encryptboot",
    "how the system's disk is encrypted: tpm2 leaves it open to this machine alone",
  ),
  oneOf(
    "autolock locked unlocked",
    "deployment.lock",
    "whether deployment is refused; autolock refuses it once this one is complete",
    {
      unset: "unlocked",
      refuses: "is set through deployment/lock of the node alone, " +
        "as `nodedeploy NODE --lock` does",
    },
  ),
  text("deployment.pendingprofile", "profile that the node's next network boot installs"),
  text("deployment.profile", "profile whose deployment was completed last"),
  text("deployment.sealedapikey", "the node's API key, which its TPM alone can open"),
  text("deployment.stagedprofile", "profile that is installed and waits for its first boot"),
  text("deployment.state", "what the node last said of its deployment"),
  text("deployment.state_detail", "more of what it said"),
  text("deployment.state_last_updated", "when it said that"),
  text("deployment.storage", "which disk is installed on: a device's name, or a sort such as m2"),
  someOf(
    "always firmware never",
    "deployment.useinsecureprotocols",
    "when TFTP and HTTP without TLS may be used: by firmware alone, by the node as well",
    { unset: "firmware" },
  ),

  text("discovery.nodeconfig", "arguments of nodeconfig to run once the node is discovered"),
  keysOf(
    "expiration loginfailures complexity reuse",
    "discovery.passwordrules",
    "rules of the BMC for passwords, such as expiration=no,reuse=no",
  ),
  someOf(
    "manual permissive pxe open verified",
    "discovery.policy",
    "what becomes of hardware that is found and known to be the node's",
  ),

  text("dns.domain", "domain of the node's full name"),
  text("dns.servers", "addresses of its name servers, with commas between"),

  { name: "net.bootable", kind: "flag", about: "whether the port found by PXE boot is this one" },
  text("net.connection_name", "name of the connection in the system's network settings"),
  text("net.extra_settings", "key=value;key=value handed to the system's network settings"),
  text("net.hostname", "names of the node on this network, with commas between"),
  text("net.hwaddr", "hardware address (MAC, or that of InfiniBand)"),
  text("net.interface_names", "names of interfaces, with commas between; several make a team"),
  text("net.ipv4_address", "IPv4 address, with /PREFIXLEN", { unset: "that of the node's name" }),
  text("net.ipv4_gateway", "IPv4 gateway"),
  oneOf(IP_METHODS, "net.ipv4_method", "where the IPv4 address comes from"),
  text("net.ipv6_address", "IPv6 address, with /PREFIXLEN", { unset: "that of the node's name" }),
  text("net.ipv6_gateway", "IPv6 gateway"),
  oneOf(IP_METHODS, "net.ipv6_method", "where the IPv6 address comes from"),
  text("net.mtu", "largest packet that is sent, in bytes"),
  text("net.switch", "node that stands for the switch the port is connected to"),
  text("net.switchport", "port of that switch"),
  oneOf(
    "lacp loadbalance roundrobin activebackup none",
    "net.team_mode",
    "how several interfaces work as one",
  ),
  text("net.vlan_id", "VLAN"),

  text("ntp.servers", "time servers, with commas between"),

  text("ssh.trustnodes", "noderange of nodes that may log in by SSH", { unset: "all nodes" }),

  text(
    "trusted.subnets",
    "networks, as 10.0.0.0/8, that count as local when a node asks for a key of the API",
  ),
];

/** Names of your own, whatever stands after the dot; */
export const OWN: Attribute = text("custom.NAME", "whatever you like, under a name of your own");
/** and secrets of your own. */
export const OWN_SECRET: Attribute = sealed(
  "custom.nodesecret.NAME",
  "a secret under a name of your own, which the node may ask for",
);
