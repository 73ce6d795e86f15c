import { trunkSegments } from '../manifest/segments.js';
import { createRangeFeeds } from './range-feeds.js';
import { createServingRungs } from './serving-rungs.js';
import { createStage } from './stage.js';
/**
 * Loads what the plan needs and nothing else, one graph after the other to keep the peak of memory low. The trunk is cut
 * at the loaded exits only: each further cut costs a graph run a token.
 */
export async function loadRungs(graphs, manifest, plan) {
  const { dimensions } = manifest;
  const rangeFeeds = createRangeFeeds();
  const stageOf = (graph, definition) => createStage(graph, rangeFeeds, { ...definition, dimensions });
  const loadTrunk = async (from, to) => {
    const segments = trunkSegments(manifest).filter(segment => segment.from >= from && segment.to <= to);
    return stageOf(await graphs.trunk(segments), { id: `trunk-${from}-${to}`, kind: 'trunk', from, blocks: to - from });
  };
  const loadExit = async choice =>
    stageOf(await graphs.exit(choice), { id: stageId(choice), kind: 'exit', from: choice.exit, blocks: 1 });
  const byExit = await loadAll(plan, { loadTrunk, loadExit });
  return { serving: createServingRungs(byExit), loadExit };
}
/** Caches and decisions are kept by this id, so that those of two rungs never meet. */
function stageId({ exit, rung }) {
  return `exit-${exit}-rung-${rung}`;
}
/** Whatever fails, what was loaded before it is released. */
async function loadAll({ exits, fromLayer }, loaders) {
  const loaded = [];
  const keep = stage => {
    loaded.push(stage);
    return stage;
  };
  const byExit = new Map();
  let trunk = [];
  let from = fromLayer;
  try {
    for (const choice of exits) {
      const { exit: depth, rung } = choice;
      if (depth > from) trunk = [...trunk, keep(await loaders.loadTrunk(from, depth))];
      byExit.set(depth, { trunk, exit: keep(await loaders.loadExit(choice)), rung });
      from = depth;
    }
    return byExit;
  } catch (error) {
    await Promise.all(loaded.map(stage => stage.release()));
    throw error;
  }
}
//# sourceMappingURL=load-rungs.js.map
