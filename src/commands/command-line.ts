import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { stateDir } from '../config/state-dir.ts';
import { didYouMean } from '../config/suggest.ts';
import { type LogLevel, logLevels } from '../log.ts';
import { keepCompiledCode } from './compile-cache.ts';
import { packageVersion, readSdl } from './package-files.ts';
import { StartError } from './start-error.ts';

/** The command line. What a command needs is imported when it is run, so that `--help` and mistakes answer at once. */

type ServeFlags = {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: LogLevel;
};

type DoctorFlags = { readonly config?: string; readonly json?: boolean; readonly clock?: boolean };

const program = new Command('virtgraph')
  .description('A GraphQL gateway to fleets of libvirt hosts over SSH, with nothing installed on the hosts.')
  .version(packageVersion())
  .showHelpAfterError('(virtgraph --help lists what there is)')
  .addHelpText(
    'after',
    `
Environment:
  VIRTGRAPH_CONFIG      the configuration, where --config does not name one
  VIRTGRAPH_TOKEN       the bearer token, instead of the one made at the first start
  VIRTGRAPH_STATE_DIR   where the gateway keeps what it must not forget

Examples:
  virtgraph                                  the embedded fleet on http://127.0.0.1:4000
  virtgraph --config virtgraph.yaml          your fleet
  virtgraph check-config                     what is wrong with the configuration, without starting
  virtgraph doctor kvm1                      what is wrong on the way to one host`,
  );

program
  .command('serve', { isDefault: true })
  .description('start the gateway (what happens when no command is named)')
  .addOption(configOption())
  .option('--host <address>', 'address to listen on, instead of listen.host')
  .option('--port <number>', 'port to listen on, instead of listen.port; 0 for any that is free', readPort)
  .addOption(new Option('--log-level <level>', 'the least that is logged, instead of log.level').choices(logLevels))
  // Otherwise the first word that is no command would be told of as an argument of this one.
  .allowExcessArguments()
  .action(async ({ config, ...flags }: ServeFlags, command: Command) => {
    const [word] = command.args;
    if (word !== undefined) command.error(unknownCommand(word));
    keepCompiledCode(stateDir(process.env), systemClock);
    const { serve } = await import('./serve.ts');
    process.exitCode = await serve({ config: config ?? null, ...flags });
  });

program
  .command('check-config')
  .description('tell everything that is wrong with the configuration as file:line:column, and start nothing')
  .addOption(configOption())
  .action(async ({ config }: { readonly config?: string }) => {
    const { checkConfig } = await import('./check-config.ts');
    process.exitCode = await checkConfig(config ?? null);
  });

program
  .command('doctor')
  .argument('[hosts...]', 'names in the configuration, or URIs; without any, every configured host')
  .description('go through every stage of reaching the hosts, and tell where it ends, why, and what to do')
  .addOption(configOption())
  .option('--json', 'one JSON document instead of lines')
  .option('--clock', "compare the hosts' clocks too, for which the command date is run there")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (hosts: readonly string[], { config, json = false, clock = false }: DoctorFlags) => {
    const { doctor } = await import('./doctor.ts');
    process.exitCode = await doctor({ hosts, config: config ?? null, json, clock });
  });

program
  .command('schema')
  .description('print the GraphQL schema')
  .action(async () => {
    process.stdout.write(await readSdl());
  });

/** Does what `process.argv` asks for, and sets the exit code. */
export async function runCommandLine(): Promise<void> {
  // Whoever reads no further, as `head` does, has what he wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    // What a person can mend is one line; everything else is a mistake of ours and is shown whole.
    const text =
      error instanceof StartError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`virtgraph: ${text}\n`);
    process.exitCode = 1;
  }
}

function unknownCommand(word: string): string {
  const commands = program.commands.map((command) => command.name());
  return `error: unknown command ${JSON.stringify(word)}.${didYouMean(word, commands)}`;
}

function configOption(): Option {
  return new Option(
    '--config <file>',
    'the configuration; else VIRTGRAPH_CONFIG, ./virtgraph.yaml, /etc/virtgraph/virtgraph.yaml',
  );
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('expected a number from 0 to 65535');
}
