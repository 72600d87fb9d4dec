# SPDX-License-Identifier: MIT
"""Reads and writes run directories: what `extract` writes and the `analyze-*` programs read.

    run = open_run("RUN")
    x = run["hook_resid_post"].sel(prompt="a", layer=3).numpy()  # [row, unit]

Needs NumPy only. The format is described in analyze/shard/FORMAT.md of the repository.
"""
from .array import RunArray
from .errors import FormatError
from .reader import Run, open_run
from .table import Table, read_table
from .writer import write_run

__all__ = ["FormatError", "Run", "RunArray", "Table", "open_run", "read_table", "write_run"]
