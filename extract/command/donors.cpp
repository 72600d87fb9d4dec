// SPDX-License-Identifier: MIT
#include "command/donors.hpp"

#include "plan/counter_random.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"
#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>

namespace phiscope::extract {
namespace {

using shard::FormatError;

/// The clean values of a finished run.
struct CleanValues {
  std::vector<std::string> ids;
  int first_step = 0;
  int steps = 0;
  std::vector<std::int64_t> shape;  ///< of a value at one layer and step
  std::size_t units = 1;            ///< numbers of such a value
  /// [id][step - first_step] of [layer, unit]
  std::vector<std::vector<std::vector<double>>> values;
};

/// What is taken from others is taken step by step, so all must have as many.
void check_steps(const DonorRequest& request, const CleanValues& clean) {
  for (std::size_t i = 0; i < clean.ids.size(); ++i) {
    const auto missing = std::ranges::find_if(clean.values[i], &std::vector<double>::empty);
    if (missing == clean.values[i].end()) continue;
    throw FormatError(request.folder, request.noun + " " + clean.ids[i] + " has " +
                                          std::to_string(missing - clean.values[i].begin()) +
                                          " steps, expected " + std::to_string(clean.steps) +
                                          " as another " + request.noun + " has");
  }
}

void check_plan(const DonorRequest& request, const shard::Run& run, const CheckedModel& model) {
  if (run.plan().experiment != request.experiment) {
    throw FormatError(request.folder, "a run of extract " + run.plan().experiment +
                                          ", expected one of extract " + request.experiment);
  }
  const std::filesystem::path file = request.folder / "plan.json";
  const shard::JsonObject plan(run.plan().details, "", file);
  const shard::JsonObject its_model(plan.member("model"), "model", file);
  if (its_model.member("digests") != model.description.at("digests")) {
    throw FormatError(request.folder,
                      "the model's files have other digests, expected a run of the "
                      "model whose values are changed");
  }
  const std::string hook = plan.text("hook");
  if (hook != request.hook || !std::ranges::equal(plan.integers("layers"), request.layers)) {
    throw FormatError(request.folder, "hook " + hook + " or its layers differ, expected " +
                                          request.hook + " of the layers that are changed");
  }
}

/// First and last step of the rows of a run's clean values.
std::pair<int, int> step_range(const shard::Run& run) {
  std::int64_t first = std::numeric_limits<int>::max();
  std::int64_t last = -1;
  for (const std::int64_t k : run.shards()) {
    const shard::NpyFile key_file = run.keys("latent", k);
    const std::vector<std::int64_t> keys = key_file.read<std::int64_t>();
    for (std::size_t i = 1; i < keys.size(); i += 2) {
      first = std::min(first, keys[i]);
      last = std::max(last, keys[i]);
    }
  }
  return {static_cast<int>(first), static_cast<int>(last)};
}

CleanValues read_clean(const DonorRequest& request, const shard::Run& run) {
  CleanValues clean;
  const std::filesystem::path file = request.folder / "plan.json";
  const shard::JsonObject plan(run.plan().details, "", file);
  for (const shard::JsonObject& entry : plan.objects(request.noun + "s")) {
    const std::string key = request.noun + "_id";
    const nlohmann::ordered_json& id = entry.member(key);
    if (!id.is_string() && !id.is_number_integer()) entry.refuse(key, "a string or an integer");
    clean.ids.push_back(id.is_string() ? id.get<std::string>() : id.dump());
  }
  const auto [first, last] = step_range(run);
  clean.first_step = first;
  clean.steps = std::max(0, last - first + 1);
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
          .at(static_cast<std::size_t>(keys[2 * row + 1] - first)) = array.row(row);
    }
  }
  for (const std::int64_t extent : clean.shape) clean.units *= static_cast<std::size_t>(extent);
  check_steps(request, clean);
  return clean;
}

/// A standard normal number of a place, by Box and Muller.
double normal_at(std::uint64_t seed, std::uint64_t entry, std::uint32_t layer_step,
                 std::uint32_t unit) {
  const double u = uniform_at(seed, {.prompt = entry, .sample = layer_step, .step = 2 * unit});
  const double v = uniform_at(seed, {.prompt = entry, .sample = layer_step, .step = 2 * unit + 1});
  return std::sqrt(-2.0 * std::log1p(-u)) * std::cos(2.0 * std::numbers::pi * v);
}

