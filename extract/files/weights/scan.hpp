// SPDX-License-Identifier: MIT
#pragma once

#include "files/weights/safetensors.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// A mapped file of weights that is to be read, and the tensors in it whose values are looked at.
struct UnreadWeights {
  std::span<const std::byte> bytes;
  std::vector<TensorView> tensors;  ///< of float dtypes, with bytes in the file's
};

/// What reading a file has shown.
struct WeightScan {
  std::string sha256;  ///< hex, of the whole file
  bool finite = true;  ///< no value of its tensors is a NaN or an infinity
};

/// Reads every byte of some files once: what is hashed is looked at while it is in the cache, and
/// its memory given back. Several files are read at a time, as a file is hashed by one thread.
/// @param between  called after every megabyte, by any thread; may throw to end it
/// @return  [file]
[[nodiscard]] std::vector<WeightScan> scan_weights(std::span<const UnreadWeights> files,
                                                   const std::function<void()>& between = {});

}  // namespace phiscope::extract
