// SPDX-License-Identifier: MIT
#include "report/logit_check.hpp"

#include "figure/table.hpp"
#include "report/estimate_text.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/answer_logit_difference.hpp>
#include <phiscope/kl_divergence.hpp>
#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace phiscope::report {
namespace {

/// log of the sum of exponentials.
double log_normaliser(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  CompensatedSum sum;
  for (const double logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum.value());
}

}  // namespace

std::string logit_line(const LogitCheck& check) {
  std::string line = "Logits: " + std::to_string(check.rows) +
                     " rows recomputed, largest difference " + short_text(check.largest);
  if (check.unscored > 0) {
    line += "; the scores of " + std::to_string(check.unscored) +
            " rows were not, since plan.json does not tell their tokens";
  }
  return line + ".";
}

bool keeps_logits(const shard::Run& run) {
  const auto& arrays = run.plan().arrays;
  return std::any_of(arrays.begin(), arrays.end(),
                     [](const auto& each) { return each.name == "logits"; });
}

KeptLogits::KeptLogits(const shard::Run& run, std::int64_t shard, std::size_t rows)
    : values_(run, "logits", shard) {
  const auto& shape = values_.file().shape();
  if (shape.size() != 2 || shape[0] != rows || shape[1] == 0) {
    throw shard::FormatError(path(), "shape " + shard::shape_text(shape) + ", expected " +
                                         std::to_string(rows) + " rows over a vocabulary");
  }
}

void RowCheck::fail(const std::string& message) const {
  throw shard::FormatError(file_, "row " + std::to_string(row_) + ": " + message);
}

void RowCheck::equal(const char* array, double reduced, const Value& computed) {
  const double other = computed.ok() ? computed.value() : std::nan("");
  const double away = std::abs(reduced - other) / std::max(1.0, std::abs(other));
  if (!(away <= logit_tolerance)) {
    const auto text = [](double number) {
      return std::isfinite(number) ? number_text(number) : std::string("no finite number");
    };
    fail(std::string("the logits give ") + array + " " + text(other) + ", found " + text(reduced) +
         " in its array, expected equal to 1e-6");
  }
  check_.largest = std::max(check_.largest, away);
}

void RowCheck::divergences(const std::vector<double>& baseline, const std::vector<double>& changed,
                           const ReducedRow& row) {
  const auto found = kl_divergence(baseline, changed);
  equal("kl", row.kl, found.kl);
  equal("reverse_kl", row.reverse_kl, found.reverse_kl);
  if (row.l2) equal("l2", *row.l2, found.l2);
  equal("prediction_changed", row.prediction_changed,
        found.kl.ok() ? Value(found.prediction_changed ? 1.0 : 0.0) : found.kl);
}

void RowCheck::scores(const std::vector<double>& logits, const std::vector<std::int64_t>& tokens,
                      const ReducedRow& row) {
  for (const std::int64_t token : tokens) {
    if (token >= 0 && static_cast<std::size_t>(token) < logits.size()) continue;
    fail("scores token " + std::to_string(token) + ", expected one of " +
         std::to_string(logits.size()));
  }
  const Value score = mean_token_logit(logits, std::span<const std::int64_t>(tokens));
  equal("token_score", row.token_score, score);
  equal("token_log_probability", row.token_log_probability,
        difference(score, log_normaliser(logits)));
}

}  // namespace phiscope::report
