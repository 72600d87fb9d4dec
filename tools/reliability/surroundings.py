#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Surroundings that nobody thought of: little memory, few files, no environment, streams that are closed or full, odd
paths, file systems that lock or sync nothing, models and prompts that are pipes, folders and /dev/zero. A program does
what it was asked for, or says in one line why not; it does not crash, hang, or leave half of something.

surroundings.py BIN_DIR [PART...]      rows on standard output; exit 1 on failure
"""
import json
import os
import pathlib
import resource
import shutil
import sys
import tempfile

from found import MODELS, Found, run, says_why, small_runs, tree


def limited(which, value):
    return lambda: resource.setrlimit(which, (value, value))


class Surroundings:
    def __init__(self, binaries, work):
        self.found, self.work, self.binaries = Found("surroundings"), work, binaries
        self.calls = small_runs(work)
        self.extract = binaries / "extract"
        self.whole = work / "whole"
        status, error = run(self.extract, *self.calls["phiid"], "--out", self.whole)
        assert status == 0, error
        self.wanted = tree(self.whole)
        self.number = 0

    def out(self):
        self.number += 1
        return self.work / f"out{self.number}"

    def check(self, kind, what, words, allowed, **more):
        status, error = run(*words, **more)
        told = status in (0, 75) or says_why(error)
        loader = status == 127 and "error while loading shared libraries" in error  # before any line of ours
        self.found.check(kind, (status in allowed and told) or loader, f"{what}: status {status}: {error}")
        return status

    def run_within(self, kind, what, allowed=(0, 1), before=(), **more):
        """A run there: whole with status 0, else nothing that is not whole."""
        out = self.out()
        status = self.check(kind, what, [*before, self.extract, *self.calls["phiid"], "--out", out], allowed, **more)
        there = tree(out) if out.exists() else {}
        if status == 0:
            self.found.check(kind, there == self.wanted, f"{what}: other bytes")
        else:
            kept = {name: digest for name, digest in there.items() if ".part-" not in name}
            self.found.check(kind, kept.items() <= self.wanted.items(), f"{what}: half of something")

    def analysis_within(self, kind, what, allowed=(0, 1), before=(), **more):
        out = self.out()
        words = [*before, self.binaries / "analyze-phiid", self.whole, "--no-figures", "--out", out]
        status = self.check(kind, what, words, allowed, **more)
        self.found.check(kind, out.exists() == (status == 0), f"{what}: status {status}, and the report is there or not")

    def limits(self):
        kind = "little memory, few files, threads, time"
        for megabytes in (20, 60, 200, 600, 1200):
            self.run_within(kind, f"{megabytes} MB", preexec_fn=limited(resource.RLIMIT_AS, megabytes << 20))
            self.analysis_within(kind, f"{megabytes} MB", preexec_fn=limited(resource.RLIMIT_AS, megabytes << 20))
        for files in (4, 8, 16, 64):
            self.run_within(kind, f"{files} files", preexec_fn=limited(resource.RLIMIT_NOFILE, files))
            self.analysis_within(kind, f"{files} files", preexec_fn=limited(resource.RLIMIT_NOFILE, files))
        self.run_within(kind, "a stack of 256 kB", preexec_fn=limited(resource.RLIMIT_STACK, 256 << 10))

    def environment(self):
        kind = "odd environments"
        own = dict(os.environ)
        for what, env in (("none", {}), ("TMPDIR that is not there", {**own, "TMPDIR": "/nowhere"}),
                          ("a decimal comma", {**own, "LC_ALL": "de_DE.UTF-8"}),
                          ("Turkish letters", {**own, "LC_ALL": "tr_TR.UTF-8"}),
                          ("a HOME that cannot be written", {**own, "HOME": "/proc", "XDG_CACHE_HOME": "/proc/x"})):
            self.run_within(kind, what, (0,), env=env)
            self.analysis_within(kind, what, (0,), env=env)

    def streams(self):
        kind = "streams that are closed or full"
        for redirection, allowed in ((">&-", (0, 1)), (">/dev/full", (1,)), ("2>&-", (0,)), ("<&-", (0,))):
            line = f'exec "$@" {redirection}'
            out = self.out()
            status, error = run("bash", "-c", line, "x", self.extract, *self.calls["phiid"], "--out", out)
            self.found.check(kind, status in allowed, f"a run with {redirection}: status {status}: {error}")
            self.found.check(kind, tree(out) == self.wanted, f"a run with {redirection}: other bytes")
            status, error = run("bash", "-c", line, "x", self.extract, "info", MODELS / "walk")
            self.found.check(kind, status in allowed, f"info with {redirection}: status {status}: {error}")

    def paths(self):
        kind = "odd paths"
        for name in ("a b 'q' \"d\" ü 日本 $(x) ;&", b"bad\xff\xfename", "new\nline", "x" * 200, "-dash"):
            place = os.path.join(os.fsencode(self.work), name if isinstance(name, bytes) else name.encode())
            shutil.copytree(os.fsencode(MODELS / "words"), place + b"_model")
            self.check(kind, f"model in {name!r}", [self.extract, "info", place + b"_model"], (0,))
            self.check(kind, f"run in {name!r}", [self.extract, *self.calls["phiid"], "--out", place], (0,))
            self.check(kind, f"analysis of {name!r}", [self.binaries / "analyze-phiid", place, "--no-figures", "--out",
                                                       place + b"_report"], (0,))
        for what, place in (("5,000 characters", self.work / "/".join(["d" * 200] * 25)), ("a name of 300", self.work / ("y" * 300)),
                            ("/proc/x", "/proc/x"), ("below a file", "/etc/passwd/x"), ("/dev/full", "/dev/full")):
            self.check(kind, what, [self.extract, *self.calls["phiid"], "--out", place], (1,))

    def inputs(self):
        kind = "inputs that are no files"
        makers = {"a pipe": os.mkfifo, "/dev/zero": lambda path: os.symlink("/dev/zero", path), "a folder": os.mkdir,
                  "empty": lambda path: open(path, "w").close(), "nothing": lambda path: None,
                  "a link to itself": lambda path: os.symlink(os.path.basename(path), path)}
        for file in ("config.json", "tokenizer.json", "model.safetensors"):
            for what, make in makers.items():
                model = self.out()
                shutil.copytree(MODELS / "words", model)
                (model / file).unlink()
                make(model / file)
                words = [MODELS / "words" == word and model or word for word in self.calls["phiid"]]
                out = self.out()
                self.check(kind, f"{file} is {what}", [self.extract, *words, "--out", out], (1,))
                self.found.check(kind, not out.exists(), f"{file} is {what}: a run was begun")
        for what, make in makers.items():
            prompts = self.out()
            make(prompts)
            out = self.out()
            words = [self.work / "prompts.jsonl" == word and prompts or word for word in self.calls["phiid"]]
            self.check(kind, f"prompts are {what}", [self.extract, *words, "--out", out], (1,))
            self.found.check(kind, not out.exists(), f"prompts are {what}: a run was begun")

    def configurations(self):
        kind = "sizes that no model has"
        for key, value in (("num_hidden_layers", 10**9), ("num_hidden_layers", 2**63), ("num_hidden_layers", 0),
                           ("num_hidden_layers", -1), ("vocab_size", 10**12), ("hidden_size", 2**31), ("num_attention_heads", 0),
                           ("num_attention_heads", 3), ("num_key_value_heads", 0), ("head_dim", 10**9), ("rms_norm_eps", "nan"),
                           ("rope_theta", 0), ("rope_theta", 1e308), ("bos_token_id", -5),
                           ("intermediate_size", 10**15), ("max_position_embeddings", 2**62)):
            model = self.out()
            shutil.copytree(MODELS / "words", model)
            config = json.loads((model / "config.json").read_text())
            config[key] = value
            (model / "config.json").write_text(json.dumps(config))
            self.check(kind, f"{key} = {value}", [self.extract, "info", model], (1,))

    def prompts(self):
        kind = "texts that are none"
        for what, line in (("bytes that are not UTF-8", b'{"text":"a\xff\xfeb"}\n'), ("overlong UTF-8", b'{"text":"\xc0\xaf"}\n'),
                           ("half a surrogate", b'{"text":"\\ud800"}\n'), ("a token outside", b'{"input_ids":[999999]}\n'),
                           ("2^31 as a token", b'{"input_ids":[2147483648]}\n'),
                           ("100,000 tokens", b'{"input_ids":[' + b",".join([b"5"] * 100000) + b']}\n'),
                           ("60 MB in a line", b'{"text":"' + b"ab " * 20_000_000 + b'"}\n'),
                           ("100,000 deep", b'{"text":"a","meta":' + b"[" * 10**5 + b"]" * 10**5 + b'}\n')):
            file = self.out()
            file.write_bytes(line)
            out = self.out()
            words = [self.work / "prompts.jsonl" == word and file or word for word in self.calls["phiid"]]
            self.check(kind, what, [self.extract, *words, "--out", out], (1,))
            self.found.check(kind, not out.exists(), f"{what}: a run was begun")

    def file_systems(self):
        kind = "file systems that do less"
        if not shutil.which("strace"):
            return
        trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e"]
        for error in ("ENOLCK", "EOPNOTSUPP", "EIO"):
            self.run_within(kind, f"flock: {error}", (1,), before=[*trace, f"inject=flock:error={error}"])
        self.run_within(kind, "fsync of folders: EINVAL", (0, 1), before=[*trace, "inject=fsync:error=EINVAL:when=2+2"])
        self.run_within(kind, "interrupted writes", (0,), before=[*trace, "inject=write:error=EINTR:when=5+7"])


def main():
    with tempfile.TemporaryDirectory(prefix="phiscope-surroundings-") as folder:
        tried = Surroundings(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))
        for part in ("limits", "environment", "streams", "paths", "inputs", "configurations", "prompts", "file_systems"):
            if len(sys.argv) < 3 or part in sys.argv[2:]:
                getattr(tried, part)()
        return tried.found.end()


if __name__ == "__main__":
    sys.exit(main())
