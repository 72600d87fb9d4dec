// SPDX-License-Identifier: MIT
#include "files/ranking_csv.hpp"

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace phiscope::extract {
namespace {

using shard::Csv;
using shard::FormatError;

/// Names of columns for a message: what a file has for names may be long, and no text.
std::string names_text(const std::string& names) {
  constexpr std::size_t limit = 200;
  return shard::printable(names.substr(0, limit)) + (names.size() > limit ? "..." : "");
}

std::string only_score_column(const Csv& csv) {
  std::string found;
  std::string all;
  for (const std::string& column : csv.columns()) {
    if (!column.ends_with("score")) continue;
    found = column;
    all += (all.empty() ? "" : ", ") + column;
  }
  if (found.empty() || all != found) {
    throw FormatError(csv.path(),
                      "line 1: found " +
                          (all.empty() ? "no score column" : "score columns " + names_text(all)) +
                          ", expected one, or the name of the column to take");
  }
  return found;
}

/// The grid that layer and head_in_layer span; every row is checked against it.
HeadGrid grid_of(const Csv& csv, std::optional<HeadGrid> expected) {
  const auto rows = static_cast<std::int64_t>(csv.rows());
  if (expected) return *expected;
  const std::size_t head = csv.column("head_in_layer");
  std::int64_t heads = 1;
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    heads = std::max(heads, csv.count(row, head, rows - 1) + 1);
  }
  if (rows % heads != 0) {
    throw FormatError(csv.path(), "line " + std::to_string(csv.line(csv.rows() - 1)) + ": found " +
                                      std::to_string(rows) + " rows with " + std::to_string(heads) +
                                      " heads in a layer, expected a row for every head of every " +
                                      "layer; a row is missing");
  }
  return {.layers = rows / heads, .heads = heads};
}

/// Which head each row is about. Sets `grid` where the file has layers.
std::vector<std::int64_t> heads_of_rows(const Csv& csv, std::optional<HeadGrid> expected,
                                        std::optional<HeadGrid>& grid) {
  const auto rows = static_cast<std::int64_t>(csv.rows());
  const bool has_index = csv.has("head_idx");
  const bool has_layers = csv.has("layer") || csv.has("head_in_layer") || !has_index;
  std::vector<std::int64_t> heads(csv.rows());
  if (has_index) {
    const std::size_t index = csv.column("head_idx");
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      heads[row] = csv.count(row, index, std::numeric_limits<std::int64_t>::max());
      if (heads[row] < rows) continue;
      csv.refuse(row, index,
                 "less than " + std::to_string(rows) +
                     ": the file has one row per head; a head is missing");
    }
  }
  if (!has_layers) return heads;
  const std::size_t layer = csv.column("layer");
  const std::size_t head = csv.column("head_in_layer");
  grid = grid_of(csv, expected);
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    const std::int64_t number = csv.count(row, layer, grid->layers - 1) * grid->heads +
                                csv.count(row, head, grid->heads - 1);
    if (has_index && number != heads[row]) {
      csv.refuse(row, csv.column("head_idx"),
                 std::to_string(number) + ", the number of that layer and head");
    }
    heads[row] = number;
  }
  return heads;
}

void check_count(const Csv& csv, std::optional<HeadGrid> expected) {
  if (csv.rows() == 0) {
    throw FormatError(csv.path(), "line 2: found no row, expected a row for every head");
  }
  if (!expected || static_cast<std::int64_t>(csv.rows()) == expected->count()) return;
  throw FormatError(csv.path(), "found rows for " + std::to_string(csv.rows()) +
                                    " heads, expected " + std::to_string(expected->count()) + " (" +
                                    std::to_string(expected->layers) + " layers of " +
                                    std::to_string(expected->heads) + ")");
}

/// True if analyze-phiid left the score of this row out: the head has no usable pair, or none whose
/// score is defined; the file has the column `status` then.
bool is_unranked(const Csv& csv, std::size_t row, std::size_t score) {
  if (!csv.text(row, score).empty() || !csv.has("n_pairs_ok")) return false;
  const auto largest = std::numeric_limits<std::int64_t>::max();
  const std::int64_t pairs = csv.count(row, csv.column("n_pairs_ok"), largest);
  return pairs == 0 || csv.has("status");
}

}  // namespace

std::vector<std::int64_t> Ranking::descending() const {
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const double lowest = -std::numeric_limits<double>::infinity();  // scores are finite
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return scores[static_cast<std::size_t>(a)].value_or(lowest) >
           scores[static_cast<std::size_t>(b)].value_or(lowest);
  });
  return order;
}

Ranking read_ranking(const std::filesystem::path& file, std::string_view score_column,
                     std::optional<HeadGrid> expected) {
  return ranking_of(Csv::read(file), score_column, expected);
}

Ranking ranking_of(const Csv& csv, std::string_view score_column,
                   std::optional<HeadGrid> expected) {
  Ranking ranking;
  ranking.score_column = score_column.empty() ? only_score_column(csv) : std::string(score_column);
  const std::size_t score = csv.column(ranking.score_column);
  check_count(csv, expected);
  const std::vector<std::int64_t> heads = heads_of_rows(csv, expected, ranking.grid);
  ranking.scores.resize(csv.rows());
  std::vector<std::size_t> line_of(csv.rows(), 0);  // a line is never 0
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    const auto head = static_cast<std::size_t>(heads[row]);
    if (line_of[head] != 0) {
      throw FormatError(csv.path(), "line " + std::to_string(csv.line(row)) + ": found head " +
                                        std::to_string(head) + " again, a duplicate of line " +
                                        std::to_string(line_of[head]) +
                                        "; expected every head once");
    }
    line_of[head] = csv.line(row);
    if (is_unranked(csv, row, score)) {
      ++ranking.unranked;
    } else {
      ranking.scores[head] = csv.number(row, score);
    }
  }
  return ranking;
}

}  // namespace phiscope::extract
