# SPDX-License-Identifier: MIT
"""The timed parts of bench/gpu.py. A part makes its inputs, computes once on both sides
without the clock, refuses where the two differ, and is then run by the rounds.

Both sides read the same weights in the same dtype and put as many runs into a batch. The clock of
transformers starts with the model loaded and the token ids in lists, extract's likewise.
"""

import csv
import json
import shutil

import numpy as np
import torch

from gpu_sides import Failure, bits, free, relative_errors
from random_models import random_prompts

# Relative L2 error between both sides, of a vector of residuals or norms: the median of each layer,
# its 99th percentile, and any. Random weights amplify rounding with the depth (measured on a CPU in
# bfloat16, 28 layers of 512 units: 0.007, 0.03 and 0.04 over all layers); a wrong position, head or
# layer is off by about one.
TOLERANCES = {"float32": (5e-5, 2e-4, 1e-3), "float16": (0.005, 0.02, 0.1),
              "bfloat16": (0.05, 0.15, 0.5)}
# Divergence of the next token: |a - b|, as a share of b and besides it, in nats (measured: 0.0014
# besides 2.2 nats).
KL_TOLERANCES = {"float32": (1e-3, 1e-4), "float16": (0.02, 1e-3), "bfloat16": (0.05, 0.01)}
# By how much the best score may exceed that of a greedy token, in standard deviations of the scores
# (measured: 0.08).
TIE_TOLERANCES = {"float32": 1e-3, "float16": 0.05, "bfloat16": 0.3}


