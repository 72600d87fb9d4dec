// SPDX-License-Identifier: MIT
// Experts whose weights are stored in one stack against the same weights one by one.
#include "model_fixture.hpp"
#include "reference.hpp"
#include "stacked_model.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/equal.h>

using namespace phiscope::test;

TEST_CASE("stacked experts are loaded bit for bit", "[stacked_experts]") {
  const std::string family = GENERATE("olmoe", "qwen3_moe");
  const bool transposed = GENERATE(false, true);
  CAPTURE(family, transposed);
  const TempDir dir;
  const std::filesystem::path one_by_one = golden() / "models" / family / "model";
  write_stacked(one_by_one, dir.path() / "model", transposed);
  const Model wanted = load_model(one_by_one, at::kFloat, at::kCPU);
  const Model found = load_model(dir.path() / "model", at::kFloat, at::kCPU);
  std::size_t compared = 0;
  for (std::size_t layer = 0; layer < wanted.blocks.size(); ++layer) {
    REQUIRE(found.blocks[layer].experts.size() == wanted.blocks[layer].experts.size());
    for (std::size_t expert = 0; expert < wanted.blocks[layer].experts.size(); ++expert) {
      for (const Part part : {Part::gate, Part::up, Part::down}) {
        CAPTURE(layer, expert, static_cast<int>(part));
        CHECK(at::equal(found.blocks[layer].experts[expert][part],
                        wanted.blocks[layer].experts[expert][part]));
        ++compared;
      }
    }
  }
  CHECK(compared > 6);
}
