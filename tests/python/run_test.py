#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""phiscope.run against runs of `extract`, and its runs against `extract verify` and analyze-phiid.

run_test.py BIN SOURCE_DIR [unittest arguments]: BIN has extract and analyze-phiid; without extract the cases that
need it are skipped.
"""
import csv
import hashlib
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from phiscope.run import FormatError, open_run, read_table, write_run

BIN, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
PROMPTS = [{"id": "a", "input_ids": [1, 4, 5]}, {"id": "b", "input_ids": [1, 6]}, {"id": "c", "input_ids": [1]}]


def program(name, *arguments):
    if not (BIN / name).exists():
        raise unittest.SkipTest(f"skipped: no {BIN / name}")
    return subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def small_run(self, **options):
        """Three prompts of 3, 2 and 1 tokens in two shards; every number tells where it is."""
        x = np.arange(6 * 2 * 4, dtype="f4").reshape(6, 2, 4)
        write_run(self.folder / "run", {"hook_resid_post": [x[:3], x[3:5], x[5:]]}, PROMPTS, layers=[-1, 7],
                  prompts_per_shard=2, **options)
        return x, self.folder / "run"

    def refused(self, path, *words, **options):
        with self.assertRaises(FormatError) as caught:
            run = open_run(path, **options)
            for name in run:
                run[name].numpy()
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        for word in [str(path), *words]:
            self.assertIn(word, message)


class FromTheSources(unittest.TestCase):
    def test_metrics_say_what_they_need(self):
        with self.assertRaisesRegex(ImportError, r"\./dev python .* pip install \./metrics/python"):
            import phiscope.metrics  # noqa: F401


class ReadsWhatExtractWrites(Case):
    """A model of datasets/ in three number formats, read by an oracle of struct and json alone."""

    @classmethod
    def setUpClass(cls):
        cls.runs = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.runs)

    def extracted(self, dtype):
        """A run of three prompts, made once."""
        prompts, run = self.runs / "prompts.jsonl", self.runs / dtype
        if run.exists():
            return run
        lines = (SOURCE / "datasets/phiid/words.jsonl").read_text().splitlines(True)[:3]
        prompts.write_text("".join(lines))
        done = program("extract", "activations", "--model", SOURCE / "datasets/models/words", "--prompts", prompts,
                       "--generate", 3, "--capture", "hook_resid_post,head_norm", "--layers", "1-3", "--dtype", dtype,
                       "--prompts-per-shard", 2, "--out", run)
        self.assertEqual(done.returncode, 0, done.stderr)
        return run

    @staticmethod
    def oracle(folder, name):
        """The numbers of an array without NumPy's reader: header by hand, bfloat16 by its definition."""
        plan = json.loads((folder / "plan.json").read_text())
        array = next(a for a in plan["arrays"] if a["name"] == name)
        code = {"<f4": "f", "<f2": "e", "<f8": "d", "<u2": "H"}[array["dtype"]]
        numbers = []
        for shard in range(plan["shards"]):
            data = (folder / name / f"shard-{shard:05d}.npy").read_bytes()
            body = data[10 + struct.unpack("<H", data[8:10])[0]:]
            numbers += struct.unpack(f"<{len(body) // struct.calcsize(code)}{code}", body)
        if array.get("encoding") == "bf16":
            numbers = [struct.unpack("<f", b"\0\0" + struct.pack("<H", bits))[0] for bits in numbers]
        return np.array(numbers).reshape(-1, *array["row_shape"])

    def test_numbers_of_every_format(self):
        for dtype in ("float32", "bfloat16", "float16"):
            with self.subTest(dtype):
                folder = self.extracted(dtype)
                run = open_run(folder)
                run.verify()
                array = run["hook_resid_post"]
                self.assertEqual(array.axes, ("row", "layer", "unit"))
                self.assertEqual(array.is_bf16, dtype == "bfloat16")
                np.testing.assert_array_equal(array.numpy(), self.oracle(folder, "hook_resid_post"))
                np.testing.assert_array_equal(run["head_norm"].numpy(), self.oracle(folder, "head_norm"))
                self.assertEqual(list(array.layers), [1, 2, 3])

    def test_selection(self):
        folder = self.extracted("bfloat16")
        run = open_run(folder)
        whole, rows = self.oracle(folder, "hook_resid_post"), run["hook_resid_post"].rows
        lengths = [len(prompt["input_ids"]) + 3 for prompt in run.prompts]  # and three generated tokens
        self.assertEqual([int((rows[:, 0] == i).sum()) for i in range(3)], lengths)
        second = run["hook_resid_post"].sel(prompt=run.prompts[1]["id"], layer=3)
        self.assertEqual(second.axes, ("row", "unit"))
        np.testing.assert_array_equal(second.numpy(), whole[lengths[0]:lengths[0] + lengths[1], 2])
        third = run["hook_resid_post"].sel(position=[0, 2], prompt=2).numpy()
        first = lengths[0] + lengths[1]
        np.testing.assert_array_equal(third, whole[[first, first + 2]])


