"""Between torch modules and named arrays; checkpoints that a later slice resumes."""

import os
from pathlib import Path

import torch

from .components import multiplied_out
from .export import dequantised

# An export does not say how long it was trained; it is taken to be past the curriculum.
FULL_CURRICULUM = 1e6


def named_tensors(model):
    """The model's parameters under the names of the shipped format."""
    blocks = [(f"layers.{index}", block) for index, block in enumerate(model.layers)]
    blocks += [(f"exits.{depth}", block) for depth, block in model.exits.items()]
    named = {"embedding.weight": model.embedding}
    for prefix, block in blocks:
        for name in model.shape.matrices:
            named[f"{prefix}.{name}.weight"] = block.matrices[name.replace(".", "_")]
        named[f"{prefix}.attention_norm.weight"] = block.attention_norm.weight
        named[f"{prefix}.feed_forward_norm.weight"] = block.feed_forward_norm.weight
    for depth, norm in model.norms.items():
        named[f"exits.{depth}.norm.weight"] = norm.weight
    return named


def arrays_of(model):
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in named_tensors(model).items()}


@torch.no_grad()
def fill(model, arrays):
    for name, tensor in named_tensors(model).items():
        tensor.copy_(torch.from_numpy(arrays[name]))


def save_checkpoint(path, model, probes, optimizer, seconds):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    named = {name: tensor.detach().cpu() for name, tensor in named_tensors(model).items()}
    state = {"model": named, "probes": probes.state_dict(), "optimizer": optimizer.state_dict(), "seconds": seconds}
    torch.save(state, f"{path}.new")
    os.replace(f"{path}.new", path)


def load_checkpoint(source, model, probes, optimizer, device):
    """Fills model and optimizer; returns the seconds of training behind them."""
    if not source:
        return 0.0
    if Path(source).is_dir():
        fill(model, multiplied_out(dequantised(source)))
        return FULL_CURRICULUM
    saved = torch.load(source, map_location=device)
    fill(model, {name: tensor.cpu().numpy() for name, tensor in saved["model"].items()})
    probes.load_state_dict(saved["probes"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["seconds"]


def load_parameters(source):
    """The dense parameters of a checkpoint or an export, by name, without the optimizer."""
    if Path(source).is_dir():
        return multiplied_out(dequantised(source))
    saved = torch.load(source, map_location="cpu")
    return {name: tensor.float().numpy() for name, tensor in saved["model"].items()}
