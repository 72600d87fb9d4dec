// SPDX-License-Identifier: MIT
#include "ablation/single.hpp"

#include "shard/file/format_error.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_object.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace phiscope::analyze::ablation {
namespace {

using shard::FormatError;

/// KL by head (the last entry: no head) and prompt.
using ByHead = std::vector<std::vector<double>>;

void read_shard(const shard::Run& run, std::int64_t shard, ByHead& kl) {
  const shard::NpyFile key_file = run.keys("ablation", shard);
  const auto keys = key_file.read<std::int64_t>();
  const auto values = run.array("kl", shard).read<double>();
  if (keys.size() != 3 * values.size()) {
    throw FormatError(key_file.path(),
                      "found keys of another form, expected order, removed, prompt");
  }
  const auto heads = static_cast<std::int64_t>(kl.size()) - 1;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::int64_t head = keys[3 * row + 1];
    if (keys[3 * row] != -1 || head < -1 || head >= heads) {
      throw FormatError(key_file.path(),
                        "row " + std::to_string(row) + ": found order " +
                            std::to_string(keys[3 * row]) + ", head " + std::to_string(head) +
                            ", expected order -1 and heads to " + std::to_string(heads - 1));
    }
    if (!std::isfinite(values[row])) {
      throw FormatError(run.path(), "a KL that is not finite, expected a number");
    }
    kl[static_cast<std::size_t>(head < 0 ? heads : head)].push_back(values[row]);
  }
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Cell standard_error(const std::vector<double>& values) {
  if (values.size() < 2) return Undefined{"one_prompt"};
  const double center = mean(values);
  double square = 0.0;
  for (const double value : values) square += (value - center) * (value - center);
  const auto n = static_cast<double>(values.size());
  return number_cell(std::sqrt(square / (n - 1) / n));
}

}  // namespace

Table single_heads(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run run = shard::Run::open(path, {.verify = reading.verify});
  const shard::JsonObject plan(run.plan().details, "", path / "plan.json");
  if (run.plan().experiment != "ablate" || !plan.objects("orders").empty()) {
    throw FormatError(path / "plan.json", "experiment '" + run.plan().experiment +
                                              "' with orders, expected a run of extract ablate "
                                              "--heads-alone");
  }
  const std::uint64_t heads = plan.count("heads");
  const std::uint64_t layers = plan.count("layers");
  if (heads == 0 || heads > 10'000'000 || layers == 0 || heads % layers != 0) {
    plan.refuse("heads", "a multiple of layers, at most 10000000");
  }
  ByHead kl(static_cast<std::size_t>(heads) + 1);
  for (const std::int64_t shard : run.shards()) read_shard(run, shard, kl);
  const std::size_t prompts = run.prompts().size();
  Table table{.columns = {"head_idx", "layer", "head_in_layer", "single_head_score",
                          "standard_error", "n_prompts", "kl_intact"},
              .rows = {}};
  const auto in_layer = static_cast<std::int64_t>(heads / layers);
  for (std::size_t head = 0; head <= heads; ++head) {
    if (kl[head].size() == prompts && prompts > 0) continue;
    throw FormatError(path, "head " + std::to_string(head) + ": found " +
                                std::to_string(kl[head].size()) + " prompts, expected " +
                                std::to_string(prompts));
  }
  for (std::size_t head = 0; head < heads; ++head) {
    const auto number = static_cast<std::int64_t>(head);
    table.rows.push_back({number, number / in_layer, number % in_layer, number_cell(mean(kl[head])),
                          standard_error(kl[head]), static_cast<std::int64_t>(prompts),
                          number_cell(mean(kl.back()))});
  }
  return table;
}

}  // namespace phiscope::analyze::ablation
