// SPDX-License-Identifier: Apache-2.0
import { createActorSystem, createMemoryNetwork } from '@aiflow/actor';
import { createTelemetry, createTraceActor, drawTraceTree, parseTraceParent } from '@aiflow/telemetry';
import { createSystemClock, createSystemRandom } from '@aiflow/time';

const clock = createSystemClock();
const random = createSystemRandom();
const telemetry = createTelemetry({ clock, random }, { node: 'edge-1', tier: 'edge', fleet: 'demo' });
const transport = createMemoryNetwork({ clock, random }).transport('edge-1');
const system = createActorSystem({ transport, clock, random, interceptors: [telemetry.interceptor] });
system.spawn(createTraceActor(telemetry.spans)); // lets other nodes collect spans from here
await system.start();
const span = telemetry.startSpan('aiflow.answer'); // calls given `{ trace: span.context() }` belong to it
span.end();
const traceId = parseTraceParent(span.context())?.traceId ?? '';
process.stdout.write(drawTraceTree(telemetry.spans.collect(traceId)));
await system[Symbol.asyncDispose]();
