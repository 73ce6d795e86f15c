import { expect, test } from 'vitest';
import { riskAt, verifyRounds } from './token-marks.ts';

const marksOf = (text: string): { agrees: boolean }[] => [...text].map(mark => ({ agrees: mark === '1' }));

test('a round commits what was accepted and the token of the verifier', () => {
  expect(verifyRounds(marksOf('1'.repeat(9)))).toBe(1);
  expect(verifyRounds(marksOf('1'.repeat(10)))).toBe(2);
  expect(verifyRounds(marksOf('0000'))).toBe(4);
  expect(verifyRounds(marksOf('11011111111'))).toBe(2);
  expect(verifyRounds([])).toBe(0);
});

test('risk is of the tokens with the margin alone, and its bound lies above it', () => {
  const marks = [
    ...Array.from({ length: 98 }, () => ({ agrees: true, margin: 5 })),
    ...Array.from({ length: 2 }, () => ({ agrees: false, margin: 5 })),
    ...Array.from({ length: 100 }, () => ({ agrees: false, margin: 1 })),
  ];
  const sure = riskAt(marks, 4);
  expect(sure).toMatchObject({ tokens: 100, coverage: 0.5, risk: 0.02 });
  expect(sure.upper).toBeGreaterThan(0.045); // Clopper and Pearson: 0.0616, Wilson is a little bolder
  expect(sure.upper).toBeLessThan(0.0617);
  expect(riskAt(marks, 9)).toMatchObject({ tokens: 0, risk: 0, upper: 1 });
});
