// SPDX-License-Identifier: MIT
#include "patching/donors.hpp"

#include "plan/counter_random.hpp"
#include "shard/format_error.hpp"
#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"
#include "shard/sha256.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using shard::FormatError;

/// The clean values of a finished run.
struct CleanValues {
  std::vector<std::string> ids;  ///< [pair]
  std::vector<int> first_site;   ///< [pair] position of step 0 in the clean question
  int steps = 0;
  std::vector<int> layers;
  std::vector<std::int64_t> shape;  ///< of a value at one layer and step
  std::size_t units = 1;            ///< numbers of such a value
  /// [pair][step] of [layer, unit]
  std::vector<std::vector<std::vector<double>>> values;
};

/// Values of other pairs are taken step by step, so all must have as many.
void check_steps(const std::filesystem::path& folder, const CleanValues& clean) {
  for (std::size_t p = 0; p < clean.ids.size(); ++p) {
    const auto missing = std::ranges::find_if(clean.values[p], &std::vector<double>::empty);
    if (missing == clean.values[p].end()) continue;
    throw FormatError(folder, "pair " + clean.ids[p] + " has " +
                                  std::to_string(missing - clean.values[p].begin()) +
                                  " steps, expected " + std::to_string(clean.steps) +
                                  " as another pair has");
  }
}

CleanValues read_clean(const std::filesystem::path& folder) {
  const shard::Run run = shard::Run::open(folder);
  CleanValues clean;
  const nlohmann::ordered_json& details = run.plan().details;
  if (run.plan().experiment != "patching") {
    throw FormatError(
        folder, "a run of extract " + run.plan().experiment + ", expected one of extract patching");
  }
  for (const auto& pair : details.at("pairs")) {
    const auto& id = pair.at("pair_id");
    clean.ids.push_back(id.is_string() ? id.get<std::string>() : id.dump());
    if (!pair.at("clean").contains("first_site")) {
      throw FormatError(folder / "plan.json", "pair " + clean.ids.back() +
                                                  " has no first_site, expected a run of this "
                                                  "version of extract");
    }
    clean.first_site.push_back(pair.at("clean").at("first_site").get<int>());
  }
  clean.steps = details.at("positions").get<int>();
  clean.layers = details.at("layers").get<std::vector<int>>();
  clean.values.assign(clean.ids.size(),
                      std::vector<std::vector<double>>(static_cast<std::size_t>(clean.steps)));
  for (const std::int64_t k : run.shards()) {
    const shard::RowValues array(run, "clean_latents", k);
    const shard::NpyFile key_file = run.keys("latent", k);
    const std::vector<std::int64_t> keys = key_file.read<std::int64_t>();
    const auto& shape = array.file().shape();
    clean.shape.assign(shape.begin() + 2, shape.end());
    const std::size_t rows = keys.size() / 2;
    for (std::size_t row = 0; row < rows; ++row) {
      clean.values.at(static_cast<std::size_t>(keys[2 * row]))
          .at(static_cast<std::size_t>(keys[2 * row + 1])) = array.row(row);
    }
  }
  for (const std::int64_t extent : clean.shape) clean.units *= static_cast<std::size_t>(extent);
  check_steps(folder, clean);
  return clean;
}

void check_run(const PatchingOptions& options, const CheckedModel& model, const PatchLayout& layout,
               const CleanValues& clean) {
  const shard::Run run = shard::Run::open(options.donors);
  const nlohmann::ordered_json& details = run.plan().details;
  if (details.at("model").at("digests") != model.description.at("digests")) {
    throw FormatError(options.donors,
                      "the model's files have other digests, expected a run of the "
                      "model that is patched");
  }
  if (details.at("hook").get<std::string>() != options.hook || clean.layers != layout.layers) {
    throw FormatError(options.donors, "hook " + details.at("hook").get<std::string>() +
                                          " or its layers differ, expected " + options.hook +
                                          " of the layers that are patched");
  }
}

/// A standard normal number of a place, by Box and Muller.
double normal_at(std::uint64_t seed, std::uint64_t pair, std::uint32_t layer_step,
                 std::uint32_t unit) {
  const double u = uniform_at(seed, {.prompt = pair, .sample = layer_step, .step = 2 * unit});
  const double v = uniform_at(seed, {.prompt = pair, .sample = layer_step, .step = 2 * unit + 1});
  return std::sqrt(-2.0 * std::log1p(-u)) * std::cos(2.0 * std::numbers::pi * v);
}

