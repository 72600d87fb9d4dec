// SPDX-License-Identifier: MIT
#include "metric/command.hpp"
#include "metric/input.hpp"
#include "metric/line.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/dirichlet_energy.hpp>
#include <phiscope/phi_ratio.hpp>
#include <phiscope/row_deletions.hpp>

#include <cmath>

namespace phiscope::analyze::metric {
namespace {

/// Means over pairs of rows that are never all in memory: they are measured a block at a time.
template <class T>
class PairMeans {
 public:
  explicit PairMeans(MatrixView<T> rows) : rows_(rows) {}

  void add(const Pair& pair) {
    constexpr std::size_t block_pairs = std::size_t{1} << 20U;
    block_.push_back(pair);
    if (block_.size() == block_pairs) measure();
  }

  /// Takes in the last block; add nothing afterwards.
  void finish() { measure(); }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] Value distance(Status when_empty) const { return mean(distance_, when_empty); }
  [[nodiscard]] Value squared(Status when_empty) const { return mean(squared_, when_empty); }

 private:
  void measure() {
    for (const double squared : squared_distances(rows_, std::span<const Pair>(block_))) {
      distance_ += std::sqrt(squared);
      squared_ += squared;
    }
    count_ += block_.size();
    block_.clear();
  }

  [[nodiscard]] Value mean(const CompensatedSum& sum, Status when_empty) const {
    if (count_ == 0) return when_empty;
    return sum.value() / static_cast<double>(count_);
  }

  MatrixView<T> rows_;
  std::vector<Pair> block_;
  CompensatedSum distance_;
  CompensatedSum squared_;
  std::size_t count_ = 0;
};

/// Labels of the rows and which of their pairs are cross pairs.
struct Labels {
  std::vector<std::int64_t> clusters;  ///< [row]
  std::vector<std::int64_t> groups;    ///< [row], empty without --groups
  Cross cross = Cross::all;
};

Labels labels_of(const Arguments& arguments, const MatrixFile& x) {
  if (!arguments.clusters) throw UsageError("--clusters is required");
  const Cross cross = arguments.cross.value_or(arguments.groups ? Cross::groups : Cross::all);
  if (cross == Cross::groups && !arguments.groups) {
    throw UsageError("--cross groups needs --groups");
  }
  Labels labels{.clusters = read_labels(*arguments.clusters, x), .groups = {}, .cross = cross};
  if (arguments.groups) labels.groups = read_labels(*arguments.groups, x);
  return labels;
}

std::string ratio(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  const Labels labels = labels_of(arguments, x);
  return x.visit([&]<class T>(MatrixView<T> rows) {
    PairMeans<T> cross(rows);
    PairMeans<T> within(rows);
    const auto& [cluster, group, which] = labels;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      for (std::size_t j = i + 1; j < rows.rows(); ++j) {
        if (cluster[i] == cluster[j]) {
          within.add({i, j});
        } else if (which == Cross::all || group[i] == group[j]) {
          cross.add({i, j});
        }
      }
    }
    cross.finish();
    within.finish();
    const Value cross_mean = cross.distance(Status::no_cross_pairs);
    const Value within_mean = within.distance(Status::no_within_pairs);
    return Line("phi-ratio")
        .value(phi_ratio(cross_mean, within_mean))
        .count("n", rows.rows())
        .number("cross", cross_mean)
        .number("within", within_mean)
        .count("n_cross", cross.count())
        .count("n_within", within.count())
        .str();
  });
}

std::string energy_in_clusters(const std::vector<std::int64_t>& clusters, const MatrixFile& x) {
  return x.visit([&]<class T>(MatrixView<T> rows) {
    PairMeans<T> within(rows);
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      for (std::size_t j = i + 1; j < rows.rows(); ++j) {
        if (clusters[i] == clusters[j]) within.add({i, j});
      }
    }
    within.finish();
    return Line("dirichlet-energy")
        .value(within.squared(Status::no_within_pairs))
        .count("n", rows.rows())
        .count("n_within", within.count())
        .str();
  });
}

