// SPDX-License-Identifier: Apache-2.0

import { quantizeBlocks } from './block-quantization.ts';
import type { BlockMatrix, FactoredMatrix } from './factored-matrix.ts';
import type { GraphBuilder } from './graph-builder.ts';
import type { QuantizedMatrix } from './quantized-matrix.ts';

/** The arithmetic of matrix products in a graph. */
export type LinearFormat = 'fp32' | 'int8' | 'int4';

/** Emits `input @ matrix` for an input [n, rows] and returns the name of the result [n, columns]. */
export type EmitLinear = (graph: GraphBuilder, input: string, matrix: QuantizedMatrix) => string;

/** How each format multiplies. */
export const LINEAR: Readonly<Record<LinearFormat, EmitLinear>> = {
  fp32: emitFloat,
  int8: emitInteger,
  int4: emitNibbles,
};

/** Emits `input @ matrix` for a matrix in any form. */
export type EmitProduct = (graph: GraphBuilder, input: string, matrix: BlockMatrix) => string;

/**
 * How a format multiplies by matrices that may be components. In int4 these keep the int8 they ship in: they are small, and
 * two products in four bits each took exit 1 of the shipped family from 94 to 89 % of fp32's tokens at rung 1.
 */
export function productIn(format: LinearFormat): EmitProduct {
  const linear = LINEAR[format];
  const factor = LINEAR[format === 'int4' ? 'int8' : format];
  return (graph, input, matrix) => {
    if (!('left' in matrix)) return linear(graph, input, matrix);
    if (matrix.isMultipliedOut) return emitMultipliedOut(graph, input, matrix);
    return factor(graph, factor(graph, input, matrix.left), matrix.right);
  };
}

/** In fp32: the file holds the components, onnxruntime folds their product once, at load. */
function emitMultipliedOut(graph: GraphBuilder, input: string, { left, right }: FactoredMatrix): string {
  const product = graph.node('MatMul', [emitFloatConstant(graph, left), emitFloatConstant(graph, right)]);
  return graph.node('MatMul', [input, product]);
}

/** The product stays as small as the shipped weights on disk: onnxruntime folds Cast and Mul to fp32 once, at load. */
function emitFloat(graph: GraphBuilder, input: string, matrix: QuantizedMatrix): string {
  return graph.node('MatMul', [input, emitFloatConstant(graph, matrix)]);
}

function emitFloatConstant(graph: GraphBuilder, matrix: QuantizedMatrix): string {
  const stored = graph.constant(`${matrix.name}.weight`, matrix.values, [matrix.rows, matrix.columns]);
  const scales = graph.constant(`${matrix.name}.scale`, matrix.scales, [matrix.columns]);
  return graph.node('Mul', [graph.node('Cast', [stored], { attributes: { to: 1 } }), scales]);
}

const STEP = 1 / 127;
const ZERO = 128;

/**
 * Activations are rounded to int8 with one scale a row, so that a token's result depends on its own row only (a scale
 * over the block made logits differ by up to 0.9 between blocks and single steps; per row 0.14 to 0.27). A row is divided
 * by its peak and its product multiplied by it; a row of zeros comes out as zeros, since its product is finite.
 */
function emitInteger(graph: GraphBuilder, input: string, matrix: QuantizedMatrix): string {
  const stored = graph.constant(`${matrix.name}.weight`, matrix.values, [matrix.rows, matrix.columns]);
  const scales = graph.constant(`${matrix.name}.scale`, matrix.scales, [matrix.columns]);
  const peak = graph.node('ReduceMax', [graph.node('Abs', [input]), graph.integers([-1])]);
  const step = graph.scalar(STEP);
  const zero = graph.constant('zero_point', Uint8Array.of(ZERO), []);
  const rounded = graph.node('QuantizeLinear', [graph.node('Div', [input, peak]), step, zero]);
  const product = graph.node('MatMulIntegerToFloat', [rounded, stored, step, scales, zero], { microsoft: true });
  return graph.node('Mul', [product, peak]);
}

/** Rows that share a scale. */
const BLOCK_ROWS = 32;
/** Activations in int8: at full precision a product took 1.7 times as long. */
const INTEGER_ACTIVATIONS = 4;

/** Four bits a weight: the fewest bytes a step must read, for a drafter's single tokens. */
function emitNibbles(graph: GraphBuilder, input: string, matrix: QuantizedMatrix): string {
  const { name, rows, columns } = matrix;
  const { codes, scales, blocks } = quantizeBlocks(matrix, BLOCK_ROWS);
  const stored = [
    graph.constant(`${name}.codes`, codes, [columns, blocks, BLOCK_ROWS / 2]),
    graph.constant(`${name}.scales`, scales, [columns * blocks]),
  ];
  return graph.node('MatMulNBits', [input, ...stored], {
    microsoft: true,
    attributes: { K: rows, N: columns, bits: 4, block_size: BLOCK_ROWS, accuracy_level: INTEGER_ACTIVATIONS },
  });
}
