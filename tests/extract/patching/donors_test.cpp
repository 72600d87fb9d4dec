// SPDX-License-Identifier: MIT
#include "plan/counter_random.hpp"
#include "shard/file/sha256.hpp"
#include "tiny_thinker.hpp"

#include <cmath>
#include <numbers>

using namespace phiscope::test;

namespace {

const std::string at_eot = "--dtype float64 --readouts eot --no-greedy ";

/// The two pairs that share no question.
nlohmann::json two_pairs() {
  const nlohmann::json all = thinker_pairs();
  return {all[0], all[1]};
}

/// A folder with a run of its pairs that other runs take their donors from.
class DonorFolder : public ThinkerFolder {
 public:
  explicit DonorFolder(const nlohmann::json& pairs = two_pairs()) {
    write_pairs(this->pairs(), pairs);
    run("donors", at_eot);
  }
  [[nodiscard]] std::string donors() const {
    return at_eot + "--donors '" + (path() / "donors").string() + "' ";
  }
  [[nodiscard]] StoredRows measured(const std::string& name, const std::string& more,
                                    const std::string& array = "kl") const {
    return run(name, donors() + more).rows(array);
  }
  /// A call that must fail and leave nothing.
  void refused(const std::string& options, const std::string& reason) const {
    const Finished done = extract(call("refused", options), path());
    CAPTURE(options, done.err);
    CHECK(done.status == 1);
    CHECK(std::ranges::count(done.err, '\n') == 1);
    CHECK_THAT(done.err, Contains(reason));
    CHECK_FALSE(std::filesystem::exists(path() / "refused"));
  }
};

/// Rows of patches: baseline and clean run left out.
StoredRows patched(const StoredRows& rows) {
  StoredRows only;
  for (const auto& [key, value] : rows) {
    if (key[3] >= 0) only.emplace(key, value);
  }
  return only;
}

double largest_of(const StoredRows& rows) {
  double largest = 0.0;
  for (const auto& [key, value] : rows) largest = std::max(largest, value.at(0));
  return largest;
}

/// Scores of a value after the last layer: final norm and head by their definitions, in double.
std::vector<double> scores_of(const std::vector<double>& x) {
  const TinyLatent model = thinker();
  const auto& norm = model.tensors.all.at(codi_wrapper + "model.norm.weight").values;
  const auto& head = model.tensors.all.at(codi_wrapper + "model.embed_tokens.weight").values;
  double squares = 0.0;
  for (const double value : x) squares += value * value;
  const double scale = 1.0 / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
  std::vector<double> scores(head.size() / x.size(), 0.0);
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::size_t unit = i % x.size();
    scores[i / x.size()] += head[i] * x[unit] * scale * norm[unit];
  }
  return scores;
}

