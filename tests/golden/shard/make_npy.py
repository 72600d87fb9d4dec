# SPDX-License-Identifier: MIT
"""Writes the small .npy files here with NumPy: python make_npy.py (NumPy 2; the bytes are its own)."""

import os

import numpy as np
from numpy.lib import format as npy

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, array, version=None):
    with open(os.path.join(HERE, name + ".npy"), "wb") as file:
        npy.write_array(file, array, version=version)


for dtype in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split():
    # 0 1 2 3 4 5, as Booleans 0 1 1 1 1 1
    save("c_" + dtype, np.arange(6).reshape(2, 3).astype(dtype))
    save("fortran_" + dtype, np.asfortranarray(np.arange(6).reshape(2, 3).astype(dtype)))
    save("big_" + dtype, np.arange(6).reshape(2, 3).astype(np.dtype(dtype).newbyteorder(">")))

counting = np.arange(24, dtype="<f4")
save("shape_scalar", np.array(7, "<f4"))
save("shape_0", counting[:0])
save("shape_1", counting[:1])
save("shape_12", counting[:12])
save("shape_0x5", np.zeros((0, 5), "<f4"))
save("shape_2x3x4", counting.reshape(2, 3, 4))
save("shape_2x3x4_fortran", np.asfortranarray(counting.reshape(2, 3, 4)))
save("shape_1x24", counting.reshape(1, 24))
save("shape_padding_64", np.zeros((1,) * 13 + (100,), "<f4"))  # 128 bytes before padding: NumPy adds 64
save("shape_growing", np.zeros((10,) + (1,) * 12 + (10,), "<f4"))  # 127 bytes whatever the digits of axis 0
save("version_2", counting[:3], (2, 0))
save("version_3", counting[:3], (3, 0))
