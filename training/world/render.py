"""Pictures of scenes: colour, depth, segmentation and the list of things, on CPU or GPU."""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F

from .noise import bell, value_noise
from .parts import PARTS, THINGS, pack
from .shade import GRAIN, NOISE, shade
from .survey import cast, plane, survey
from .texture import glyph_table

SIZE = 224
_FIELDS = ("origin", "axes", "local", "centre", "half", "surface", "camera", "basis", "room", "road", "shadows", "look")


@dataclass
class Pictures:
    """B pictures. `image` uint8 [B, 3, size, size]; `depth` metres along the optical axis, 200 where nothing
    is; `segmentation` int64: 0 sky, 1 ground, 2 wall or ceiling, 3 + n thing n of the scene; `pixels` and
    `telling` int64 [B, 32]: how many pixels show thing n, and the parts of it that tell of damage or text."""

    image: torch.Tensor | None
    depth: torch.Tensor
    segmentation: torch.Tensor
    pixels: torch.Tensor
    telling: torch.Tensor


@lru_cache(maxsize=None)
def _compiled(function):
    torch._dynamo.config.recompile_limit = 64
    return torch.compile(function, dynamic=False)


def _maybe_compiled(function, compiled):
    return _compiled(function) if compiled else function


def develop(look, colour):
    """uint8 pictures of linear colours: vignette, sensor noise, gamma."""
    size = colour.shape[-1]
    at = plane(size, colour.device)
    colour = colour * (1.0 - 0.18 * (at * at + (at * at)[:, None]))
    pixel = torch.arange(colour[0].numel(), device=colour.device, dtype=torch.int32).view(colour.shape[1:])
    seed = (look[:, GRAIN] * 64).to(torch.int32)[:, None, None, None]
    level = colour.clamp(0, 1) ** (1 / 2.2)
    level = level + look[:, NOISE, None, None, None] / 1000 * bell(pixel[None], seed)
    return (level.clamp(0, 1) * 255 + 0.5).to(torch.uint8)


def _counts(owner, mask, slot):
    """Pixels by thing [B, 32] of the parts in `mask`."""
    per_part = torch.zeros(len(slot), PARTS + 3, dtype=torch.int64, device=slot.device)
    index = slot.long().flatten(1)
    per_part.scatter_add_(1, index, torch.ones_like(index))
    kept = torch.where(mask, per_part[:, :PARTS], 0)
    found = torch.zeros(len(slot), THINGS + 1, dtype=torch.int64, device=slot.device)
    return found.scatter_add_(1, torch.where(owner < 0, THINGS, owner), kept)[:, :THINGS]


def render_batch(batch, device="cpu", size=SIZE, samples=2, colour=True, compiled=False):
    """Pictures of a packed batch. `samples` is the number of rays of a pixel's colour along each side;
    depth, segmentation and counts are those of the pixel's centre. `compiled` fuses, which may round otherwise."""
    tensors = {name: torch.from_numpy(getattr(batch, name)).to(device, non_blocking=True) for name in _FIELDS}
    owner, tells = torch.from_numpy(batch.owner).to(device), torch.from_numpy(batch.tells).to(device)
    caster = _maybe_compiled(cast, compiled)
    depth, slot = survey(batch, tensors, size, caster)
    names = torch.cat([owner + 3, owner.new_tensor([[1, 2, 0]]).expand(len(owner), 3)], 1)
    segmentation = torch.gather(names, 1, slot.long().flatten(1)).view(slot.shape)
    image = None
    if colour:
        seen = (depth, slot) if samples == 1 else survey(batch, tensors, size * samples, caster)
        at = plane(size * samples, depth.device)
        linear = shade(tensors, glyph_table(device), *seen, at, -at, _maybe_compiled(value_noise, compiled))
        linear = F.avg_pool2d(linear, samples) if samples > 1 else linear
        image = develop(tensors["look"], linear)
    return Pictures(image, depth, segmentation, _counts(owner, owner >= 0, slot), _counts(owner, tells, slot))


def render(scenes, cameras=None, times_ms=None, **options):
    """Pictures of scenes, each with the number of one of its cameras (0) and a time (0); options as `render_batch`."""
    return render_batch(pack(scenes, cameras or [0] * len(scenes), times_ms or [0] * len(scenes)), **options)


def render_clip(scene, camera, frames, step_ms=100, **options):
    """A clip: things and camera move on between its frames."""
    return render([scene] * frames, [camera] * frames, [step_ms * frame for frame in range(frames)], **options)
