# SPDX-License-Identifier: MIT
"""Phiscope: `phiscope.metrics` measures activations, `phiscope.run` reads and writes run directories."""

__version__ = "0.1.0"
