# SPDX-License-Identifier: MIT
"""Reads the CSV tables of the analyze programs, where an empty field is undefined and a status column says why."""
import csv
import io
import re

import numpy as np

from .array import optional_module
from .errors import FormatError, read_text

# As the programs write them: "007" is an id, not a number.
INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")


def read_table(path):
    """A table: numbers as masked arrays, masked where undefined, texts as lists.

    Raises FormatError (one line, the path first) unless every row has as many fields as there are columns.
    """
    text = read_text(path).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            rows.append(row)
            if len(row) != len(rows[0]):
                raise FormatError(path, f"line {reader.line_num}: {len(row)} fields, expected {len(rows[0])}")
    except csv.Error as error:
        raise FormatError(path, f"line {reader.line_num}: {error}") from None
    if not rows:
        raise FormatError(path, "empty, expected a line of column names")
    if len(set(rows[0])) != len(rows[0]):
        raise FormatError(path, "line 1: a column name occurs twice")
    return Table(path, rows[0], rows[1:])


def as_column(fields):
    """Integers or numbers, masked where empty; else the texts as they are."""
    mask = [field == "" for field in fields]
    given = [field for field in fields if field]
    for pattern, dtype in ((INTEGER, "i8"), (NUMBER, "f8")):
        if given and all(pattern.fullmatch(field) for field in given):
            return np.ma.MaskedArray([field or "0" for field in fields], mask=mask).astype(dtype)
    if fields and not given:
        return np.ma.MaskedArray(np.zeros(len(fields)), mask=mask)
    return fields


class Table:
    """Columns by name; read_table() makes one."""

    def __init__(self, path, columns, rows):
        self.path, self.columns = path, list(columns)
        self._fields = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
        self._columns = {name: as_column(fields) for name, fields in self._fields.items()}
        self._length = len(rows)

    def __len__(self):
        return self._length

    def __repr__(self):
        return f"Table({str(self.path)!r}, {len(self)} rows: {', '.join(self.columns)})"

    def __getitem__(self, column):
        if column not in self._columns:
            raise KeyError(f"{self.path}: no column {column!r}, expected one of {', '.join(self.columns)}")
        return self._columns[column]

    def status_column(self, column):
        """The column that says why a number is not there, or None: the one that shares the longest beginning
        ("score_ci_status" of "score_low"), else "status"."""
        best, length = ("status" if "status" in self._fields else None), 0
        for name in self.columns:
            stem = re.sub(r"_?(ci_)?status$", "", name)
            if name.endswith("status") and stem and len(stem) > length and (
                    column == stem or column.startswith(stem + "_")):
                if column != stem or not name.endswith("_ci_status"):  # an interval's reason is not the value's
                    best, length = name, len(stem)
        if best == "status" and re.search(r"(^|_)(low|high)$", column) and "ci_status" in self._fields:
            return "ci_status"
        return best or ("ci_status" if "ci_status" in self._fields else None)

    def reason(self, column, row):
        """Why a field is undefined, as its status column has it: "ok" where it is not, "" where no column says it."""
        self[column]
        if self._fields[column][row] != "":
            return "ok"
        status = self.status_column(column)
        found = self._fields[status][row] if status else ""
        return "" if found == "ok" else found

    def undefined(self):
        """{column: {reason: rows}} of the empty fields."""
        counts = {}
        for column in self.columns:
            for row, field in enumerate(self._fields[column]):
                if field == "":
                    reasons = counts.setdefault(column, {})
                    reason = self.reason(column, row)
                    reasons[reason] = reasons.get(reason, 0) + 1
        return counts

    def to_pandas(self):
        """A DataFrame: undefined numbers are missing (pandas.NA of Int64 and Float64), the reasons stay columns."""
        pandas = optional_module("pandas", "to_pandas()")
        data = {}
        for name, column in self._columns.items():
            if isinstance(column, np.ma.MaskedArray):
                kind = pandas.arrays.IntegerArray if column.dtype.kind == "i" else pandas.arrays.FloatingArray
                data[name] = kind(column.filled(0), np.ma.getmaskarray(column))
            else:
                data[name] = column
        return pandas.DataFrame(data)
