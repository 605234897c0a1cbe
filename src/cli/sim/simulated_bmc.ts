/**
 * One simulated BMC: a machine with power, something to boot from, health and a light, and the
 * documents of Redfish that show them. What changes the machine is told, with who asked for it.
 */
import type { FaultPlan } from "./bmc_fault_plan.ts";

/** What a client may find different from one BMC to the next. */
export interface BmcTraits {
  readonly user: string;
  readonly password: string;
  /** Without sessions Basic is all there is. */
  readonly hasSessions: boolean;
  /** Where it says which words `ResetType` may be. */
  readonly resetWords: "system" | "action-info" | "nowhere";
  readonly knownWords: readonly string[];
  readonly wantsEtag: boolean;
  readonly etagIn: "header" | "document";
  readonly light: "active" | "led" | "chassis" | "none";
  /** What stands before the machine in the list of systems: a board has no power. */
  readonly neighbour: "none" | "board" | "dpu" | "machine";
  /** How long the machine takes to be seen on or off. */
  readonly powerMs: number;
  /** How long an answer takes. */
  readonly answerMs: number;
  readonly maxSessions: number;
}

export const USUAL_TRAITS: BmcTraits = {
  user: "admin",
  password: "simulated",
  hasSessions: true,
  resetWords: "system",
  knownWords: ["On", "ForceOff", "GracefulShutdown", "ForceRestart", "Nmi", "PushPowerButton"],
  wantsEtag: false,
  etagIn: "header",
  light: "active",
  neighbour: "none",
  powerMs: 0,
  answerMs: 0,
  maxSessions: 16,
};

/** Something that changed the machine, or would have. */
export interface RecordedAction {
  /** Of the simulator's clock, which no test moves. */
  readonly trueTimeMs: number;
  readonly bmc: string;
  readonly member: string;
  readonly epoch: number;
  readonly action: string;
}

export interface SimulatedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface SimulatedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly document?: unknown;
}

