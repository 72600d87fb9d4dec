// SPDX-License-Identifier: MIT
// Runs of `extract patching` and what they wrote.
#pragma once

#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::test {

using RowKey = std::vector<std::int64_t>;
/// Rows of an array by their keys: one number each of a measure, else the row's values.
using StoredRows = std::map<RowKey, std::vector<double>>;

/// A finished run, read whole. Keys of a site: pair, mode, set, layer, (head,) step, readout.
class PatchingRun {
 public:
  explicit PatchingRun(const std::filesystem::path& folder) : run_(shard::Run::open(folder)) {
    details_ = nlohmann::json::parse(run_.plan().details.dump());
  }

  [[nodiscard]] const nlohmann::json& details() const { return details_; }
  [[nodiscard]] std::size_t shards() const { return run_.shards().size(); }

  [[nodiscard]] StoredRows rows(const std::string& array, const std::string& space = "site") const {
    StoredRows rows;
    for (const std::int64_t k : run_.shards()) {
      const auto values = run_.array(array, k).read<double>();
      const auto file = run_.keys(space, k);
      const auto keys = file.read<std::int64_t>();
      const std::size_t count = file.shape().at(0);
      for (std::size_t i = 0; i < count; ++i) {
        const auto key = part(keys, i, count);
        if (!rows.emplace(RowKey(key), part(values, i, count)).second) {
          throw std::runtime_error(array + ": a key occurs twice");
        }
      }
    }
    return rows;
  }

  /// The number by which a read-out is known.
  [[nodiscard]] std::int64_t readout(const std::string& name) const {
    const auto names = details_.at("readouts").get<std::vector<std::string>>();
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) throw std::runtime_error("no read-out " + name);
    return found - names.begin();
  }

 private:
  template <class T>
  static std::vector<T> part(const std::vector<T>& all, std::size_t i, std::size_t count) {
    const std::size_t width = all.size() / count;
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(i * width);
    return {from, from + static_cast<std::ptrdiff_t>(width)};
  }

  shard::Run run_;
  nlohmann::json details_;
};

inline std::string patching_call(const std::filesystem::path& model,
                                 const std::filesystem::path& pairs,
                                 const std::filesystem::path& out, const std::string& more) {
  return "patching --model '" + model.string() + "' --pairs '" + pairs.string() + "' --out '" +
         out.string() + "' " + more;
}

}  // namespace phiscope::test
