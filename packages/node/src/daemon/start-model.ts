// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { ActorDefinition, Logger } from '@aiflow/actor';
import { type BatchObserver, fixedDraftLength } from '@aiflow/decode';
import {
  createHostedEngine,
  type FamilyFolder,
  type HostedEngine,
  openFamilyFolder,
  openTokenizer,
} from '@aiflow/model';
import type { PlacementNode } from '@aiflow/placement';
import { AiflowError } from '@aiflow/protocol';
import {
  type AnswererRoleOptions,
  type AnswerObserver,
  createAnswererRole,
  createTextModel,
  createVerifierRole,
  type Directory,
  type LinkBook,
  type RequestBook,
  type TextModel,
} from '@aiflow/roles';
import type { Clock } from '@aiflow/time';
import type { NodeConfig } from '../config/node-config.ts';
import { relayActors } from '../relay/relay-actors.ts';
import { watchEngine } from './engine-activity.ts';
import { acceptanceOf } from './family-acceptance.ts';
import { readExamples } from './family-examples.ts';
import { resolveFamilyFolder } from './family-folder.ts';
import { createFamilyReporter, type FamilyReporter } from './family-report.ts';
import { placementNodeOf } from './placement-node.ts';

/** What a node's model is started with. */
export interface StartModelCollaborators {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: Directory;
  readonly links: LinkBook;
  /** Notes requests with an id. */
  readonly requests: RequestBook | undefined;
  /** The node's file: paths in it are relative to its folder. */
  readonly configFile: string;
  /** Marks the answers of a family in traces and counts them; asked for once, where this node answers. */
  readonly observeAnswers: (family: string) => AnswerObserver;
  /** Counts what is judged together; asked for once, where this node judges. */
  readonly observeBatches: () => BatchObserver;
}

/** A node's family member, running in its host process, and the actors that work with it. */
export interface NodeModel extends AsyncDisposable {
  readonly engine: HostedEngine;
  readonly family: FamilyFolder;
  /** Names the weights. */
  readonly modelHash: string;
  readonly actors: readonly ActorDefinition[];
  /** What the node's advert says of it. */
  readonly reporter: FamilyReporter;
  /** Sessions it works for at the same time, on average of the last seconds. */
  readonly meanSessions: () => number;
}

/**
 * Starts the model host and makes the actors of the node's roles; undefined for a node without a model. Fails before
 * anything is announced when a file is missing or damaged, or an exit is unknown.
 */