const ROOT = "/redfish/v1";
const SYSTEM = `${ROOT}/Systems/1`;
const NEIGHBOUR = `${ROOT}/Systems/0`;
const UUID_START = "5eed0000-0000-4000-8000-00000000";
const NEIGHBOURS = {
  none: undefined,
  board: { Name: "a board", Status: { State: "Enabled" } },
  dpu: { SystemType: "DPU", PowerState: "On" },
  machine: { SystemType: "Physical", PowerState: "On", UUID: `${UUID_START}0000` },
} as const;
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`;
const CHASSIS = `${ROOT}/Chassis/1`;
const SESSIONS = `${ROOT}/SessionService/Sessions`;
const TARGETS = ["None", "Pxe", "Cd", "Usb", "Hdd", "BiosSetup", "UefiHttp"];

export class SimulatedBmc {
  readonly name: string;
  traits: BmcTraits;
  fault: FaultPlan | undefined;
  health = "OK";
  memoryHealth = "OK";
  boot = { enabled: "Disabled", target: "None", mode: "UEFI" };
  light = "Off";
  /** Requests it has seen, whatever became of them. */
  requests = 0;
  logins = 0;
  #isOn = false;
  /** When the machine is seen as it was told to be. */
  #seenAtMs = 0;
  #version = 1;
  readonly #sessions = new Map<string, string>();
  readonly #record: (action: RecordedAction) => void;

  constructor(name: string, traits: BmcTraits, record: (action: RecordedAction) => void) {
    this.name = name;
    this.traits = traits;
    this.#record = record;
  }

  get isOn(): boolean {
    return performance.now() < this.#seenAtMs ? !this.#isOn : this.#isOn;
  }

  set isOn(isOn: boolean) {
    this.#isOn = isOn;
    this.#seenAtMs = 0;
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  expireSessions(): void {
    this.#sessions.clear();
  }

  answer(request: SimulatedRequest): SimulatedAnswer {
    const path = request.path.replace(/(.)\/$/, "$1");
    if (path === ROOT && request.method === "GET") return { status: 200, document: this.#root() };
    if (path === SESSIONS && request.method === "POST") return this.#logIn(request);
    if (!this.#isKnown(request)) return failed(401, "NoValidSession", "There is no valid session.");
    if (request.method === "GET") return this.#read(path);
    if (request.method === "DELETE") return this.#logOut(path);
    if (request.method === "POST" && path === RESET) return this.#reset(request);
    if (request.method === "PATCH") return this.#patch(path, request);
    return failed(405, "OperationNotAllowed", "The method is not allowed here.");
  }

  #root(): unknown {
    const sessions = {
      SessionService: link(`${ROOT}/SessionService`),
      Links: { Sessions: link(SESSIONS) },
    };
    return {
      ...link(`${ROOT}/`),
      RedfishVersion: "1.15.0",
      Systems: link(`${ROOT}/Systems`),
      Chassis: link(`${ROOT}/Chassis`),
      ...(this.traits.hasSessions ? sessions : {}),
    };
  }

  #logIn({ body }: SimulatedRequest): SimulatedAnswer {
    if (!this.traits.hasSessions) return failed(404, "ResourceMissing", "There is no such thing.");
    this.logins++;
    const { UserName, Password } = parsed(body);
    if (UserName !== this.traits.user || Password !== this.traits.password) {
      return failed(401, "ResourceAtUriUnauthorized", "The user or the password is wrong.");
    }
    if (this.#sessions.size >= this.traits.maxSessions) {
      return failed(503, "SessionLimitExceeded", "There are too many sessions.");
    }
    const token = crypto.randomUUID(), path = `${SESSIONS}/${crypto.randomUUID().slice(0, 8)}`;
    this.#sessions.set(token, path);
    return {
      status: 201,
      headers: { "X-Auth-Token": token, Location: path },
      document: link(path),
    };
  }

  #logOut(path: string): SimulatedAnswer {
    for (const [token, of] of this.#sessions) {
      if (of !== path) continue;
      this.#sessions.delete(token);
      return { status: 204 };
    }
    return missing();
  }

  #isKnown({ headers }: SimulatedRequest): boolean {
    const token = headers.get("x-auth-token");
    if (token !== undefined) return this.#sessions.has(token);
    const { user, password } = this.traits;
    const basic = new TextEncoder().encode(`${user}:${password}`).toBase64();
    return headers.get("authorization") === `Basic ${basic}`;
  }

  #read(path: string): SimulatedAnswer {
    const document = this.#documentAt(path), etag = `"${this.#version}"`;
    if (document === undefined) return missing();
    return this.traits.etagIn === "header"
      ? { status: 200, headers: { ETag: etag }, document }
      : { status: 200, document: { ...document, "@odata.etag": etag } };
  }

  #documentAt(path: string): object | undefined {
    switch (path) {
      case `${ROOT}/Systems`:
        return { ...link(path), Members: [...this.#neighbours(), link(SYSTEM)] };
      case NEIGHBOUR:
        return { ...link(path), ...NEIGHBOURS[this.traits.neighbour] };
      case SYSTEM:
        return this.#system();
      case `${SYSTEM}/ResetActionInfo`:
        return { Parameters: [{ Name: "ResetType", AllowableValues: this.traits.knownWords }] };
      case CHASSIS:
        return { ...link(path), ...(this.traits.light === "chassis" ? this.#led() : {}) };
      default:
        return undefined;
    }
  }

  #neighbours(): unknown[] {
    return this.traits.neighbour === "none" ? [] : [link(NEIGHBOUR)];
  }

  #led(): object {
    return { IndicatorLED: this.light };
  }

  #system(): object {
    const { light, resetWords, knownWords } = this.traits, { health, memoryHealth, boot } = this;
    const lights = { LocationIndicatorActive: this.light !== "Off" };
    return {
      ...link(SYSTEM),
      Name: this.name,
      UUID: `${UUID_START}0001`,
      PowerState: this.isOn ? "On" : "Off",
      Status: { State: "Enabled", Health: health, HealthRollup: health },
      MemorySummary: { Status: { HealthRollup: memoryHealth } },
      Boot: {
        BootSourceOverrideEnabled: boot.enabled,
        BootSourceOverrideTarget: boot.target,
        BootSourceOverrideMode: boot.mode,
        "BootSourceOverrideTarget@Redfish.AllowableValues": TARGETS,
      },
      ...(light === "active" ? lights : light === "led" ? this.#led() : {}),
      Links: { Chassis: [link(CHASSIS)] },
      Actions: {
        "#ComputerSystem.Reset": {
          target: RESET,
          ...(resetWords === "system" ? { "ResetType@Redfish.AllowableValues": knownWords } : {}),
          ...(resetWords === "action-info"
            ? { "@Redfish.ActionInfo": `${SYSTEM}/ResetActionInfo` }
            : {}),
        },
      },
    };
  }

  #reset(request: SimulatedRequest): SimulatedAnswer {
    const word = String(parsed(request.body).ResetType);
    if (!this.traits.knownWords.includes(word)) {
      return failed(400, "ActionParameterNotSupported", `ResetType ${word} is not known.`);
    }
    this.#tell(request, `reset ${word}`);
    const wasOn = this.isOn;
    const isOn = word === "PushPowerButton" ? !wasOn : !/^(ForceOff|GracefulShutdown)$/.test(word);
    this.#isOn = word === "Nmi" ? wasOn : isOn;
    this.#seenAtMs = this.#isOn === wasOn ? 0 : performance.now() + this.traits.powerMs;
    return { status: 204 };
  }

  #patch(path: string, request: SimulatedRequest): SimulatedAnswer {
    if (this.#documentAt(path) === undefined) return missing();
    const match = request.headers.get("if-match");
    if (this.traits.wantsEtag && match === undefined) {
      return failed(428, "PreconditionRequired", "If-Match is missing.");
    }
    if (match !== undefined && match !== "*" && match !== `"${this.#version}"`) {
      return failed(412, "PreconditionFailed", "It was changed meanwhile.");
    }
    const { Boot, IndicatorLED, LocationIndicatorActive } = parsed(request.body);
    if (Boot !== undefined) this.#setBoot(request, Boot as Record<string, string>);
    if (typeof IndicatorLED === "string") this.#setLight(request, IndicatorLED);
    if (typeof LocationIndicatorActive === "boolean") {
      this.#setLight(request, LocationIndicatorActive ? "Lit" : "Off");
    }
    this.#version++;
    return { status: 200, document: this.#documentAt(path) };
  }

  #setBoot(request: SimulatedRequest, boot: Readonly<Record<string, string>>): void {
    const enabled = boot.BootSourceOverrideEnabled ?? this.boot.enabled;
    const target = boot.BootSourceOverrideTarget ?? this.boot.target;
    const mode = boot.BootSourceOverrideMode ?? this.boot.mode;
    this.boot = { enabled, target: enabled === "Disabled" ? "None" : target, mode };
    this.#tell(request, `boot ${this.boot.target} ${enabled} ${mode}`);
  }

  #setLight(request: SimulatedRequest, word: string): void {
    this.light = word;
    this.#tell(request, `light ${word}`);
  }

  #tell({ headers }: SimulatedRequest, action: string): void {
    const agent = headers.get("user-agent") ?? "";
    const [, member = agent, epoch = "0"] = /^confluent\/(\S+) epoch\/(\d+)/.exec(agent) ?? [];
    this.#record({ trueTimeMs: Date.now(), bmc: this.name, member, epoch: Number(epoch), action });
  }
}

/** Whether it would change the machine, or how it is booted. */
export function isChange({ method, path }: SimulatedRequest): boolean {
  return method === "PATCH" || (method === "POST" && !path.startsWith(SESSIONS));
}

function link(path: string): { readonly "@odata.id": string } {
  return { "@odata.id": path };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {}; // a request that says nothing
  }
}

function failed(status: number, id: string, message: string): SimulatedAnswer {
  const told = { MessageId: `Base.1.0.${id}`, Message: message };
  const document = { error: { code: told.MessageId, message, "@Message.ExtendedInfo": [told] } };
  return { status, document };
}

function missing(): SimulatedAnswer {
  return failed(404, "ResourceMissingAtURI", "There is no such thing.");
}