class Part:
    """What the parts have in common: sides, shape, dtype."""

    title, goal = "", 0.0

    def __init__(self, extract, theirs, shape, model, dtype, rng):
        self.extract, self.theirs, self.shape, self.model = extract, theirs, shape, model
        self.dtype, self.rng, self.batch = dtype, rng, shape.work.batch
        self.folder = extract.work / "transformers"
        self.found = 0.0  # the largest difference

    def batches(self, rows):
        for first in range(0, len(rows), self.batch):
            yield rows[first:first + self.batch]

    def complain(self, what):
        raise Failure(f"{self.shape.name}: {self.title}: both sides differ, {what}")

    def expect_close(self, errors):
        """Errors of vectors, [vector, layer], against the tolerance."""
        if not torch.isfinite(errors).all():
            self.complain("a value is not finite")
        self.found = max(self.found, errors.max().item())
        ordered = errors.sort(dim=0).values
        count = len(ordered)
        for name, row, most in zip(("median", "99th percentile", "largest"),
                                   (count // 2, count * 99 // 100, count - 1),
                                   TOLERANCES[self.dtype]):
            worst, layer = ordered[row].max(0)
            if worst > most:
                self.complain(f"{name} relative error {worst.item():.2g} in layer {layer.item()} "
                              f"of those captured, expected at most {most:g}")

    def ours(self):
        """One timed run of extract; leaves nothing behind."""
        free(self.theirs.device)
        run = self.run_extract()
        run.remove()
        return run.measured

    def run_theirs(self):
        self.folder.mkdir()
        with torch.no_grad():
            result, measured = self.theirs.timed(self.compute)
        return result, measured

    def hugging_face(self):
        """The same by transformers."""
        _, measured = self.run_theirs()
        shutil.rmtree(self.folder)
        return measured

    def check(self):
        """Both sides once."""
        free(self.theirs.device)
        run = self.run_extract()
        result, _ = self.run_theirs()
        with torch.no_grad():
            self.compare(run, result)
        shutil.rmtree(self.folder)
        return run


class Prefill(Part):
    title, goal = "prefill with every residual on disk", 0.9

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.ids = random_prompts(self.rng, self.shape, *self.shape.work.prefill)
        self.amount = (sum(map(len, self.ids)), "tokens")

    def run_extract(self):
        return self.extract.run("activations", self.model, self.dtype, "--prompts",
                                self.extract.prompts(self.ids), "--capture",
                                "hook_embed,hook_resid_post", "--batch-size", self.batch,
                                "--prompts-per-shard", self.batch)

    def compute(self):
        for n, ids in enumerate(self.batches(self.ids)):
            for layer, states in enumerate(self.theirs.residuals(self.theirs.tensor(ids))):
                np.save(self.folder / f"{n}-{layer}.npy", bits(states))

    def compare(self, run, _result):
        errors = []
        shards = zip(run.array("hook_embed"), run.array("hook_resid_post"), strict=True)
        for n, ((embed, keys), (post, _)) in enumerate(shards):
            wanted = [[n * self.batch + p, t] for p, ids in
                      enumerate(self.ids[n * self.batch:(n + 1) * self.batch])
                      for t in range(len(ids))]
            if keys.tolist() != wanted:
                self.complain("rows of other tokens")
            of_layers = []
            for layer in range(self.shape.layers() + 1):
                saved = torch.from_numpy(np.load(self.folder / f"{n}-{layer}.npy"))
                if saved.dtype == torch.uint16:
                    saved = saved.view(torch.bfloat16)
                mine = embed if layer == 0 else post[:, layer - 1]
                device = self.theirs.device
                of_layers.append(relative_errors(mine.to(device),
                                                 saved.flatten(0, 1).to(device)).cpu())
            errors.append(torch.stack(of_layers, dim=1))
        self.expect_close(torch.cat(errors))


class Generate(Part):
    title, goal = "greedy generation with head norms", 2.0

    def __init__(self, *arguments):
        super().__init__(*arguments)
        count, tokens, self.steps = self.shape.work.generate
        self.batch = count
        self.ids = random_prompts(self.rng, self.shape, count, tokens)
        self.amount = (count * self.steps, "generated tokens")

    def run_extract(self):
        return self.extract.run("phiid", self.model, self.dtype, "--prompts",
                                self.extract.prompts(self.ids), "--generate", self.steps,
                                "--batch-size", self.batch, "--prompts-per-shard", self.batch)

    def norms_while(self, function):
        """What a call returns, and norms of hook_z, per layer and pass [batch, position, head]."""
        norms = [[] for _ in self.theirs.layers]

        def keep(layer):
            return lambda _module, inputs: norms[layer].append(torch.linalg.vector_norm(
                inputs[0].unflatten(-1, (self.theirs.heads, -1)), dim=-1, dtype=torch.float32))

        handles = [module.register_forward_pre_hook(keep(layer))
                   for layer, module in enumerate(self.theirs.z_modules())]
        result = function()
        for handle in handles:
            handle.remove()
        return result, norms

    def compute(self):
        """Tokens, [prompt, step], and norms, [prompt, step, layer, head]."""
        tokens, all_norms = [], []
        for n, rows in enumerate(self.batches(self.ids)):
            ids = self.theirs.tensor(rows)
            found, norms = self.norms_while(lambda ids=ids: self.theirs.model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=self.steps,
                do_sample=False))
            newest = torch.stack([torch.stack([each[:, -1] for each in of_layer], dim=1)
                                  for of_layer in norms], dim=2).cpu()
            np.save(self.folder / f"{n}-norms.npy", newest.numpy())
            np.save(self.folder / f"{n}-ids.npy", found[:, ids.shape[1]:].cpu().numpy())
            tokens.append(found[:, ids.shape[1]:].cpu())
            all_norms.append(newest)
        return torch.cat(tokens), torch.cat(all_norms)

    def compare(self, run, result):
        """Greedy tokens part where two scores are nearly equal, so: our norms against a pass over
        our own tokens, each of which has to have nearly the best score there; and those of
        transformers' continuation as far as it has the same tokens."""
        their_tokens, their_norms = result
        count = len(self.ids)
        norms, keys = run.whole("head_norm")
        tokens, _ = run.whole("generated_ids")
        if keys.tolist() != [[p, s] for p in range(count) for s in range(self.steps)]:
            self.complain("rows of other tokens")
        norms = norms.unflatten(0, (count, self.steps))
        tokens = tokens.reshape(count, self.steps).long()
        errors, start = [], len(self.ids[0]) - 1
        for first in range(0, count, self.batch):
            part = slice(first, first + self.batch)
            whole = torch.cat([torch.tensor(self.ids[part]), tokens[part]], dim=1)
            out, passed = self.norms_while(lambda ids=whole.to(self.theirs.device):
                                           self.theirs.model(ids, use_cache=False).logits)
            wanted = torch.stack([of_layer[0][:, start:-1] for of_layer in passed], dim=2).cpu()
            errors.append(relative_errors(norms[part], wanted).flatten(0, 1))
            for row, mine in zip(out[:, start:-1], tokens[part].to(self.theirs.device)):
                scores = row.float()
                gap = scores.max(-1).values - scores.gather(-1, mine[:, None])[:, 0]
                worst = (gap / scores.std(-1)).max().item()
                if not worst <= TIE_TOLERANCES[self.dtype]:
                    self.complain(f"a greedy token's score is {worst:.2g} standard deviations "
                                  f"below the best, at most {TIE_TOLERANCES[self.dtype]:g}")
        same = (tokens == their_tokens).cumprod(dim=1).bool()
        same = torch.cat([torch.ones(count, 1, dtype=torch.bool), same[:, :-1]], dim=1)
        self.shared = int(same.sum())  # steps that follow the same tokens
        errors.append(relative_errors(norms[same], their_norms[same]))
        self.expect_close(torch.cat(errors))


