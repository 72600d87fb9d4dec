// SPDX-License-Identifier: MIT
#include "steps/analysis/run.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/keyed_texts.hpp"
#include "steps/analysis/plan.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using shard::FormatError;

constexpr std::size_t key_width = 5;  // problem, layer, kind, step, readout

/// Where a row or a text belongs: a run of a problem.
struct Place {
  std::size_t problem = 0;
  std::optional<std::size_t> lane = {};  ///< nothing: the baseline
};

/// The place of a key problem, layer, kind, step; nothing if the plan has none such.
std::optional<Place> place_of(std::span<const std::int64_t> key, const Steps& steps) {
  if (key[0] < 0 || key[0] >= std::ssize(steps.problems)) return std::nullopt;
  if (key[2] < 0 || key[2] >= static_cast<std::int64_t>(kind_count)) return std::nullopt;
  const Lane lane = {.kind = static_cast<Kind>(key[2]), .layer = key[1], .step = key[3]};
  Place place{.problem = static_cast<std::size_t>(key[0])};
  if (lane == Lane{}) return place;
  place.lane = steps.find(lane);
  if (!place.lane) return std::nullopt;
  return place;
}

std::string key_text(std::span<const std::int64_t> key) {
  std::string text = "[";
  for (const std::int64_t part : key) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(part);
  }
  return text + "]";
}

/// All reduced arrays of a shard, row by row.
std::vector<Row> read_rows(const shard::Run& run, std::int64_t shard, std::size_t count) {
  std::vector<Row> rows(count);
  const std::array<std::pair<const char*, double Row::*>, 5> arrays = {
      {{"kl", &Row::kl},
       {"reverse_kl", &Row::reverse_kl},
       {"prediction_changed", &Row::prediction_changed},
       {"token_score", &Row::token_score},
       {"token_log_probability", &Row::token_log_probability}}};
  for (const auto& [name, member] : arrays) {
    const shard::NpyFile file = run.array(name, shard);
    const auto values = file.view<double>();
    if (values.size() != count) {
      throw FormatError(file.path(), "found " + std::to_string(values.size()) + " rows, expected " +
                                         std::to_string(count) + " as its keys");
    }
    for (std::size_t row = 0; row < count; ++row) rows[row].*member = values[row];
  }
  return rows;
}

report::ReducedRow numbers_of(const Row& row) {
  return {.kl = row.kl,
          .reverse_kl = row.reverse_kl,
          .prediction_changed = row.prediction_changed,
          .token_score = row.token_score,
          .token_log_probability = row.token_log_probability};
}

/// Recomputes the rows of a shard from its logits. A problem's baseline is in the same shard.
/// @param keys  [row, key]
void check_logits(const shard::Run& run, std::int64_t shard, std::span<const std::int64_t> keys,
                  std::span<const Row> rows, Steps& steps) {
  report::LogitCheck& check = steps.sources.front().logits.emplace(
      steps.sources.front().logits.value_or(report::LogitCheck{}));
  const report::KeptLogits logits(run, shard, rows.size());
  const auto key = [keys](std::size_t row) { return keys.subspan(row * key_width, key_width); };
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> baselines;  // problem, read-out
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (key(row)[2] == 0) baselines.emplace(std::pair(key(row)[0], key(row)[4]), row);
  }
  for (std::size_t row = 0; row < rows.size(); ++row) {
    report::RowCheck same(logits.path(), row, check);
    const auto baseline = baselines.find({key(row)[0], key(row)[4]});
    if (baseline == baselines.end()) {
      same.fail("no row of its baseline, expected it in the same shard");
    }
    const std::vector<double> own = logits.row(row);
    same.divergences(logits.row(baseline->second), own, numbers_of(rows[row]));
    const std::vector<std::int64_t>& gold =
        steps.problems[static_cast<std::size_t>(key(row)[0])].tokens;
    const auto readout = static_cast<std::size_t>(key(row)[4]);
    const std::vector<std::int64_t> one =
        readout == 0 ? gold : std::vector<std::int64_t>{gold[readout - 1]};
    if (!one.empty()) same.scores(own, one, numbers_of(rows[row]));
    ++check.rows;
  }
}

