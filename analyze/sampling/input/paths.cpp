// SPDX-License-Identifier: MIT
#include "sampling/input/paths.hpp"

#include "sampling/input/token_rows.hpp"
#include "shard/file/format_error.hpp"

#include <map>
#include <utility>

namespace phiscope::analyze::sampling {
namespace {

using shard::JsonObject;

/// A number of tokens for each problem.
std::vector<std::uint64_t> problem_counts(const JsonObject& plan, const char* name,
                                          std::size_t problems) {
  std::vector<std::uint64_t> counts = plan.counts(name);
  if (counts.size() != problems) {
    plan.refuse(name, std::to_string(problems) + " numbers, one per problem");
  }
  return counts;
}

Paths read_paths_plan(const shard::Run& opened) {
  Paths run;
  run.info = run_info(opened);
  const std::filesystem::path file = opened.path() / "plan.json";
  const JsonObject plan(run.info.details, "", file);
  if (run.info.step != Step::manifold) plan.refuse("step", "manifold");
  const JsonObject prefix(plan.member("prefix"), "prefix", file);
  const auto& share = prefix.member("share");
  if (!share.is_number() || !(share.get<double>() >= 0.0 && share.get<double>() <= 1.0)) {
    prefix.refuse("share", "a number from 0 to 1");
  }
  run.share = share.get<double>();
  const std::size_t problems = run.info.problems.size();
  const auto tokens = problem_counts(prefix, "tokens", problems);
  const auto oracle = problem_counts(plan, "oracle_tokens", problems);
  run.problems.resize(problems);
  for (std::size_t p = 0; p < problems; ++p) {
    run.problems[p].prefix_tokens = tokens[p];
    run.problems[p].oracle_tokens = oracle[p];
  }
  return run;
}

/// Where the latent of that path and window belongs; null where there is none such.
std::optional<RowPlace>* latent_of(ProblemPaths& problem, std::int64_t path, std::int64_t window) {
  if (path == 2) return window == 0 ? &problem.forced : &problem.after_prefix;
  if (window != 0) return nullptr;
  return path == 0 ? &problem.oracle : &problem.local;
}

/// Rows of single tokens, pooled over the whole of each path and after the prefix.
void read_path_tokens(const shard::Run& opened, Paths& run) {
  constexpr std::int64_t most = std::int64_t{1} << 40U;
  std::map<std::pair<std::size_t, std::int64_t>, TokenRows> rows;
  for_each_row(
      opened, "pooled",
      {{"problem", static_cast<std::int64_t>(run.problems.size())}, {"path", 3}, {"token", most}},
      [&](const KeyedRow& row) {
        auto& path = rows[{static_cast<std::size_t>(row.key[0]), row.key[1]}];
        if (!path.emplace(static_cast<std::uint64_t>(row.key[2]), row.place).second) {
          row.fail("found the key of an earlier row, expected each once");
        }
      });
  for (const auto& [key, tokens] : rows) {
    ProblemPaths& problem = run.problems[key.first];
    const auto pooled = [&, &of = tokens](std::uint64_t begin) {
      return pool_last(of, {.begin = begin, .end = most}, run.info.pooling_window, run.latents);
    };
    *latent_of(problem, key.second, 0) = pooled(0);
    if (key.second == 2) problem.after_prefix = pooled(problem.prefix_tokens);
  }
}

}  // namespace

Paths read_paths(const std::filesystem::path& path, const shard::ReadOptions& reading) {
  const shard::Run opened = shard::Run::open(path, reading);
  Paths run = read_paths_plan(opened);
  run.latents = Latents(opened, "latent", "pooled", run.info.layers);
  if (rows_are_tokens(opened)) {
    require_window(run.info);
    read_path_tokens(opened, run);
    return run;
  }
  const std::vector<KeyColumn> columns = {
      {"problem", static_cast<std::int64_t>(run.problems.size())}, {"path", 3}, {"window", 2}};
  for_each_row(opened, "pooled", columns, [&run](const KeyedRow& row) {
    auto& problem = run.problems[static_cast<std::size_t>(row.key[0])];
    std::optional<RowPlace>* const place = latent_of(problem, row.key[1], row.key[2]);
    if (place == nullptr) {
      row.fail("found window 1 of path " + std::to_string(row.key[1]) +
               ", expected it of path 2 alone");
    }
    if (place->has_value()) row.fail("found the key of an earlier row, expected each once");
    *place = row.place;
  });
  return run;
}

}  // namespace phiscope::analyze::sampling
