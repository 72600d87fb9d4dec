// SPDX-License-Identifier: MIT
#include "sampling/input/latents.hpp"

#include "analyze/sampling/synthetic_paths.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::sampling::latents_test {

using test::SyntheticPaths;
using test::TempDir;

namespace {

/// A run of two shards, kept on disk while the case lasts.
struct Opened {
  TempDir folder = {};
  SyntheticPaths options = {};
  shard::Run run = open();

  shard::Run open() {
    test::synthetic_paths(options).write(folder.path() / "run");
    return shard::Run::open(folder.path() / "run");
  }
};

}  // namespace

TEST_CASE("rows come in the order of the shards, each with its key and place", "[latents]") {
  const Opened opened;
  const Latents latents(opened.run, "latent", "pooled", opened.options.layers);
  CHECK(latents.layers() == 3);
  CHECK(latents.units() == 5);
  std::size_t rows = 0;
  for_each_row(
      opened.run, "pooled", {{"problem", 6}, {"path", 3}, {"window", 2}}, [&](const KeyedRow& row) {
        CHECK(row.place.file == static_cast<std::size_t>(row.key[0] % 2));
        const auto values = latents.at(row.place, 2);
        CHECK(values[4] == opened.options.latent(row.key[0], row.key[1], row.key[2], 3, 4));
        const auto layers = latents.row(row.place);
        CHECK(layers.row(1)[0] == opened.options.latent(row.key[0], row.key[1], row.key[2], 1, 0));
        ++rows;
      });
  CHECK(rows == 6 * 4);
  const auto gathered = latents.gather({{1, 0}, {0, 2}}, 1);
  REQUIRE(gathered.size() == 10);
  CHECK(gathered[3] == opened.options.latent(1, 0, 0, 1, 3));
  CHECK(gathered[5] == opened.options.latent(0, 2, 0, 1, 0));
}

TEST_CASE("halves and bfloat16 are decoded", "[latents]") {
  const test::TempDir folder;
  for (const bool is_half : {true, false}) {
    shard::RunPlan plan;
    plan.experiment = "sampling";
    plan.shards = 1;
    plan.row_spaces = {{"pooled", {"problem"}}};
    plan.arrays.push_back({.name = "latent",
                           .hook = "",
                           .formula = "",
                           .row_space = "pooled",
                           .encoding = is_half ? "" : "bf16",
                           .axes = {"row", "layer", "unit"},
                           .dtype = is_half ? shard::Dtype::f2 : shard::Dtype::u2,
                           .layers = {0},
                           .row_shape = {1, 2}});
    const auto path = folder.path() / (is_half ? "half" : "bfloat16");
    shard::RunWriter writer(path, plan, "", 0, 1);
    shard::ShardWriter part = writer.begin(0);
    // 1.5 and -2 as binary16, and as the upper halves of float32.
    const std::vector<std::uint16_t> bits = is_half ? std::vector<std::uint16_t>{0x3E00, 0xC000}
                                                    : std::vector<std::uint16_t>{0x3FC0, 0xC000};
    part.append("latent", std::as_bytes(std::span(bits)));
    part.append_keys("pooled", std::vector<std::int64_t>{0});
    part.commit();
    writer.finish();
    const shard::Run run = shard::Run::open(path);
    const Latents latents(run, "latent", "pooled", {0});
    CHECK(latents.at({}, 0)[0] == 1.5F);
    CHECK(latents.at({}, 0)[1] == -2.0F);
  }
}

TEST_CASE("doubles are rounded to float", "[latents]") {
  const test::TempDir folder;
  shard::RunPlan plan;
  plan.experiment = "sampling";
  plan.shards = 1;
  plan.row_spaces = {{"pooled", {"problem"}}};
  plan.arrays.push_back({.name = "latent",
                         .hook = "",
                         .formula = "",
                         .row_space = "pooled",
                         .encoding = "",
                         .axes = {"row", "layer", "unit"},
                         .dtype = shard::Dtype::f8,
                         .layers = {0},
                         .row_shape = {1, 2}});
  shard::RunWriter writer(folder.path() / "run", plan, "", 0, 1);
  shard::ShardWriter part = writer.begin(0);
  const std::vector<double> values = {0.1, -3.0};
  part.append("latent", std::span<const double>(values));
  part.append_keys("pooled", std::vector<std::int64_t>{0});
  part.commit();
  writer.finish();
  const Latents latents(shard::Run::open(folder.path() / "run"), "latent", "pooled", {0});
  CHECK(latents.at({}, 0)[0] == 0.1F);
  CHECK(latents.at({}, 0)[1] == -3.0F);
}

TEST_CASE("other columns, values out of range and other arrays are refused", "[latents]") {
  const Opened opened;
  const auto read = [&](const std::vector<KeyColumn>& columns) {
    for_each_row(opened.run, "pooled", columns, [](const KeyedRow&) {});
  };
  CHECK_THROWS_WITH(read({{"problem", 6}, {"path", 3}}), Contains("with the key problem, path"));
  CHECK_THROWS_WITH(read({{"problem", 6}, {"path", 2}, {"window", 2}}),
                    Contains("row 2: found path 2, expected 0 to 1"));
  CHECK_THROWS_WITH(Latents(opened.run, "latent", "pooled", {0, 1}), Contains("the plan's layers"));
  CHECK_THROWS_WITH(Latents(opened.run, "resid", "pooled", {0, 1, 3}), Contains("array 'resid'"));
  CHECK(has_space(opened.run, "pooled"));
  CHECK_FALSE(has_space(opened.run, "generated"));
}

}  // namespace phiscope::analyze::sampling::latents_test