/// Sum and standard deviation over all entries, [layer, unit].
struct Moments {
  std::vector<double> sum;
  std::vector<double> deviation;
};
Moments moments(const CleanValues& clean, std::size_t step) {
  const std::size_t size = clean.values.front()[step].size();
  Moments found{.sum = std::vector<double>(size, 0.0), .deviation = std::vector<double>(size, 0.0)};
  const auto n = static_cast<double>(clean.ids.size());
  for (const auto& one : clean.values) {
    for (std::size_t i = 0; i < size; ++i) found.sum[i] += one[step][i];
  }
  for (const auto& one : clean.values) {
    for (std::size_t i = 0; i < size; ++i) {
      const double apart = one[step][i] - found.sum[i] / n;
      found.deviation[i] += apart * apart / (n - 1.0);
    }
  }
  for (double& variance : found.deviation) variance = std::sqrt(variance);
  return found;
}

/// What an entry's step is changed to. @param own  its place in the run, where it is there
std::vector<double> made_row(const DonorRequest& request, const CleanValues& clean,
                             const Moments& of, std::optional<std::size_t> own, std::size_t entry,
                             std::size_t step) {
  const std::size_t others = clean.ids.size() - (own ? 1 : 0);
  std::vector<double> row(of.sum.size());
  if (request.kind == DonorRequest::Kind::resample) {
    const double u = uniform_at(request.seed, {.prompt = entry, .sample = 0x9A7C4, .step = 0});
    const auto drawn = static_cast<std::size_t>(u * static_cast<double>(others));
    return clean.values[own && drawn >= *own ? drawn + 1 : drawn][step];
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (request.kind == DonorRequest::Kind::mean) {
      const double rest = own ? of.sum[i] - clean.values[*own][step][i] : of.sum[i];
      row[i] = rest / static_cast<double>(others);
      continue;
    }
    const auto layer = static_cast<std::uint32_t>(i / clean.units);
    const auto place = layer * 4096U + static_cast<std::uint32_t>(step);
    row[i] = of.deviation[i] *
             normal_at(request.seed, entry, place, static_cast<std::uint32_t>(i % clean.units));
  }
  return row;
}

}  // namespace

Donors take_donors(const DonorRequest& request, const CheckedModel& model) {
  const shard::Run run = shard::Run::open(request.folder);
  check_plan(request, run, model);
  const CleanValues clean = read_clean(request, run);
  if (clean.ids.size() < 2) {
    throw FormatError(request.folder, "one " + request.noun + ", expected at least two");
  }
  const auto has_steps = [&](int steps) {
    if (request.each_is_there) {
      return clean.first_step == request.first_step && clean.steps == steps;
    }
    return clean.first_step <= request.first_step &&
           clean.first_step + clean.steps >= request.first_step + steps;
  };
  const auto offset = static_cast<std::size_t>(request.first_step - clean.first_step);
  std::map<std::string, std::size_t> number;
  for (std::size_t i = 0; i < clean.ids.size(); ++i) number[clean.ids[i]] = i;
  Donors made{.table = {.hook = request.place,
                        .layers = request.layers,
                        .shape = clean.shape,
                        .values = {}},
              .rows = {},
              .digest = shard::sha256_file(request.folder / "manifest.json")};
  std::vector<Moments> by_step;
  for (int step = 0; step < clean.steps; ++step) {
    by_step.push_back(moments(clean, static_cast<std::size_t>(step)));
  }
  int next = 0;
  for (std::size_t entry = 0; entry < request.of.size(); ++entry) {
    const auto& [id, steps] = request.of[entry];
    const auto found = number.find(id);
    const bool is_there = found != number.end();
    if (!request.each_is_there && !has_steps(steps)) {
      const auto range = [](int first, int count) {
        return std::to_string(first) + " to " + std::to_string(first + count - 1);
      };
      throw FormatError(request.folder, "clean values of steps " +
                                            range(clean.first_step, clean.steps) + ", expected " +
                                            range(request.first_step, steps));
    }
    if (request.each_is_there && (!is_there || !has_steps(steps))) {
      throw FormatError(request.folder, request.noun + " " + id + " is not there with " +
                                            std::to_string(steps) + " steps, expected every " +
                                            request.noun + " of --" + request.noun + "s");
    }
    const std::optional<std::size_t> own = is_there ? std::optional(found->second) : std::nullopt;
    std::vector<int>& rows = made.rows.emplace_back();
    for (int step = 0; step < steps; ++step) {
      const std::size_t at = offset + static_cast<std::size_t>(step);
      const std::vector<double> row =
          made_row(request, clean, by_step[at], own, own.value_or(entry), at);
      made.table.values.insert(made.table.values.end(), row.begin(), row.end());
      rows.push_back(next++);
    }
  }
  return made;
}

}  // namespace phiscope::extract