class Draw(Part):
    """Both sides draw by numbers of their own, so other tokens: what they draw from is compared."""

    title, goal = "drawn generation, many lanes", 2.0
    temperature, top_p = 0.8, 0.95
    slack = {"float32": 0.001, "float16": 0.01, "bfloat16": 0.05}  # of the mass that top_p keeps

    def __init__(self, *arguments):
        super().__init__(*arguments)
        count, tokens, self.steps = self.shape.work.draw
        self.batch = count
        self.ids = random_prompts(self.rng, self.shape, count, tokens)
        self.amount = (count * self.steps, "drawn tokens")

    def run_extract(self):
        return self.extract.run("activations", self.model, self.dtype, "--prompts",
                                self.extract.prompts(self.ids), "--generate", self.steps,
                                "--temperature", self.temperature, "--top-p", self.top_p,
                                "--ignore-eos", "--positions", "last", "--capture", "head_norm",
                                "--batch-size", self.batch, "--prompts-per-shard", self.batch)

    def compute(self):
        ids = self.theirs.tensor(self.ids)
        found = self.theirs.model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=self.steps, do_sample=True,
            temperature=self.temperature, top_p=self.top_p, top_k=0)
        return found[:, ids.shape[1]:].cpu()

    def compare(self, run, theirs):
        """A token is drawn only if the better ones have less than top_p of the probability. How
        unlikely the drawn ones are is the same on both sides."""
        mine = run.whole("generated_ids")[0].reshape(len(self.ids), -1).long()
        if mine.shape != theirs.shape:
            self.complain(f"{tuple(mine.shape)} drawn tokens, {tuple(theirs.shape)} by transformers")
        mine, theirs = self.surprises(mine), self.surprises(theirs)
        error = (mine.var() / len(mine) + theirs.var() / len(theirs)).sqrt().item()
        self.found = abs(mine.mean() - theirs.mean()).item()
        if not self.found <= 5 * error:
            self.complain(f"drawn tokens have {mine.mean():.3f} nats each, {theirs.mean():.3f} by "
                          f"transformers, a difference of more than five standard errors")

    def surprises(self, tokens):
        """Nats of every drawn token; complains about one that top_p leaves out."""
        found = []
        for first in range(0, len(tokens), 16):
            part = tokens[first:first + 16].to(self.theirs.device)
            whole = torch.cat([self.theirs.tensor(self.ids[first:first + 16]), part], dim=1)
            logits = self.theirs.model(whole, use_cache=False).logits[:, -self.steps - 1:-1]
            for row, chosen in zip(logits, part):
                log = torch.log_softmax(row.float() / self.temperature, dim=-1)
                of_chosen = log.gather(-1, chosen[:, None])
                better = (log.exp() * (log > of_chosen)).sum(-1).max().item()
                if better > self.top_p + self.slack[self.dtype]:
                    self.complain(f"a token was drawn below {better:.4f} of the probability, "
                                  f"expected at most {self.top_p}")
                found.append(-of_chosen[:, 0].cpu())
        return torch.cat(found)


class LeaveOneOut(Part):
    title, goal = "leave-one-out of walks", 1.8

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.words, self.walks = self.shape.work.walks
        self.amount = (self.walks * (self.words + 1), "runs")
        self.contexts = None

    def run_extract(self):
        run = self.extract.run("loo", self.model, self.dtype, "--context-lengths", self.words,
                               "--n-trials", self.walks, "--conditions", "semantic", "--positions",
                               "all", "--sink", "drop", "--batch-size", self.batch)
        if self.contexts is None:
            lines = (run.out / "prompts.jsonl").read_text().splitlines()
            self.contexts = [self.runs_of(line) for line in map(json.loads, lines)]
        return run

    def runs_of(self, prompt):
        """The whole walk and the walk without each word: tokens, the words that occur after the
        first place, and the weights that average each word's occurrences, [word, position]. A word
        is one token here."""
        nodes, ids = prompt["meta"]["nodes"], prompt["input_ids"]
        if len(ids) != len(nodes):
            raise Failure("a word of the walk is more than one token")
        runs = []
        for removed in (-1, *prompt["meta"]["removed"]):
            kept = [n for n in range(len(ids)) if n != removed]
            weights = torch.zeros(max(nodes) + 1, len(ids))
            for position, n in enumerate(kept[1:], start=1):
                weights[nodes[n], position] = 1
            count = weights.sum(1, keepdim=True)
            words = count[:, 0].nonzero()[:, 0].tolist()
            runs.append(([ids[n] for n in kept], words, weights / count.clamp_min(1)))
        return runs

    def compute(self):
        """The rows of all contexts, [row, layer, unit], in the order of extract's."""
        rows = []
        for runs in self.contexts:
            for batch in self.batches(runs):
                longest = max(len(ids) for ids, _, _ in batch)
                ids = self.theirs.tensor([ids + [0] * (longest - len(ids)) for ids, _, _ in batch])
                mask = self.theirs.tensor([[1] * len(ids) + [0] * (longest - len(ids))
                                           for ids, _, _ in batch])
                weights = torch.stack([weights[:, :longest] for _, _, weights in batch])
                weights = weights.to(self.theirs.device)
                means = torch.stack([weights @ states.float()
                                     for states in self.theirs.residuals(ids, mask)], dim=2).cpu()
                rows += [means[r, words] for r, (_, words, _) in enumerate(batch)]
        rows = torch.cat(rows)
        np.save(self.folder / "rows.npy", rows.numpy())
        return rows

    def compare(self, run, rows):
        mine, keys = run.whole("word_rep")
        wanted = [[0, self.words, trial, removed, word] for trial, runs in enumerate(self.contexts)
                  for removed, (_, words, _) in zip((-1, *range(self.words)), runs)
                  for word in words]
        if keys.tolist() != wanted:
            self.complain("rows of other words")
        self.expect_close(relative_errors(mine, rows))


