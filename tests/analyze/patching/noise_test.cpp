// SPDX-License-Identifier: MIT
// How often runs without any effect claim one, end to end from run directories.
#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/claims.hpp"

#include <random>

namespace phiscope::analyze::patching::noise_test {

using report::Verdict;

namespace {

/// Twelve pairs whose sites move the answer by noise of either sign, and one site by `planted` too.
/// The two answers are scored at one place, so that their difference is linear in the effect.
test::SyntheticPatching noisy(std::uint64_t seed, double planted) {
  test::SyntheticPatching options;
  options.readouts = {"eot", "eot:corrupted", "clean:0", "corrupted:0"};
  options.layers = {0, 1, 2};
  options.sets = {"single"};
  options.dropped.clear();
  for (std::int64_t i = 0; i < 6; ++i) {
    test::SyntheticPair pair = options.pairs[0];
    pair.id = 100 + i;
    options.pairs.push_back(pair);
  }
  for (auto& pair : options.pairs) {
    pair.clean_tokens = {1};
    pair.corrupted_tokens = {3};
    pair.steps.reset();
  }
  options.groups_per_shard = 12;
  options.effect = [=](const test::PatchKey& key) {
    // The same at all read-outs of a site: a state of a generator for each pair and site.
    std::mt19937_64 engine(seed * 1000003 +
                           static_cast<std::uint64_t>(100 * key.pair + 10 * key.layer + key.step));
    engine.discard(3);
    double sum = -6.0;  // of twelve uniform numbers: near enough to normal, and symmetric
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(engine() >> 11U) * 0x1p-53;
    return 0.3 * sum + (key.layer == 1 && key.step == 1 ? planted : 0.0);
  };
  return options;
}

struct Shown {
  int any = 0;
  int primary = 0;
};

Shown count_shown(int runs, double planted) {
  Shown shown;
  for (int seed = 1; seed <= runs; ++seed) {
    const test::TempDir folder;
    write_synthetic_patching(folder.path() / "run",
                             noisy(static_cast<std::uint64_t>(seed), planted));
    const auto results =
        analyze_runs({folder.path() / "run"}, {}, {.resamples = 20, .sign_flips = 400, .seed = 3});
    bool any = false;
    for (const auto& judged : report::judge(claims(results, {}))) {
      if (judged.verdict != Verdict::shown) continue;
      any = true;
      shown.primary += judged.claim.role != report::Role::exploratory ? 1 : 0;
    }
    shown.any += any ? 1 : 0;
  }
  return shown;
}

}  // namespace

TEST_CASE("runs without an effect rarely claim one", "[noise][simulation]") {
  const Shown shown = count_shown(100, 0.0);
  // At 5 % a claim of 100 is shown in 0 to 10 with a probability of 99 %.
  CHECK(shown.any <= 10);
  CHECK(shown.primary <= shown.any);
}

TEST_CASE("a planted site is found", "[noise]") {
  CHECK(count_shown(30, 0.6).primary >= 27);
}

}  // namespace phiscope::analyze::patching::noise_test
