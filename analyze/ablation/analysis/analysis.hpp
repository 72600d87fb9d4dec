// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/curve.hpp"
#include "ablation/analysis/data.hpp"
#include "ablation/analysis/null.hpp"

#include <phiscope/estimate.hpp>
#include <phiscope/permutation_p.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// How an ablation is analysed.
struct Options {
  std::size_t resamples = 1000;  ///< of every bootstrap interval
  std::uint64_t seed = 0;        ///< of the resampling
  std::size_t threads = 1;       ///< changes no result
};

/// Mean over prompts at one number of heads removed.
struct Point {
  double removed = 0.0;
  Estimate kl;  ///< nats
};

/// The random orders at one number of heads removed.
struct BandPoint {
  double removed = 0.0;
  std::size_t orders = 0;           ///< random orders that reach it
  Estimate mean = {};               ///< of these orders; the interval is over prompts
  Value sd = Status::too_few_rows;  ///< over orders, ddof 1
  double low = 0.0;                 ///< the order with the smallest KL
  double high = 0.0;
};

/// An order against the random mean at a part of the heads.
struct Share {
  double removed = 0.0;                 ///< heads
  bool is_measured = false;             ///< false: read off between two points
  double kl = 0.0;                      ///< nats
  Value random = Status::too_few_rows;  ///< random mean, where a random order reaches
};

/// A ranking against the random orders that follow its layers.
struct InLayer {
  Stretch part = {};
  Estimate auc_ratio =
      {};  ///< area of the ranking / mean area of these orders, see ratio_to_others()
  RandomNull null = {};
};

/// What one order of removal does.
struct OrderResult {
  Stretch part;  ///< what is compared: the measured beginning of the curve
  std::vector<Point> points;
  Value at_zero = Status::too_few_rows;  ///< KL with no head removed, as measured
  Value at_all = Status::too_few_rows;   ///< KL with all heads removed
  Estimate auc;                          ///< over `part`, nats
  /// auc / mean auc of the random orders (for a random order: of the others) over `part`; interval
  /// by ratio_to_others(): orders and prompts are drawn anew, and the order may be one of them.
  Estimate auc_ratio;
  RandomNull null;
  std::optional<InLayer> in_layer = {};       ///< of a ranking that has such orders
  std::optional<std::int64_t> orders_needed;  ///< see random_orders_needed()
  AbovePoints above;
  std::vector<Share> eighths;  ///< at 1/8, 2/8, ... of the heads, as far as `part` reaches
  std::vector<Share> grid;     ///< at every fortieth of the heads
};

/// The areas of two orders over the part of the axis that both have, prompt by prompt. A test over
/// prompts tells any two orders apart, given enough prompts: it is about the same orders on new
/// prompts. Whether the scores that gave the orders differ is the rank of their difference among
/// those of all pairs of these two and the random orders; if both are like random ones it is
/// uniform.
struct Comparison {
  std::size_t order = 0;
  std::optional<std::size_t> against = {};  ///< another order; nothing: the random mean
  Stretch part = {};
  Estimate difference = {};              ///< of the areas, nats; positive: `order` damages more
  Value p_value = Status::too_few_rows;  ///< sign-flip test over prompts, two-sided
  double least_p = 1.0;                  ///< that so many prompts can give
  std::size_t prompts_more = 0;          ///< prompts in which `order` damages more
  std::size_t pairs = 0;                 ///< other pairs of these two and random orders
  std::size_t pairs_as_far = 0;          ///< of them, whose areas differ at least as much
  PermutationP among_pairs = {};         ///< (1 + pairs_as_far) / (1 + pairs)
  Value rank_correlation = Status::too_few_rows;  ///< of the places of the heads in both orders
};

/// All results of one sweep.
struct Result {
  Ablation data;
  std::string label;                    ///< unique among those of a report
  std::vector<OrderResult> orders;      ///< as data.orders
  std::vector<BandPoint> band;          ///< ascending
  std::vector<Comparison> comparisons;  ///< rankings and baselines against each other and random
  std::optional<Stretch> random_ratios = {};  ///< AUC ratios of the random orders, least and most
  std::optional<Stretch> random_above = {};   ///< their points above the mean of the others

  [[nodiscard]] double fraction(double removed) const {
    return removed / static_cast<double>(data.heads);
  }
};

/// Number of parts of Share lists.
inline constexpr int eighths = 8;
inline constexpr int grid_steps = 40;

/// Analyses one sweep. An order is compared over the measured beginning of its curve, with those
/// random orders that reach as far; of a finished sweep that is everything. Orders with fewer than
/// two points have points, and no area.
[[nodiscard]] Result analyze(const Ablation& ablation, const Options& options);

/// Reads and analyses runs and tables in the order given; their labels are made unique. All are
/// read before the first is analysed.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<Result> analyze_paths(const std::vector<std::filesystem::path>& paths,
                                                const ReadOptions& read, const Options& options);

}  // namespace phiscope::analyze::ablation
