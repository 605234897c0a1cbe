/** The command line: words are parsed, then one command runs, and its exit code is returned. */
import { Command, CommanderError } from "commander";

import { nearest } from "../model/nearest.ts";
import { type GlobalOptions, misused, type Run } from "./command.ts";
import { declareCommands } from "./commands.ts";
import { OLD_INITIALIZE } from "./deployment_commands.ts";
import { TAKES_ATTRIBUTES } from "./completions/outline.ts";
import { DONE, type ExitCode, FAILED, WRONG_USAGE } from "./exit_code.ts";
import { declareGlobalOptions } from "./global_options.ts";
import { complain, OutputFailed, type Surroundings, tellingFailures } from "./surroundings.ts";

/**
 * Runs one command. `calledAs` is the name the program was called by: where that is the name of
 * a command (`nodelist`, by a symbolic link), it is that command, and `args` are its arguments.
 */
export async function runCommandLine(
  args: readonly string[],
  calledAs: string,
  surroundings: Surroundings,
): Promise<number> {
  const parser = new CommandLine(surroundings);
  const isCommand = parser.program.commands.some((command) => command.name() === calledAs);
  return await parser.run(askingForHelp(isCommand ? [calledAs, ...args] : args));
}

/** `nodeattrib --help location.rack` is `help nodeattrib location.rack`. */
function askingForHelp(args: readonly string[]): readonly string[] {
  const [command = "", option = "", ...words] = args;
  const isHelp = TAKES_ATTRIBUTES.includes(command) && /^(-h|--help)$/.test(option);
  const areNames = words.length > 0 && words.every((word) => !word.startsWith("-"));
  return isHelp && areNames ? ["help", command, ...words] : args;
}

class CommandLine {
  readonly program: Command;
  readonly #surroundings: Surroundings;
  /** The command whose words are being parsed. */
  #current: Command;
  #exit: ExitCode = DONE;

  constructor(surroundings: Surroundings) {
    const { stderr } = surroundings, stdout = tellingFailures(surroundings.stdout);
    this.#surroundings = { ...surroundings, stdout };
    this.program = new Command("confluent")
      .description("Bare-metal nodes, described, booted and controlled by a collective of equals.")
      .usage("[options] <command> ...")
      .configureOutput({
        writeOut: (text) => stdout.write(text),
        writeErr: (text) => stderr.write(text),
        outputError: () => {}, // told by #misread, with what was meant
        getOutHelpWidth: () => 100,
        getErrHelpWidth: () => 100,
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      })
      .configureHelp({ subcommandTerm: (command) => command.name() })
      .exitOverride()
      .enablePositionalOptions()
      .showSuggestionAfterError(false)
      .helpCommand(false);
    this.#current = this.program;
    declareGlobalOptions(this.program);
    this.program.addHelpText("after", "\nRead on with `confluent help COMMAND`.");
    declareCommands(this.program, (load) => this.#act(load));
    const followed = [this.program, ...this.program.commands.filter(hasCommands)];
    for (const command of followed) {
      command.hook("preSubcommand", (_, next) => void (this.#current = next));
    }
  }

  async run(args: readonly string[]): Promise<ExitCode> {
    try {
      await this.program.parseAsync([...args], { from: "user" });
      return this.#exit;
    } catch (error) {
      if (error instanceof CommanderError) return this.#misread(error);
      if (error instanceof OutputFailed) {
        complain(this.#surroundings, `${error.message}; nothing more is told of what was done`);
        return FAILED;
      }
      throw error;
    }
  }

  /** commands.ts, where words and function meet, has checked that they are of the same types. */
  #act<Options, Arguments extends readonly unknown[]>(
    load: () => Promise<Run<Options, Arguments>>,
  ): (...given: unknown[]) => Promise<void> {
    return async (...given) => {
      const command = given.at(-1) as Command;
      const unsaid = emptyWord(command);
      if (unsaid !== undefined) {
        const path = pathOf(command);
        this.#exit = misused(this.#surroundings, path, `the ${unsaid} given is an empty word`);
        return;
      }
      const own: Record<string, unknown> = command.opts();
      const before = { ...this.program.opts(), ...command.parent?.opts() };
      // `join --server` is the member to join by, not the service to ask.
      const server = command.name() === "join" ? before.server : own.server ?? before.server;
      const at = { server, socket: own.socket ?? before.socket };
      const options = { ...before, ...own, at, program: this.program } as Options & GlobalOptions;
      const run = await load();
      const words = command.processedArgs as unknown as Arguments;
      this.#exit = await run(this.#surroundings, options, ...words);
    };
  }

  #misread({ code, message, exitCode }: CommanderError): ExitCode {
    if (code === "commander.helpDisplayed" || code === "commander.help") {
      return exitCode === 0 ? DONE : WRONG_USAGE; // what it wanted to say is said
    }
    const said = message.replace(/^error: /, "");
    const meant = this.#meant(code, /'([^']*)'/.exec(said)?.[1] ?? "");
    const path = pathOf(this.#current);
    return misused(this.#surroundings, path, meant === undefined ? said : `${said}; ${meant}`);
  }

  #meant(code: string, word: string): string | undefined {
    const isOption = code === "commander.unknownOption";
    if (isOption && pathOf(this.#current) === "osdeploy initialize") return OLD_INITIALIZE;
    const known = code === "commander.unknownCommand"
      ? this.#current.commands.map((command) => command.name())
      : code === "commander.unknownOption"
      ? this.#current.options.flatMap(({ long }) => long ?? [])
      : [];
    const best = nearest(word.replace(/=.*/, ""), known);
    return best === undefined ? undefined : `did you mean ${best}?`;
  }
}

/** Which argument was given as "": mostly a variable of the shell that was never set. */
function emptyWord(command: Command): string | undefined {
  const given: readonly unknown[] = command.processedArgs;
  const at = given.findIndex((word) => [word].flat().includes(""));
  return command.registeredArguments[at]?.name();
}

function hasCommands(command: Command): boolean {
  return command.commands.length > 0;
}

/** `collective show` of the command of that name below the program. */
function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(" ");
}