export async function startModel(
  config: NodeConfig,
  collaborators: StartModelCollaborators,
): Promise<NodeModel | undefined> {
  const { model } = config;
  if (model === undefined) return undefined;
  const { clock, logger, configFile } = collaborators;
  const baseFolder = dirname(resolve(configFile));
  const familyFolder = resolveFamilyFolder(model.folder, baseFolder);
  const family = await openFamilyFolder(familyFolder);
  const stateFolder = resolve(baseFolder, config.state.folder);
  const hosted = await createHostedEngine(
    { clock, logger },
    {
      familyFolder,
      exits: model.exits,
      fromLayer: model.fromLayer,
      format: model.format,
      progressive: model.progressive,
      threads: model.threads,
      slowdown: model.slowdown,
      rssLimitBytes: model.residentLimitBytes,
      cacheFolder:
        model.cacheFolder === undefined ? join(stateFolder, 'graphs') : resolve(baseFolder, model.cacheFolder),
    },
  );
  try {
    const { engine, activity } = watchEngine(hosted, { clock });
    const reporter = createFamilyReporter({ clock, logger, activity }, engine);
    const { meanSessions } = activity;
    const actors = await actorsOf(config, { ...collaborators, engine, family, reporter, meanSessions });
    const dispose = async (): Promise<void> => hosted[Symbol.asyncDispose]();
    return {
      ...{ engine, family, actors, reporter, meanSessions, modelHash: hashOf(family.manifest) },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await hosted[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts extends StartModelCollaborators, Pick<NodeModel, 'engine' | 'family' | 'reporter' | 'meanSessions'> {}

async function actorsOf(config: NodeConfig, parts: Parts): Promise<readonly ActorDefinition[]> {
  const { engine } = parts;
  const { answer, verify } = config.roles;
  const actors: ActorDefinition[] = [];
  if (verify !== undefined) {
    checkExit('roles.verify.exit', verify.exit, engine);
    const options = { maxSessions: verify.maxSessions, observeBatches: parts.observeBatches() };
    actors.push(createVerifierRole({ engine }, options) as ActorDefinition);
  }
  if (answer !== undefined) {
    checkExit('roles.answer.exit', answer.exit, engine);
    actors.push(answererOf(answer, config, { ...parts, textModel: await textModelOf(parts) }) as ActorDefinition);
  }
  return [...actors, ...(await relayActors(config.roles, { ...parts, textModel: () => textModelOf(parts) }))];
}

async function textModelOf({ engine, family }: Parts): Promise<TextModel> {
  const { manifest, path } = family;
  const examples = (await readExamples(path)).map(example => example.question);
  const tokenizer = await openTokenizer(family);
  return createTextModel({ manifest, tokenizer, engine }, { modelHash: hashOf(manifest), examples });
}

function answererOf(
  answer: NonNullable<NodeConfig['roles']['answer']>,
  config: NodeConfig,
  parts: Parts & { readonly textModel: TextModel },
): ReturnType<typeof createAnswererRole> {
  const { engine, family, textModel, directory, links, requests, observeAnswers } = parts;
  const { manifest } = family;
  const ownCosts = (): PlacementNode | undefined => ownCostsOf(config, parts);
  return createAnswererRole(
    {
      ...{ engine, textModel, directory, links, ownCosts, observe: observeAnswers(manifest.family) },
      ...(requests === undefined ? {} : { requests }),
    },
    {
      tier: config.node.tier,
      acceptance: acceptanceOf(manifest),
      familyExits: manifest.exits.map(exit => exit.depth),
      decoding: { draftLength: fixedDraftLength(answer.draftLength) },
      ...(answer.exit === undefined ? {} : { draftExit: answer.exit }),
      ...policyOf(answer, config, manifest),
    },
  );
}

/** This node as the planner weighs it, by what was measured here so far. */
function ownCostsOf({ node, power }: NodeConfig, { reporter, meanSessions }: Parts): PlacementNode | undefined {
  return placementNodeOf({
    ...{ node: node.name, tier: node.tier, activeSessions: meanSessions() },
    exitCosts: reporter.report().exitCosts,
    ...(power?.watts === undefined ? {} : { watts: power.watts }),
  });
}

function policyOf(
  { exitPolicy }: NonNullable<NodeConfig['roles']['answer']>,
  { power }: NodeConfig,
  { exits }: FamilyFolder['manifest'],
): Pick<AnswererRoleOptions, 'exitPolicy' | 'confidence'> {
  const confidence = new Map(exits.map(({ depth, confidence }) => [depth, confidence]));
  if (exitPolicy === undefined) return { confidence };
  const { risk, joules, watts = power?.watts, inTime } = exitPolicy;
  const given = Object.entries({ risk, joules, watts }).filter(([, value]) => value !== undefined);
  return { confidence, exitPolicy: { ...Object.fromEntries(given), inTime } };
}

function checkExit(field: string, exit: number | undefined, engine: HostedEngine): void {
  if (exit === undefined || engine.exits.includes(exit)) return;
  throw new AiflowError(
    'invalid-argument',
    `${field} ${exit} is not loaded: model.exits holds ${engine.exits.join(', ')}`,
  );
}

/** Names the weights: the hash of all segment hashes. */
function hashOf(manifest: FamilyFolder['manifest']): string {
  const hash = createHash('sha256');
  for (const { sha256 } of manifest.segments) hash.update(sha256);
  return hash.digest('hex').slice(0, 16);
}