void read_shard(const shard::Run& run, std::int64_t shard, Steps& steps) {
  constexpr std::size_t width = key_width;
  const shard::NpyFile file = run.keys("step_set", shard);
  if (file.shape().size() != 2 || file.shape()[1] != width) {
    throw FormatError(file.path(), "shape " + shard::shape_text(file.shape()) + ", expected " +
                                       std::to_string(width) + " columns");
  }
  const auto keys = file.view<std::int64_t>();
  const std::vector<Row> rows = read_rows(run, shard, keys.size() / width);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto key = keys.subspan(row * width, width);
    const auto fail = [&](const std::string& message) {
      throw FormatError(file.path(), "row " + std::to_string(row) + ": " + message);
    };
    const auto place = place_of(key, steps);
    if (!place) {
      fail("found key " + key_text(key) + ", expected problem, layer, kind and step of plan.json");
    }
    const Problem& problem = steps.problems[place->problem];
    if (key[4] < 0 || key[4] > std::ssize(problem.tokens)) {
      fail("found read-out " + std::to_string(key[4]) + " of problem " + id_text(problem.id) +
           ", expected 0 to " + std::to_string(problem.tokens.size()));
    }
    ProblemRows& of = steps.rows[place->problem];
    Rows& run_rows = place->lane ? of.lanes[*place->lane] : of.baseline;
    std::optional<Row>& at = run_rows[static_cast<std::size_t>(key[4])];
    if (at) fail("found the key of an earlier row, expected each once");
    const double changed = rows[row].prediction_changed;
    if (changed != 0.0 && changed != 1.0 && changed == changed) {
      fail("prediction_changed is neither 0 nor 1");
    }
    at = rows[row];
  }
  if (report::keeps_logits(run)) check_logits(run, shard, keys, rows, steps);
}

void make_room(Steps& steps) {
  steps.rows.resize(steps.problems.size());
  for (std::size_t i = 0; i < steps.problems.size(); ++i) {
    const std::size_t readouts = steps.problems[i].tokens.size() + 1;
    steps.rows[i].baseline.resize(readouts);
    steps.rows[i].lanes.assign(steps.lanes.size(), Rows(readouts));
    steps.rows[i].texts.resize(steps.lanes.size());
  }
}

bool is_full(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.has_value(); });
}

void read_answers(const std::filesystem::path& path, Steps& steps) {
  steps.sources.front().has_texts =
      shard::read_texts(path, [&](const std::filesystem::path& where,
                                  const std::vector<std::int64_t>& key, const std::string& text) {
        const auto place = key.size() == 4 ? place_of(key, steps) : std::nullopt;
        if (!place) {
          throw FormatError(where, "key is " + key_text(key) +
                                       ", expected problem, layer, kind and step of plan.json");
        }
        ProblemRows& rows = steps.rows[place->problem];
        auto& at = place->lane ? rows.texts[*place->lane] : rows.baseline_text;
        if (at) throw FormatError(where, "found the key of an earlier line, expected each once");
        at = text;
      });
}

}  // namespace

std::string_view part_name(Part part) noexcept {
  return part == Part::sweep ? "sweep" : "validation";
}

std::string id_text(const nlohmann::ordered_json& id) {
  return id.is_string() ? id.get<std::string>() : id.dump();
}

std::size_t Steps::complete_problems() const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [](const ProblemRows& problem) { return problem.complete; }));
}

bool Steps::has_kind(Kind kind) const {
  return std::find(axes.kinds.begin(), axes.kinds.end(), kind) != axes.kinds.end();
}

std::optional<std::size_t> Steps::find(const Lane& lane) const {
  // Lanes are a few dozen, in the order in which the plan names the kinds.
  const auto found = std::find(lanes.begin(), lanes.end(), lane);
  if (found == lanes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - lanes.begin());
}

Steps read_run(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run run = shard::Run::open(path, reading);
  Steps steps = planned(run);
  make_room(steps);
  for (const std::int64_t shard : run.shards()) read_shard(run, shard, steps);
  for (std::size_t i = 0; i < steps.problems.size(); ++i) {
    ProblemRows& rows = steps.rows[i];
    rows.complete =
        is_full(rows.baseline) && std::all_of(rows.lanes.begin(), rows.lanes.end(), is_full);
    if (rows.complete || !run.complete()) continue;
    throw FormatError(path, "problem " + id_text(steps.problems[i].id) +
                                ": rows are missing, expected every step set and read-out of "
                                "plan.json, as no shard is missing");
  }
  read_answers(path, steps);
  return steps;
}

}  // namespace phiscope::analyze::steps
