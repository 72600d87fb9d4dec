// SPDX-License-Identifier: MIT
#include "patching/logits.hpp"

#include "figure/table.hpp"
#include "shard/format_error.hpp"
#include "shard/row_values.hpp"

#include <phiscope/answer_logit_difference.hpp>
#include <phiscope/kl_divergence.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using shard::FormatError;

/// log of the sum of exponentials.
double log_normaliser(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  CompensatedSum sum;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum.value());
}

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

/// The rows of one shard's logits, converted one at a time: a shard can be larger than memory.
class Logits {
 public:
  Logits(const shard::Run& run, std::int64_t shard, std::size_t rows)
      : values_(run, "logits", shard) {
    const auto& shape = values_.file().shape();
    if (shape.size() != 2 || shape[0] != rows || shape[1] == 0) {
      throw FormatError(path(), "shape " + shard::shape_text(shape) + ", expected " +
                                    std::to_string(rows) + " rows over a vocabulary");
    }
  }
  [[nodiscard]] std::vector<double> row(std::size_t index) const { return values_.row(index); }
  [[nodiscard]] const std::filesystem::path& path() const { return values_.file().path(); }

 private:
  shard::RowValues values_;
};

/// Compares one row, number by number.
class RowCheck {
 public:
  RowCheck(const std::filesystem::path& file, std::size_t row, LogitCheck& check)
      : file_(file), row_(row), check_(check) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw FormatError(file_, "row " + std::to_string(row_) + ": " + message);
  }

  void equal(const char* array, double reduced, const Value& computed) {
    const double other = computed.ok() ? computed.value() : std::nan("");
    const double away = std::abs(reduced - other) / std::max(1.0, std::abs(other));
    if (!(away <= logit_tolerance)) {
      const auto text = [](double number) {
        return std::isfinite(number) ? number_text(number) : std::string("no finite number");
      };
      fail(std::string("the logits give ") + array + " " + text(other) + ", found " +
           text(reduced) + " in its array, expected equal to 1e-6");
    }
    check_.largest = std::max(check_.largest, away);
  }

 private:
  const std::filesystem::path& file_;
  std::size_t row_;
  LogitCheck& check_;
};

/// Rows of the unpatched runs by pair and read-out.
using BaselineRows = std::map<std::pair<std::int64_t, std::size_t>, std::size_t>;

void check_divergences(const std::vector<double>& baseline, const std::vector<double>& patched,
                       const Row& row, RowCheck& same) {
  const auto found = kl_divergence(baseline, patched);
  same.equal("kl", row.kl, found.kl);
  same.equal("reverse_kl", row.reverse_kl, found.reverse_kl);
  same.equal("l2", row.l2, found.l2);
  same.equal("prediction_changed", row.prediction_changed,
             found.kl.ok() ? Value(found.prediction_changed ? 1.0 : 0.0) : found.kl);
}

void check_scores(const std::vector<double>& logits, const std::vector<std::int64_t>& tokens,
                  const Row& row, RowCheck& same) {
  for (const std::int64_t token : tokens) {
    if (token >= 0 && static_cast<std::size_t>(token) < logits.size()) continue;
    same.fail("scores token " + std::to_string(token) + ", expected one of " +
              std::to_string(logits.size()));
  }
  const Value score = mean_token_logit(logits, std::span<const std::int64_t>(tokens));
  same.equal("token_score", row.token_score, score);
  same.equal("token_log_probability", row.token_log_probability,
             difference(score, log_normaliser(logits)));
}

}  // namespace

void check_logits(const shard::Run& run, std::int64_t shard, const Patching& patching,
                  std::span<const Key> keys, std::span<const Row> rows, LogitCheck& check) {
  const Logits logits(run, shard, rows.size());
  BaselineRows baselines;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    if (keys[row].site.layer != unpatched_layer) continue;
    baselines.emplace(std::pair(keys[row].pair, keys[row].readout), row);
  }
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const Key& key = keys[row];
    RowCheck same(logits.path(), row, check);
    const std::vector<double> patched = logits.row(row);
    if (key.site.layer != clean_layer) {
      const auto baseline = baselines.find({key.pair, key.readout});
      if (baseline == baselines.end()) {
        same.fail("no row of its unpatched run, expected it in the same shard");
      }
      check_divergences(logits.row(baseline->second), patched, rows[row], same);
    }
    const std::vector<std::int64_t> tokens = scored_tokens(patching, key);
    ++check.rows;
    if (tokens.empty()) {
      ++check.unscored;
    } else {
      check_scores(patched, tokens, rows[row], same);
    }
  }
}

}  // namespace phiscope::analyze::patching
