/** Up to here a run takes about as long as for one row, since it reads the same weights. */
const MAX_ROWS = 8;
const WINDOW = 31;
/** An exit's block and its head, in blocks of the trunk. */
const EXIT_BLOCKS = 2;
/** Keeps the last 31 short runs of each stage. Times are multiplied by `slowdown`, as the caller of an engine sees them. */
export function createStageCosts({ slowdown = 1 } = {}) {
  const runs = new Map();
  const perBlock = createRunningMedian(WINDOW);
  const blocksOf = stage => (stage.kind === 'exit' ? EXIT_BLOCKS : stage.blocks);
  const msPerRun = stage => runs.get(stage.id)?.value;
  return {
    record: (stage, rows, ms) => {
      if (rows > MAX_ROWS) return;
      const own = runs.get(stage.id) ?? createRunningMedian(WINDOW);
      runs.set(stage.id, own);
      own.push(ms * slowdown);
      perBlock.push((ms * slowdown) / blocksOf(stage));
    },
    msPerRun,
    tokenMs: asked => {
      const stages = new Set(asked.flatMap(({ trunk, exit }) => [...trunk, exit]));
      const blockMs = perBlock.value ?? Number.POSITIVE_INFINITY;
      return [...stages].reduce((sum, stage) => sum + (msPerRun(stage) ?? blocksOf(stage) * blockMs), 0);
    },
  };
}
function createRunningMedian(window) {
  const values = [];
  let median;
  return {
    get value() {
      median ??= [...values].sort((left, right) => left - right)[values.length >> 1];
      return median;
    },
    push: value => {
      values.push(value);
      if (values.length > window) values.shift();
      median = undefined;
    },
  };
}
//# sourceMappingURL=stage-costs.js.map