std::string energy_on_graph(const std::filesystem::path& path, const MatrixFile& x) {
  const std::vector<double> weights = read_adjacency(path, x);
  const MatrixView<double> adjacency(weights, x.rows(), x.rows());
  try {
    expect_adjacency(adjacency, x.rows());
  } catch (const std::invalid_argument& error) {
    throw shard::FormatError(path, error.what());
  }
  const GraphEnergy energy =
      x.visit([&adjacency](auto rows) { return graph_energy(rows, adjacency); });
  return Line("dirichlet-energy")
      .value(energy.sum)
      .count("n", x.rows())
      .number("per_edge", energy.per_edge)
      .number("rayleigh", energy.rayleigh)
      .str();
}

std::string energy(const Arguments& arguments) {
  if (arguments.clusters.has_value() == arguments.adjacency.has_value()) {
    throw UsageError("dirichlet-energy needs either --clusters or --adjacency");
  }
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  if (arguments.adjacency) return energy_on_graph(*arguments.adjacency, x);
  return energy_in_clusters(read_labels(*arguments.clusters, x), x);
}

std::string deletions(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  const Labels labels = labels_of(arguments, x);
  const PairSet pairs = pair_set_of_labels(labels.clusters, labels.groups, labels.cross);
  const auto influences = x.visit([&pairs](auto rows) { return row_deletions(rows, pairs); });
  const auto column = [&influences](Value Influence::*member) {
    std::vector<Value> values;
    values.reserve(influences.size());
    for (const Influence& influence : influences) values.push_back(influence.*member);
    return values;
  };
  return Line("leave-one-out")
      .values(column(&Influence::ratio))
      .count("n", x.rows())
      .numbers("cross", column(&Influence::cross))
      .numbers("within", column(&Influence::within))
      .numbers("energy", column(&Influence::energy))
      .count("n_cross", pairs.cross.size())
      .count("n_within", pairs.within.size())
      .str();
}

}  // namespace

std::vector<Command> structure_commands() {
  return {
      {.name = "phi-ratio",
       .about = "bounded ratio of the distances between and within clusters",
       .details = "value is cross / max(within, 1e-3 cross, 1e-10) of the rows of X [row, unit]; "
                  "cross and within are the mean\ndistances over the cross pairs (n_cross) and "
                  "over the pairs of one cluster (n_within). n counts rows.",
       .example = "rows.npy --clusters clusters.npy --groups groups.npy",
       .files = {"X"},
       .options = {"clusters", "groups", "cross", "bf16"},
       .run = ratio},
      {.name = "dirichlet-energy",
       .about = "mean or sum of squared distances of neighbours",
       .details = "X is [row, unit]. With --clusters: mean of |x_a - x_b|^2 over the pairs of "
                  "one cluster (n_within). With\n--adjacency: sum over i < j of A_ij "
                  "|x_i - x_j|^2; per_edge is divided by the sum of the weights, rayleigh by\n"
                  "the sum of |x_i - mean|^2. n counts rows.",
       .example = "rows.npy --adjacency graph.npy",
       .files = {"X"},
       .options = {"clusters", "adjacency", "bf16"},
       .run = energy},
      {.name = "leave-one-out",
       .about = "what deleting each row does to phi-ratio and dirichlet-energy",
       .details = "For every row of X [row, unit], all others unchanged: value (influence on the "
                  "Phi ratio), cross and within:\nwith the row - without it; energy (of the "
                  "pairs of one cluster): without - with. value, status and the others\nare "
                  "arrays [row]. n counts rows.",
       .example = "rows.npy --clusters clusters.npy",
       .files = {"X"},
       .options = {"clusters", "groups", "cross", "bf16"},
       .run = deletions}};
}

}  // namespace phiscope::analyze::metric
