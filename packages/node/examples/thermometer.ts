import { defineActor, jsonAsk } from '@aiflow/actor';

const request = (json: unknown): { celsius: number } => {
  if (Number.isFinite(Object(json).celsius)) return Object(json);
  throw new TypeError('celsius must be a number, such as {"celsius": 21}');
};
export const report = jsonAsk<{ celsius: number }, { hottest: number }>('example.report', { request });

export default defineActor({
  name: 'thermometer',
  create: () => ({ hottest: Number.NEGATIVE_INFINITY }),
  handlers: on => [
    on.ask(report, (state, { celsius }) => Object.assign(state, { hottest: Math.max(state.hottest, celsius) })),
  ],
});
