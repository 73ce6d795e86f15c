import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FLEET_CONFIG } from './fleet-config.ts';
import { maskSecrets } from './mask-secrets.ts';
import { NODE_CONFIG } from './node-config.ts';
import { parseConfig, readConfig } from './parse-config.ts';

const MINIMAL = 'fleet: lab\nnode: { name: device-1, tier: device }\n';

const parseNode = (text: string, environment: Record<string, string> = {}) =>
  parseConfig(text, NODE_CONFIG, { file: 'node.yaml', environment });

test('a minimal file is filled with defaults', () => {
  const config = parseNode(MINIMAL);
  expect(config.mesh.url).toBe('nats://127.0.0.1:4222');
  expect(config.node.site).toBe('main');
  expect(config.mesh.trust.policy).toBe('listed');
});

test('every problem is listed with its path, line and hint', () => {
  const text = 'fleet: lab\nnode:\n  name: Device_1\n  tier: desk\nunheard: 1\n';
  expect(() => parseNode(text)).toThrow(/3 problem\(s\)/);
  expect(() => parseNode(text)).toThrow(/node\.yaml:3: node\.name: use 1 to 63/);
  expect(() => parseNode(text)).toThrow(/node\.yaml:4: node\.tier: .*"device"\|"edge"\|"cloud"/);
  expect(() => parseNode(text)).toThrow(/unheard/);
});

test('text that is not YAML is refused with the line where it breaks', () => {
  expect(() => parseNode('fleet: lab\nnode: { name: [\n')).toThrow(/node\.yaml:\d+: \(file\):/);
});

test('environment variables override the file and keep their types', () => {
  const config = parseNode(MINIMAL, {
    AIFLOW__MESH__URL: 'nats://10.0.0.1:4222',
    AIFLOW__DRAIN_TIMEOUT_MS: '1500',
    HOME: '/root',
  });
  expect(config.mesh.url).toBe('nats://10.0.0.1:4222');
  expect(config.drainTimeoutMs).toBe(1500);
});

test('an environment variable that does not fit is refused like a line of the file', () => {
  expect(() => parseNode(MINIMAL, { AIFLOW__HEALTH__PORT: 'many' })).toThrow(/health\.port/);
  expect(() => parseNode(MINIMAL, { AIFLOW__FLEET__NAME: 'x' })).toThrow(/AIFLOW__FLEET__NAME points into a value/);
});

test('a role that needs a model says so', () => {
  expect(() => parseNode(`${MINIMAL}roles: { verify: {} }\n`)).toThrow(/add model\.folder/);
});

test('what a node draws is stated in watts, once for all it is used for', () => {
  expect(parseNode(MINIMAL)).not.toHaveProperty('power');
  expect(parseNode(`${MINIMAL}power: { watts: 12.5 }\n`).power).toEqual({ watts: 12.5 });
  const model = 'model: { folder: nano, exits: [1] }\n';
  const limited = `${MINIMAL}${model}roles: { answer: { exitPolicy: { joules: 3 } } }\n`;
  expect(() => parseNode(limited)).toThrow(/roles\.answer\.exitPolicy\.joules: .*power\.watts/);
  expect(parseNode(`${limited}power: { watts: 5 }\n`).power).toEqual({ watts: 5 });
});

test.each(['0', '-1', '.nan', '.inf', '2e6', 'much'])('a draw of %s watts is refused', watts => {
  expect(() => parseNode(`${MINIMAL}power: { watts: ${watts} }\n`)).toThrow(/power\.watts/);
});

test('a fleet file with two nodes of one name is refused', () => {
  const text = 'fleet: lab\nnodes:\n  - { name: a, tier: edge }\n  - { name: a, tier: cloud }\n';
  expect(() => parseConfig(text, FLEET_CONFIG, { file: 'fleet.yaml' })).toThrow(
    /fleet\.yaml:4: nodes\[1\]\.name: .*used twice/,
  );
});

test('masking hides passwords and credentials in addresses, and keeps file names', () => {
  expect(
    maskSecrets({ url: 'nats://me:pw@host:4222', password: 'pw', passwordFile: '/etc/pw', list: [{ token: 't' }] }),
  ).toEqual({
    url: 'nats://***@host:4222',
    password: '***',
    passwordFile: '/etc/pw',
    list: [{ token: '***' }],
  });
});

test('a file that can not be read is named once, with the reason', async () => {
  await expect(readConfig('/nowhere/node.yaml', NODE_CONFIG)).rejects.toMatchObject({
    code: 'not-found',
    message: "config file /nowhere/node.yaml can't be read: ENOENT: no such file or directory",
  });
});

test('the sample of deploy/ is a node file, without a secret in it', async () => {
  const config = await readConfig(join(import.meta.dirname, '../../../../deploy/node.yaml'), NODE_CONFIG);
  expect(config).toMatchObject({ node: { tier: 'device' }, mesh: { insecure: false, trust: { policy: 'listed' } } });
  expect(maskSecrets(config)).toEqual(config);
  expect(Object.keys(config.mesh.trust.keys)).not.toContain(config.node.name);
});