class Ablate(Part):
    """Its texts are a run of Generate on the same model."""

    title, goal = "ablation sweep", 3.0

    def __init__(self, *arguments, texts):
        super().__init__(*arguments)
        self.texts = texts
        self.count, self.step = self.shape.work.ablate
        prompts = [line["input_ids"] for line in map(
            json.loads, (texts.out / "prompts.jsonl").read_text().splitlines())]
        tokens = texts.whole("generated_ids")[0].reshape(len(prompts), -1).tolist()
        self.start = len(prompts[0])  # of the response
        self.ids = [p + t for p, t in zip(prompts, tokens)][:self.count]
        heads = self.shape.layers() * self.shape.heads()
        self.order = self.rng.permutation(heads).tolist()
        self.removed = [*range(0, heads, self.step), heads]
        self.ranking = self.extract.work / "ranking.csv"
        with open(self.ranking, "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["head_idx", "balance_score"])
            out.writerows([head, 1 - place / heads] for place, head in enumerate(self.order))
        self.amount = (self.count * (len(self.removed) + 1), "texts")

    def run_extract(self):
        return self.extract.run("ablate", self.model, self.dtype, "--texts", self.texts.out,
                                "--ranking", self.ranking, "--orders", "balance", "--step-size",
                                self.step, "--limit", self.count, "--batch-size", self.batch,
                                "--removals-per-shard", len(self.removed))

    def scores(self, ids):
        """Logarithms of the probabilities of the response's tokens, [text, step, token]."""
        logits = self.theirs.model(ids, use_cache=False).logits[:, self.start - 1:-1]
        return torch.log_softmax(logits.float(), dim=-1)

    def without(self, heads):
        """Hooks that zero heads."""
        of_layer = {}
        for head in heads:
            layer, inside = divmod(head, self.theirs.heads)
            of_layer.setdefault(layer, []).append(inside)

        def zero(inside):
            index = self.theirs.tensor(inside)

            def hook(_module, inputs):
                z = inputs[0].clone()
                z.unflatten(-1, (self.theirs.heads, -1)).index_fill_(2, index, 0)
                return (z, *inputs[1:])
            return hook

        modules = self.theirs.z_modules()
        return [modules[layer].register_forward_pre_hook(zero(inside))
                for layer, inside in of_layer.items()]

    def compute(self):
        """Divergences, [removal, text]."""
        found = [[] for _ in self.removed]
        for rows in self.batches(self.ids):
            ids = self.theirs.tensor(rows)
            intact = self.scores(ids)
            for n, removed in enumerate(self.removed):
                handles = self.without(self.order[:removed])
                changed = self.scores(ids)
                found[n].append((intact.exp() * (intact - changed)).sum(-1).mean(-1).cpu())
                for handle in handles:
                    handle.remove()
        found = torch.stack([torch.cat(parts) for parts in found])
        np.save(self.folder / "kl.npy", found.numpy())
        return found

    def compare(self, run, theirs):
        mine, keys = run.whole("kl")
        wanted = [[0, removed, text] for text in range(self.count) for removed in self.removed]
        order = sorted(range(len(keys)), key=lambda r: (keys[r][2].item(), keys[r][1].item()))
        if keys[order].tolist() != wanted:
            self.complain("rows of other removals")
        mine = mine[order].reshape(self.count, -1).T
        share, besides = KL_TOLERANCES[self.dtype]
        difference = (mine - theirs).abs()
        self.found = difference.max().item()
        if not bool((difference <= besides + share * theirs).all()):
            worst = (difference - share * theirs).argmax()
            self.complain(f"a divergence is {mine.flatten()[worst]:.4g} nats, by transformers "
                          f"{theirs.flatten()[worst]:.4g}")


PARTS = (Prefill, Generate, Draw, LeaveOneOut, Ablate)