class Selects(Case):
    def test_keys_and_axes(self):
        x, path = self.small_run()
        array = open_run(path)["hook_resid_post"]
        self.assertEqual(array.shape, (6, 2, 4))
        np.testing.assert_array_equal(np.asarray(array), x)
        np.testing.assert_array_equal(array.sel(layer=-1).numpy(), x[:, 0])
        np.testing.assert_array_equal(array.sel(layer=[7, -1], unit=slice(1, 3)).numpy(), x[:, ::-1, 1:3])
        np.testing.assert_array_equal(array.sel(prompt="b").sel(position=1, layer=7).numpy(), x[4:5, 1])
        np.testing.assert_array_equal(array.sel(position=slice(1, None)).numpy(), x[[1, 2, 4]])
        np.testing.assert_array_equal(array.sel(prompt=["a", "c"]).rows, [[0, 0], [0, 1], [0, 2], [2, 0]])
        self.assertEqual(array.sel(position=0).prompt_ids, ["a", "b", "c"])
        some = array.sel(layer=[7, -1])
        self.assertEqual((some.layers.tolist(), some.shape), ([7, -1], (6, 2, 4)))
        np.testing.assert_array_equal(some.sel(layer=-1).numpy(), x[:, 0])
        self.assertEqual(array.sel(layer=[7], unit=slice(1, 3)).shape, (6, 1, 2))
        self.assertEqual(array.sel(unit=2).shape, array.sel(unit=2).numpy().shape)

    def test_what_is_not_there(self):
        array = open_run(self.small_run()[1])["hook_resid_post"]
        for which, word in (({"layer": 0}, "no layer 0"), ({"prompt": "z"}, "no prompt 'z'"), ({"head": 1}, "'head'"),
                            ({"position": 3}, "no row with position 3")):
            with self.assertRaisesRegex(KeyError, word):
                array.sel(**which)
        with self.assertRaisesRegex(KeyError, "expected one of hook_resid_post"):
            open_run(self.folder / "run")["hook_z"]

    def test_whole_shard_is_mapped(self):
        _, path = self.small_run()
        numbers = open_run(path)["hook_resid_post"].sel(prompt=[0, 1]).numpy()
        self.assertIsInstance(numbers.base, np.memmap)

    def test_conversions(self):
        x, path = self.small_run()
        array = open_run(path)["hook_resid_post"]
        for module, convert in (("pandas", array.sel(layer=7).to_pandas), ("xarray", array.to_xarray),
                                ("torch", array.to_torch)):
            with self.subTest(module):
                try:
                    __import__(module)
                except ImportError:
                    with self.assertRaisesRegex(ImportError, f"needs {module}"):
                        convert()
                    continue
                given = np.asarray(convert())
                np.testing.assert_array_equal(given, x[:, 1] if module == "pandas" else x)


class Refuses(Case):
    def test_partial(self):
        x, path = self.small_run()
        (path / "manifest.json").unlink()
        (path / "commit/shard-00001.json").unlink()
        self.refused(path, "incomplete: 1 of 2 shards")
        run = open_run(path, allow_partial=True)
        self.assertFalse(run.complete)
        np.testing.assert_array_equal(run["hook_resid_post"].numpy(), x[:5])

    def test_damage(self):
        for number, (damage, words) in enumerate(DAMAGES.items()):
            with self.subTest(words[-1]):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                path = self.small_run()[1]
                damage(path)
                self.refused(path, *words)

    def test_changed_numbers(self):
        path = self.small_run()[1]
        file = path / "hook_resid_post/shard-00000.npy"
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        with self.assertRaisesRegex(FormatError, "SHA-256"):
            open_run(path).verify()

    def test_files_of_the_plan(self):
        path = self.small_run()[1]
        (path / "notes.jsonl").write_text("{}\n")

        def name_file(name, digest):
            plan = {}
            for key, value in json.loads((path / "plan.json").read_text()).items():
                if key != "files":
                    plan[key] = value
                if key == "arrays":  # which the files follow, as extract has it
                    plan["files"] = {name: digest}
            manifest = json.loads((path / "manifest.json").read_text())
            for file, value in (("plan.json", plan), ("manifest.json", {**manifest, "plan": plan})):
                (path / file).write_text(json.dumps(value, indent=1) + "\n")

        name_file("notes.jsonl", hashlib.sha256(b"{}\n").hexdigest())
        open_run(path).verify()
        self.assertEqual(json.loads(program("extract", "verify", path).stdout)["problems"], [])
        for damage, words in ((lambda: (path / "notes.jsonl").write_text("[]\n"), "notes.jsonl: SHA-256 .* plan.json"),
                              ((path / "notes.jsonl").unlink, "notes.jsonl: is missing, expected by plan.json")):
            damage()
            with self.assertRaisesRegex(FormatError, words):
                open_run(path).verify()
            self.assertEqual(program("extract", "verify", path).returncode, 1)
        for name, digest, words in (("rows", "0" * 64, "file 'rows': not a plain file name, or one that is taken"),
                                    ("hook_resid_post", "0" * 64, "or one that is taken"),
                                    ("notes.jsonl", "0" * 63, "expected a SHA-256 in hexadecimal")):
            name_file(name, digest)
            self.refused(path, words)


