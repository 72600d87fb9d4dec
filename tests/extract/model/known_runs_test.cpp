// SPDX-License-Identifier: MIT
// Runs that are alike are computed once by a task; the oracle computes each alone.
#include "run/known_runs.hpp"

#include "naive_executor.hpp"
#include "reference.hpp"
#include "scheduled_runs.hpp"

#include <phiscope/kl_divergence.hpp>

using namespace phiscope::test;

namespace {

/// Two texts in three shards: intact, without a head that no other run lacks, without heads that
/// all shards lack, and the intact text again. Row keys: shard, run.
Plan sweep() {
  Plan plan = capture_plan(Hook::logits, {});
  plan.captures.front().measure = Measure::kl;
  plan.groups_per_shard = 2;
  for (int shard = 0; shard < 3; ++shard) {
    for (int text = 0; text < 2; ++text) {
      const std::vector<int> tokens = tokens_from(3 + 4 * text, 19 + text);
      Group group{.runs = {{.tokens = tokens, .rows = {}}}};
      group.runs[0].alike = text;
      const auto add = [&](std::vector<Action> actions, std::int64_t alike) {
        const std::int64_t number = std::ssize(group.runs);
        Run run{.tokens = tokens, .rows = {}, .actions = std::move(actions)};
        run.rows.push_back({.key = {shard, number}, .spans = {{4, 18}}});
        run.alike = alike;
        group.runs.push_back(std::move(run));
      };
      add({zero(place(Hook::z, shard % 2, {}, shard / 2))}, unlike);
      add({zero(place(Hook::z, 0, {}, 0)), zero(place(Hook::z, 1, {}, 1))}, 2 + text);
      add({}, 4 + text);
      group.runs.back().from = no_run;
      plan.groups.push_back(std::move(group));
    }
  }
  return plan;
}

/// What a plan leaves: its measures in the order of groups and runs, and the tokens that it took.
struct Swept {
  std::vector<double> rows;
  std::uint64_t tokens = 0;
};

Swept swept(const Model& model, const Plan& plan, int task, int tasks, std::size_t batch_size) {
  const phiscope::shard::RowSpace space{.name = "run", .key = {"shard", "run"}};
  const phiscope::shard::RunPlan described{
      .experiment = "test",
      .shards = static_cast<std::int64_t>(plan.shards()),
      .arrays = array_plans(plan, model.config, ComputeDtype::float32, space.name),
      .row_spaces = row_spaces(plan, space),
      .details = nlohmann::ordered_json::object()};
  const TempDir folder;
  phiscope::shard::RunWriter writer(folder.path() / "run", described, "{}\n", task, tasks);
  Swept left;
  left.tokens = execute(plan, model, writer, space.name, batch_size).tokens;
  for (int shard = task; shard < 3; shard += tasks) {
    const at::Tensor rows =
        read_tensor(folder.path() / "run" / "x" / ("shard-0000" + std::to_string(shard) + ".npy"));
    for (std::int64_t i = 0; i < rows.size(0); ++i) left.rows.push_back(rows[i].item<double>());
  }
  return left;
}

double divergence(const at::Tensor& p, const at::Tensor& q) {
  double sum = 0.0;
  for (int at = 4; at < 18; ++at) {
    const auto row = [at](const at::Tensor& scores) {
      const auto vocab = static_cast<std::size_t>(scores.size(1));
      return std::span(scores.const_data_ptr<float>() + at * scores.size(1), vocab);
    };
    sum += phiscope::kl_divergence<float, float>(row(p), row(q)).kl.value();
  }
  return sum / 14;
}

}  // namespace

TEST_CASE("runs that are alike are computed once and have the bits of runs alone", "[known_runs]") {
  const c10::InferenceMode no_gradients;
  for (const char* family : {"llama", "gpt_neox_parallel"}) {
    CAPTURE(family);
    const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
    const Plan plan = sweep();
    Plan apart = plan;
    for (Group& group : apart.groups) {
      for (Run& run : group.runs) run.alike = unlike;
    }
    std::vector<double> wanted;
    for (const Group& group : plan.groups) {
      const NaiveExecutor naive(model, group);
      const at::Tensor intact = naive.values(0, Hook::logits, 0).contiguous();
      for (std::size_t r = 1; r < group.runs.size(); ++r) {
        wanted.push_back(divergence(intact, naive.values(r, Hook::logits, 0).contiguous()));
      }
    }
    for (const std::size_t batch_size : {1U, 3U, 16U}) {
      CAPTURE(batch_size);
      const Swept once = swept(model, plan, 0, 1, batch_size);
      const Swept each = swept(model, apart, 0, 1, batch_size);
      CHECK(once.rows == each.rows);
      REQUIRE(once.rows.size() == wanted.size());
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(once.rows[i] == Approx(wanted[i]).epsilon(1e-12).margin(1e-14));
      }
      // Per text once intact, once without any head and once without two: of three shards.
      CHECK(each.tokens == 3 * 4 * (19 + 20));
      CHECK(once.tokens == (3 + 3) * (19 + 20));
      // Shards of one task and of three have the same rows.
      std::vector<double> by_tasks;
      for (int task = 0; task < 3; ++task) {
        const Swept part = swept(model, plan, task, 3, batch_size);
        by_tasks.insert(by_tasks.end(), part.rows.begin(), part.rows.end());
      }
      CHECK(by_tasks == once.rows);
    }
  }
}

TEST_CASE("what is kept of runs that are alike has a bound, and nothing where batches matter",
          "[known_runs]") {
  const ModelConfig config = read_config(golden() / "models/llama/model");
  const auto hidden = static_cast<std::uint64_t>(config.hidden);
  const Plan plan = sweep();
  CHECK(kept_runs(plan, config, 4, /*independent=*/false).wanted.empty());
  const KeptRuns kept = kept_runs(plan, config, 4, /*independent=*/true);
  CHECK(kept.wanted.size() == 6);
  // Of an intact text what enters block 1, and what scores follow from; of all others a number.
  const std::set<Place> places{{Hook::resid_post, 0}, {Hook::final_norm, 0}};
  CHECK((kept.wanted.at(0).places == places));
  // Scores from the first position on that another is compared at.
  CHECK((kept.scores == std::set<std::int64_t>{0, 1}));
  const auto vocab = static_cast<std::uint64_t>(config.vocab);
  CHECK(kept.bytes == 4 * hidden * 2 * (19 + 20) + 4 * 8 + 4 * vocab * (15 + 16));
  Plan longer = plan;
  for (std::size_t g = 0; g < longer.groups.size(); g += 2) {
    for (Run& run : longer.groups[g].runs) run.tokens.resize(2'000'000, 5);
  }
  const KeptRuns less = kept_runs(longer, config, 4, true);  // too much of the first text
  CHECK(less.wanted.size() == 5);
  CHECK_FALSE(less.wanted.contains(0));
  CHECK(less.bytes <= most_kept_bytes(config, 4));
  CHECK((less.scores == std::set<std::int64_t>{1}));
  // Scores of a text that others are compared with from several positions on are not kept.
  Plan uneven = plan;
  uneven.groups.front().runs[1].rows.front().spans.front().begin = 3;
  CHECK((kept_runs(uneven, config, 4, true).scores == std::set<std::int64_t>{1}));
}
