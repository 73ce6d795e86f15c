// SPDX-License-Identifier: Apache-2.0
// Starts a group of a listening child and a stubborn one with a grandchild, says which, and waits.
import { createProcessGroup } from '@aiflow/lab';

const group = await createProcessGroup();
const said = new Map();
const hear = name => line => said.set(name, line.text);
const until = name => signal =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    const look = () => (said.has(name) ? resolve() : setTimeout(look, 5));
    look();
  });
const listen = 'const s = require("node:net").createServer().listen(0, () => console.log(s.address().port))';
await group.start({
  ...{ name: 'listener', command: process.execPath, args: ['-e', listen] },
  ...{ onLine: hear('listener'), isReady: until('listener') },
});
const stubborn = 'trap "" TERM; sleep 300 & echo "$$ $!"; wait; sleep 300';
await group.start({
  ...{ name: 'stubborn', command: '/bin/sh', args: ['-c', stubborn], graceMs: 300 },
  ...{ onLine: hear('stubborn'), isReady: until('stubborn') },
});
const [shell, grandchild] = said.get('stubborn').split(' ').map(Number);
process.stdout.write(
  `${JSON.stringify({ port: Number(said.get('listener')), pids: [shell, grandchild], folder: group.folder })}\n`,
);
const end = await group.ended;
process.stdout.write(`${end.reason}\n`);