def edit(name, before, after):
    def damage(path):
        text = (path / name).read_bytes()
        assert before in text, (name, before)
        (path / name).write_bytes(text.replace(before, after, 1))
    return damage


def cut(path):
    file = path / "hook_resid_post/shard-00001.npy"
    file.write_bytes(file.read_bytes()[:-1])


DAMAGES = {
    edit("plan.json", b'"<f4"', b'"<f8"'): ("manifest.json", "plan disagrees"),
    edit("plan.json", b'"layer"', b'"lager"'): ("manifest.json", "plan disagrees"),
    edit("plan.json", b"-1,", b""): ("plan.json", "axis layer of length 2, but 1 layers"),
    edit("plan.json", b'"token"', b'"taken"'): ("plan.json", "row space 'token' is unknown"),
    edit("plan.json", b"run/1", b"run/9"): ("plan.json", "'phiscope-run/9'"),
    edit("plan.json", b'"model": {}', b'"model": NaN'): ("plan.json", "NaN"),
    edit("plan.json", b'"model": {}', b'"shards": 2'): ("plan.json", "twice"),
    edit("prompts.jsonl", b'"a"', b'"x"'): ("manifest.json", "prompts disagrees"),
    edit("prompts.jsonl", b"}\n", b"}"): ("prompts.jsonl", "line 1"),
    edit("commit/shard-00000.json", b'"rows": 5', b'"rows": 4'): ("shard-00000.json", "4 rows, expected 5"),
    edit("hook_resid_post/shard-00000.npy", b"(5, 2, 4)", b"(5, 4, 2)"): ("shard-00000.npy", "(5, 4, 2)"),
    edit("hook_resid_post/shard-00000.npy", b"NUMPY", b"BUMPY"): ("shard-00000.npy", "magic"),
    cut: ("shard-00001.npy", "expected"),
    lambda path: (path / "rows/token/shard-00001.npy").unlink(): ("rows/token/shard-00001.npy", "is missing"),
    lambda path: (path / "plan.json").unlink(): ("no plan.json",),
    lambda path: (path / "manifest.json").write_text("[]"): ("manifest.json", "expected a JSON object"),
}


