// SPDX-License-Identifier: MIT
#include "metric/command.hpp"
#include "metric/input.hpp"
#include "metric/line.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/kl_divergence.hpp>
#include <phiscope/pair_distances.hpp>

#include <algorithm>

namespace phiscope::analyze::metric {
namespace {

/// Mean over the rows; undefined, with the first reason, if one of them is.
Value mean_of_rows(const std::vector<Value>& rows) {
  std::vector<double> numbers;
  Status reason = rows.empty() ? Status::too_few_rows : Status::ok;
  for (const Value& row : rows) {
    reason = first_reason(reason, row.status());
    numbers.push_back(row.value_or(0.0));
  }
  return reason == Status::ok ? mean(numbers, Status::too_few_rows) : Value(reason);
}

std::string kl(const Arguments& arguments) {
  const RowFile p(arguments.files[0], {.bf16 = arguments.bf16});
  const RowFile q(arguments.files[1], {.bf16 = arguments.bf16});
  if (p.file().shape() != q.file().shape()) {
    throw shard::FormatError(q.file().path(), "shape is " + shard::shape_text(q.file().shape()) +
                                                  ", expected " +
                                                  shard::shape_text(p.file().shape()) +
                                                  ", that of " + shard::path_text(p.file().path()));
  }
  std::vector<double> p_row(p.cols());
  std::vector<double> q_row(q.cols());
  std::vector<Value> forward;
  std::vector<Value> reverse;
  std::vector<Value> l2;
  std::vector<Value> mean_square;
  std::vector<Value> changed;
  for (std::size_t row = 0; row < p.rows(); ++row) {
    p.read(row, std::span(p_row));
    q.read(row, std::span(q_row));
    const auto found =
        kl_divergence(std::span<const double>(p_row), std::span<const double>(q_row));
    forward.push_back(found.kl);
    reverse.push_back(found.reverse_kl);
    l2.push_back(found.l2);
    mean_square.push_back(found.rms.ok() ? Value(found.rms.value() * found.rms.value())
                                         : found.rms);
    changed.push_back(found.rms.ok() ? Value(found.prediction_changed ? 1.0 : 0.0) : found.rms);
  }
  const Value pooled = mean_of_rows(mean_square);
  return Line("kl")
      .value(mean_of_rows(forward))
      .count("n", p.rows())
      .count("n_ok", static_cast<std::size_t>(std::count_if(forward.begin(), forward.end(),
                                                            [](const Value& v) { return v.ok(); })))
      .number("reverse", mean_of_rows(reverse))
      .number("l2", mean_of_rows(l2))
      .number("rms", pooled.ok() ? Value(std::sqrt(pooled.value())) : pooled)
      .number("prediction_change_rate", mean_of_rows(changed))
      .numbers("rows", forward)
      .numbers("reverse_rows", reverse)
      .str();
}

}  // namespace

std::vector<Command> logit_commands() {
  return {{.name = "kl",
           .about = "divergence of two softmaxes",
           .details =
               "P and Q are logits [row, token]. value is KL(softmax P || softmax Q) in nats, "
               "mean over the rows; reverse is\nKL(Q || P); rows and reverse_rows are those "
               "of every row. l2 is the mean distance of two rows of logits, rms\nthe root "
               "mean square difference of all logits, prediction_change_rate the share of "
               "rows with another\nargmax. A row with a NaN or an infinity makes the means "
               "undefined. n counts rows, n_ok those that are defined.",
           .example = "intact.npy ablated.npy",
           .files = {"P", "Q"},
           .options = {"bf16"},
           .run = kl}};
}

}  // namespace phiscope::analyze::metric
