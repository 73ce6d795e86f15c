/** Serves `byExit`. */
export function createServingRungs(byExit) {
  let serving = byExit;
  const running = new Set();
  return {
    get byExit() {
      return serving;
    },
    during: work => {
      const call = work(serving);
      const settled = call.then(
        () => running.delete(settled),
        () => running.delete(settled),
      );
      running.add(settled);
      return call;
    },
    replace: async (exit, { stage, rung }) => {
      const before = serving.get(exit);
      if (before === undefined) return stage.release();
      serving = new Map(serving).set(exit, { ...before, exit: stage, rung });
      await Promise.all(running);
      await before.exit.release();
    },
    release: async () => {
      const stages = new Set([...serving.values()].flatMap(({ trunk, exit }) => [...trunk, exit]));
      serving = new Map();
      await Promise.all([...stages].map(stage => stage.release()));
    },
  };
}
//# sourceMappingURL=serving-rungs.js.map
