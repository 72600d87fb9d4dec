// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <string_view>

namespace phiscope::fuzz {

/// Says of each input whether the reader takes it: for differential.py. Inputs follow each other,
/// each after its length in 4 bytes, little endian; a verdict is one line, of npy
///
///   ok <f4 C 2,3 DATA      dtype and order as in the file, shape, the data in hexadecimal, in C
///   no MESSAGE             order and little endian
///
/// and of safetensors `ok` with {name: [dtype, shape, data in hexadecimal]} and metadata in JSON.
/// @param format  "npy" or "safetensors"
/// @throws std::invalid_argument for another format
void write_verdicts(std::string_view format, std::istream& in, std::ostream& out);

}  // namespace phiscope::fuzz
