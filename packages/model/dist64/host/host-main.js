// SPDX-License-Identifier: Apache-2.0
//
// Entry of the model host process. It never outlives its parent: when the channel closes, it ends. Signals that mean the
// whole process group (Ctrl-C in a terminal, a service manager that stops a node) reach it too; it leaves the order of
// shutting down to its parent, which may have answers to finish.
import { createSystemClock } from '@aiflow/time';
import { createEngineServer } from './serve-engine.js';

const server = createEngineServer(createSystemClock({ keepAlive: true }), {
  send: message => {
    if (process.connected) process.send?.(message);
  },
  exit: () => process.exit(0),
});
process.on('message', message => server.receive(message));
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
//# sourceMappingURL=host-main.js.map
