import { defineActor, jsonAsk } from '@aiflow/actor';

export const report = jsonAsk<{ celsius: number }, { hottest: number }>('example.report');

export default defineActor({
  name: 'thermometer',
  create: () => ({ hottest: Number.NEGATIVE_INFINITY }),
  handlers: on => [
    on.ask(report, (state, { celsius }) => {
      state.hottest = Math.max(state.hottest, celsius);
      return { hottest: state.hottest };
    }),
  ],
});