/// A standard normal number by Box and Muller, of two uniform ones of a place.
double normal_of(std::uint64_t seed, std::uint64_t pair, std::uint32_t place, std::uint32_t unit) {
  using phiscope::extract::uniform_at;
  const double u = uniform_at(seed, {.prompt = pair, .sample = place, .step = 2 * unit});
  const double v = uniform_at(seed, {.prompt = pair, .sample = place, .step = 2 * unit + 1});
  return std::sqrt(-2.0 * std::log(1.0 - u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace

TEST_CASE("every donor's value, by the scores of the last layer at the last position", "[donors]") {
  const ThinkerFolder folder;
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  // Each question with itself: own values are the clean run's.
  write_pairs(folder.pairs(), {pair_of(1, half("9 of 9?", 81), half("9 of 9?", 72)),
                               pair_of(2, half("9 of 7?", 63), half("9 of 7?", 56)),
                               pair_of(3, half("40: 8?", 5), half("40: 8?", 6))});
  const std::string options = at_eot + "--dump-logits --limit 2 ";
  const PatchingRun clean = folder.run("clean", options);
  const StoredRows latents = clean.rows("clean_latents", "latent");
  constexpr std::size_t hidden = 8;
  const auto own = [&](std::int64_t pair) {
    const std::vector<double>& layers = latents.at({pair, 7});
    return std::vector<double>(layers.end() - hidden, layers.end());
  };
  const auto check = [&](const PatchingRun& run, std::int64_t pair, const std::vector<double>& x) {
    const std::vector<double> found = run.rows("logits").at({pair, 0, 0, 1, 7, 0});
    const std::vector<double> wanted = scores_of(x);
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(std::abs(found[i] - wanted[i]) < 1e-10);
    }
  };
  const std::string donors = options + "--donors '" + (folder.path() / "clean").string() + "' ";
  const PatchingRun zero = folder.run("zero", options + "--donor zero");
  const PatchingRun mean = folder.run("mean", donors + "--donor mean");
  const PatchingRun resample = folder.run("resample", donors + "--donor resample");
  const PatchingRun noise = folder.run("noise", donors + "--donor noise:0.5 --seed 3");
  for (const std::int64_t pair : {0, 1}) {
    const std::vector<double> self = own(pair);
    const std::vector<double> other = own(1 - pair);
    check(clean, pair, self);
    check(zero, pair, std::vector<double>(hidden, 0.0));
    check(mean, pair, other);
    check(resample, pair, other);
    std::vector<double> noisy = self;
    for (std::size_t i = 0; i < hidden; ++i) {
      // Of two numbers the standard deviation is their distance by the root of two.
      const double deviation = std::abs(self[i] - other[i]) / std::numbers::sqrt2;
      noisy[i] +=
          0.5 * deviation *
          normal_of(3, static_cast<std::uint64_t>(pair), 4096 + 7, static_cast<std::uint32_t>(i));
    }
    check(noise, pair, noisy);
  }
}

TEST_CASE("of two pairs, another pair's values are the other one's", "[donors]") {
  const DonorFolder folder;
  const StoredRows resampled = patched(folder.measured("resample", "--donor resample"));
  // The same by way of the pairs file: each corrupted question with the other's clean one.
  nlohmann::json crossed = two_pairs();
  std::swap(crossed[0]["clean"], crossed[1]["clean"]);
  write_pairs(folder.pairs(), crossed);
  const StoredRows clean = patched(folder.run("crossed", at_eot).rows("kl"));
  CHECK(resampled.size() == 2 * 2 * 3 * 2);
  CHECK(resampled == clean);
  write_pairs(folder.pairs(), two_pairs());
  const StoredRows own = patched(folder.run("own", at_eot).rows("kl"));
  CHECK(resampled != own);
  // The mean over one other pair is that pair, but for its rounding.
  const StoredRows mean = patched(folder.measured("mean", "--donor mean"));
  REQUIRE(mean.size() == resampled.size());
  for (const auto& [key, value] : mean) {
    CAPTURE(key);
    CHECK(std::abs(value.at(0) - resampled.at(key).at(0)) < 1e-9);
  }
}

TEST_CASE("values stored as bfloat16 bits are read as the numbers they are", "[donors]") {
  const ThinkerFolder folder;
  write_pairs(folder.pairs(), two_pairs());
  const std::string options = "--dtype bfloat16 --readouts eot --no-greedy ";
  folder.run("donors", options);
  const StoredRows resampled =
      patched(folder
                  .run("resample", options + "--donor resample --donors '" +
                                       (folder.path() / "donors").string() + "'")
                  .rows("kl"));
  nlohmann::json crossed = two_pairs();
  std::swap(crossed[0]["clean"], crossed[1]["clean"]);
  write_pairs(folder.pairs(), crossed);
  CHECK(resampled == patched(folder.run("crossed", options).rows("kl")));
}

TEST_CASE("with three pairs the mean lies between, and the draw is one of the others", "[donors]") {
  const DonorFolder folder(thinker_pairs());
  const StoredRows mean = patched(folder.measured("mean", "--donor mean"));
  std::map<std::int64_t, StoredRows> crossed;  // by how far pairs are shifted
  for (const std::int64_t shift : {1, 2}) {
    nlohmann::json pairs = thinker_pairs();
    for (std::size_t p = 0; p < 3; ++p) {
      pairs[p]["clean"] = thinker_pairs()[(p + static_cast<std::size_t>(shift)) % 3]["clean"];
    }
    write_pairs(folder.pairs(), pairs);
    crossed[shift] = patched(folder.run("crossed" + std::to_string(shift), at_eot).rows("kl"));
  }
  write_pairs(folder.pairs(), thinker_pairs());
  std::map<std::int64_t, std::map<std::int64_t, int>> drawn;  // [pair][shift]
  for (int seed = 0; seed < 6; ++seed) {
    const std::string name = "seed" + std::to_string(seed);
    const StoredRows rows =
        patched(folder.measured(name, "--donor resample --seed " + std::to_string(seed)));
    for (std::int64_t pair = 0; pair < 3; ++pair) {
      // One donor for all sites of a pair.
      for (const std::int64_t shift : {1, 2}) {
        bool all = true;
        for (const auto& [key, value] : rows) {
          all = all && (key[0] != pair || value == crossed[shift].at(key));
        }
        drawn[pair][shift] += all ? 1 : 0;
      }
    }
  }
  for (std::int64_t pair = 0; pair < 3; ++pair) {
    CHECK(drawn[pair][1] + drawn[pair][2] == 6);
    CHECK(drawn[pair][1] > 0);
    CHECK(drawn[pair][2] > 0);
  }
  for (const auto& [key, value] : mean) {
    CAPTURE(key);
    const bool read = key[3] == 0 || key[4] < 2;
    CHECK((value != crossed[1].at(key)) == read);
    CHECK((value != crossed[2].at(key)) == read);
  }
}

TEST_CASE("noise is own value plus standard deviations, drawn with the seed", "[donors]") {
  const DonorFolder folder(thinker_pairs());
  const auto with = [&](const std::string& name, const std::string& more) {
    return patched(folder.measured(name, more, "l2"));
  };
  const StoredRows one = with("one", "--donor noise:1e-5");
  CHECK(with("again", "--donor noise:1e-5 --batch-size 1 --threads 2") == one);
  CHECK(with("seed", "--donor noise:1e-5 --seed 1") != one);
  const StoredRows two = with("two", "--donor noise:2e-5");
  std::size_t moved = 0;
  for (const auto& [key, value] : one) {
    CAPTURE(key);
    if (value.at(0) == 0.0) continue;
    // So little noise moves the scores in proportion.
    CHECK(two.at(key).at(0) / value.at(0) == Approx(2.0).epsilon(1e-2));
    ++moved;
  }
  CHECK(moved == 3 * (3 + 2) * 2);  // all but the last thought of the last layer
  // Where all clean runs are the same there is no deviation, and nothing moves.
  nlohmann::json same = two_pairs();
  for (auto& pair : same) pair["clean"]["question"] = "9 of 9?";
  const DonorFolder still(same);
  const StoredRows all = still.measured("run", "--donor noise:3", "l2");
  CHECK(largest_of(all) > 0.0);  // of the clean runs
  CHECK(largest_of(patched(all)) == 0.0);
}

TEST_CASE("zero is no value, whichever the clean question", "[donors]") {
  const DonorFolder folder;
  const StoredRows zero = patched(folder.run("zero", at_eot + "--donor zero").rows("kl"));
  const StoredRows clean = patched(folder.run("clean", at_eot).rows("kl"));
  nlohmann::json crossed = two_pairs();
  std::swap(crossed[0]["clean"], crossed[1]["clean"]);
  write_pairs(folder.pairs(), crossed);
  CHECK(patched(folder.run("crossed", at_eot + "--donor zero").rows("kl")) == zero);
  for (const auto& [key, value] : zero) {
    CAPTURE(key);
    if (key[3] == 1 && key[4] == 2) continue;
    CHECK(value.at(0) > 0.0);
    CHECK(value != clean.at(key));
  }
}

TEST_CASE("the plan says which run the donors are of", "[donors]") {
  const DonorFolder folder;
  const auto option = [&](const std::string& name) {
    return nlohmann::json::parse(read_text(folder.path() / name / "plan.json"))
        .at("options")
        .at("donors");
  };
  folder.run("mean", folder.donors() + "--donor mean");
  CHECK(option("mean") == phiscope::shard::sha256_file(folder.path() / "donors/manifest.json"));
  CHECK(option("donors") == "");
}

TEST_CASE("donors that do not belong to the sweep are refused", "[donors]") {
  const DonorFolder folder;
  const std::string mean = folder.donors() + "--donor mean ";
  folder.refused(at_eot + "--donor mean", "--donors: found nothing, expected a run directory");
  folder.refused(folder.donors(), "--donors: found a run for --donor clean");
  folder.refused(folder.donors() + "--donor zero", "--donors: found a run for --donor zero");
  folder.refused(mean + "--hook hook_mlp_out", "hook hook_resid_post");
  folder.refused(mean + "--layers 1", "layers differ");
  folder.refused(mean + "--latents 2", "pair 4 is not there with 2 steps");
  write_pairs(folder.pairs(), thinker_pairs());
  folder.refused(mean, "pair 9 is not there");
  write_pairs(folder.pairs(), two_pairs());
  folder.run("alone", at_eot + "--limit 1");
  folder.refused(
      at_eot + "--limit 1 --donor mean --donors '" + (folder.path() / "alone").string() + "'",
      "one pair, expected at least two");
  write_thinker(folder.model(), 12);
  folder.refused(mean, "the model's files have other digests");
}

TEST_CASE("pairs of a plain model have donors where all have as many positions", "[donors]") {
  const nlohmann::json pairs{pair_of(1, half("9 of 9?", 81), half("9 of 8?", 72)),
                             pair_of(2, half("9 of 7?", 63), half("8 of 7?", 56)),
                             pair_of(3, half("half of 40?", 20), half("half of 80?", 40))};
  const ThinkerFolder folder;
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  write_pairs(folder.pairs(), pairs);
  const std::string mean = at_eot + "--donor mean --donors '";
  for (const char* limit : {"--limit 2", "--limit 3"}) {
    const std::string name = limit;
    folder.run(name, at_eot + limit);
    const Finished done = extract(
        folder.call("mean", mean + (folder.path() / name).string() + "' " + limit), folder.path());
    CAPTURE(limit, done.err);
    CHECK(done.status == (name == "--limit 2" ? 0 : 1));
    if (done.status == 1) {
      CHECK_THAT(done.err, Contains("pair 1 has 8 steps, expected 12 as another pair has"));
    }
    std::filesystem::remove_all(folder.path() / "mean");
  }
}

TEST_CASE("donors of another span are refused though they are as many", "[donors]") {
  nlohmann::json pairs{pair_of(1, half("9 of 9?", 81), half("9 of 8?", 72)),
                       pair_of(2, half("9 of 7?", 63), half("8 of 7?", 56))};
  for (auto& pair : pairs) {
    for (const char* side : {"clean", "corrupted"}) {
      pair[side]["spans"] = {{"first", {0, 1}}, {"last", {5, 6}}};
    }
  }
  const ThinkerFolder folder;
  std::filesystem::remove_all(folder.model());
  write_plain(folder.model());
  write_pairs(folder.pairs(), pairs);
  folder.run("first", at_eot + "--span first");
  const std::string mean =
      at_eot + "--donor mean --donors '" + (folder.path() / "first").string() + "' --span ";
  CHECK(folder.run("same", mean + "first").details().at("positions") == 1);
  const Finished done = extract(folder.call("other", mean + "last"), folder.path());
  CHECK(done.status == 1);
  CHECK_THAT(done.err, Contains("pair 1 has its sites from position 1 on, expected 6"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "other"));
}

TEST_CASE("donors that are no finished run of patching are refused", "[donors]") {
  const DonorFolder folder;
  REQUIRE(extract(small_loo(folder.path() / "loo"), folder.path()).status == 0);
  folder.refused(at_eot + "--donor mean --donors '" + (folder.path() / "loo").string() + "'",
                 "a run of extract loo, expected one of extract patching");
  auto plan = nlohmann::json::parse(read_text(folder.path() / "donors/plan.json"));
  plan.erase("positions");
  write_text(folder.path() / "donors/plan.json", plan.dump());
  folder.refused(folder.donors() + "--donor mean", "disagrees with plan");
  std::filesystem::remove(folder.path() / "donors/manifest.json");
  folder.refused(folder.donors() + "--donor mean", "donors");
  std::filesystem::remove_all(folder.path() / "donors");
  std::filesystem::create_directories(folder.path() / "donors");
  folder.refused(folder.donors() + "--donor mean", "donors");
}

TEST_CASE("a plan of donors without a member is refused by file and member", "[donors]") {
  const DonorFolder folder;
  const std::filesystem::path run = folder.path() / "donors";
  const auto plan = nlohmann::ordered_json::parse(read_text(run / "plan.json"));
  auto manifest = nlohmann::ordered_json::parse(read_text(run / "manifest.json"));
  const auto refused = [&](const auto& change, const std::string& reason) {
    nlohmann::ordered_json changed = plan;
    change(changed);
    manifest["plan"] = changed;  // a run agrees with its manifest
    write_text(run / "plan.json", changed.dump(1) + "\n");
    write_text(run / "manifest.json", manifest.dump(1) + "\n");
    folder.refused(folder.donors() + "--donor mean",
                   "error: " + (run / "plan.json").string() + ": " + reason + "\n");
  };
  refused([](auto& whole) { whole.erase("model"); }, "model is missing");
  refused([](auto& whole) { whole["model"] = "tiny"; }, "model is \"tiny\", expected an object");
  refused([](auto& whole) { whole["model"].erase("digests"); }, "model.digests is missing");
  refused([](auto& whole) { whole.erase("hook"); }, "hook is missing");
  refused([](auto& whole) { whole["hook"] = 5; }, "hook is 5, expected a string");
  refused([](auto& whole) { whole.erase("layers"); }, "layers is missing");
  refused([](auto& whole) { whole["layers"] = "all"; },
          "layers is \"all\", expected a list of integers");
  refused([](auto& whole) { whole.erase("pairs"); }, "pairs is missing");
  refused([](auto& whole) { whole["pairs"] = 2; }, "pairs is 2, expected a list of objects");
  refused([](auto& whole) { whole["pairs"][1] = 2; }, "pairs[1] is 2, expected an object");
  refused([](auto& whole) { whole["pairs"][0].erase("pair_id"); }, "pairs[0].pair_id is missing");
  refused([](auto& whole) { whole["pairs"][0]["pair_id"] = 1.5; },
          "pairs[0].pair_id is 1.5, expected a string or an integer");
  refused([](auto& whole) { whole["pairs"][0].erase("clean"); }, "pairs[0].clean is missing");
  refused([](auto& whole) { whole["pairs"][1]["clean"].erase("first_site"); },
          "pair b has no first_site, expected a run of this version of extract");
  refused([](auto& whole) { whole["pairs"][1]["clean"]["first_site"] = "x"; },
          "pairs[1].clean.first_site is \"x\", expected an integer that is not negative");
}
