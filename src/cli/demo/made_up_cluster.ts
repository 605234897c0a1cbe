/** The inventory of the demo where none is given: a cluster as it could stand in a room. */
import type { InventoryTable } from "../inventory_table.ts";

const RACKS = 5;
const NODES_A_RACK = 36;
const GPU_NODES = 12;
const GPU_RACK = RACKS + 1;
const STORAGE_RACK = RACKS + 2;

interface Machine {
  readonly name: string;
  readonly type: "server" | "dense" | "rackmount" | "switch";
  readonly model: string;
  readonly rack: number;
  readonly u: number;
  readonly height: number;
  /** Of its management controller, and of itself where it has an address of its own. */
  readonly manager: string;
  readonly address?: string;
  readonly method: "redfish" | "ipmi" | "cnos";
  /** The switch it hangs on, and the port there. */
  readonly switch?: string;
  readonly port?: number;
}

/** Login nodes, racks of compute nodes with their switches, a rack with GPUs, and storage. */
export function madeUpCluster(): InventoryTable {
  const machines = [
    ...spines(),
    ...logins(),
    ...Array.from({ length: RACKS }, (_, i) => computeRack(i + 1)).flat(),
    ...gpuRack(),
    ...storageRack(),
  ];
  return {
    nodes: machines.map((machine, i) => asNode(machine, i + 1)),
    lines: machines.map((_, i) => i + 2),
  };
}

function spines(): Machine[] {
  return [1, 2].map((n) => ({
    name: `sw-spine-${n}`,
    type: "switch",
    model: "SN3700",
    rack: GPU_RACK,
    u: 38 + n,
    height: 1,
    manager: `10.9.0.${n}`,
    method: "cnos",
  }));
}

function switches(rack: number): Machine[] {
  return ["mgmt", "data"].map((role, i) => ({
    name: `sw-r${rack}-${role}`,
    type: "switch",
    model: role === "mgmt" ? "NE1032" : "NE2572",
    rack,
    u: 41 + i,
    height: 1,
    manager: `10.9.${rack}.${i + 1}`,
    method: "cnos",
    switch: "sw-spine-1",
    port: 2 * rack + i,
  }));
}

function logins(): Machine[] {
  return [1, 2, 3, 4].map((n) => ({
    name: `login${n}`,
    type: "rackmount",
    model: "SR650",
    rack: STORAGE_RACK,
    u: 30 + 2 * n,
    height: 2,
    manager: `10.130.0.${n}`,
    address: `10.30.0.${n}/16`,
    method: "redfish",
    switch: `sw-r${STORAGE_RACK}-data`,
    port: 40 + n,
  }));
}

function computeRack(rack: number): Machine[] {
  const nodes = Array.from({ length: NODES_A_RACK }, (_, i): Machine => ({
    name: `r${rack}n${String(i + 1).padStart(2, "0")}`,
    type: "server",
    model: "SD530",
    rack,
    u: i + 1,
    height: 1,
    manager: `10.${100 + rack}.0.${i + 1}`,
    address: `10.${rack}.0.${i + 1}/16`,
    method: "redfish",
    switch: `sw-r${rack}-data`,
    port: i + 1,
  }));
  return [...switches(rack), ...nodes];
}

function gpuRack(): Machine[] {
  const nodes = Array.from({ length: GPU_NODES }, (_, i): Machine => ({
    name: `gpu${String(i + 1).padStart(2, "0")}`,
    type: "dense",
    model: "SR675",
    rack: GPU_RACK,
    u: 3 * i + 1,
    height: 3,
    manager: `10.${100 + GPU_RACK}.0.${i + 1}`,
    address: `10.${GPU_RACK}.0.${i + 1}/16`,
    method: "redfish",
    switch: `sw-r${GPU_RACK}-data`,
    port: i + 1,
  }));
  return [...switches(GPU_RACK), ...nodes];
}

function storageRack(): Machine[] {
  const names = ["mds1", "mds2", ..."123456".split("").map((n) => `oss${n}`), "nfs1"];
  const nodes = names.map((name, i): Machine => ({
    name,
    type: "rackmount",
    model: "SR650",
    rack: STORAGE_RACK,
    u: 2 * i + 1,
    height: 2,
    manager: `10.120.0.${i + 1}`,
    address: `10.20.0.${i + 1}/16`,
    method: "ipmi",
    switch: `sw-r${STORAGE_RACK}-data`,
    port: i + 1,
  }));
  return [...switches(STORAGE_RACK), ...nodes];
}

/** `number` counts the machines: what must be unique is made of it. */
function asNode(machine: Machine, number: number): InventoryTable["nodes"][number] {
  const [high, low] = [number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0"));
  return {
    "name": machine.name,
    "type": machine.type,
    "hardwaremanagement.manager": machine.manager,
    "hardwaremanagement.method": machine.method,
    "id.model": machine.model,
    "id.serial": `J3${(40_961 * number).toString(36).toUpperCase().padStart(6, "0")}`,
    "id.uuid": `5c0ffee0-${high}${low}-4000-8000-${number.toString(16).padStart(12, "0")}`,
    "location.height": machine.height,
    "location.rack": machine.rack,
    "location.room": "hall1",
    "location.row": machine.rack <= RACKS ? "A" : "B",
    "location.u": machine.u,
    "net.hwaddr": `7e:c0:4e:0d:${high}:${low}`,
    ...machine.address === undefined ? {} : {
      "net.ipv4_address": machine.address,
      "net.ipv4_method": "static",
    },
    ...machine.switch === undefined ? {} : {
      "net.switch": machine.switch,
      "net.switchport": machine.port ?? 0,
    },
  };
}