class Writes(Case):
    def test_extract_verifies(self):
        self.small_run(options={"seed": 0, "scale": 1e-05, "text": "é\n\x1f"}, model={"layers": [], "none": {}})
        done = program("extract", "verify", self.folder / "run")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual((found["files"], found["nonfinite"], found["problems"]), (4, 0, []))

    def test_every_dtype_comes_back(self):
        arrays = {f"x{code}".replace("?", "b"): np.array([[1], [0], [1]]).astype(code)
                  for code in ("f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8", "?")}
        write_run(self.folder / "run", arrays, ["p"], rows={"token": {"prompt": [0, 0, 0], "position": [0, 1, 2]}},
                  axes={name: ["row", "unit"] for name in arrays})
        run = open_run(self.folder / "run")
        for name, x in arrays.items():
            self.assertEqual(run[name].numpy().dtype, x.dtype)
            np.testing.assert_array_equal(run[name].numpy(), x)
        self.assertEqual(json.loads(program("extract", "verify", run.path).stdout)["problems"], [])

    def test_bfloat16_of_torch(self):
        try:
            import torch
        except ImportError:
            self.skipTest("skipped: no torch")
        x = torch.tensor([[1.0, -0.3, 3e38]], dtype=torch.bfloat16)
        write_run(self.folder / "run", {"ln_final.hook_out": [x]}, ["p"])
        array = open_run(self.folder / "run")["ln_final.hook_out"]
        self.assertTrue(array.is_bf16)
        np.testing.assert_array_equal(array.numpy(), x.float().numpy())

    def test_analyze_phiid_accepts_head_norms(self):
        """The pair of heads in a run of ours has the numbers that the series have as a plain array."""
        heads = np.random.default_rng(1).normal(size=(4, 60, 6)).cumsum(axis=1)
        prompts, _, series = heads.shape
        write_run(self.folder / "run", {"head_norm": [one.reshape(len(one), 2, series // 2) for one in heads]},
                  [{"id": f"p{i}"} for i in range(prompts)], row_space="generated", prompts_per_shard=1)
        self.assertEqual(program("extract", "verify", self.folder / "run").returncode, 0)
        np.save(self.folder / "series.npy", heads)
        options = ("--no-figures", "--bootstrap", 0, "--threads", 1)
        ours = program("analyze-phiid", self.folder / "run", "--out", self.folder / "ours", *options)
        self.assertEqual(ours.returncode, 0, ours.stderr)
        plain = program("analyze-phiid", "--series", self.folder / "series.npy", "--layers", 2, "--out",
                        self.folder / "plain", *options)
        self.assertEqual(plain.returncode, 0, plain.stderr)
        for name in ("sts.npy", "rtr.npy"):
            ours, plain = (np.load(self.folder / which / name) for which in ("ours", "plain"))
            self.assertGreater(np.nanmax(np.abs(ours)), 0)
            np.testing.assert_array_equal(ours, plain)
        table = read_table(self.folder / "ours/rankings.csv")
        with open(self.folder / "plain/rankings.csv", newline="") as file:
            expected = [float(row["syn_balance"]) for row in csv.DictReader(file)]
        np.testing.assert_array_equal(table["syn_balance"], expected)

    def test_refuses_and_leaves_nothing(self):
        x = np.ones((3, 2), "f4")
        for arguments, word in (
                (dict(arrays={"x": [x]}), "axes"),
                (dict(arrays={"head_norm": [x]}), "3 axes|expected"),
                (dict(arrays={"hook_embed": [x, x]}), "2 arrays, expected one for each of 1 prompts"),
                (dict(arrays={"hook_embed": x}), "rows of row space 'token' are not known"),
                (dict(arrays={"hook_embed": [x * np.nan]}), "row 0 holds NaN"),
                (dict(arrays={"hook_embed": [x.astype(complex)]}), "complex"),
                (dict(arrays={"hook_embed": [x]}, options={"x": float("inf")}), "finite"),
                (dict(arrays={"hook_embed": x}, rows={"token": {"prompt": [0, 0, 1], "position": [0, 1, 2]}}),
                 "prompt 1, expected 0 to 0"),
                (dict(arrays={"hook_embed": [x], "logits": [x[:2]]}), "rows per prompt")):
            with self.subTest(word):
                with self.assertRaisesRegex(ValueError, word):
                    write_run(self.folder / "run", prompts=["p"], **arguments)
                self.assertEqual(list(self.folder.iterdir()), [])
        self.small_run()
        with self.assertRaisesRegex(ValueError, "exists"):
            self.small_run()


class ReadsTables(Case):
    TEXT = ('name,score,n,score_low,score_ci_status,status\n'
            '"a, b",0.5,3,,few_units,ok\n'
            'c,,,,too_few_rows,constant\n'
            'd,2,,1,ok,ok\n')

    def test_columns_and_reasons(self):
        path = self.folder / "t.csv"
        path.write_text(self.TEXT)
        table = read_table(path)
        self.assertEqual(table["name"], ["a, b", "c", "d"])
        self.assertEqual(table["score"].tolist(), [0.5, None, 2])
        self.assertEqual(table["n"].tolist(), [3, None, None])
        self.assertEqual(table["n"].dtype.kind, "i")
        self.assertEqual([table.reason("score", row) for row in (0, 1)], ["ok", "constant"])
        self.assertEqual([table.reason("score_low", row) for row in (0, 1)], ["few_units", "too_few_rows"])
        self.assertEqual(table.reason("n", 2), "")  # nothing says why
        self.assertEqual(table.undefined(), {"score": {"constant": 1}, "n": {"constant": 1, "": 1},
                                             "score_low": {"few_units": 1, "too_few_rows": 1}})

    def test_kinds_of_columns(self):
        path = self.folder / "t.csv"
        path.write_text("\ufeffid,p,n\r\n007,1e-05,-1\r\n008,0.5,0\r\n")
        table = read_table(path)
        self.assertEqual(table["id"], ["007", "008"])
        self.assertEqual((table["p"].tolist(), table["n"].tolist()), ([1e-05, 0.5], [-1, 0]))
        self.assertEqual((table["p"].dtype.kind, table["n"].dtype.kind, len(table)), ("f", "i", 2))

    def test_damage(self):
        for text, word in (("", "empty"), ("a,b\n1\n", "line 2: 1 fields, expected 2"), ("a,a\n", "twice"),
                           ('a\n"x', "line 2")):
            path = self.folder / "t.csv"
            path.write_text(text)
            with self.assertRaisesRegex(FormatError, word):
                read_table(path)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
