/** An empty ledger. */
export function createSessionLedger({ maxSessions }) {
  const entries = new Map();
  const touch = entry => {
    entries.delete(entry.session);
    entries.set(entry.session, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= maxSessions) break;
      entries.delete(oldest);
    }
    return entry;
  };
  return {
    get size() {
      return entries.size;
    },
    put: ({ session, prompt, answer = [], sampling }) => touch({ session, prompt, sampling, answer, host: undefined }),
    find: session => {
      const found = entries.get(session);
      return found === undefined ? undefined : touch(found);
    },
    remove: session => {
      entries.delete(session);
    },
  };
}
/** The request that brings an entry's session back. */
export function reopening({ session, prompt, sampling, answer }) {
  return sampling === undefined ? { session, prompt, answer } : { session, prompt, answer, sampling };
}
//# sourceMappingURL=session-ledger.js.map
