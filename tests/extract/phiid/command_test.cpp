// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "extract/command/fixture.hpp"
#include "shard/run_reader.hpp"

using namespace phiscope::test;
using phiscope::shard::Run;

TEST_CASE("a phiid run holds norms, tokens and probabilities of every step", "[command]") {
  const TempDir dir;
  write_text(
      dir.path() / "p.jsonl",
      "{\"id\": \"a\", \"input_ids\": [1, 10, 11]}\n{\"id\": \"b\", \"input_ids\": [1, 20]}\n");
  const std::string common = " --model '" + walk_model() + "' --prompts '" +
                             (dir.path() / "p.jsonl").string() + "' --out '";
  REQUIRE(extract("phiid --generate 6" + common + (dir.path() / "run").string() + "'", dir.path())
              .status == 0);
  REQUIRE(extract("activations --generate 6 --ignore-eos --positions gen --capture head_norm" +
                      common + (dir.path() / "same").string() + "'",
                  dir.path())
              .status == 0);
  const Run run = Run::open(dir.path() / "run");
  const Run same = Run::open(dir.path() / "same");
  using Shape = std::vector<std::uint64_t>;
  CHECK(run.plan().experiment == "phiid");
  CHECK(run.array("head_norm", 0).shape() == Shape{12, 3, 2});
  CHECK(run.array("head_norm", 0).read<double>() == same.array("head_norm", 0).read<double>());
  CHECK(run.array("generated_ids", 0).read<std::int32_t>() ==
        same.array("generated_ids", 0).read<std::int32_t>());
  for (const double p : run.array("generated_logprob", 0).read<double>()) CHECK(p < 0.0);
  const auto options = nlohmann::json::parse(run.plan().details.at("options").dump());
  CHECK(options.at("stop_at_eos") == false);
  CHECK(options.at("end_tokens").is_array());
}
