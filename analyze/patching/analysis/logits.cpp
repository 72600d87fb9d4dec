// SPDX-License-Identifier: MIT
#include "patching/analysis/logits.hpp"

#include <map>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

/// The token whose scores a row holds, or nothing where the plan does not tell it: the string of an
/// answer at eot is tokenised without its space, which is another tokenisation.
std::vector<std::int64_t> scored_tokens(const Patching& patching, const Key& key) {
  const Readout& readout = patching.readouts[key.readout];
  const Pair& pair = patching.pairs[static_cast<std::size_t>(key.pair)];
  if (readout.continuation == Continuation::clean) return {pair.clean.tokens.at(readout.index)};
  if (readout.continuation == Continuation::corrupted) {
    return {pair.corrupted.tokens.at(readout.index)};
  }
  return {};
}

/// Rows of the unpatched runs by pair and read-out.
using BaselineRows = std::map<std::pair<std::int64_t, std::size_t>, std::size_t>;

report::ReducedRow numbers_of(const Row& row) {
  return {.kl = row.kl,
          .reverse_kl = row.reverse_kl,
          .prediction_changed = row.prediction_changed,
          .l2 = row.l2,
          .token_score = row.token_score,
          .token_log_probability = row.token_log_probability};
}

}  // namespace

void check_logits(const shard::Run& run, std::int64_t shard, const Patching& patching,
                  std::span<const Key> keys, std::span<const Row> rows, LogitCheck& check) {
  const report::KeptLogits logits(run, shard, rows.size());
  BaselineRows baselines;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    if (keys[row].site.layer != unpatched_layer) continue;
    baselines.emplace(std::pair(keys[row].pair, keys[row].readout), row);
  }
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const Key& key = keys[row];
    report::RowCheck same(logits.path(), row, check);
    const std::vector<double> patched = logits.row(row);
    if (key.site.layer != clean_layer) {
      const auto baseline = baselines.find({key.pair, key.readout});
      if (baseline == baselines.end()) {
        same.fail("no row of its unpatched run, expected it in the same shard");
      }
      same.divergences(logits.row(baseline->second), patched, numbers_of(rows[row]));
    }
    const std::vector<std::int64_t> tokens = scored_tokens(patching, key);
    ++check.rows;
    if (tokens.empty()) {
      ++check.unscored;
    } else {
      same.scores(patched, tokens, numbers_of(rows[row]));
    }
  }
}

}  // namespace phiscope::analyze::patching
