# SPDX-License-Identifier: MIT
"""The metrics of Phiscope: pure functions of arrays.

Arrays are NumPy or anything numpy.asarray() takes. float32 and float64 whose rows are contiguous are read in place,
also one layer of an array [row, layer, unit]; others are copied. A result is a Value, or an object of them: a number,
or the reason why there is none. help(phiscope.metrics.NAME) has shapes, units, undefined cases and the source.
"""
import importlib.util as _util

import numpy as _numpy

if _util.find_spec("phiscope._metrics") is None:
    raise ImportError("phiscope.metrics is compiled, and these are its sources: run ./dev python in the clone, "
                      "or pip install ./metrics/python; phiscope.run needs neither")

from ._metrics import *  # noqa: F401,F403,E402
from ._metrics import k_means as _k_means  # noqa: E402


class KMeans:
    """k_means() with the interface of scikit-learn: fit, predict, fit_predict.

    After fit(rows), rows [row, unit]:
        labels_           [row]
        cluster_centers_  [cluster, unit]
        inertia_          sum over rows of the squared distance to their centre
        n_iter_           iterations of the restart that counts
        result_           what k_means() returned
    """

    def __init__(self, n_clusters=8, *, n_init=10, max_iter=300, random_state=0):
        self.n_clusters, self.n_init, self.max_iter, self.random_state = n_clusters, n_init, max_iter, random_state

    def fit(self, rows, y=None):
        """Raises ValueError naming the status where k_means() is undefined, such as fewer rows than clusters."""
        result = _k_means(rows, self.n_clusters, restarts=self.n_init, max_iterations=self.max_iter,
                          seed=self.random_state)
        self.inertia_ = float(result.inertia)
        self.labels_, self.cluster_centers_ = result.labels, result.centres
        self.n_iter_, self.result_ = result.iterations, result
        return self

    def predict(self, rows):
        """The nearest centre of each row, [row]; of equally near ones the lower label."""
        rows = _numpy.asarray(rows, float)
        centres = self.cluster_centers_
        if rows.ndim != 2 or rows.shape[1] != centres.shape[1]:
            raise ValueError(f"rows: shape {rows.shape}, expected [row, {centres.shape[1]}]")
        nearest = _numpy.empty(len(rows), _numpy.int64)
        block = max(1, 1_000_000 // max(1, centres.size))
        for first in range(0, len(rows), block):
            part = rows[first:first + block, None, :] - centres[None, :, :]
            nearest[first:first + block] = _numpy.einsum("rcu,rcu->rc", part, part).argmin(axis=1)
        return nearest

    def fit_predict(self, rows, y=None):
        return self.fit(rows).labels_

    def get_params(self, deep=True):
        return {"n_clusters": self.n_clusters, "n_init": self.n_init, "max_iter": self.max_iter,
                "random_state": self.random_state}

    def set_params(self, **parameters):
        for name, value in parameters.items():
            if name not in self.get_params():
                raise ValueError(f"KMeans: no parameter {name!r}")
            setattr(self, name, value)
        return self
