# SPDX-License-Identifier: MIT
"""An array of a run with named axes, read when its numbers are asked for."""
import numpy as np


def bf16_to_float32(bits):
    """bfloat16 bits are the upper half of a float32: exact."""
    return (bits.astype("<u4") << 16).view("<f4")


def optional_module(name, what):
    import importlib
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(f"{what} needs {name}, which is not installed: pip install {name}") from None


class RunArray:
    """Rows by shards, [row, ...]. The first axis stays under sel(); another one goes where one index is chosen.

    axes    names of the axes
    shape   their lengths
    key     names of what identifies a row, columns of `rows`
    rows    int64 [row, key]
    """

    def __init__(self, run, array, parts, rows=None, index=None):
        self.run, self._array, self._parts = run, array, parts
        self._rows = rows  # indices among all rows of the run; None: all of them
        self._index = index or {}  # axis name: an index, or an array of them

    def __repr__(self):
        sizes = ", ".join(f"{axis} {length}" for axis, length in zip(self.axes, self.shape))
        return f"RunArray({self.name!r}, {self.dtype}, {sizes}; a row is ({', '.join(self.key)}))"

    @property
    def name(self):
        return self._array["name"]

    @property
    def attrs(self):
        """hook and formula: what the numbers are."""
        return {"hook": self._array["hook"], "formula": self._array["formula"]}

    @property
    def is_bf16(self):
        """Stored as bfloat16, read as float32."""
        return self._array.get("encoding") == "bf16"

    @property
    def dtype(self):
        return np.dtype("<f4" if self.is_bf16 else self._array["dtype"])

    @property
    def _all_axes(self):
        return tuple(self._array["axes"])

    @property
    def axes(self):
        return tuple(axis for axis in self._all_axes if np.ndim(self._index.get(axis, ())) == 1)

    @property
    def shape(self):
        return (len(self), *(len(self.coordinates(axis)) for axis in self.axes[1:]))

    @property
    def ndim(self):
        return len(self.axes)

    def __len__(self):
        return sum(len(part) for part in self._parts) if self._rows is None else len(self._rows)

    @property
    def key(self):
        return self.run.row_spaces[self._array["row_space"]]

    @property
    def rows(self):
        """What each row is: int64 [row, key]."""
        every = self.run.rows(self._array["row_space"])
        return every if self._rows is None else every[self._rows]

    @property
    def layers(self):
        """The layer at each index of the axis `layer`; -1 is the embedding."""
        return self.coordinates("layer")

    @property
    def prompt_ids(self):
        """[row]: the id of the row's prompt in prompts.jsonl."""
        ids = [prompt.get("id", number) for number, prompt in enumerate(self.run.prompts)]
        return [ids[number] for number in self.rows[:, self.key.index("prompt")]]

    def _labels(self, axis):
        """Names of all indices of an axis that is not the rows."""
        length = self._array["row_shape"][self._all_axes.index(axis) - 1]
        if axis == "layer":
            return np.asarray(self._array["layers"])
        return np.arange(length)

    def coordinates(self, axis):
        """What each index of an axis is: layers by their number, others counted from 0."""
        if axis not in self._all_axes[1:]:
            raise KeyError(f"{self.name}: no axis {axis!r}, expected one of {', '.join(self._all_axes[1:])}")
        labels = self._labels(axis)
        return labels[self._index[axis]] if axis in self._index else labels

    def sel(self, **which):
        """Rows and entries by name: keys of the row space (prompt, position, step, ...) and axes (layer, head, ...).

        A value is one number, several (list, array, range), or a slice [start, stop) of key numbers or labels.
        `prompt` also takes ids of prompts.jsonl as text. Raises KeyError for a name or value that is not there.
        """
        rows, index = self._rows, dict(self._index)
        for name, wanted in which.items():
            if name in self.key:
                every = np.arange(len(self)) if rows is None else rows
                rows = every[self._chosen_rows(name, wanted, every)]
            elif name in self._all_axes[1:] and np.ndim(index.get(name, ())) == 1:
                index[name] = self._chosen_labels(name, wanted)
            else:
                names = (*self.key, *self.axes[1:])
                raise KeyError(f"{self.name}: no key or axis {name!r}, expected one of {', '.join(names)}")
        return RunArray(self.run, self._array, self._parts, rows, index)

    def _chosen_rows(self, name, wanted, every):
        column = self.run.rows(self._array["row_space"])[every, self.key.index(name)]
        if isinstance(wanted, slice):
            return in_slice(column, wanted)
        wanted = self._numbers(name, wanted)
        for number in wanted:
            if number not in column:
                raise KeyError(f"{self.name}: no row with {name} {number}")
        return np.isin(column, wanted)

    def _numbers(self, name, wanted):
        """Numbers of a key; ids of prompts become their line in prompts.jsonl."""
        wanted = [wanted] if isinstance(wanted, str) or np.ndim(wanted) == 0 else list(wanted)
        ids = {prompt.get("id"): number for number, prompt in enumerate(self.run.prompts)}
        numbers = []
        for one in wanted:
            if isinstance(one, str):
                if name != "prompt" or one not in ids:
                    raise KeyError(f"{self.name}: no {name} {one!r}")
                one = ids[one]
            numbers.append(int(one))
        return numbers

    def _chosen_labels(self, axis, wanted):
        labels = self.coordinates(axis)
        before = self._index.get(axis, np.arange(len(labels)))
        if isinstance(wanted, slice):
            return before[in_slice(labels, wanted)]
        places = []
        for one in [wanted] if np.ndim(wanted) == 0 else wanted:
            place = np.flatnonzero(labels == one)
            if len(place) == 0:
                raise KeyError(f"{self.name}: no {axis} {one}, expected one of {labels.min()} to {labels.max()}")
            places.append(before[place[0]])
        return places[0] if np.ndim(wanted) == 0 else np.asarray(places)

    def numpy(self):
        """The numbers. One shard's whole rows are a read-only view of the file, everything else is a copy;
        bfloat16 becomes float32."""
        selected = [part[self._entries(len(part), first)] for part, first in self._shards()]
        pieces = [self._entry(piece) for piece in selected if len(piece)]
        if self.is_bf16:
            pieces = [bf16_to_float32(np.ascontiguousarray(piece)) for piece in pieces]
        if len(pieces) == 1:
            return np.asarray(pieces[0])
        return np.concatenate(pieces) if pieces else np.empty(self.shape, self.dtype)

    def _shards(self):
        first = 0
        for part in self._parts:
            yield part, first
            first += len(part)

    def _entries(self, count, first):
        """Rows of a shard, as a slice where they are adjacent."""
        if self._rows is None:
            return slice(None)
        begin, end = np.searchsorted(self._rows, [first, first + count])
        rows = self._rows[begin:end] - first
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            return slice(int(rows[0]), int(rows[-1]) + 1)
        return rows

    def _entry(self, piece):
        """Entries of the other axes, from the last axis on, so that the places of those before do not change."""
        for place in range(len(self._all_axes) - 1, 0, -1):
            axis = self._all_axes[place]
            if axis in self._index:
                wanted = self._index[axis]
                piece = piece[(slice(None),) * place + (wanted if np.ndim(wanted) else int(wanted),)]
        return piece

    def __array__(self, dtype=None, copy=None):
        numbers = self.numpy()
        return numbers.astype(dtype) if dtype is not None and dtype != numbers.dtype else numbers

    def to_pandas(self):
        """A DataFrame: the key is the index, with prompt ids, the other axes are the columns."""
        pandas = optional_module("pandas", "to_pandas()")
        columns = [self.prompt_ids if name == "prompt" and self.run.prompts else self.rows[:, i]
                   for i, name in enumerate(self.key)]
        index = pandas.MultiIndex.from_arrays(columns, names=self.key)
        axes = self.axes[1:]
        numbers = self.numpy().reshape(len(self), -1)
        if not axes:
            return pandas.DataFrame(numbers, index=index, columns=[self.name])
        labels = [self.coordinates(axis) for axis in axes]
        return pandas.DataFrame(numbers, index=index, columns=pandas.MultiIndex.from_product(labels, names=axes))

    def to_xarray(self):
        """A DataArray with the names of the axes; the key's columns are coordinates of the rows."""
        xarray = optional_module("xarray", "to_xarray()")
        axes, rows = self.axes, self.rows
        coordinates = {axis: self.coordinates(axis) for axis in axes[1:]}
        coordinates.update({name: (axes[0], rows[:, i]) for i, name in enumerate(self.key)})
        if "prompt" in self.key and self.run.prompts:
            coordinates["prompt_id"] = (axes[0], self.prompt_ids)
        return xarray.DataArray(self.numpy(), dims=axes, coords=coordinates, name=self.name, attrs=self.attrs)

    def to_torch(self):
        """A tensor of its own memory."""
        torch = optional_module("torch", "to_torch()")
        return torch.from_numpy(np.array(self.numpy()))


def in_slice(numbers, wanted):
    """Which numbers are in [start, stop)."""
    if wanted.step not in (None, 1):
        raise ValueError(f"step {wanted.step}, expected none")
    chosen = np.ones(len(numbers), bool)
    if wanted.start is not None:
        chosen &= numbers >= wanted.start
    if wanted.stop is not None:
        chosen &= numbers < wanted.stop
    return chosen
