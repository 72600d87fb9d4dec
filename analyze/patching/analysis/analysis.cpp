// SPDX-License-Identifier: MIT
#include "patching/analysis/analysis.hpp"

#include "program/parallel.hpp"
#include "report/folder.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/holm.hpp>
#include <phiscope/max_statistic.hpp>
#include <phiscope/permutation_test.hpp>

#include <algorithm>
#include <iterator>

namespace phiscope::analyze::patching {
namespace {

std::vector<std::vector<Measured>> measure_pairs(const Patching& data, std::size_t threads) {
  std::vector<std::vector<Measured>> measured(data.pairs.size());
  for_each_tile(data.pairs.size(), threads, [&](std::size_t pair) {
    const PairRows& rows = data.rows[pair];
    if (!rows.complete) return;
    measured[pair].reserve(rows.sites.size());
    for (const Rows& site : rows.sites) {
      measured[pair].push_back(measure_site(site, rows, data.readouts, data.vocabulary));
    }
  });
  return measured;
}

/// All complete pairs, then those of each number of reasoning steps of the clean question.
std::vector<Group> group_pairs(const Patching& data) {
  Group all{.name = "all"};
  Group unknown{.name = "unknown"};
  std::map<std::int64_t, Group> by_steps;
  for (std::size_t pair = 0; pair < data.pairs.size(); ++pair) {
    if (!data.rows[pair].complete) continue;
    all.pairs.push_back(pair);
    const auto& steps = data.pairs[pair].clean.steps;
    Group& group = steps ? by_steps[*steps] : unknown;
    if (steps) group.name = std::to_string(*steps);
    group.pairs.push_back(pair);
  }
  std::vector<Group> groups = {std::move(all)};
  for (auto& [steps, group] : by_steps) groups.push_back(std::move(group));
  // A run that says no difficulty at all has no groups of it.
  if (!unknown.pairs.empty() && groups.size() > 1) groups.push_back(std::move(unknown));
  return groups;
}

void aggregate_cells(Result& result, const Options& options) {
  const std::size_t sites = result.data.sites.size();
  result.cells.resize(result.groups.size() * sites);
  for_each_tile(result.cells.size(), options.threads, [&](std::size_t tile) {
    const Group& group = result.groups[tile / sites];
    for (const Measure measure : all_measures()) {
      std::vector<Value> values;
      values.reserve(group.pairs.size());
      for (const std::size_t pair : group.pairs) {
        values.push_back(result.measured[pair][tile % sites][measure]);
      }
      result.cells[tile][static_cast<std::size_t>(measure)] = cell_of(values, options);
    }
  });
}

void test_all(Result& result, const Options& options) {
  const Patching& data = result.data;
  const std::size_t sets = data.sets.size();
  const std::size_t families = data.modes.size() * sets * tested.size();
  result.tests.resize(result.groups.size() * data.sites.size());
  for_each_tile(result.groups.size() * families, options.threads, [&](std::size_t tile) {
    const std::size_t of = tile % tested.size();
    const std::size_t set = tile / tested.size() % sets;
    const std::size_t mode = tile / tested.size() / sets % data.modes.size();
    const std::size_t group = tile / families;
    const std::vector<std::size_t> sites = sites_of(data, mode, set);
    std::vector<std::vector<Value>> values;
    values.reserve(result.groups[group].pairs.size());
    for (const std::size_t pair : result.groups[group].pairs) {
      values.emplace_back();
      values.back().reserve(sites.size());
      for (const std::size_t site : sites) {
        values.back().push_back(result.measured[pair][site][tested[of]]);
      }
    }
    const std::vector<SiteTest> tests = test_sites(values, options);
    for (std::size_t i = 0; i < sites.size() && !values.empty(); ++i) {
      result.tests[group * data.sites.size() + sites[i]][of] = tests[i];
    }
  });
}

/// Mean of a measure over some sites of a pair, of those where it is defined.
Value mean_over(const std::vector<Measured>& measured, const std::vector<std::size_t>& sites,
                Measure measure) {
  std::vector<double> numbers;
  numbers.reserve(sites.size());
  Status why = Status::too_few_rows;
  for (const std::size_t site : sites) {
    const Value& value = measured[site][measure];
    if (value.ok())
      numbers.push_back(value.value());
    else
      why = value.status();
  }
  if (numbers.empty()) return why;
  return mean_of(numbers);
}

void add_layer_means(Result& result, const Options& options) {
  const Patching& data = result.data;
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t site = 0; site < data.sites.size(); ++site) {
    const Site& each = data.sites[site];
    const bool is_new = result.layers.empty() || result.layers.back().mode != each.mode ||
                        result.layers.back().set != each.set ||
                        result.layers.back().layer != each.layer;
    if (is_new) {
      result.layers.push_back({.mode = each.mode, .set = each.set, .layer = each.layer});
      members.emplace_back();
    }
    members.back().push_back(site);
  }
  for_each_tile(result.layers.size(), options.threads, [&](std::size_t tile) {
    for (const Measure measure : all_measures()) {
      std::vector<Value> values;
      values.reserve(result.groups.front().pairs.size());
      for (const std::size_t pair : result.groups.front().pairs) {
        values.push_back(mean_over(result.measured[pair], members[tile], measure));
      }
      result.layers[tile].cells[static_cast<std::size_t>(measure)] = cell_of(values, options);
    }
  });
}

/// The differences of one site, of the pairs where it is defined.
std::vector<double> defined_at(const std::vector<std::vector<Value>>& values, std::size_t site) {
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const auto& pair : values) {
    if (pair[site].ok()) numbers.push_back(pair[site].value());
  }
  return numbers;
}

}  // namespace

