// SPDX-License-Identifier: Apache-2.0
import { AiflowError, type AskContract, jsonAsk } from '@aiflow/protocol';

// A message of your own: a name, and a check of what comes in.
const reading: AskContract<{ sensor: string }, { celsius: number }> = jsonAsk('acme.reading', {
  request: json => {
    const { sensor } = json as { sensor?: unknown };
    if (typeof sensor === 'string') return { sensor };
    throw new AiflowError('invalid-argument', 'reading needs a sensor: send {"sensor":"t1"}');
  },
});
const payload = reading.request.encode({ sensor: 't1' });
process.stdout.write(`${reading.request.decode(payload).sensor}\n`);
