import { connect } from '@aiflow/node';
import { report } from './thermometer.ts';

await using fleet = await connect({ fleet: 'harbour' });

const { hottest } = await fleet.ask('thermometer@device-1', report, { celsius: 21 });
console.log(`hottest so far: ${hottest}`);

const question =
  'The cart Juno has 61 % left. Every job uses 12 % and it does 4 jobs. Find out how much battery is left.';
for await (const revision of fleet.ask(question)) {
  console.log(`${revision.tier}, exit ${revision.exit}, ${revision.committed} tokens committed: ${revision.text}`);
}
