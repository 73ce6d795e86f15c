// SPDX-License-Identifier: Apache-2.0

/** Where a contender's two processes meet. */
export interface MeetingPlace {
  /** Of the broker. */
  readonly url: string;
  /** Of both sides, for whatever they must agree on. */
  readonly folder: string;
}

/** Sends a request of the size it was prepared for and resolves with the bytes (or characters) of the reply. */
export type Ask = () => Promise<number>;

/** The asking side of a contender. */
export interface Requester extends AsyncDisposable {
  /** The responder echoes, so each ask resolves with `bytes`. */
  prepareAsk(bytes: number): Ask;
  /** Receives `items` items of `bytes` each, for contenders that stream; resolves with the bytes received. */
  readStream?(bytes: number, items: number): Promise<number>;
}

/** One way to ask another process. Each side runs in a process of its own. */
export interface Contender {
  respond(place: MeetingPlace): Promise<AsyncDisposable>;
  request(place: MeetingPlace): Promise<Requester>;
}
