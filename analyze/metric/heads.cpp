// SPDX-License-Identifier: MIT
#include "metric/command.hpp"
#include "metric/input.hpp"
#include "metric/line.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/pair_balance.hpp>
#include <phiscope/rank_difference.hpp>

namespace phiscope::analyze::metric {
namespace {

/// sts and rtr [head, head] in double.
struct HeadMatrices {
  std::vector<double> sts;
  std::vector<double> rtr;
  std::size_t heads = 0;

  [[nodiscard]] MatrixView<double> sts_view() const { return {sts, heads, heads}; }
  [[nodiscard]] MatrixView<double> rtr_view() const { return {rtr, heads, heads}; }
};

std::vector<double> in_double(const MatrixFile& file) {
  return file.visit([](auto rows) {
    std::vector<double> values;
    values.reserve(rows.rows() * rows.cols());
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      values.insert(values.end(), rows.row(i).begin(), rows.row(i).end());
    }
    return values;
  });
}

HeadMatrices read_matrices(const Arguments& arguments) {
  const MatrixFile sts(arguments.files[0], {.bf16 = arguments.bf16});
  const MatrixFile rtr(arguments.files[1], {.bf16 = arguments.bf16});
  HeadMatrices result{.sts = in_double(sts), .rtr = in_double(rtr), .heads = sts.rows()};
  const auto expect_square = [&](const MatrixFile& file, std::size_t elements) {
    if (elements != result.heads * result.heads || file.rows() != result.heads) {
      throw shard::FormatError(
          file.path(), std::to_string(elements) + " numbers in " + std::to_string(file.rows()) +
                           " rows, expected a square of " + std::to_string(result.heads) +
                           " heads as the rows of " + shard::path_text(sts.path()));
    }
  };
  expect_square(sts, result.sts.size());
  expect_square(rtr, result.rtr.size());
  return result;
}

std::vector<std::int64_t> integers(std::span<const std::size_t> counts) {
  return {counts.begin(), counts.end()};
}

std::string balance_line(const Arguments& arguments) {
  const HeadMatrices matrices = read_matrices(arguments);
  const PairBalance result = pair_balance(matrices.sts_view(), matrices.rtr_view());
  return Line("pair-balance")
      .values(result.score)
      .count("n", matrices.heads)
      .numbers("balance", result.balance)
      .integers("n_pairs", integers(result.n_pairs))
      .integers("order", integers(descending_order(result.score)))
      .count("unranked", result.unranked)
      .str();
}

std::string difference_line(const Arguments& arguments) {
  const HeadMatrices matrices = read_matrices(arguments);
  const RankDifference result = rank_difference(matrices.sts_view(), matrices.rtr_view());
  return Line("rank-difference")
      .values(result.score)
      .count("n", matrices.heads)
      .numbers("synergy", result.synergy)
      .numbers("redundancy", result.redundancy)
      .integers("synergy_rank", integers(result.synergy_rank))
      .integers("redundancy_rank", integers(result.redundancy_rank))
      .integers("n_pairs", integers(result.n_pairs))
      .integers("order", integers(descending_order(result.score)))
      .count("unranked", result.unranked)
      .str();
}

}  // namespace

std::vector<Command> head_commands() {
  const std::string common =
      "STS and RTR are [head, head], symmetric; NaN in either excludes the pair; the diagonal is "
      "ignored. value is\n[head], scaled to [0, 1]; a head without a pair is null, counted in "
      "unranked and last in order. n counts heads.\n";
  return {
      {.name = "pair-balance",
       .about = "ranking of heads by the share of synergy in their pairs",
       .details = common + "balance is the mean over j of sts / (sts + rtr), pairs with sts + rtr "
                           "<= 0 excluded.",
       .example = "sts.npy rtr.npy",
       .files = {"STS", "RTR"},
       .options = {},
       .run = balance_line},
      {.name = "rank-difference",
       .about = "ranking of heads by rank of synergy minus rank of redundancy",
       .details = common + "Ranks of the heads' mean sts and mean rtr from 1, equal means by head "
                           "index.",
       .example = "sts.npy rtr.npy",
       .files = {"STS", "RTR"},
       .options = {},
       .run = difference_line},
  };
}

}  // namespace phiscope::analyze::metric
