# SPDX-License-Identifier: MIT
"""Random graphs over twelve words, walks on them, and the tokenizer of the demo model `walk`.

The graph is that of the leave-one-out experiment: three clusters of four nodes (node id is
cluster-major), an edge with probability 0.8 inside a cluster and 0.1 across, then joined into
one component. A walk moves to a neighbour chosen uniformly.
"""

import numpy as np
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors

SPECIALS = ["<unk>", "<bos>", "<eos>", "<pad>"]
UNK, BOS, EOS, PAD = range(4)
# One row per cluster of the experiment; one column per group (animals, electronics, ...).
SEMANTIC = [
    ["cat", "computer", "tomato", "chair"],
    ["dog", "television", "potato", "table"],
    ["bird", "radio", "carrot", "desk"],
]
UNRELATED = [
    ["piano", "cloud", "window", "garden"],
    ["river", "pencil", "coffee", "mirror"],
    ["hammer", "mountain", "bicycle", "blanket"],
]
OTHER = (
    "apple bridge candle doctor engine forest guitar harbor island jacket kettle ladder "
    "magnet needle orange pillow quarry ribbon saddle ticket umbrella violin wagon yogurt"
).split()
WORDS = sum(SEMANTIC, []) + sum(UNRELATED, []) + OTHER
VOCABULARY = SPECIALS + WORDS
FIRST_WORD = len(SPECIALS)
NODES, CLUSTERS, CLUSTER_SIZE = 12, 3, 4


def graphs(rng, count):
    """`count` connected graphs, bool [count, node, node], symmetric, no loops."""
    cluster = np.arange(NODES) // CLUSTER_SIZE
    chance = np.where(cluster[:, None] == cluster[None, :], 0.8, 0.1)
    upper = np.triu(rng.random((count, NODES, NODES)) < chance, 1)
    adjacency = upper | upper.transpose(0, 2, 1)
    while True:
        reach = adjacency | np.eye(NODES, dtype=bool)
        for _ in range(4):  # paths of up to 16 edges
            reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
        split = np.flatnonzero(~reach[:, 0].all(axis=1))
        if split.size == 0:
            return adjacency
        for g in split:  # one edge between the component of node 0 and the rest
            inside = rng.choice(np.flatnonzero(reach[g, 0]))
            outside = rng.choice(np.flatnonzero(~reach[g, 0]))
            adjacency[g, inside, outside] = adjacency[g, outside, inside] = True


def walks(rng, adjacency, length):
    """One walk per graph, node ids [count, length]."""
    count = len(adjacency)
    degree = adjacency.sum(axis=2)
    neighbours = np.argsort(~adjacency, axis=2, kind="stable")  # the first `degree` are them
    node = rng.integers(NODES, size=count)
    path = np.empty((count, length), dtype=np.int64)
    pick, each = rng.random((length, count)), np.arange(count)
    for step in range(length):
        path[:, step] = node
        node = neighbours[each, node, (pick[step] * degree[each, node]).astype(np.int64)]
    return path


def assignments(rng, count, share_semantic=0.25):
    """Words of the nodes, token ids [count, node].

    Most rows are twelve random words. A share is the semantic words with the *groups* as
    clusters, so that the model learns a prior which the experiment's graph contradicts. Groups
    are four and clusters three: three random groups of three words and the fourth dealt out.
    """
    words = rng.permuted(np.tile(np.arange(len(WORDS)), (count, 1)), axis=1)[:, :NODES]
    for row in np.flatnonzero(rng.random(count) < share_semantic):
        columns = rng.permuted(np.arange(12).reshape(3, 4), axis=0)[:, rng.permutation(4)]
        words[row] = np.concatenate([columns[:, :3].T, columns[:, 3:]], axis=1).reshape(-1)
    return words + FIRST_WORD


def token_ids(words):
    """Ids of known words, int64 [word]."""
    return np.array([VOCABULARY.index(word) for word in words])


def batch(rng, count, length, words=None):
    """Token ids [count, length] and soft targets float32 [count, length, vocabulary].

    The target at a position is uniform over the neighbours of the node there. Half of the
    batches begin with BOS; the target there is uniform over the twelve words of the sequence.
    `words` [count, node] fixes the words of the nodes; otherwise they are drawn.
    """
    adjacency = graphs(rng, count)
    words = assignments(rng, count) if words is None else words
    with_bos = int(rng.random() < 0.5)
    path = walks(rng, adjacency, length - with_bos)
    each = np.arange(count)[:, None]
    ids, chance = words[each, path], adjacency / adjacency.sum(axis=2, keepdims=True)
    target = np.zeros((count, length, len(VOCABULARY)), dtype=np.float32)
    steps = np.arange(with_bos, length)[None, :, None]
    target[each[:, :, None], steps, words[:, None, :]] = chance[each, path]
    if with_bos:
        ids = np.concatenate([np.full((count, 1), BOS), ids], axis=1)
        np.put_along_axis(target[:, 0], words, np.float32(1 / NODES), axis=1)
    return ids, target


def bigram(ids):
    """In-context baseline, float32 [sequence, position, word]: how often each word stood beside
    the current one so far, in either order, plus 0.01, made a distribution."""
    each, size = np.arange(len(ids)), len(VOCABULARY)
    counts = np.zeros((len(ids), size, size), np.float32)
    chance = np.empty((*ids.shape, size), np.float32)
    for t in range(ids.shape[1]):
        if t > 0 and BOS not in ids[:, t - 1]:  # BOS is no neighbour
            counts[each, ids[:, t - 1], ids[:, t]] += 1
            counts[each, ids[:, t], ids[:, t - 1]] += 1
        row = counts[each, ids[:, t]] + 0.01
        chance[:, t] = row / row.sum(axis=1, keepdims=True)
    return chance


def tokenizer():
    """One token per word, split at white space; encoding puts BOS first."""
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(VOCABULARY)}, "<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    made.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A $B", special_tokens=[("<bos>", BOS)])
    return made
