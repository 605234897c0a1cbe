/**
 * The catalogue, first half: what a machine is, where it stands, and how its hardware is reached.
 * Names and words are those of confluent 4.0; the order of words is that of its error messages.
 */
import { type Attribute, oneOf, sealed, text } from "./entry.ts";

/** By prefix, then by name. */
export const HARDWARE: readonly Attribute[] = [
  { name: "groups", kind: "list", about: "groups of the node; the first that says something wins" },
  oneOf("switch server rackmount dense enclosure ", "type", "what sort of machine it is"),

  text("enclosure.bay", "bay of the enclosure that the node sits in"),
  text("enclosure.extends", "enclosure manager before this one, where they are chained"),
  text("enclosure.manager", "node that stands for the enclosure the node sits in"),

  text("hardwaremanagement.manager", "address of the BMC, with /PREFIXLEN if it is to be set up"),
  text("hardwaremanagement.manager_tls_name", "name in the BMC's certificate, if not its address"),
  oneOf(
    "affluent cnos cooltera deltapdu eatonpdu enclosure enlogic enos geist ipmi null nxos pdu " +
      "proxmox raritan redfish srlinux vcenter",
    "hardwaremanagement.method",
    "how the hardware is managed",
    { unset: "not at all" },
  ),
  text(
    "hardwaremanagement.port",
    "port of the BMC: ocp, ml2, lom, dedicated; set up by deployment",
  ),
  text("hardwaremanagement.vlan", "VLAN of the BMC; set up by deployment"),

  {
    name: "id.index",
    kind: "integer",
    about: "number of the node, given by the service when the node is made",
    refusesOnGroups: "is a number of one node alone",
  },
  text("id.model", "model number"),
  text("id.serial", "serial number"),
  text("id.uuid", "UUID of the machine, as its firmware (DMI) tells it"),

  text("info.note", "notes of administrators; nothing reads them"),

  text("location.height", "height in rack units", { unset: "what the machine says" }),
  text("location.rack", "rack that the node stands in"),
  text("location.room", "room that the rack stands in"),
  text("location.row", "row that the rack stands in"),
  text("location.u", "lowest rack unit that the node takes"),

  text("power.outlet", "outlet of the PDU that the node is plugged into"),
  text("power.pdu", "node that stands for the PDU the node is plugged into"),

  oneOf("tofu manual ca ca-only", "pubkeys.addpolicy", "how an unknown key of a BMC is taken", {
    unset: "tofu: the first that is seen",
  }),
  text("pubkeys.ssh", "fingerprint of the node's SSH key"),
  text("pubkeys.tls", "fingerprint of the node's certificate"),
  text("pubkeys.tls_hardwaremanager", "fingerprint of the BMC's certificate"),
  text("pubkeys.tls_lifetime", "days that a certificate made for the node is good for", {
    unset: "47",
  }),

  sealed("secret.hardwaremanagementpassword", "password for the BMC, switch or PDU"),
  sealed("secret.hardwaremanagementuser", "user for the BMC, switch or PDU"),
  sealed("secret.ipmikg", "IPMI's K_g key"),
  sealed("secret.selfapiarmtoken", "token by which the node may register a key of its own, once"),
  sealed("secret.snmpcommunity", "SNMP community"),

  oneOf("aes des", "snmp.privacyprotocol", "cipher of SNMPv3", { unset: "des" }),
];

/** Groups have these beside what nodes have, one or the other. */
export const OF_GROUPS: readonly Attribute[] = [
  {
    name: "nodes",
    kind: "list",
    about: "nodes of the group; a node that is added puts the group before its others",
  },
  text("noderange", "noderange of whose nodes the group is made, whenever it is asked for"),
];
