# SPDX-License-Identifier: MIT
"""Runs without an effect, and runs with a planted one: what the programs are calibrated with.

Every run is a function of its seed. Random numbers are those of random.Random, which are the same
on every machine; their last digits are rounded away when they are stored as float32.
"""

import math
import random
from array import array

from run_directory import write_run


def autoregressive(rng, steps, memory):
    """A stationary AR(1) series of standard deviation 1; memory 0 is white noise."""
    fresh = math.sqrt(1.0 - memory * memory)
    series = [rng.gauss(0.0, 1.0)]
    while len(series) < steps:
        series.append(memory * series[-1] + fresh * rng.gauss(0.0, 1.0))
    return series


# --- phiid: norms of heads over the generated tokens ---------------------------------------------

def write_phiid(run, seed, layers, heads, prompts, steps, memory=0.5, common_line=0.0,
                loading=None, primary=None):
    """Independent heads: norms [prompt, step, layer, head] around 10.

    memory       of the AR(1) series
    common_line  height, in standard deviations, of a line that all heads have in common
    loading      function of (rng, layer, head): how much of a head is a signal that all heads
                 share, in each prompt another; none: no effect. Drawn once per head
    """
    rng = random.Random(f"phiid {seed}")
    width = layers * heads
    loads = [loading(rng, i // heads, i % heads) for i in range(width)] if loading else None
    norms = array("f")
    keys, tokens = [], array("i")
    for prompt in range(prompts):
        series = [autoregressive(rng, steps, memory) for _ in range(width)]
        if loads is not None:
            share_signal(series, loads, rng)
        for step in range(steps):
            line = common_line * (step / (steps - 1) - 0.5) if common_line else 0.0
            norms.extend(10.0 + line + one[step] for one in series)
            keys += (prompt, step)
            tokens.append(1 + step % 2000)
    options = {"end_tokens": [0], "generate": steps, "stop_at_eos": True, "unknown_token": 0}
    if primary is not None:
        options["primary"] = primary
    write_run(
        run, "phiid", ("generated", ["prompt", "step"]), keys,
        [({"name": "head_norm", "hook": "blocks.{l}.attn.head_norm", "formula": "simulated",
           "axes": ["row", "layer", "head"], "dtype": "<f4", "row_shape": [layers, heads],
           "layers": list(range(layers))}, norms),
         ({"name": "generated_ids", "hook": "generated_ids", "formula": "simulated",
           "axes": ["row"], "dtype": "<i4", "row_shape": [], "layers": []}, tokens)],
        [{"id": f"prompt{i}", "text": "", "input_ids": [1, 2], "meta": {"category": "noise"}}
         for i in range(prompts)],
        {"options": options, "model": {"family": "none", "name": "noise"}})


def share_signal(series, loads, rng):
    """Mixes one AR(.5) signal into all heads, into each with its own load."""
    signal = autoregressive(rng, len(series[0]), 0.5)
    for load, one in zip(loads, series):
        own = math.sqrt(1.0 - load * load)
        one[:] = [own * value + load * common for value, common in zip(one, signal)]


def peaks_in_the_middle(layers):
    """Loads of 0 at both ends and of .9 in the middle layers: a U of the balance, since what heads
    share is redundant."""
    return lambda rng, layer, head: 0.9 * (1.0 - abs(2.0 * layer / (layers - 1) - 1.0))


def peaks_at_the_ends(layers):
    """The opposite: an inverted U of the balance."""
    return lambda rng, layer, head: 0.9 * abs(2.0 * layer / (layers - 1) - 1.0)


def any_load(rng, layer, head):
    """Heads differ, and depth has nothing to do with it."""
    return rng.uniform(0.0, 0.9)


def any_layer_load():
    """Layers differ, in no order: heads of one layer are alike."""
    loads = {}

    def load(rng, layer, head):
        if layer not in loads:
            loads[layer] = rng.uniform(0.0, 0.9)
        return loads[layer]

    return load


# --- loo: representations of the words of a walk -------------------------------------------------

CLUSTER = [0] * 4 + [1] * 4 + [2] * 4
GROUP = [0, 1, 2, 3] * 3


def word_graph(rng):
    """A ring through all words, and of the pairs of a cluster eight of ten."""
    graph = [[0] * 12 for _ in range(12)]
    for i in range(12):
        for j in range(i):
            ring = i - j in (1, 11)
            if ring or (CLUSTER[i] == CLUSTER[j] and rng.random() < 0.8):
                graph[i][j] = graph[j][i] = 1
    return graph


def walk(rng, graph, length):
    nodes = [rng.randrange(12)]
    while len(nodes) < length:
        nodes.append(rng.choice([j for j in range(12) if graph[nodes[-1]][j]]))
    return nodes


def write_loo(run, seed, lengths, trials, layers, units, own=1.0, mixing=0.0, any_bridges=False,
              primary=None):
    """Representations [row, layer, unit] that know nothing of graph and clusters. A token of the
    embedding is its word's random vector. In the layers above, it is the word's vector of that
    layer plus a fresh vector; a word's row is the mean over its occurrences.

    own          standard deviation of the fresh vectors; that of the words' is 1
    mixing       above 0: a layer is the embedding, and this share of each token is its
                 predecessor's vector
    any_bridges  as many positions as the walk has bridges are called bridges, whichever
    """
    rng = random.Random(f"loo {seed}")
    values, keys, prompts = array("f"), [], []
    vectors = [[[rng.gauss(0.0, 1.0) for _ in range(units)] for _ in range(12)]
               for _ in range(1 if mixing else layers)]

    def rows_of(nodes):
        places = {}
        for at, word in enumerate(nodes):
            places.setdefault(word, []).append(at)
        for word in sorted(places):
            before = [nodes[at - 1] if at else word for at in places[word]]
            for layer in range(layers):
                words = vectors[0 if mixing else layer]
                if layer == 0:
                    yield word, words[word]
                    continue
                spread = own / math.sqrt(len(before))
                share = mixing / len(before)
                yield word, [(1.0 - mixing) * words[word][unit] + rng.gauss(0.0, spread) +
                             (share * sum(words[one][unit] for one in before) if mixing else 0.0)
                             for unit in range(units)]

    for n in lengths:
        for trial in range(trials):
            graph = word_graph(rng)
            nodes = walk(rng, graph, n)
            bridge = [i for i in range(1, n) if CLUSTER[nodes[i]] != CLUSTER[nodes[i - 1]]]
            if any_bridges:
                bridge = sorted(rng.sample(range(1, n), len(bridge)))
            prompts.append({"id": f"semantic/n{n}/trial{trial}", "text": "", "input_ids": nodes,
                            "meta": {"condition": "semantic", "n": n, "trial": trial, "seed": 0,
                                     "nodes": nodes, "removed": list(range(n)), "bridge": bridge,
                                     "adjacency": graph}})
            for removed in range(-1, n):
                present = nodes[:removed] + nodes[removed + 1:] if removed >= 0 else nodes
                for index, (word, row) in enumerate(rows_of(present)):
                    values.extend(row)
                    if index % layers == 0:
                        keys += (0, n, trial, removed, word)
    options = {"context_lengths": lengths, "n_trials": trials, "conditions": ["semantic"],
               "sink": "keep", "occurrence": "mean"}
    if primary is not None:
        options["primary"] = primary
    write_run(
        run, "loo", ("word", ["condition", "n", "trial", "removed", "word"]), keys,
        [({"name": "word_rep", "hook": "hook_resid_post", "formula": "simulated",
           "axes": ["row", "layer", "unit"], "dtype": "<f4", "row_shape": [layers, units],
           "layers": list(range(-1, layers - 1))}, values)],
        prompts,
        {"options": options, "model": {"family": "none", "name": "noise"},
         "loo": {"conditions": [{"name": "semantic", "words": [f"word{i}" for i in range(12)],
                                 "cluster": CLUSTER, "group": GROUP}]}})


# --- ablation: KL against the number of heads removed --------------------------------------------

def write_ablation(run, orders, removed, prompts, layers, heads, kl, primary=None):
    """orders: list of (name, kind, heads in the order of removal, further members);
    kl: function of (order, step, prompt)."""
    values, keys = array("d"), []
    for order in range(len(orders)):
        for step, count in enumerate(removed):
            for prompt in range(prompts):
                values.append(kl(order, step, prompt))
                keys += (order, count, prompt)
    options = {"step_size": removed[1] - removed[0], "remove": "zero"}
    if primary is not None:
        options["primary"] = primary
    write_run(
        run, "ablate", ("ablation", ["order", "removed", "prompt"]), keys,
        [({"name": "kl", "hook": "logits", "formula": "simulated", "axes": ["row"],
           "dtype": "<f8", "row_shape": [], "layers": []}, values)],
        [{"id": f"p{i}", "text": "", "input_ids": [i], "meta": {}} for i in range(prompts)],
        {"options": options, "model": {"family": "none", "name": "noise"},
         "orders": [{"name": name, "kind": kind, "heads": order, **further}
                    for name, kind, order, further in orders],
         "heads": layers * heads, "layers": layers, "step_size": removed[1] - removed[0],
         "removed": removed})


def order_in_layers(rng, order, heads):
    """Another order that takes as many heads from each layer, in the same sequence of layers."""
    left = {}
    for head in order:
        left.setdefault(head // heads, []).append(head)
    for members in left.values():
        rng.shuffle(members)
    return [left[head // heads].pop() for head in order]


def write_ablation_noise(run, seed, drawn=20, prompts=20, layers=4, heads=4, steps=8):
    """Curves in which a ranking, "drawn", and a baseline, "norm", are two more random orders: each
    head costs something of its own, more in some layers than in others, each prompt scales that,
    and a fifth of a point is chance. `drawn` random orders, and as many in the ranking's layers."""
    rng = random.Random(f"ablation {seed}")
    total = layers * heads
    weight = [rng.lognormvariate(0.0, 0.5) for _ in range(layers)]
    cost = [weight[head // heads] * rng.lognormvariate(0.0, 1.0) for head in range(total)]
    scale = [rng.lognormvariate(0.0, 0.5) for _ in range(prompts)]
    ranking = rng.sample(range(total), total)
    orders = [("drawn", "ranking", ranking, {}),
              ("norm", "baseline", rng.sample(range(total), total), {})]
    orders += [(f"random-{i}", "random", rng.sample(range(total), total), {})
               for i in range(drawn)]
    orders += [(f"random-in-layer-{i}:drawn", "random-in-layer",
                order_in_layers(rng, ranking, heads), {"of": "drawn"}) for i in range(drawn)]
    removed = [total * step // steps for step in range(steps + 1)]
    chance = [[[rng.lognormvariate(0.0, 0.2) for _ in range(prompts)] for _ in removed]
              for _ in orders]

    def kl(order, step, prompt):
        gone = sum(cost[head] for head in orders[order][2][:removed[step]])
        own = chance[order][step][prompt] if 0 < removed[step] < total else 1.0
        return float(f"{scale[prompt] * gone * own:.9g}")  # sums in another order end alike

    write_ablation(run, orders, removed, prompts, layers, heads, kl, "drawn")


def write_unit_means(run, seed, units, draw, orders=40, steps=20):
    """Every point of every curve is the mean of `units` draws: one per prompt. With 40 orders of
    20 steps one run holds 800 independent means."""
    rng = random.Random(f"means {units} {seed}")
    layout = [(f"random:{i}" if i else "ranking", "random" if i else "ranking",
               list(range(steps)), {}) for i in range(orders)]
    write_ablation(run, layout, list(range(steps + 1)), units, 1, steps,
                   lambda order, step, prompt: draw(rng))
