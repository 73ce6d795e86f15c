// SPDX-License-Identifier: Apache-2.0
import { findBrokerBinary } from '@aiflow/lab';
import { openFamilyFolder } from '@aiflow/model';
import { AiflowError } from '@aiflow/protocol';
import type { Clock } from '@aiflow/time';
import { connect } from '../client/connect.ts';
import { readDoorFiles } from '../client/door-file.ts';
import { readRunFiles, runFolder } from '../client/run-file.ts';
import { NODE_CONFIG } from '../config/node-config.ts';
import { readConfig } from '../config/parse-config.ts';
import { resolveFamilyFolder } from '../daemon/family-folder.ts';
import { EXIT_STATUS } from './exit-status.ts';
import type { Terminal } from './terminal.ts';

/** One thing that must be in order. `run` returns what was found, or throws an AiflowError whose message holds the remedy. */
export interface DoctorCheck {
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<string>;
}

/** Settings of `aiflow doctor`. */
export interface DoctorOptions {
  readonly clock: Clock;
  /** Node files to check as well. */
  readonly configFiles: readonly string[];
  readonly signal: AbortSignal;
  /** The longest one check may take. */
  readonly limitMs: number;
}

const MINIMUM_NODE = [20, 19] as const;

/** `aiflow doctor`: one line for each check, with the remedy where one fails; status 1 when any did. */
export async function runDoctor(terminal: Terminal, options: DoctorOptions): Promise<number> {
  const { green, red } = terminal.color;
  let failed = 0;
  for (const { name, run } of [
    ...machineChecks(terminal),
    ...options.configFiles.map(file => configCheck(file, terminal)),
    ...(await fleetChecks(terminal, options.clock)),
    ...(await doorChecks(terminal, options.clock)),
  ]) {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.limitMs)]);
    try {
      terminal.out(`${green('ok')}      ${name}: ${await run(signal)}\n`);
    } catch (thrown) {
      failed += 1;
      terminal.out(`${red('problem')} ${name}: ${AiflowError.from(thrown).message}\n`);
    }
  }
  terminal.out(failed === 0 ? 'all is well\n' : `${failed} problem(s)\n`);
  return failed === 0 ? EXIT_STATUS.ok : EXIT_STATUS.failed;
}

function machineChecks(terminal: Terminal): readonly DoctorCheck[] {
  return [
    { name: 'Node.js', run: async () => checkNodeVersion() },
    {
      name: 'nats-server',
      run: async signal => {
        const { path, version, origin } = await findBrokerBinary({ env: terminal.environment, install: false }, signal);
        return `${version} at ${path} (${origin})`;
      },
    },
    {
      name: 'model family nano',
      run: async () => {
        const family = await openFamilyFolder(resolveFamilyFolder('nano', process.cwd()));
        return `version ${family.manifest.version}, exits ${family.manifest.exits.map(exit => exit.depth).join(' ')}`;
      },
    },
  ];
}

function checkNodeVersion(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return process.versions.node;
  throw new AiflowError(
    'failed-precondition',
    `${process.versions.node} is too old: install ${MINIMUM_NODE.join('.')} or newer`,
  );
}

function configCheck(file: string, terminal: Terminal): DoctorCheck {
  return {
    name: `config ${file}`,
    run: async () => {
      const config = await readConfig(file, NODE_CONFIG, { environment: terminal.environment });
      return `node ${config.node.name} of fleet ${config.fleet}`;
    },
  };
}

/** A fleet that is running here must be reachable, and each of its nodes heard. */
async function fleetChecks(terminal: Terminal, clock: Clock): Promise<readonly DoctorCheck[]> {
  const runs = await readRunFiles(runFolder(terminal.environment));
  if (runs.length === 0)
    return [{ name: 'running fleets', run: async () => 'none on this machine; start one with: aiflow up' }];
  return runs.map(run => ({
    name: `fleet ${run.fleet}`,
    run: async signal => {
      await using fleet = await connect({ fleet: run.fleet, environment: terminal.environment, clock, signal });
      const nodes = await fleet.waitForNodes(1, { timeoutMs: 4000, signal });
      const silent = nodes.filter(node => node.state !== 'alive');
      if (silent.length === 0) return `${nodes.length} node(s) alive: ${nodes.map(node => node.name).join(' ')}`;
      const names = silent.map(node => `${node.name} is ${node.state}`).join(', ');
      throw new AiflowError('unavailable', `${names}: look at its log, or restart it with aiflow node --config FILE`);
    },
  }));
}

/** A node that runs here by itself must answer at its door. */
async function doorChecks(terminal: Terminal, clock: Clock): Promise<readonly DoctorCheck[]> {
  const doors = await readDoorFiles(runFolder(terminal.environment));
  return doors.map(({ fleet: fleetName, node, socket }) => ({
    name: `door of node ${node}, fleet ${fleetName}`,
    run: async signal => {
      await using fleet = await connect({ socket, environment: terminal.environment, clock, signal });
      const [found] = fleet.nodes();
      return `${found?.name ?? 'nobody'} is ${found?.state ?? 'silent'} at ${socket}`;
    },
  }));
}
