#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A run directory that was begun with something else. Every change of an option, a model or an input that the numbers
depend on is refused in one line that names it, and the directory is left as it was; what they do not depend on may
change.

stale.py BIN_DIR      rows on standard output; exit 1 on failure
"""
import json
import pathlib
import shutil
import sys
import tempfile

from found import DATA, MODELS, Found, first_prompts, run, tree


def changed_models(work):
    """Copies of the model `words`, each with one thing changed, by what that is called in the refusal."""
    def copy(name):
        folder = work / name
        shutil.copytree(MODELS / "words", folder)
        return folder

    def edit(folder, file, **changes):
        found = json.loads((folder / file).read_text())
        found.update(changes)
        (folder / file).write_text(json.dumps(found))
        return folder

    weights = copy("weights")
    data = bytearray((weights / "model.safetensors").read_bytes())
    data[-7] ^= 1
    (weights / "model.safetensors").write_bytes(data)
    tokenizer = copy("tokenizer")
    with (tokenizer / "tokenizer.json").open("a") as file:
        file.write("\n")
    return {
        "one bit of the weights": (weights, "model"),
        "rms_norm_eps": (edit(copy("eps"), "config.json", rms_norm_eps=2e-5), "model"),
        "tokenizer.json": (tokenizer, "model"),
        "eos_token_id of generation_config.json": (edit(copy("eos"), "generation_config.json", eos_token_id=3), "model"),
    }


def changed_prompts(work, prompts):
    lines = prompts.read_text().splitlines()

    def written(name, changed):
        (work / name).write_text("\n".join(changed) + "\n")
        return work / name

    first = json.loads(lines[0])
    text = next(key for key in ("question", "text", "prompt") if key in first)
    return {
        "text of a prompt": written("text.jsonl", [json.dumps({**first, text: first[text] + " so"}), *lines[1:]]),
        "id of a prompt": written("id.jsonl", [json.dumps({**first, "id": "other"}), *lines[1:]]),
        "order of the prompts": written("order.jsonl", lines[::-1]),
        "a prompt less": written("less.jsonl", lines[:-1]),
    }


def main():
    extract = pathlib.Path(sys.argv[1]).resolve() / "extract"
    found = Found("stale")
    with tempfile.TemporaryDirectory(prefix="phiscope-stale-") as folder:
        work = pathlib.Path(folder)
        prompts = first_prompts(work / "prompts.jsonl", 4)
        whole = {"--model": MODELS / "words", "--prompts": prompts, "--generate": "6", "--capture": "head_norm",
                 "--prompts-per-shard": "2"}
        words = ["activations", *(word for pair in whole.items() for word in pair)]
        begun = work / "begun"
        status, error = run(extract, *words, "--out", begun)
        assert status == 0, error
        (begun / "manifest.json").unlink()  # as if killed before its last shard
        (begun / "commit/shard-00001.json").unlink()
        before = tree(begun)

        def attempt(what, changes, more=(), instead=None, allowed=False, names=""):
            out = work / "out"
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(begun, out)
            options = {**whole, **changes}
            status, error = run(extract, *(instead or ["activations", *(word for pair in options.items() for word in pair),
                                                       *more]), "--out", out)
            if allowed:
                found.check("what the numbers do not depend on may change", status == 0, f"{what}: {status}: {error}")
                return
            found.check("a change is refused in one line that names it", status == 1 and names in error,
                        f"{what}: status {status}: {error}")
            found.check("a refused directory is left as it was", tree(out) == before, what)

        for what, (model, name) in changed_models(work).items():
            attempt(what, {"--model": model}, names=name)
        for what, file in changed_prompts(work, prompts).items():
            attempt(what, {"--prompts": file})
        for option, value in {"--generate": "7", "--capture": "head_norm,hook_z", "--layers": "0-1", "--prompts-per-shard": "1",
                              "--dtype": "float64", "--batch-size": "3", "--seed": "5", "--temperature": "0.5",
                              "--samples": "1", "--positions": "gen"}.items():
            attempt(option, {option: value})
        for switch in ("--no-special", "--ignore-eos"):
            attempt(switch, {}, more=[switch])
        attempt("another subcommand", {}, instead=["phiid", "--model", MODELS / "words", "--prompts", prompts])
        attempt("another family of runs", {}, instead=["loo", "--model", MODELS / "walk"])
        same = work / "elsewhere"
        shutil.copytree(MODELS / "words", same)
        attempt("the same model elsewhere", {"--model": same}, allowed=True)
        attempt("the same prompts elsewhere", {"--prompts": shutil.copy(prompts, work / "again.jsonl")}, allowed=True)
        for option, value in {"--threads": "1", "--memory": "8", "--pinned-mb": "64", "--lock": "files"}.items():
            attempt(option, {option: value}, allowed=True)
        attempt("--no-digest-cache", {}, more=["--no-digest-cache"], allowed=True)
        # The other experiments: their inputs and what they ask for.
        latent = ["--model", MODELS / "week", "--batch-size", "8", "--max-new-tokens", "4"]
        pairs, problems = DATA / "week/pairs.json", DATA / "week/problems.jsonl"
        other_pairs = work / "pairs.json"
        content = json.loads(pairs.read_text())
        listed = content["pairs"] if isinstance(content, dict) else content
        listed.reverse()
        other_pairs.write_text(json.dumps(content))
        for word, given, others in (
                ("loo", ["--model", MODELS / "walk", "--context-lengths", "6", "--n-trials", "2"],
                 [["--n-trials", "3"], ["--context-lengths", "6,7"], ["--sink", "keep"], ["--seed", "1"],
                  ["--primary", "clusters"]]),
                ("patching", [*latent, "--pairs", pairs, "--limit", "6"],
                 [["--limit", "7"], ["--mode", "frozen"], ["--sets", "layer"], ["--pairs", other_pairs]]),
                ("steps", [*latent, "--problems", problems, "--per-stratum", "2"],
                 [["--per-stratum", "3"], ["--seed", "4"], ["--max-new-tokens", "5"]])):
            begun_of = work / f"begun-{word}"
            status, error = run(extract, word, *given, "--out", begun_of)
            assert status == 0, error
            kept = tree(begun_of)
            for other in others:
                options = [*given]
                if other[0] in options:
                    options[options.index(other[0]) + 1] = other[1]
                else:
                    options += other
                status, error = run(extract, word, *options, "--out", begun_of)
                found.check("a change is refused in one line that names it", status == 1 and "plan.json" in error,
                            f"{word} {other}: status {status}: {error}")
                found.check("a refused directory is left as it was", tree(begun_of) == kept, f"{word} {other}")
    return found.end()


if __name__ == "__main__":
    sys.exit(main())
