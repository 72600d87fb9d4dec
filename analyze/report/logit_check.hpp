// SPDX-License-Identifier: MIT
#pragma once

#include "shard/row_values.hpp"
#include "shard/run_reader.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::report {

/// How far logits that a run keeps were compared with its reduced arrays.
struct LogitCheck {
  std::size_t rows = 0;      ///< recomputed and equal
  std::size_t unscored = 0;  ///< of them, whose scored tokens plan.json does not tell
  double largest = 0.0;      ///< largest difference, of numbers above 1 relative to them
};

/// Largest difference between a reduced number and what the kept logits give, of numbers above 1
/// relative to them.
inline constexpr double logit_tolerance = 1e-6;

/// "Logits: 340 rows recomputed, largest difference 1.2e-09."
[[nodiscard]] std::string logit_line(const LogitCheck& check);

/// Reduced numbers of a row, logits P against those of a baseline, B.
struct ReducedRow {
  double kl = 0.0;          ///< KL(B || P), nats
  double reverse_kl = 0.0;  ///< KL(P || B), nats
  double prediction_changed = 0.0;
  std::optional<double> l2 = {};  ///< |P - B|, where the run has it
  double token_score = 0.0;       ///< mean logit of the scored tokens
  double token_log_probability = 0.0;
};

/// Does the run keep its logits, in an array of that name?
[[nodiscard]] bool keeps_logits(const shard::Run& run);

/// The rows of one shard's logits, converted one at a time: a shard can be larger than memory.
class KeptLogits {
 public:
  /// @param rows  that the shard has
  /// @throws shard::FormatError for another shape, or integers
  KeptLogits(const shard::Run& run, std::int64_t shard, std::size_t rows);

  [[nodiscard]] std::size_t vocabulary() const { return values_.row_size(); }
  [[nodiscard]] std::vector<double> row(std::size_t index) const { return values_.row(index); }
  [[nodiscard]] const std::filesystem::path& path() const { return values_.file().path(); }

 private:
  shard::RowValues values_;
};

/// Recomputes the numbers of one row with metrics/ and compares them. All functions throw
/// shard::FormatError naming row, array, both numbers and the tolerance.
class RowCheck {
 public:
  /// @param file,check  must outlive the object
  RowCheck(const std::filesystem::path& file, std::size_t row, LogitCheck& check)
      : file_(file), row_(row), check_(check) {}

  [[noreturn]] void fail(const std::string& message) const;
  void divergences(const std::vector<double>& baseline, const std::vector<double>& changed,
                   const ReducedRow& row);
  /// @param tokens  those that the row scores
  void scores(const std::vector<double>& logits, const std::vector<std::int64_t>& tokens,
              const ReducedRow& row);

 private:
  void equal(const char* array, double reduced, const Value& computed);

  const std::filesystem::path& file_;
  std::size_t row_;
  LogitCheck& check_;
};

}  // namespace phiscope::report
