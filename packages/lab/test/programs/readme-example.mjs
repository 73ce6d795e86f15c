import { createLinkEmulator, launchBroker } from '@aiflow/lab';
import { createSeededRandom, createSystemClock } from '@aiflow/time';

const broker = await launchBroker();
const link = await createLinkEmulator(
  { clock: createSystemClock(), random: createSeededRandom(1) },
  { target: { host: '127.0.0.1', port: broker.port }, delayMs: 40, bytesPerSecond: 125_000 },
);
process.stdout.write(`nats://127.0.0.1:${link.port} leads to nats-server ${broker.version} over a slow link\n`);
link.cut('silence'); // connections stay open, nothing passes
link.heal();
await link.close();
await broker.stop(); // no process, port or file is left
