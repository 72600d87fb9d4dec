// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace phiscope::extract {

/// Which rows the two paths of a manifold run have: keys of their windows.
inline constexpr std::int64_t whole_window = 0;
inline constexpr std::int64_t after_prefix_window = 1;

/// Solutions that are drawn: several temperatures, several samples, pooled up to checkpoints.
struct SampleLayout {
  std::vector<double> temperatures;  ///< 0: one greedy solution
  int samples = 1;                   ///< of each temperature above 0
  std::vector<int> checkpoints;      ///< in generated tokens, ascending
  int stride = 1;
};

/// The number that a temperature and a sample have in a draw's place. It depends on the temperature
/// itself, not on what other temperatures there are.
inline std::uint32_t draw_sample(double temperature, int sample) {
  const auto thousandths = static_cast<std::uint32_t>(std::lround(temperature * 1000.0));
  return thousandths * 65536U + static_cast<std::uint32_t>(sample);
}

/// Windows of a generation up to each checkpoint.
inline std::vector<PoolWindow> checkpoint_windows(const std::vector<int>& checkpoints) {
  std::vector<PoolWindow> windows;
  windows.reserve(checkpoints.size());
  for (const int checkpoint : checkpoints) {
    windows.push_back({.begin = 0, .end = checkpoint, .counted_from = 0, .key = checkpoint});
  }
  return windows;
}

/// Windows of one token each, every `stride`-th up to `end`; the key is the token's number. For
/// means over the last tokens of a solution, whose length is known only when it has ended.
inline std::vector<PoolWindow> token_windows(int stride, int end) {
  std::vector<PoolWindow> windows;
  windows.reserve(static_cast<std::size_t>(end / stride));
  for (int n = stride; n <= end; n += stride) {
    windows.push_back({.begin = n - 1, .end = n, .counted_from = n - stride, .key = n});
  }
  return windows;
}

/// The samples of one problem. Key of a row: problem, temperature, sample, checkpoint.
inline Group sample_group(const std::vector<int>& prompt, std::int64_t number,
                          const SampleLayout& layout) {
  Group group;
  for (std::size_t t = 0; t < layout.temperatures.size(); ++t) {
    const double temperature = layout.temperatures[t];
    const int samples = temperature == 0.0 ? 1 : layout.samples;
    for (int sample = 0; sample < samples; ++sample) {
      Run run{.tokens = prompt, .rows = {}};
      run.key = std::vector<std::int64_t>{number, static_cast<std::int64_t>(t), sample};
      run.origin = static_cast<int>(prompt.size());
      run.draw = {.prompt = static_cast<std::uint64_t>(number),
                  .sample = draw_sample(temperature, sample)};
      run.temperature = temperature;
      group.runs.push_back(std::move(run));
    }
  }
  return group;
}

/// A problem whose solution is known.
struct SolvedProblem {
  std::vector<int> prompt;
  std::vector<int> oracle;  ///< the known solution
  int prefix = 0;           ///< leading tokens of it that are given to the forced path
};

/// What of the paths of a manifold run is kept.
struct PathLayout {
  int stride = 1;         ///< every how many tokens
  int tokens = 128;       ///< that are generated, at most
  bool by_token = false;  ///< rows are single tokens, not means of a window
};