/// Mean and standard deviation over pairs, [layer, unit].
struct Moments {
  std::vector<double> sum;
  std::vector<double> deviation;
};
Moments moments(const CleanValues& clean, std::size_t step) {
  const std::size_t size = clean.values.front()[step].size();
  Moments found{.sum = std::vector<double>(size, 0.0), .deviation = std::vector<double>(size, 0.0)};
  const auto n = static_cast<double>(clean.ids.size());
  for (const auto& pair : clean.values) {
    for (std::size_t i = 0; i < size; ++i) found.sum[i] += pair[step][i];
  }
  for (const auto& pair : clean.values) {
    for (std::size_t i = 0; i < size; ++i) {
      const double apart = pair[step][i] - found.sum[i] / n;
      found.deviation[i] += apart * apart / (n - 1.0);
    }
  }
  for (double& variance : found.deviation) variance = std::sqrt(variance);
  return found;
}

std::vector<double> made_row(const PatchingOptions& options, const PatchLayout& layout,
                             const CleanValues& clean, const Moments& of, std::size_t pair,
                             std::size_t step) {
  const auto n = static_cast<double>(clean.ids.size());
  std::vector<double> row(of.sum.size());
  if (layout.donor == PatchDonor::resample) {
    const double u = uniform_at(options.run.seed, {.prompt = pair, .sample = 0x9A7C4, .step = 0});
    const auto drawn = static_cast<std::size_t>(u * (n - 1.0));
    return clean.values[drawn < pair ? drawn : drawn + 1][step];
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (layout.donor == PatchDonor::mean) {
      row[i] = (of.sum[i] - clean.values[pair][step][i]) / (n - 1.0);
      continue;
    }
    const auto layer = static_cast<std::uint32_t>(i / clean.units);
    const auto place = layer * 4096U + static_cast<std::uint32_t>(step);
    row[i] = of.deviation[i] *
             normal_at(options.run.seed, pair, place, static_cast<std::uint32_t>(i % clean.units));
  }
  return row;
}

}  // namespace

std::string take_donors(const PatchingOptions& options, const TokenPairs& read,
                        const CheckedModel& model, PatchLayout& layout, Plan& plan) {
  const bool needed = layout.donor == PatchDonor::mean || layout.donor == PatchDonor::resample ||
                      layout.donor == PatchDonor::noise;
  if (!needed) {
    if (options.donors.empty()) return "";
    throw std::runtime_error("--donors: found a run for --donor " + options.donor +
                             ", expected one of mean, resample, noise:S");
  }
  if (options.donors.empty()) {
    throw std::runtime_error(
        "--donors: found nothing, expected a run directory of extract "
        "patching, whose clean values --donor " +
        options.donor + " needs");
  }
  const CleanValues clean = read_clean(options.donors);
  check_run(options, model, layout, clean);
  if (clean.ids.size() < 2) {
    throw FormatError(options.donors, "one pair, expected at least two");
  }
  std::map<std::string, std::size_t> number;
  for (std::size_t p = 0; p < clean.ids.size(); ++p) number[clean.ids[p]] = p;
  DonorTable& table = plan.donors.emplace_back(
      DonorTable{.hook = layout.hook, .layers = layout.layers, .shape = clean.shape, .values = {}});
  std::vector<Moments> by_step;
  for (int step = 0; step < clean.steps; ++step) {
    by_step.push_back(moments(clean, static_cast<std::size_t>(step)));
  }
  int next = 0;
  for (const PatchPair& pair : read.pairs) {
    const auto found = number.find(pair.id);
    if (found == number.end() || pair.sites != clean.steps) {
      throw FormatError(options.donors, "pair " + pair.id + " is not there with " +
                                            std::to_string(pair.sites) +
                                            " steps, expected every pair of --pairs");
    }
    if (clean.first_site[found->second] != pair.clean.first_site) {
      throw FormatError(options.donors, "pair " + pair.id + " has its sites from position " +
                                            std::to_string(clean.first_site[found->second]) +
                                            " on, expected " +
                                            std::to_string(pair.clean.first_site) +
                                            " (the same --span or --align)");
    }
    std::vector<int>& rows = layout.donor_row.emplace_back();
    for (int step = 0; step < clean.steps; ++step) {
      const std::vector<double> row =
          made_row(options, layout, clean, by_step[static_cast<std::size_t>(step)], found->second,
                   static_cast<std::size_t>(step));
      table.values.insert(table.values.end(), row.begin(), row.end());
      rows.push_back(next++);
    }
  }
  return shard::sha256_file(options.donors / "manifest.json");
}

}  // namespace phiscope::extract
