"""A picture encoder with 14 x 14 features of 384, and a head that reads a question and answers in two words."""

import torch
import torch.nn.functional as F
from torch import nn

HIDDEN, HEADS = 384, 6


class Mix(nn.Module):
    """Depthwise 7x7, then a perceptron at each place: fine detail before the patches are formed."""

    def __init__(self, width):
        super().__init__()
        self.spread = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.GroupNorm(1, width)
        self.up, self.down = nn.Conv2d(width, 4 * width, 1), nn.Conv2d(4 * width, width, 1)

    def forward(self, x):
        return x + self.down(F.gelu(self.up(self.norm(self.spread(x)))))


class Attention(nn.Module):
    """Attention of x to itself or to other features, and a perceptron."""

    def __init__(self, width, other=None):
        super().__init__()
        self.heads = width // 64
        self.norm, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.output = nn.Linear(width, width), nn.Linear(width, width)
        self.keys = nn.Linear(other or width, 2 * width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.crossing = other is not None

    def forward(self, x, other=None, mask=None):
        normed = self.norm(x)
        split = lambda y: y.unflatten(-1, (self.heads, 64)).transpose(1, 2)  # noqa: E731
        keys, values = self.keys(other if self.crossing else normed).chunk(2, -1)
        mixed = F.scaled_dot_product_attention(split(self.query(normed)), split(keys), split(values), attn_mask=mask)
        x = x + self.output(mixed.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.second(x))))


class Encoder(nn.Module):
    """uint8 [B, 3, 224, 224] -> [B, 196, 384]; a stem, two stages of convolutions, two of attention: 5.5 M weights."""

    def __init__(self, blocks=2):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 48, 3, 2, 1), nn.GELU(), nn.Conv2d(48, 96, 3, 2, 1))
        self.fine = nn.Sequential(Mix(96), Mix(96))
        self.middle = nn.Sequential(nn.Conv2d(96, 192, 2, 2), Mix(192), Mix(192), Mix(192))
        self.patch = nn.Conv2d(192, HIDDEN, 2, 2)
        self.place = nn.Parameter(torch.randn(196, HIDDEN) * 0.02)
        self.blocks = nn.ModuleList(Attention(HIDDEN) for _ in range(blocks))
        self.norm = nn.LayerNorm(HIDDEN)

    def forward(self, images):
        x = images.to(self.place.dtype) * (1 / 64.0) - 2.0
        x = self.patch(self.middle(self.fine(self.stem(x)))).flatten(2).mT + self.place
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Answerer(nn.Module):
    """Questions [B, Q, T] of token ids (0 pads) on features [B, 196, 384] -> scores of two words [B, Q, 2, words]."""

    def __init__(self, vocabulary, words, length, width=256, layers=3):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.place = nn.Parameter(torch.randn(length + 2, width) * 0.02)
        self.asking = nn.ModuleList(Attention(width) for _ in range(layers))
        self.seeing = nn.ModuleList(Attention(width, HIDDEN) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words)

    def forward(self, features, ids):
        count, questions, length = ids.shape
        flat = F.pad(ids.flatten(0, 1), (2, 0), value=1)
        x = self.embedding(flat) + self.place
        mask = (flat != 0)[:, None, None, :]
        for ask, see in zip(self.asking, self.seeing):
            x = ask(x, mask=mask)
            x = see(x.unflatten(0, (count, questions)).flatten(1, 2), features).unflatten(1, (questions, length + 2)).flatten(0, 1)
        return self.head(self.norm(x[:, :2])).unflatten(0, (count, questions))


class Pilot(nn.Module):
    def __init__(self, vocabulary, words, length):
        super().__init__()
        self.encoder, self.answerer = Encoder(), Answerer(vocabulary, words, length)

    def forward(self, images, ids):
        return self.answerer(self.encoder(images), ids)
