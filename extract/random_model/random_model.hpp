// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace phiscope::extract {

/// `extract random-model`: an untrained model of the configuration of another.
struct RandomModelOptions {
  std::filesystem::path source;  ///< directory with config.json; its weights are not read
  std::filesystem::path out;     ///< must not exist
  std::uint64_t seed = 0;
  std::uint64_t file_bytes = 5'000'000'000;  ///< see TensorWriting
  int threads = 1;                           ///< changes no byte
};

/// Writes the directory: the source's configuration and tokenizer files as they are, weights by
/// initialisation_of(), and random_model.json with the seed, the rule and the SHA-256 of every file
/// copied. It appears under its name complete or not at all.
/// @return  what was written, for the line of JSON
/// @throws shard::FormatError or std::runtime_error naming what was found and expected
nlohmann::ordered_json write_random_model(const RandomModelOptions& options);

}  // namespace phiscope::extract
