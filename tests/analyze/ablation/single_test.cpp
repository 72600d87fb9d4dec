// SPDX-License-Identifier: MIT
#include "ablation/single.hpp"

#include "catch.hpp"
#include "files/ranking_csv.hpp"
#include "shard/file/format_error.hpp"
#include "shard/run_writer.hpp"
#include "synthetic_ablation.hpp"
#include "temp_dir.hpp"

#include <cmath>
#include <fstream>

namespace {

using phiscope::test::TempDir;

/// Four heads of two layers, three prompts; head h does 1 + h % 3 + prompt nats of damage.
void write_run(const std::filesystem::path& folder, bool one_row_less = false) {
  phiscope::shard::RunPlan plan = phiscope::test::synthetic_ablation_plan({});
  plan.shards = 1;
  plan.details["orders"] = nlohmann::ordered_json::array();
  plan.details["heads"] = 4;
  plan.details["layers"] = 2;
  phiscope::shard::RunWriter writer(folder, plan, "{}\n{}\n{}\n", 0, 1);
  std::vector<double> kl;
  std::vector<std::int64_t> keys;
  for (std::int64_t head = -1; head < 4; ++head) {
    for (std::int64_t prompt = 0; prompt < 3; ++prompt) {
      if (one_row_less && head == 2 && prompt == 1) continue;
      kl.push_back(head < 0 ? 0.0 : static_cast<double>(1 + head % 3 + prompt));
      keys.insert(keys.end(), {-1, head, prompt});
    }
  }
  auto shard = writer.begin(0);
  shard.append<double>("kl", kl);
  shard.append_keys("ablation", keys);
  shard.commit();
  writer.finish();
}

}  // namespace

TEST_CASE("every head alone becomes a ranking", "[single]") {
  const TempDir dir;
  write_run(dir.path() / "run");
  const phiscope::Table table = phiscope::analyze::ablation::single_heads(dir.path() / "run");
  std::ofstream(dir.path() / "single_heads.csv") << to_csv(table);
  CHECK(
      to_csv(table).starts_with("head_idx,layer,head_in_layer,single_head_score,standard_error,n_"
                                "prompts,kl_intact\n0,0,0,2,"));
  CHECK(std::get<double>(table.rows[1][3]) == 3.0);
  CHECK(std::get<double>(table.rows[1][4]) == Approx(std::sqrt(1.0 / 3.0)).epsilon(1e-14));
  CHECK(table.rows[3][5] == phiscope::Cell(std::int64_t{3}));
  CHECK(table.rows[3][6] == phiscope::Cell(0.0));
  // The heads by their damage, of equal ones the lower first.
  const auto ranking = phiscope::extract::read_ranking(dir.path() / "single_heads.csv", "",
                                                       phiscope::extract::HeadGrid{2, 2});
  CHECK(ranking.descending() == std::vector<std::int64_t>{2, 1, 0, 3});
}

TEST_CASE("another kind of run, or one with a row too few, is refused", "[single]") {
  const TempDir dir;
  write_run(dir.path() / "less", true);
  CHECK_THROWS_WITH(phiscope::analyze::ablation::single_heads(dir.path() / "less"),
                    Contains("head 2") && Contains("2 prompts") && Contains("expected 3"));
  phiscope::test::write_synthetic_ablation(dir.path() / "orders", {});
  CHECK_THROWS_WITH(phiscope::analyze::ablation::single_heads(dir.path() / "orders"),
                    Contains("--heads-alone"));
}
