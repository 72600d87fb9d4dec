// SPDX-License-Identifier: MIT
#pragma once

#include "random_model/initialisation.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// How the tensors of a random model are written.
struct TensorWriting {
  std::uint64_t seed = 0;
  std::uint64_t file_bytes = 5'000'000'000;  ///< a file is closed before it would become larger
  int threads = 1;                           ///< changes no byte
};

/// Fills tensors and writes them as model.safetensors, or where that would be larger than
/// `file_bytes` as model-00001-of-0000N.safetensors with model.safetensors.index.json. A block of a
/// tensor is in memory at a time. Element i of tensor t is a function of the seed, t and i alone.
/// @return  names of the files
/// @throws std::system_error if a file cannot be written
std::vector<std::string> write_tensors(const Initialisation& model,
                                       const std::filesystem::path& directory,
                                       const TensorWriting& writing);

/// Bytes of all tensors together.
[[nodiscard]] std::uint64_t tensor_bytes(const Initialisation& model);

}  // namespace phiscope::extract
