// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import { describe, expect, test } from 'vitest';
import { createMeshLife, type MeshLife } from './mesh-life.ts';

const taken = new AiflowError('already-exists', 'the name is taken');

function joined(): MeshLife {
  const life = createMeshLife();
  life.join();
  expect(life.settle()).toBe(true);
  return life;
}

describe('the life of a node on its mesh', () => {
  test('goes from idle over joining and joined to left', () => {
    const life = createMeshLife();
    expect([life.state, life.isOnMesh]).toEqual(['idle', false]);
    life.join();
    expect([life.state, life.isOnMesh]).toEqual(['joining', true]);
    life.settle();
    expect([life.state, life.isOnMesh]).toEqual(['joined', true]);
    expect(life.leave()).toBe(true);
    expect([life.state, life.isOnMesh]).toEqual(['left', false]);
  });

  test('needs no farewell when it was never on the mesh, or was left before', () => {
    expect(createMeshLife().leave()).toBe(false);
    const life = joined();
    life.leave();
    expect(life.leave()).toBe(false);
  });

  test('is not joined by a window that ends after it was left', () => {
    const life = createMeshLife();
    life.join();
    life.leave();
    expect(life.settle()).toBe(false);
    expect(life.state).toBe('left');
  });

  test('tells a name that was refused from one that was lost', () => {
    const joining = createMeshLife();
    joining.join();
    expect(joining.yield(taken)).toBe('refused');
    expect(joined().yield(taken)).toBe('lost');
  });

  test('keeps its first conflict, whatever comes later', () => {
    const life = joined();
    life.yield(taken);
    expect(life.yield(new AiflowError('already-exists', 'again'))).toBe('ignored');
    expect(life.leave()).toBe(false);
    expect(life.settle()).toBe(false);
    expect([life.state, life.conflict, life.isOnMesh]).toEqual(['conflict', taken, false]);
  });
});
