// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"
#include "reference.hpp"
#include "shard/npy/npy.hpp"
#include "temp_dir.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace phiscope::test {

/// Runs `extract` with arguments; files of its streams lie in `scratch`.
inline Finished extract(const std::string& arguments, const std::filesystem::path& scratch) {
  return run_shell(program("extract") + " " + arguments, scratch);
}

inline std::string walk_model() {
  return (source_dir() / "datasets/models/walk").string();
}

/// A copy of the model walk that a test may damage.
inline std::filesystem::path copy_model(const std::filesystem::path& to) {
  std::filesystem::copy(walk_model(), to, std::filesystem::copy_options::recursive);
  return to;
}

/// A small leave-one-out run.
inline std::string small_loo(const std::filesystem::path& out, const std::string& more = "") {
  return "loo --model '" + walk_model() + "' --out '" + out.string() +
         "' --context-lengths 4,7 --n-trials 2 " + more;
}

}  // namespace phiscope::test
