// SPDX-License-Identifier: MIT
// Zeroed thoughts of the tiny reference models through the program, against a float64 oracle.
#include "extract/patching/sweep_oracle.hpp"
#include "steps_folder.hpp"

#include <cmath>

using namespace phiscope::test;

namespace {

/// The clean questions of an oracle as problems.
std::filesystem::path write_questions(const SweepOracle& oracle, const TempDir& dir) {
  nlohmann::json problems = nlohmann::json::array();
  for (std::size_t p = 0; p < oracle.pairs(); ++p) {
    problems.push_back({{"id", p},
                        {"question", oracle.pair(p).at("clean").at("question")},
                        {"answer", oracle.answer(p, "clean")}});
  }
  write_text(dir.path() / "problems.json", problems.dump());
  return dir.path() / "problems.json";
}

/// Compares the scores after the thoughts of every set with the oracle's. @return  how many
std::size_t compare(const StoredRows& logits, const SweepOracle& oracle, const std::string& array,
                    std::int64_t kind, std::int64_t layer, std::int64_t begin, std::int64_t end) {
  std::size_t compared = 0;
  for (std::size_t p = 0; p < oracle.pairs(); ++p) {
    for (std::int64_t step = begin; step < end; ++step) {
      const bool intact = kind == cumulative && step == 0;
      const auto problem = static_cast<std::int64_t>(p);
      const RowKey key =
          intact ? RowKey{problem, -1, baseline, 0, 0} : RowKey{problem, layer, kind, step, 0};
      const std::vector<double> wanted =
          oracle.array(p, "zero_" + array + "_" + std::to_string(step) + "_first_logits");
      const std::vector<double>& found = logits.at(key);
      REQUIRE(found.size() == wanted.size());
      CAPTURE(array, key);
      for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::abs(found[i] - wanted[i]) < 1e-8);
      ++compared;
    }
  }
  return compared;
}

}  // namespace

TEST_CASE("thoughts set to zero give the oracle's scores, also as published",
          "[reference][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const std::string name = GENERATE(as<std::string>{}, "llama", "gpt2");
  const std::filesystem::path model = *reference / "codi_tiny" / name;
  const std::int64_t layer = name == "llama" ? 2 : 1;  // half of 4 and of 3
  const SweepOracle oracle(model);
  const TempDir dir;
  const std::filesystem::path problems = write_questions(oracle, dir);
  const auto logits = [&](const std::string& to, const std::string& more) {
    const Finished done = extract(
        steps_call(model, problems, dir.path() / to,
                   "--dtype float64 --dump-logits --max-new-tokens 10 --batch-size 80 " + more),
        dir.path());
    CAPTURE(done.err);
    REQUIRE(done.status == 0);
    return step_rows(PatchingRun(dir.path() / to), "logits");
  };
  const StoredRows clean = logits("clean", "--sets cumulative,single");
  CHECK(compare(clean, oracle, "official_clean", cumulative, layer, 0, 7) == 6 * 7);
  CHECK(compare(clean, oracle, "official_single", single, layer, 0, 6) == 6 * 6);
  const StoredRows published = logits("published", "--published");
  CHECK(compare(published, oracle, "legacy_as_written", cumulative, layer, 0, 6) == 6 * 6);
}
