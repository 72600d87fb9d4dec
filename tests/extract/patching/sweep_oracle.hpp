// SPDX-License-Identifier: MIT
// The float64 oracle of the tiny reference models.
#pragma once

#include "patching_run.hpp"

namespace phiscope::test {

/// oracle_f64.npz, unpacked, and oracle.json.
class SweepOracle {
 public:
  static constexpr std::size_t vocabulary = 259;

  explicit SweepOracle(const std::filesystem::path& folder) {
    values_ = nlohmann::json::parse(read_text(folder / "oracle.json"));
    pairs_ = nlohmann::json::parse(read_text(folder / "pairs.json"));
    const std::string archive = (folder / "oracle_f64.npz").string();
    const Finished done = run_shell(
        "python3 -m zipfile -e '" + archive + "' '" + (dir_.path() / "arrays").string() + "'",
        dir_.path());
    if (done.status != 0) throw std::runtime_error(archive + ": " + done.err);
  }
  [[nodiscard]] std::vector<double> array(std::size_t pair, const std::string& name) const {
    const std::string file = "p" + std::to_string(pair) + "_" + name + ".npy";
    return phiscope::shard::NpyFile(dir_.path() / "arrays" / file).read<double>();
  }
  [[nodiscard]] const nlohmann::json& values() const { return values_; }
  [[nodiscard]] const nlohmann::json& pair(std::size_t i) const { return pairs_.at(i); }
  [[nodiscard]] std::size_t pairs() const { return pairs_.size(); }
  /// The tokens of an answer: its bytes.
  [[nodiscard]] std::string answer(std::size_t pair, const char* half) const {
    return pairs_.at(pair).at(half).at("answer").dump();
  }

 private:
  TempDir dir_;
  nlohmann::json values_;
  nlohmann::json pairs_;
};

}  // namespace phiscope::test
