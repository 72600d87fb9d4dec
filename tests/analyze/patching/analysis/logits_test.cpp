// SPDX-License-Identifier: MIT
#include "patching/analysis/logits.hpp"

#include "analyze/patching/synthetic_patching.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::patching::logits_test {

using test::PatchKey;
using test::PatchRow;
using test::SyntheticPatching;
using test::TempDir;

namespace {

Patching read_kept(const SyntheticPatching& options) {
  const TempDir folder;
  write_synthetic_patching(folder.path() / "run", options);
  return read_run(folder.path() / "run");
}

/// The message where one number of pair 5 at layer 1, step 2, read-out 2 is changed.
std::string logits_refusal(double PatchRow::*member, double by, std::int64_t layer = 1) {
  SyntheticPatching options;
  options.keeps_logits = true;
  options.change = [=](const PatchKey& key, PatchRow& row) {
    const bool here = key.pair == 1 && key.set == 0 && key.layer == layer && key.readout == 2 &&
                      key.step == (layer < 0 ? 0 : 2);
    if (here) row.*member += by;
  };
  try {
    static_cast<void>(read_kept(options));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("kept logits give the reduced arrays", "[logits]") {
  SyntheticPatching options;
  options.keeps_logits = true;
  options.readouts.emplace_back("greedy:0");
  const Patching run = read_kept(options);
  REQUIRE(run.logits);
  // 6 pairs, 10 runs, 7 read-outs less the two missing ones; eot, eot:corrupted and greedy:0 score
  // tokens that the plan does not tell.
  CHECK(run.logits->rows == 6 * 10 * 7 - 2 * 10);
  CHECK(run.logits->unscored == 6 * 10 * 3);
  CHECK(run.logits->largest < 1e-12);
  CHECK_FALSE(read_kept({}).logits);
}

TEST_CASE("kept logits of 16 bits are read as the numbers they are", "[logits]") {
  for (const char* stored : {"bf16", "<f2"}) {
    SyntheticPatching options;
    options.keeps_logits = true;
    options.stored_as = stored;
    const Patching run = read_kept(options);
    REQUIRE(run.logits);
    CHECK(run.logits->rows == 340);
    CHECK(run.logits->largest < 1e-12);
  }
}

TEST_CASE("a reduced number that the logits do not give is refused by row", "[logits]") {
  const std::vector<std::pair<const char*, double PatchRow::*>> members = {
      {"kl", &PatchRow::kl},
      {"reverse_kl", &PatchRow::reverse_kl},
      {"l2", &PatchRow::l2},
      {"token_score", &PatchRow::token_score},
      {"token_log_probability", &PatchRow::token_log_probability}};
  for (const auto& [name, member] : members) {
    CAPTURE(name);
    // Rows of the shard: 60 of pair 3; of pair 5 without clean:1, the runs without a patch take
    // 10, layer 0 of single 15, and the third step of layer 1 is the ninth block of 5.
    CHECK_THAT(
        logits_refusal(member, 3e-6),
        Contains("logits/shard-00000.npy: row 97: the logits give " + std::string(name) + " ") &&
            Contains(" in its array, expected equal to 1e-6"));
    CHECK(logits_refusal(member, 5e-7) == "no error");
  }
  CHECK_THAT(logits_refusal(&PatchRow::prediction_changed, 1.0) +
                 logits_refusal(&PatchRow::prediction_changed, -1.0),
             Contains("the logits give prediction_changed"));
}

TEST_CASE("KL the wrong way round is noticed", "[logits]") {
  SyntheticPatching options;
  options.keeps_logits = true;
  options.change = [](const PatchKey&, PatchRow& row) { std::swap(row.kl, row.reverse_kl); };
  CHECK_THROWS_WITH(read_kept(options), Contains("the logits give kl "));
}

TEST_CASE("of the clean run, scores alone are compared", "[logits]") {
  CHECK(logits_refusal(&PatchRow::kl, 1.0, -2) == "no error");
  CHECK_THAT(logits_refusal(&PatchRow::token_score, 1.0, -2), Contains("row 62: the logits give"));
  CHECK_THAT(logits_refusal(&PatchRow::kl, 1.0, -1),
             Contains("row 67: the logits give kl 0, found 1"));
}

TEST_CASE("scored tokens are in the vocabulary", "[logits]") {
  SyntheticPatching options;
  options.keeps_logits = true;
  const TempDir folder;
  auto plan = synthetic_patching_plan(options);
  plan.details["pairs"][0]["clean"]["tokens"] = {7, 2};
  {
    phiscope::shard::RunWriter writer(folder.path() / "run", plan, "", 0, 1);
    for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
      auto part = writer.begin(shard);
      for (std::int64_t pair = 2 * shard; pair < 2 * shard + 2; ++pair) {
        for (const PatchKey& key : options.keys(pair)) append_synthetic_row(options, key, part);
      }
      part.commit();
    }
    writer.finish();
  }
  CHECK_THROWS_WITH(read_run(folder.path() / "run"),
                    Contains("row 2: scores token 7, expected one of 7"));
}

}  // namespace phiscope::analyze::patching::logits_test