/// The known solution, the greedy one, and the greedy one after a part of the known one. Key of a
/// row: problem, path (0, 1, 2), window or the number of the token.
inline Group manifold_group(const SolvedProblem& problem, std::int64_t number,
                            const PathLayout& layout) {
  const int stride = layout.stride;
  const auto first = static_cast<int>(problem.prompt.size());
  const int end = static_cast<int>(problem.oracle.size()) + layout.tokens;  // beyond every solution
  const PoolWindow whole{.begin = 0, .end = end, .counted_from = 0, .key = whole_window};
  Run local{.tokens = problem.prompt, .rows = {}};
  local.key = std::vector<std::int64_t>{number, 1};
  local.origin = first;
  local.windows = {whole};
  Run forced = local;
  forced.key = std::vector<std::int64_t>{number, 2};
  forced.tokens.insert(forced.tokens.end(), problem.oracle.begin(),
                       problem.oracle.begin() + problem.prefix);
  PoolWindow after = whole;
  after.begin = problem.prefix;
  after.key = after_prefix_window;
  forced.windows.push_back(after);
  if (layout.by_token) {
    local.windows = token_windows(stride, layout.tokens);
    forced.windows = token_windows(stride, problem.prefix + layout.tokens);
  }
  Run oracle{.tokens = problem.prompt, .rows = {}};
  oracle.key = std::vector<std::int64_t>{number, 0};
  oracle.tokens.insert(oracle.tokens.end(), problem.oracle.begin(), problem.oracle.end());
  oracle.generates = false;
  Row row{.key = {number, 0, whole_window}, .spans = {}};
  for (int nth = stride; nth <= static_cast<int>(problem.oracle.size()); nth += stride) {
    const Span token{first + nth - 1, first + nth};
    row.spans.push_back(token);
    if (layout.by_token) oracle.rows.push_back({.key = {number, 0, nth}, .spans = {token}});
  }
  if (!layout.by_token && !row.spans.empty()) oracle.rows.push_back(std::move(row));
  return {.runs = {std::move(local), std::move(oracle), std::move(forced)}};
}

/// Where a greedy solution is made to take its second-best token.
struct BranchLayout {
  int interval = 32;    ///< after so many tokens, twice as many, ...
  int lookahead = 64;   ///< tokens of a branch that are compared, with the forced one
  int stride = 8;       ///< of these
  int tokens = 128;     ///< of the greedy solution, at most
  bool to_end = false;  ///< branches are continued to their end
};

/// Numbers of tokens after which the solution branches.
inline std::vector<int> branch_points(const BranchLayout& layout) {
  std::vector<int> points;
  for (int t = layout.interval; t < layout.tokens; t += layout.interval) points.push_back(t);
  return points;
}

/// Numbers of the tokens that a branch after `t` tokens is compared in.
inline std::vector<int> compared_tokens(const BranchLayout& layout, int t) {
  std::vector<int> numbers;
  for (int n = t + layout.stride; n <= t + layout.lookahead; n += layout.stride) {
    numbers.push_back(n);
  }
  return numbers;
}

/// The greedy solution and its branches. Key of a row: problem, branch (0: the greedy one, else its
/// point), token (its number in the solution). Rows are single tokens, not means of a window: which
/// of two paths ends first is not known before both have, and means are to be over equally many.
inline Group branch_group(const std::vector<int>& prompt, std::int64_t number,
                          const BranchLayout& layout) {
  const auto row_of = [&](int n) {
    return PoolWindow{.begin = n - 1, .end = n, .counted_from = n - layout.stride, .key = n};
  };
  Run greedy{.tokens = prompt, .rows = {}};
  greedy.key = std::vector<std::int64_t>{number, 0};
  greedy.origin = static_cast<int>(prompt.size());
  std::set<int> compared;  // windows of neighbouring points may overlap
  for (const int t : branch_points(layout)) {
    for (const int n : compared_tokens(layout, t)) compared.insert(n);
  }
  for (const int n : compared) greedy.windows.push_back(row_of(n));
  Group group{.runs = {greedy}};
  for (const int t : branch_points(layout)) {
    Run branch = greedy;
    branch.key = std::vector<std::int64_t>{number, t};
    branch.quote = {.run = 0, .tokens = t, .continues = true};
    branch.actions = {Force{.step = 0, .token = 0, .rank = 2}};
    branch.windows.clear();
    for (const int n : compared_tokens(layout, t)) branch.windows.push_back(row_of(n));
    branch.limit =
        layout.to_end ? layout.tokens - t : std::min(layout.lookahead, layout.tokens - t);
    group.runs.push_back(std::move(branch));
  }
  return group;
}

}  // namespace phiscope::extract
