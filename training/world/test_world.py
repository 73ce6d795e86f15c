"""The world's promises; those of the renderer are skipped without torch."""

import importlib.util
import unittest

from ..tokenizer import Tokenizer
from .angles import ONE, rotation, sine
from .scene import make_scene
from .stage import SLOTS

TORCH = importlib.util.find_spec("torch") is not None
INDICES = range(40)
GOLDEN = ("farm", ["sign", "panel", "panel"])


class Scenes(unittest.TestCase):
    def test_a_seed_and_an_index_give_one_scene(self):
        self.assertEqual(make_scene("a", 3), make_scene("a", 3))
        self.assertNotEqual(make_scene("a", 3), make_scene("a", 4))
        self.assertNotEqual(make_scene("a", 3), make_scene("b", 3))

    def test_a_known_scene_stays_as_it_is(self):
        scene = make_scene("golden", 1)
        self.assertEqual((scene.place, [thing.kind for thing in scene.things][:3]), GOLDEN)

    def test_all_state_is_whole_numbers(self):
        for index in INDICES:
            scene = make_scene("a", index)
            for thing in scene.things_at(730):
                self.assertTrue(all(type(value) is int for value in (thing.x, thing.y, thing.z, thing.yaw, thing.speed)))
            for camera in scene.cameras:
                self.assertTrue(all(type(value) is int for value in vars(camera.at(730)).values()))

    def test_parts_fit_the_slots(self):
        for index in range(150):
            used = [0, 0, 0]
            for thing in make_scene("slots", index).things:
                for part in thing.parts:
                    used[part.shape] += 1
            self.assertTrue(all(count <= most for count, most in zip(used, SLOTS)))

    def test_things_move_only_with_time(self):
        scene = next(s for s in (make_scene("move", index) for index in range(99)) if any(t.speed for t in s.things))
        self.assertEqual(scene.things_at(0), list(scene.things))
        self.assertNotEqual(scene.things_at(1000), list(scene.things))

    def test_sines_are_rounded_to_a_grid(self):
        self.assertEqual((sine(0), sine(256), sine(512), sine(128)), (0, ONE, 0, 46341))
        self.assertEqual(rotation(0, 0), ((ONE * ONE, 0, 0), (0, ONE * ONE, 0), (0, 0, ONE * ONE)))


@unittest.skipUnless(TORCH, "needs torch")
class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from .sample import asked

        cls.scenes, cls.pictures, cls.questions = asked("test", INDICES, colour=False)

    def test_a_windowed_survey_equals_the_whole_one(self):
        import torch

        from .parts import pack
        from .render import _FIELDS
        from .survey import _whole, backdrop, cast, plane, survey

        batch = pack(self.scenes[:4], [0] * 4, [0] * 4)
        tensors = {name: torch.from_numpy(getattr(batch, name)) for name in _FIELDS}
        depth, slot = survey(batch, tensors, 64)
        u = plane(64, "cpu")
        start = backdrop(tensors["camera"], tensors["basis"], tensors["room"], u, -u)
        across = tensors["axes"][:, :, 0, :, None] * u + tensors["axes"][:, :, 1, :, None]
        down = tensors["axes"][:, :, 2, :, None] * -u
        whole = _whole(tensors, batch.used, *start, across, down, cast)
        self.assertTrue(torch.equal(depth, whole[0]) and torch.equal(slot, whole[1]))

    def test_segmentation_names_things_of_the_scene(self):
        for scene, segmentation, pixels in zip(self.scenes, self.pictures.segmentation, self.pictures.pixels):
            self.assertLess(int(segmentation.max()), 3 + len(scene.things))
            for index in range(len(scene.things)):
                self.assertEqual(int((segmentation == 3 + index).sum()), int(pixels[index]))

    def test_depth_is_within_its_range(self):
        self.assertGreater(float(self.pictures.depth.min()), 0.04)
        self.assertLessEqual(float(self.pictures.depth.max()), 200.0)

    def test_a_scene_seen_from_several_cameras_and_times(self):
        from .render import render, render_clip

        scene = make_scene("slots", 5)
        several = render([scene] * 3, [0, 1, 2], size=32, samples=1)
        self.assertFalse(bool((several.depth[0] == several.depth[1]).all()))
        self.assertEqual(tuple(render_clip(scene, 0, 3, size=32, samples=1).image.shape), (3, 3, 32, 32))

    def test_pictures_repeat_bit_for_bit(self):
        from .render import render

        one, again = (render(self.scenes[:2], size=48).image for _ in range(2))
        self.assertTrue(bool((one == again).all()))

    def test_questions_are_plain_words_and_repeat(self):
        from .sample import asked

        tokenizer = Tokenizer.load("packages/family-nano/tokenizer.json")
        self.assertEqual(asked("test", range(6), colour=False)[2], self.questions[:6])
        for question in (question for some in self.questions for question in some):
            self.assertRegex(question.text, r"^[a-z, ]+[?.]$")
            self.assertRegex(question.answer, r"^([a-z]+|[0-9]{1,2})$")
            self.assertLessEqual(len(tokenizer.encode(question.text)), 40)

    def test_every_kind_is_asked(self):
        from .questions import KINDS

        self.assertEqual({question.kind for some in self.questions for question in some}, set(KINDS))


if __name__ == "__main__":
    unittest.main()
