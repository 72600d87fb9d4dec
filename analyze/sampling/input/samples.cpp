// SPDX-License-Identifier: MIT
#include "sampling/input/samples.hpp"

#include "sampling/input/token_rows.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/keyed_texts.hpp"

#include <algorithm>
#include <map>

namespace phiscope::analyze::sampling {
namespace {

using shard::FormatError;
using shard::JsonObject;

/// Largest number of samples, tokens or temperatures that a plan may name.
constexpr std::uint64_t most_samples = 1'000'000;

void read_temperatures(const JsonObject& plan, Samples& run) {
  for (const auto& each : plan.member("temperatures")) {
    if (!each.is_number() || !(each.get<double>() >= 0.0)) {
      plan.refuse("temperatures", "numbers from 0");
    }
    run.temperatures.push_back(each.get<double>());
  }
  require_ascending(plan, "temperatures", run.temperatures);
}

Samples read_plan_of(const shard::Run& opened) {
  Samples run;
  run.info = run_info(opened);
  const std::filesystem::path file = opened.path() / "plan.json";
  const JsonObject plan(run.info.details, "", file);
  if (run.info.step != Step::variance && run.info.step != Step::clustering) {
    plan.refuse("step", "variance or clustering");
  }
  read_temperatures(plan, run);
  const std::uint64_t samples = plan.count("samples");
  if (samples == 0 || samples > most_samples)
    plan.refuse("samples", "an integer from 1 to 1000000");
  run.per_problem = static_cast<std::size_t>(samples);
  run.checkpoints = plan.counts("checkpoints");
  require_ascending(plan, "checkpoints", run.checkpoints);
  if (run.checkpoints.back() > 1'000'000'000)
    plan.refuse("checkpoints", "at most 1000000000 tokens");
  run.from_file = plan.has("texts") && !plan.member("texts").is_null() &&
                  plan.member("texts") != nlohmann::ordered_json(false);
  return run;
}

/// The columns that tell samples apart, before the last one of a row space.
std::vector<KeyColumn> sample_columns(const Samples& run) {
  return {{"problem", static_cast<std::int64_t>(run.info.problems.size())},
          {"temperature", static_cast<std::int64_t>(run.temperatures.size())},
          {"sample", static_cast<std::int64_t>(run.per_problem)}};
}

void make_places(Samples& run) {
  run.samples.resize(run.info.problems.size());
  for (auto& problem : run.samples) {
    problem.resize(run.temperatures.size());
    for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
      const bool is_greedy = run.temperatures[t] == 0.0 && !run.from_file;
      problem[t].resize(is_greedy ? 1 : run.per_problem);
      for (Sample& sample : problem[t]) sample.latents.resize(run.checkpoints.size());
    }
  }
}

/// The sample of a key, or nothing where the plan has none: a second one at temperature 0.
Sample* sample_at(Samples& run, std::span<const std::int64_t> key) {
  auto& samples = run.samples[static_cast<std::size_t>(key[0])][static_cast<std::size_t>(key[1])];
  const auto number = static_cast<std::size_t>(key[2]);
  return number < samples.size() ? &samples[number] : nullptr;
}

void read_pooled(const shard::Run& opened, Samples& run) {
  auto columns = sample_columns(run);
  columns.push_back({"checkpoint", static_cast<std::int64_t>(run.checkpoints.back()) + 1});
  for_each_row(opened, "pooled", columns, [&run](const KeyedRow& row) {
    Sample* const sample = sample_at(run, row.key);
    if (sample == nullptr) row.fail("found a second sample at temperature 0, expected one");
    const auto checkpoint = static_cast<std::uint64_t>(row.key[3]);
    const auto found = std::lower_bound(run.checkpoints.begin(), run.checkpoints.end(), checkpoint);
    if (found == run.checkpoints.end() || *found != checkpoint) {
      row.fail("found checkpoint " + std::to_string(checkpoint) +
               ", expected one of the plan's checkpoints");
    }
    auto& place = sample->latents[static_cast<std::size_t>(found - run.checkpoints.begin())];
    if (place) row.fail("found the key of an earlier row, expected each once");
    place = row.place;
    sample->done = true;
  });
}

/// Rows of single tokens, pooled up to each checkpoint.
void read_tokens(const shard::Run& opened, Samples& run) {
  auto columns = sample_columns(run);
  columns.push_back({"token", static_cast<std::int64_t>(run.checkpoints.back()) + 1});
  std::map<Sample*, TokenRows> rows;
  for_each_row(opened, "pooled", columns, [&](const KeyedRow& row) {
    Sample* const sample = sample_at(run, row.key);
    if (sample == nullptr) row.fail("found a second sample at temperature 0, expected one");
    const auto number = static_cast<std::uint64_t>(row.key[3]);
    if (number == 0 || number % run.info.stride != 0) {
      row.fail("found token " + std::to_string(number) + ", expected a multiple of the stride " +
               std::to_string(run.info.stride));
    }
    if (!rows[sample].emplace(number, row.place).second) {
      row.fail("found the key of an earlier row, expected each once");
    }
    sample->done = true;
  });
  for (auto& [sample, tokens] : rows) {
    for (std::size_t c = 0; c < run.checkpoints.size(); ++c) {
      sample->latents[c] = pool_last(tokens, {.begin = 0, .end = run.checkpoints[c]},
                                     run.info.pooling_window, run.latents);
    }
  }
}

void read_generated(const shard::Run& opened, Samples& run) {
  auto columns = sample_columns(run);
  columns.push_back({"step", std::int64_t{1} << 40U});
  for_each_row(opened, "generated", columns, [&run](const KeyedRow& row) {
    Sample* const sample = sample_at(run, row.key);
    if (sample == nullptr) row.fail("found a second sample at temperature 0, expected one");
    ++sample->tokens;
    sample->done = true;
  });
}

/// The key of a line of texts, as a sample.
Sample& sample_of_line(Samples& run, const std::filesystem::path& where,
                       const std::vector<std::int64_t>& key) {
  const auto columns = sample_columns(run);
  bool known = key.size() == columns.size();
  for (std::size_t i = 0; known && i < key.size(); ++i) {
    known = key[i] >= 0 && key[i] < columns[i].end;
  }
  Sample* const sample = known ? sample_at(run, key) : nullptr;
  if (sample == nullptr) {
    throw FormatError(where, "key: expected problem, temperature and sample of plan.json");
  }
  if (sample->text) throw FormatError(where, "key: found that of an earlier line");
  sample->done = true;
  return *sample;
}

void read_said(Samples& run) {
  if (!run.from_file) {
    shard::read_texts(run.info.path, [&run](const auto& where, const auto& key, const auto& text) {
      sample_of_line(run, where, key).text = text;
    });
    return;
  }
  const std::filesystem::path file = run.info.path / "texts.jsonl";
  const bool found = shard::read_lines(file, [&run](const auto& where, const JsonObject& line) {
    Sample& sample = sample_of_line(run, where, line.integers("key"));
    sample.text = line.text("text");
    sample.tokens = static_cast<std::size_t>(line.count("tokens"));
  });
  if (!found) throw FormatError(file, "is missing, expected the texts that the plan names");
}

void require_all(const Samples& run) {
  for (std::size_t p = 0; p < run.samples.size(); ++p) {
    for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
      for (std::size_t s = 0; s < run.samples[p][t].size(); ++s) {
        if (run.samples[p][t][s].done) continue;
        throw FormatError(run.info.path, "problem " + run.info.problems[p].id + ", temperature " +
                                             std::to_string(run.temperatures[t]) + ", sample " +
                                             std::to_string(s) +
                                             ": no row, expected one of a complete run");
      }
    }
  }
}

}  // namespace

Samples read_samples(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run opened = shard::Run::open(path, reading);
  Samples run = read_plan_of(opened);
  make_places(run);
  run.latents = Latents(opened, "latent", "pooled", run.info.layers);
  if (rows_are_tokens(opened)) {
    require_window(run.info);
    read_tokens(opened, run);
  } else {
    read_pooled(opened, run);
  }
  if (!run.from_file) read_generated(opened, run);
  read_said(run);
  // A file of texts may hold fewer solutions of a problem than of another.
  if (run.info.complete && !run.from_file) require_all(run);
  return run;
}

}  // namespace phiscope::analyze::sampling
