"""Checks of the exporter, the manifest and, where torch is installed, the model against the reference."""

import importlib.util
import json
import tempfile
import unittest
from pathlib import Path

import numpy

from . import safetensors_file
from .components import multiplied_out, quantise_components
from .export import dequantised, export, quantise, random_parameters, segments
from .manifest import feature_spaces, list_segments, trunk_of
from .reference import Reference
from .shape import NANO, TINY

SHIPPED = Path(__file__).parents[1] / "packages/family-nano"
HAS_TORCH = bool(importlib.util.find_spec("torch"))


class Export(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.parameters = random_parameters(TINY)
        export(segments(self.parameters, TINY), self.folder)

    def test_int8_is_within_half_a_step(self):
        matrix = self.parameters["layers.0.attention.qkv.weight"]
        whole, scale = quantise(matrix, axis=0)
        self.assertLessEqual(float(numpy.abs(whole * scale - matrix).max()), float(scale.max()) / 2 + 1e-7)

    def test_every_parameter_comes_back(self):
        found = dequantised(self.folder)
        self.assertEqual(set(found), set(self.parameters))
        for name, array in found.items():
            self.assertEqual(array.shape, self.parameters[name].shape)

    def test_components_are_within_half_a_step_of_both_factors(self):
        left, right = (self.parameters[f"exits.1.attention.qkv.{side}"] for side in ("left", "right"))
        tall, wide, scale = quantise_components(left, right)
        self.assertEqual((tall.dtype, wide.dtype, scale.shape), (numpy.int8, numpy.int8, (left.shape[1],)))
        again = quantise_components(tall * scale, wide.astype(numpy.float32))
        self.assertTrue((again[0] == tall).all() and (again[1] == wide).all())
        self.assertLess(float(numpy.abs((tall * scale) @ wide - left @ right).max()), 0.05)

    def test_a_rung_is_a_prefix_bit_for_bit(self):
        whole = dequantised(self.folder)
        for rung in TINY.rungs:
            part, ranks = dequantised(self.folder, rung), TINY.rung_ranks(rung)
            for name, count in ranks.items():
                left, right = (f"exits.4.{name}.{side}" for side in ("left", "right"))
                self.assertEqual(part[left].shape[1], count)
                self.assertTrue((part[left] == whole[left][:, :count]).all() and (part[right] == whole[right][:count]).all())

    def test_feature_space_follows_its_layers_only(self):
        before = feature_spaces(list_segments(self.folder, TINY), TINY)
        path = self.folder / f"trunk-{TINY.trunk_spans[-1][0]}-{TINY.layers}.safetensors"
        arrays = safetensors_file.read(path)
        name = next(name for name in arrays if name.endswith("qkv.scale"))
        safetensors_file.write(path, {**arrays, name: arrays[name] * 2})
        after = feature_spaces(list_segments(self.folder, TINY), TINY)
        self.assertEqual(before[0], after[0])
        self.assertNotEqual(before[1], after[1])

    @unittest.skipUnless(HAS_TORCH, "torch is not installed")
    def test_torch_and_reference_agree(self):
        import torch

        from .checkpoint import fill
        from .decoding import greedy
        from .model import Nano

        if not hasattr(torch.nn.functional, "scaled_dot_product_attention"):
            self.skipTest("this torch is too old")
        parameters = multiplied_out(dequantised(self.folder))
        model, reference = Nano(TINY).eval(), Reference(parameters, TINY)
        fill(model, parameters)
        prompts = [[1, 40, 500, 272, 300, 2], [1, 40, 2]]
        for depth in TINY.exits:
            cached = greedy(model, prompts, depth, end=-1, longest=8)
            for prompt, ids in zip(prompts, cached):
                self.assertEqual(ids[:8], reference.greedy(prompt, depth, 8))


class Shipped(unittest.TestCase):
    def test_manifest_describes_the_files(self):
        manifest = json.loads((SHIPPED / "manifest.json").read_text())
        for segment in list_segments(SHIPPED, NANO):
            self.assertIn(segment, manifest["segments"])
            self.assertLess(segment["bytes"], 16_000_000)
        self.assertLess(sum(segment["bytes"] for segment in manifest["segments"]), 26_000_000)

    def test_manifest_counts_what_a_rung_needs(self):
        manifest = json.loads((SHIPPED / "manifest.json").read_text())
        sizes = {segment["id"]: segment["bytes"] for segment in manifest["segments"]}
        for entry in manifest["exits"]:
            for rung in entry["rungs"]:
                self.assertEqual(rung["bytes"], sum(sizes[name] for name in rung["segments"]))
                dense = multiplied_out(dequantised(SHIPPED, rung["rung"]))
                self.assertEqual(dense[f"exits.{entry['depth']}.attention.qkv.weight"].shape, (384, 1152))
            margins = [one["margin"] for one in entry.get("confidence", [])]
            self.assertEqual(margins, sorted(margins, reverse=True))

    def test_segments_of_an_exit_are_its_trunk(self):
        self.assertEqual(trunk_of(TINY, TINY.exits[0]), ["embedding", "trunk-0-1"])


if __name__ == "__main__":
    unittest.main()