std::vector<std::size_t> sites_of(const Patching& data, std::size_t mode, std::size_t set) {
  std::vector<std::size_t> found;
  for (std::size_t site = 0; site < data.sites.size(); ++site) {
    if (data.sites[site].mode == mode && data.sites[site].set == set) found.push_back(site);
  }
  return found;
}

Cell cell_of(const std::vector<Value>& values, const Options& options) {
  return report::unit_mean(
      values, {.resamples = options.resamples, .seed = options.seed, .covers = "pairs"});
}

std::vector<SiteTest> test_sites(const std::vector<std::vector<Value>>& values,
                                 const Options& options) {
  if (values.empty()) return {};
  const SignFlipOptions flips{.resamples = options.sign_flips, .seed = options.seed};
  // A pair without any difference adds no pattern of signs: it must not make the design larger.
  std::vector<std::vector<Value>> defined;
  defined.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(defined), [](const auto& pair) {
    return std::any_of(pair.begin(), pair.end(), [](const Value& value) { return value.ok(); });
  });
  std::vector<SiteTest> tests(values.front().size());
  if (defined.empty()) return tests;
  const SignFlipMaxTest together = sign_flip_max_test(defined, flips);
  std::vector<double> p_values;
  std::vector<std::size_t> places;
  for (std::size_t site = 0; site < tests.size(); ++site) {
    tests[site].p = sign_flip_test(defined_at(defined, site), flips).p_value;
    tests[site].p_max = together.p_values[site];
    tests[site].least_p = together.least_p;
    if (!tests[site].p.ok()) continue;
    p_values.push_back(tests[site].p.value());
    places.push_back(site);
  }
  const std::vector<double> corrected = holm(p_values);
  for (std::size_t i = 0; i < places.size(); ++i) tests[places[i]].p_holm = corrected[i];
  return tests;
}

Result analyze(Patching data, const Options& options) {
  Result result;
  result.label = data.name;
  result.data = std::move(data);
  result.measured = measure_pairs(result.data, options.threads);
  result.groups = group_pairs(result.data);
  aggregate_cells(result, options);
  test_all(result, options);
  add_layer_means(result, options);
  return result;
}

std::vector<Result> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                 const shard::ReadOptions& reading, const Options& options) {
  std::vector<Patching> read;
  read.reserve(paths.size());
  for (const auto& path : paths) {
    read.push_back(read_run(path, reading));
    const Patching& run = read.back();
    if (run.complete_pairs() > 0) continue;
    throw shard::FormatError(
        path, "no pair is complete: found " + std::to_string(run.pairs.size()) + " planned and " +
                  std::to_string(run.dropped.size()) + " dropped, expected at least one");
  }
  std::vector<Result> results;
  results.reserve(read.size());
  for (Patching& run : read) results.push_back(analyze(std::move(run), options));
  std::vector<std::string> names;
  names.reserve(results.size());
  for (const Result& result : results) names.push_back(result.label);
  const std::vector<std::string> labels = report::unique_labels(names);
  for (std::size_t i = 0; i < results.size(); ++i) results[i].label = labels[i];
  return results;
}

}  // namespace phiscope::analyze::patching
