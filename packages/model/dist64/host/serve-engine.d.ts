import type { Clock } from '@aiflow/time';
import { type FromHost, type ToHost } from './host-protocol.ts';
/** The host's end of the channel. */
export interface HostPort {
  send(message: FromHost): void;
  /** Ends the process. */
  exit(): void;
}
/** Takes messages from the node. */
export interface EngineServer {
  receive(message: ToHost): void;
}
/** Serves one engine over `port`. */
export declare function createEngineServer(clock: Clock, port: HostPort): EngineServer;
//# sourceMappingURL=serve-engine.d.ts.map
