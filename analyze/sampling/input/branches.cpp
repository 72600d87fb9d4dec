// SPDX-License-Identifier: MIT
#include "sampling/input/branches.hpp"

#include "shard/file/format_error.hpp"
#include "shard/text/keyed_texts.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling {
namespace {

using shard::FormatError;
using shard::JsonObject;

Branches read_branches_plan(const shard::Run& opened) {
  Branches run;
  run.info = run_info(opened);
  const std::filesystem::path file = opened.path() / "plan.json";
  const JsonObject plan(run.info.details, "", file);
  if (run.info.step != Step::sensitivity) plan.refuse("step", "sensitivity");
  run.points = plan.counts("points");
  require_ascending(plan, "points", run.points);
  if (run.points.front() == 0 || run.points.back() > 1'000'000'000) {
    plan.refuse("points", "numbers from 1 to 1000000000");
  }
  run.lookahead = plan.count("lookahead");
  run.window_stride = plan.count("window_stride");
  if (run.lookahead == 0) plan.refuse("lookahead", "an integer from 1");
  if (run.window_stride == 0) plan.refuse("window_stride", "an integer from 1");
  run.to_the_end = plan.has("to_the_end") && plan.member("to_the_end") == true;
  run.problems.resize(run.info.problems.size());
  for (auto& problem : run.problems) problem.branches.resize(run.points.size());
  return run;
}

/// Index of the branching point t, or nothing.
std::optional<std::size_t> point_of(const Branches& run, std::int64_t t) {
  const auto found =
      std::lower_bound(run.points.begin(), run.points.end(), static_cast<std::uint64_t>(t));
  if (found == run.points.end() || *found != static_cast<std::uint64_t>(t)) return std::nullopt;
  return static_cast<std::size_t>(found - run.points.begin());
}

std::size_t required_point(const Branches& run, const KeyedRow& row, std::int64_t t,
                           const char* column) {
  const auto point = point_of(run, t);
  if (!point) {
    row.fail("found " + std::string(column) + " " + std::to_string(t) +
             ", expected one of the plan's points");
  }
  return *point;
}

/// Whether the token with that number is one of those that a branch after t tokens is compared in.
bool is_compared(const Branches& run, std::uint64_t t, std::uint64_t number) {
  return number > t && number - t <= run.lookahead && (number - t) % run.window_stride == 0;
}

/// A row is a token: the next one of its branch, or of the greedy text for every branch that is
/// compared there.
void read_compared(const shard::Run& opened, Branches& run) {
  const std::vector<KeyColumn> columns = {
      {"problem", static_cast<std::int64_t>(run.problems.size())},
      {"branch", static_cast<std::int64_t>(run.points.back()) + 1},
      {"token", std::int64_t{1} << 40U}};
  for_each_row(opened, "pooled", columns, [&run](const KeyedRow& row) {
    auto& problem = run.problems[static_cast<std::size_t>(row.key[0])];
    const auto number = static_cast<std::uint64_t>(row.key[2]);
    const auto add = [&](std::vector<RowPlace>& places, std::uint64_t t) {
      const std::uint64_t expected = t + (places.size() + 1) * run.window_stride;
      if (number != expected) {
        row.fail("found token " + std::to_string(number) + " of branch " +
                 std::to_string(row.key[1]) + ", expected token " + std::to_string(expected) +
                 " next");
      }
      places.push_back(row.place);
    };
    if (row.key[1] != 0) {
      const std::size_t point = required_point(run, row, row.key[1], "branch");
      if (!is_compared(run, run.points[point], number)) {
        row.fail("found token " + std::to_string(number) + " of branch " +
                 std::to_string(row.key[1]) + ", expected one that is compared");
      }
      add(problem.branches[point].latents, run.points[point]);
      return;
    }
    bool is_used = false;
    for (std::size_t point = 0; point < run.points.size(); ++point) {
      if (!is_compared(run, run.points[point], number)) continue;
      add(problem.branches[point].baseline, run.points[point]);
      is_used = true;
    }
    if (!is_used) {
      row.fail("found token " + std::to_string(number) + " of branch 0, expected one that is " +
               "compared");
    }
  });
  run.latents = Latents(opened, "latent", "pooled", run.info.layers);
}

void read_tokens(const shard::Run& opened, Branches& run) {
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::vector<float>> log_probabilities;
  for (const std::int64_t shard : opened.shards()) {
    const shard::NpyFile id = opened.array("generated_ids", shard);
    const auto view = id.view<std::int32_t>();
    ids.emplace_back(view.begin(), view.end());
    const shard::NpyFile log = opened.array("generated_logprob", shard);
    const auto logs = log.view<float>();
    log_probabilities.emplace_back(logs.begin(), logs.end());
  }
  const auto last = static_cast<std::int64_t>(run.points.back());
  const std::vector<KeyColumn> columns = {
      {"problem", static_cast<std::int64_t>(run.problems.size())},
      {"branch", last + 1},
      {"step", std::int64_t{1} << 40U}};
  for_each_row(opened, "generated", columns, [&](const KeyedRow& row) {
    auto& problem = run.problems[static_cast<std::size_t>(row.key[0])];
    const Token token{.id = ids[row.place.file].at(row.place.row),
                      .log_probability = log_probabilities[row.place.file].at(row.place.row)};
    if (row.key[1] == 0) {
      ++problem.tokens;
      // Token t + 1 is generated in step t.
      if (const auto point = point_of(run, row.key[2])) problem.branches[*point].kept = token;
      return;
    }
    Branch& branch = problem.branches[required_point(run, row, row.key[1], "branch")];
    ++branch.tokens;
    if (row.key[2] == 0) branch.forced = token;
  });
}

void read_branch_texts(Branches& run) {
  shard::read_texts(run.info.path, [&run](const auto& where, const auto& key, const auto& text) {
    const bool known = key.size() == 2 && key[0] >= 0 &&
                       key[0] < static_cast<std::int64_t>(run.problems.size()) && key[1] >= 0 &&
                       (key[1] == 0 || point_of(run, key[1]));
    if (!known) throw FormatError(where, "key: expected problem and branch of plan.json");
    auto& problem = run.problems[static_cast<std::size_t>(key[0])];
    auto& place = key[1] == 0 ? problem.text : problem.branches[*point_of(run, key[1])].text;
    if (place) throw FormatError(where, "key: found that of an earlier line");
    place = text;
  });
}

}  // namespace

Branches read_branches(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run opened = shard::Run::open(path, reading);
  Branches run = read_branches_plan(opened);
  read_compared(opened, run);
  read_tokens(opened, run);
  read_branch_texts(run);
  return run;
}

}  // namespace phiscope::analyze::sampling
