/** `join`: this server made a member, by the local service where one answers, else by itself. */
import { decodeToken, type Token } from "../../wire/token.ts";
import { healthAnswer, type JoinedAnswer, joinLine } from "../../wire/http.ts";
import { ok, type Outcome, refused } from "../../base/outcome.ts";
import { type GlobalOptions, misused } from "../command.ts";
import { DONE, EXIT_CODES, type ExitCode, FAILED, UNREACHABLE } from "../exit_code.ts";
import { concluded, voiceOf } from "../running.ts";
import { type ServeFlags, serveOptions } from "../serve_options.ts";
import { serviceAddress } from "../service_address.ts";
import { exitCodeOf, ServiceClient } from "../service_client.ts";
import { complain, print, type Surroundings, tell } from "../surroundings.ts";
import { unanswered } from "../with_service.ts";

export interface JoinFlags extends ServeFlags {
  /** The member to join by, tried first. */
  readonly server?: string;
  readonly replace?: boolean;
  /** False after --no-serve. */
  readonly serve: boolean;
}

export async function join(
  surroundings: Surroundings,
  options: JoinFlags & GlobalOptions,
  given: string,
): Promise<ExitCode> {
  const text = (given === "-" ? await surroundings.stdin.text() : given).trim();
  const token = decodeToken(text);
  if (!token.ok) {
    complain(surroundings, `cannot join: ${token.refusal.message}`);
    return EXIT_CODES[token.refusal.kind];
  }
  const serving = await serveOptions(surroundings, options);
  if (!serving.ok) return misused(surroundings, "join", serving.refusal.message);
  const at = options.at.server === undefined
    ? { socket: serving.value.socket }
    : { server: options.at.server };
  const address = serviceAddress(at, surroundings.env);
  if (!address.ok) return misused(surroundings, "join", address.refusal.message);
  const service = new ServiceClient(address.value);
  try {
    const health = await service.ask("GET /healthz", healthAnswer);
    if (health.ok) return await joinByService(surroundings, options, service, text, token.value);
    const isNone = address.value.kind === "socket" && health.exit === UNREACHABLE;
    if (!isNone) return unanswered(surroundings, health);
  } finally {
    service.close();
  }
  const { server, replace = false, serve } = options;
  const joined = await surroundings.programs.join(
    serving.value,
    { token: text, server, replace, noServe: !serve },
    voiceOf(surroundings),
  );
  return concluded(surroundings, joined);
}

async function joinByService(
  surroundings: Surroundings,
  options: JoinFlags & GlobalOptions,
  service: ServiceClient,
  text: string,
  token: Token,
): Promise<ExitCode> {
  const fits = fitsService(options, service.place, token);
  if (!fits.ok) return misused(surroundings, "join", fits.refusal.message);
  let joined: JoinedAnswer | undefined;
  let exit: ExitCode = FAILED;
  let why: string | undefined;
  const { server, replace } = options;
  const asked = await service.follow(
    "POST /collective/join",
    joinLine,
    { body: { token: text, server, replace } },
    (line) => {
      if ("progress" in line) tell(surroundings, line.progress);
      else if ("joined" in line) joined = line.joined;
      else [exit, why] = [exitCodeOf(line), line.error];
    },
  );
  if (!asked.ok) return unanswered(surroundings, asked);
  if (joined === undefined) {
    complain(
      surroundings,
      `cannot join: ${
        why ?? "the service ended before it was done; try again with the same token"
      }`,
    );
    return exit;
  }
  return shown(surroundings, joined);
}

/** In the words of a join without a service (src/service/programs.ts). */
function shown(surroundings: Surroundings, joined: JoinedAnswer): ExitCode {
  print(surroundings, `joined name=${joined.name} collective=${joined.collective}`);
  for (const notice of joined.notices) tell(surroundings, `Notice: ${notice}`);
  return DONE;
}

/** A service that runs has its own options: those that would be without effect are refused. */
function fitsService(flags: JoinFlags, place: string, token: Token): Outcome<void> {
  if (flags.name !== undefined && flags.name !== token.name) {
    const message = `the token is for ${token.name} and --name says ${flags.name}; leave --name ` +
      `out, or ask for a token with \`confluent invite ${flags.name}\``;
    return refused("invalid", message);
  }
  const idle = (["data", "api", "peer", "advertise", "logLevel", "logFormat"] as const)
    .find((flag) => flags[flag] !== undefined);
  if (idle !== undefined) {
    const flag = idle.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
    const message = `the service at ${place} answers and will join with the options it runs ` +
      `with; leave --${flag} out, or stop the service first`;
    return refused("invalid", message);
  }
  if (!flags.serve) {
    return refused("invalid", `the service at ${place} answers and goes on; leave --no-serve out`);
  }
  return ok();
}
