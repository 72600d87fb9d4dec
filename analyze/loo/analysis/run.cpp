// SPDX-License-Identifier: MIT
#include "loo/analysis/run.hpp"

#include "loo/analysis/info.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <set>

namespace phiscope::analyze::loo {
namespace {

constexpr std::size_t key_width = 5;  // condition, n, trial, removed, word

/// One row of the row space `word`.
struct Key {
  std::int64_t condition;
  std::int64_t n;
  std::int64_t trial;
  std::int64_t removed;
  std::int64_t word;
};

Key key_at(std::span<const std::int64_t> keys, std::size_t row) {
  const auto part = keys.subspan(row * key_width, key_width);
  return {part[0], part[1], part[2], part[3], part[4]};
}

bool same_context(const Key& a, const Key& b) {
  return a.condition == b.condition && a.n == b.n && a.trial == b.trial;
}

/// Splits the rows [begin, end) of a shard into one part per run of the model.
std::vector<WordRows> split_runs(std::span<const std::int64_t> keys, const ContextPlace& place) {
  std::vector<WordRows> runs;
  for (std::size_t row = place.begin; row < place.end; ++row) {
    const Key key = key_at(keys, row);
    if (runs.empty() || runs.back().removed != key.removed) {
      runs.emplace_back();
      runs.back().removed = key.removed;
    }
    runs.back().words.push_back(key.word);
  }
  return runs;
}

/// What split_runs() must find: a run without a present word has no rows.
std::vector<WordRows> expected_runs(const Walk& walk, Sink sink) {
  std::vector<std::int64_t> removals = {-1};
  removals.insert(removals.end(), walk.removed.begin(), walk.removed.end());
  std::vector<WordRows> runs;
  for (const std::int64_t removed : removals) {
    WordRows rows;
    rows.removed = removed;
    rows.words = present_words(walk, removed, sink);
    runs.push_back(std::move(rows));
  }
  return runs;
}

}  // namespace

std::vector<std::int64_t> present_words(const Walk& walk, std::int64_t removed, Sink sink) {
  std::set<std::int64_t> present;
  bool is_first = true;
  for (std::size_t i = 0; i < walk.nodes.size(); ++i) {
    if (static_cast<std::int64_t>(i) == removed) continue;
    if (!is_first || sink != Sink::drop) present.insert(walk.nodes[i]);
    is_first = false;
  }
  return {present.begin(), present.end()};
}

LooRun LooRun::open(const std::filesystem::path& run, const shard::ReadOptions& reading) {
  shard::Run opened = shard::Run::open(run, reading);
  RunInfo info = run_info(opened);
  LooRun result(std::move(opened), std::move(info));
  for (const std::int64_t shard : result.run_.shards()) result.find_contexts(shard);
  std::sort(result.contexts_.begin(), result.contexts_.end(),
            [](const auto& a, const auto& b) { return a.walk < b.walk; });
  for (std::size_t i = 1; i < result.contexts_.size(); ++i) {
    if (result.contexts_[i].walk != result.contexts_[i - 1].walk) continue;
    throw shard::FormatError(run, "the context of line " +
                                      std::to_string(result.contexts_[i].walk + 1) +
                                      " of prompts.jsonl has rows in two places");
  }
  if (!reading.allow_partial && result.contexts_.size() != result.info_.walks.size()) {
    throw shard::FormatError(
        run, "rows of " + std::to_string(result.contexts_.size()) + " contexts, expected " +
                 std::to_string(result.info_.walks.size()) + ", one per line of prompts.jsonl");
  }
  if (result.contexts_.empty()) throw shard::FormatError(run, "no context is there");
  return result;
}

void LooRun::find_contexts(std::int64_t shard) {
  const shard::NpyFile file = run_.keys("word", shard);
  if (file.shape().size() != 2 || file.shape()[1] != key_width) {
    throw shard::FormatError(file.path(), "shape " + shard::shape_text(file.shape()) +
                                              ", expected 5 columns: condition, n, trial, removed, "
                                              "word");
  }
  const auto keys = file.view<std::int64_t>();
  const auto rows = static_cast<std::size_t>(file.shape()[0]);
  for (std::size_t begin = 0; begin < rows;) {
    const Key key = key_at(keys, begin);
    std::size_t end = begin + 1;
    while (end < rows && same_context(key_at(keys, end), key)) ++end;
    const auto walk =
        std::find_if(info_.walks.begin(), info_.walks.end(), [&key](const Walk& candidate) {
          return static_cast<std::int64_t>(candidate.condition) == key.condition &&
                 candidate.n == key.n && candidate.trial == key.trial;
        });
    if (walk == info_.walks.end()) {
      throw shard::FormatError(
          file.path(), "row " + std::to_string(begin) + ": condition " +
                           std::to_string(key.condition) + ", n " + std::to_string(key.n) +
                           ", trial " + std::to_string(key.trial) + " is not in prompts.jsonl");
    }
    contexts_.push_back({.walk = static_cast<std::size_t>(walk - info_.walks.begin()),
                         .shard = shard,
                         .begin = begin,
                         .end = end});
    check_keys(contexts_.back());
    begin = end;
  }
}

void LooRun::check_keys(const ContextPlace& place) const {
  const shard::NpyFile file = run_.keys("word", place.shard);
  const auto found = split_runs(file.view<std::int64_t>(), place);
  auto expected = expected_runs(info_.walks[place.walk], info_.sink);
  std::erase_if(expected, [](const WordRows& rows) { return rows.words.empty(); });
  const auto is_same = [](const WordRows& a, const WordRows& b) {
    return a.removed == b.removed && a.words == b.words;
  };
  const bool same =
      std::equal(found.begin(), found.end(), expected.begin(), expected.end(), is_same);
  if (same) return;
  throw shard::FormatError(file.path(), "rows " + std::to_string(place.begin) + " to " +
                                            std::to_string(place.end) +
                                            ": removed positions and words are not those of line " +
                                            std::to_string(place.walk + 1) +
                                            " of prompts.jsonl with sink " + info_.sink_name);
}

ContextRows LooRun::rows(const ContextPlace& place) const {
  ContextRows result{.array = run_.array("word_rep", place.shard),
                     .runs = expected_runs(info_.walks[place.walk], info_.sink)};
  const std::size_t row_size = info_.layers.size() * info_.units;
  auto rest = result.array.view<float>().subspan(place.begin * row_size,
                                                 (place.end - place.begin) * row_size);
  for (WordRows& run : result.runs) {
    run.values = rest.first(run.words.size() * row_size);
    rest = rest.subspan(run.values.size());
  }
  return result;
}

}  // namespace phiscope::analyze::loo
