# SPDX-License-Identifier: MIT
"""The network of the demo model `week`: a small Llama with continuous thoughts.

A question is [bos] + its tokens + [bot]. The projection of the last hidden state is the next input,
LATENTS times; then [eot] is fed, and the answer is read there.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

import problems

BASE_VOCABULARY = len(problems.vocabulary())
PAD, BOT, EOT = (BASE_VOCABULARY + n for n in range(3))
VOCABULARY = BASE_VOCABULARY + 3
HIDDEN, HEADS, KV_HEADS, MLP, LAYERS, PROJECTION = 64, 4, 2, 192, 2, 64
HEAD = HIDDEN // HEADS
LATENTS = 6
THETA, NORM_EPS, POSITIONS = 10000.0, 1e-5, 128


class Norm(nn.Module):
    """RMS norm with a gain."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        return F.rms_norm(x, (HIDDEN,), self.weight, NORM_EPS)


class Attention(nn.Module):
    """Causal self-attention with rotary positions in the half-split layout; two queries share a
    key."""

    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(HIDDEN, HEADS * HEAD, bias=False)
        self.k_proj = nn.Linear(HIDDEN, KV_HEADS * HEAD, bias=False)
        self.v_proj = nn.Linear(HIDDEN, KV_HEADS * HEAD, bias=False)
        self.o_proj = nn.Linear(HEADS * HEAD, HIDDEN, bias=False)

    def forward(self, x, angles, cache, wanted):
        count, length, _ = x.shape

        def heads(linear, x):  # [sequence, head, position, unit of the head]
            return linear(x).view(count, x.shape[1], -1, HEAD).transpose(1, 2)

        cos, sin = angles
        q = rotate(heads(self.q_proj, x[:, -wanted:]), cos[-wanted:], sin[-wanted:])
        k, v = rotate(heads(self.k_proj, x), cos, sin), heads(self.v_proj, x)
        if cache:
            k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
        cache[:] = k, v
        mask = None
        if wanted > 1:  # query i sees the keys up to its own
            mask = torch.ones(wanted, k.shape[2], dtype=torch.bool).tril(k.shape[2] - wanted)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        return self.o_proj(mixed.transpose(1, 2).reshape(count, wanted, -1))


class Mlp(nn.Module):
    """Gated MLP."""

    def __init__(self):
        super().__init__()
        self.gate_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.up_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.down_proj = nn.Linear(MLP, HIDDEN, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    """One layer; the attributes carry the published tensor names."""

    def __init__(self):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(), Attention()
        self.post_attention_layernorm, self.mlp = Norm(), Mlp()

    def forward(self, x, angles, cache, wanted):
        attended = self.self_attn(self.input_layernorm(x), angles, cache, wanted)
        x = x[:, -wanted:] + attended
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding, layers and final norm."""

    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = Norm()


class Projection(nn.Module):
    """What makes the next input of a last hidden state."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(HIDDEN, PROJECTION), nn.Linear(PROJECTION, HIDDEN)
        self.ln = nn.LayerNorm(HIDDEN)

    def forward(self, h):
        return self.ln(self.second(F.gelu(self.first(h))))


class LatentModel(nn.Module):
    """Base and projection. The head is the embedding."""

    def __init__(self):
        super().__init__()
        self.base, self.projection = Decoder(), Projection()
        rate = THETA ** (-torch.arange(0, HEAD, 2, dtype=torch.float32) / HEAD)
        angle = torch.arange(POSITIONS, dtype=torch.float32)[:, None] * rate.repeat(2)
        self.cos, self.sin = angle.cos(), angle.sin()
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        """Normal weights; what writes into the residual stream starts small."""
        for matrix in (p for p in self.parameters() if p.ndim == 2):
            matrix.normal_(0, matrix.shape[1] ** -0.5)
        for layer in self.base.layers:
            for linear in (layer.self_attn.o_proj, layer.mlp.down_proj):
                linear.weight.mul_(1 / math.sqrt(2 * LAYERS))
        self.projection.ln.weight.fill_(HIDDEN ** -0.5)  # as long as an embedding

    def embed(self, ids):
        return self.base.embed_tokens(ids)

    def hidden(self, x, caches, wanted=1, zero_after=None):
        """Last hidden states, after the final norm, of the last `wanted` of the inputs
        [sequence, position, unit]; caches: a list per layer, empty at first. In the last layer
        earlier inputs give keys and values only. `zero_after` is a layer whose output is zeroed."""
        first = caches[0][0].shape[2] if caches[0] else 0
        angles = (self.cos[first:first + x.shape[1]], self.sin[first:first + x.shape[1]])
        for n, (layer, cache) in enumerate(zip(self.base.layers, caches)):
            x = layer(x, angles, cache, wanted if n == LAYERS - 1 else x.shape[1])
            x = torch.zeros_like(x) if n == zero_after else x
        return self.base.norm(x)

    def logits(self, h):
        return F.linear(h, self.base.embed_tokens.weight)


def new_caches():
    return [[] for _ in range(LAYERS)]


def rotate(x, cos, sin):
    """Rotary positions; x [.., position, unit], unit i is paired with unit i + half."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin
