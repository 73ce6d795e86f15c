// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
/** The exit at `depth`; `not-found` names those that exist. */
export function findExit(manifest, depth) {
  const found = manifest.exits.find(exit => exit.depth === depth);
  if (found !== undefined) return found;
  const known = manifest.exits.map(exit => exit.depth).join(', ');
  throw new AiflowError('not-found', `family ${manifest.family} has no exit ${depth}: its exits are ${known}`, {
    details: { family: manifest.family, exit: String(depth) },
  });
}
/** The number of an exit's last rung. */
export function lastRung({ rungs }) {
  return rungs.length;
}
/** A rung of an exit; `not-found` names those that exist. */
export function findRung(manifest, { exit, rung }) {
  const { rungs } = findExit(manifest, exit);
  const found = rungs.find(entry => entry.rung === rung);
  if (found !== undefined) return found;
  const known = rungs.map(entry => entry.rung).join(', ');
  throw new AiflowError('not-found', `exit ${exit} of family ${manifest.family} has no rung ${rung}: it has ${known}`, {
    details: { family: manifest.family, exit: String(exit), rung: String(rung) },
  });
}
/**
 * What is to be run, each exit once, ascending by depth.
 *
 * @throws AiflowError `not-found` for an exit or rung the family lacks; `invalid-argument` for an exit at two rungs, since
 * an engine runs an exit at one size.
 */
export function resolveExits(manifest, choices) {
  const chosen = new Map();
  for (const choice of choices) {
    const resolved = resolveExit(manifest, choice);
    const other = chosen.get(resolved.exit);
    if (other !== undefined && other.rung !== resolved.rung) {
      throw new AiflowError(
        'invalid-argument',
        `exit ${resolved.exit} is asked for at rung ${other.rung} and at rung ${resolved.rung}: choose one rung an exit`,
      );
    }
    chosen.set(resolved.exit, resolved);
  }
  return [...chosen.values()].sort((left, right) => left.exit - right.exit);
}
function resolveExit(manifest, choice) {
  const asked = typeof choice === 'number' ? { exit: choice, rung: lastRung(findExit(manifest, choice)) } : choice;
  findRung(manifest, asked);
  return { exit: asked.exit, rung: asked.rung };
}
//# sourceMappingURL=exit-choice.js.map
