// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"

#include <map>
#include <string>
#include <vector>

namespace phiscope::test {

/// Three texts of the model walk and a ranking of its six heads.
inline void make_inputs(const std::filesystem::path& folder) {
  write_text(
      folder / "p.jsonl",
      "{\"input_ids\": [1, 10, 11]}\n{\"input_ids\": [1, 20]}\n{\"input_ids\": [1, 5, 9]}\n");
  write_text(folder / "rankings.csv",
             "head_idx,layer,head_in_layer,balance_score,head_norm\n"
             "0,0,0,0.5,3\n1,0,1,0.25,1\n2,1,0,1,2\n3,1,1,0,5\n4,2,0,0.75,4\n5,2,1,0.125,6\n");
  const Finished done =
      extract("phiid --generate 7 --model '" + walk_model() + "' --prompts '" +
                  (folder / "p.jsonl").string() + "' --out '" + (folder / "texts").string() + "'",
              folder);
  REQUIRE(done.status == 0);
}

inline std::string ablate_call(const std::filesystem::path& folder, const std::string& name,
                               const std::string& more) {
  return "ablate --model '" + walk_model() + "' --texts '" + (folder / "texts").string() +
         "' --ranking '" + (folder / "rankings.csv").string() + "' --out '" +
         (folder / name).string() + "' " + more;
}

inline shard::Run ablated(const std::filesystem::path& folder, const std::string& name,
                          const std::string& more) {
  const Finished done = extract(ablate_call(folder, name, more), folder);
  CAPTURE(done.err);
  REQUIRE(done.status == 0);
  return shard::Run::open(folder / name);
}

using Key = std::vector<std::int64_t>;

/// All rows of a measure, by their keys.
inline std::map<Key, double> measured(const shard::Run& run, const std::string& array) {
  std::map<Key, double> rows;
  for (const std::int64_t k : run.shards()) {
    const auto values = run.array(array, k).read<double>();
    const auto file = run.keys("ablation", k);
    const auto keys = file.read<std::int64_t>();
    const std::size_t width = file.shape().at(1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto from = keys.begin() + static_cast<std::ptrdiff_t>(i * width);
      rows[Key(from, from + static_cast<std::ptrdiff_t>(width))] = values[i];
    }
  }
  return rows;
}

}  // namespace phiscope::test
