// SPDX-License-Identifier: MIT
#include "phiid/analysis/heads.hpp"

#include <phiscope/random.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <random>

namespace phiscope::analyze::phiid {
namespace {

// A run has at most as many pairs as a tile is wide, so nothing is allocated.
template <class T>
using Numbers = Eigen::Array<T, Eigen::Dynamic, 1, 0, phiid_tile_width, 1>;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Adds the numbers of a run to both heads of each pair.
class RunAdder {
 public:
  RunAdder(HeadTotals& totals, std::size_t resample, const PairRun& run)
      : totals_(totals), resample_(resample), run_(run) {}

  template <class T>
  void add(HeadSum sum, const Numbers<T>& numbers) {
    const std::span<double> heads = totals_.of(resample_, sum);
    heads[run_.first] += static_cast<double>(numbers.sum());
    Eigen::Map<Numbers<double>>(heads.data() + run_.second, numbers.size()) +=
        numbers.template cast<double>();
  }

 private:
  HeadTotals& totals_;
  std::size_t resample_;
  const PairRun& run_;
};

/// The numbers of a run's pairs, [pair].
template <class T>
struct RunNumbers {
  const T* sts;
  const T* rtr;
  const T* tdmi;  ///< 0 where the pair is not defined, as the two above
  const T* per;   ///< what these three are multiplied by
  const T* ok;    ///< 1 where the pair is defined, else 0
};

/// What a pair adds to the sums of its heads, for the pairs of a run.
template <class T>
class Terms {
 public:
  /// Adds the terms of a run's pairs.
  void add_run(const RunNumbers<T>& numbers, std::size_t count, RunAdder to) {
    for (Numbers<T>& terms : of_) terms.resize(static_cast<Eigen::Index>(count));
    fill(numbers, count);
    for (std::size_t sum = 0; sum < head_sums; ++sum) to.add<T>(HeadSum(sum), of_[sum]);
  }

 private:
  /// Loops that run in vectors: over pointers (an array checks its index), and with one comparison
  /// in each (with two, what is selected becomes a branch).
  void fill(const RunNumbers<T>& numbers, std::size_t count) {
    T* const sts = of_[sum_sts].data();
    T* const rtr = of_[sum_rtr].data();
    T* const balanced = of_[count_balance].data();
    T* const informed = of_[count_tdmi].data();
    T* const tdmi = tdmi_.data();
    T* const both = both_.data();
    for (std::size_t k = 0; k < count; ++k) {
      sts[k] = numbers.sts[k] * numbers.per[k];
      rtr[k] = numbers.rtr[k] * numbers.per[k];
      tdmi[k] = numbers.tdmi[k] * numbers.per[k];
      both[k] = sts[k] + rtr[k];
    }
    for (std::size_t k = 0; k < count; ++k) balanced[k] = both[k] > T{0} ? T{1} : T{0};
    for (std::size_t k = 0; k < count; ++k) informed[k] = tdmi[k] > T{0} ? T{1} : T{0};
    T* const balance = of_[sum_balance].data();
    T* const sts_tdmi = of_[sum_sts_tdmi].data();
    T* const rtr_tdmi = of_[sum_rtr_tdmi].data();
    T* const pairs = of_[count_pairs].data();
    for (std::size_t k = 0; k < count; ++k) {
      const T per_tdmi = informed[k] / (informed[k] * tdmi[k] + (T{1} - informed[k]));
      balance[k] = balanced[k] * sts[k] / (balanced[k] * both[k] + (T{1} - balanced[k]));
      sts_tdmi[k] = sts[k] * per_tdmi;
      rtr_tdmi[k] = rtr[k] * per_tdmi;
      pairs[k] = numbers.ok[k];
    }
  }

  std::array<T, phiid_tile_width> tdmi_;
  std::array<T, phiid_tile_width> both_;  ///< sts + rtr
  std::array<Numbers<T>, head_sums> of_;  ///< [sum][pair]
};

/// Resamples that are worked on together, so that fewer totals are passed over for every run of
/// pairs. A multiple of 4: with 200 resamples the digits are those of one product for all.
constexpr std::size_t resample_block = 100;

/// Sums over recordings, [resample of a block, column], of the columns [recording, column] at
/// `from`, each recording as often as it was drawn.
class WeightedSums {
 public:
  /// @param first, count  the block of resamples
  WeightedSums(const Weights& weights, std::size_t first, std::size_t count)
      : drawn_(weights.drawn.data() + first * weights.prompts, static_cast<Eigen::Index>(count),
               static_cast<Eigen::Index>(weights.prompts)) {}

  /// @param sums  its memory is used again
  void put(const float* from, std::size_t columns, RowMajor& sums) const {
    const Eigen::Map<const RowMajor> values(from, drawn_.cols(),
                                            static_cast<Eigen::Index>(columns));
    sums.setZero(drawn_.rows(), values.cols());
    constexpr Eigen::Index panel = 64;  // one order of additions, whatever the cache
    for (Eigen::Index begin = 0; begin < drawn_.cols(); begin += panel) {
      const Eigen::Index width = std::min(panel, drawn_.cols() - begin);
      sums.noalias() += drawn_.middleCols(begin, width) * values.middleRows(begin, width);
    }
  }

 private:
  Eigen::Map<const RowMajor> drawn_;
};

/// Adds the totals of a run of pairs in a block of resamples.
class ResampledRun {
 public:
  ResampledRun(const PieceNumbers& numbers, const Weights& weights, HeadTotals& totals)
      : numbers_(numbers), weights_(weights), totals_(totals) {}

  void add(const PairRun& run, std::size_t first, std::size_t count) {
    const WeightedSums sums(weights_, first, count);
    const std::size_t size = weights_.prompts * run.count;
    const float* const from = numbers_.by_recording.data() + 3 * weights_.prompts * run.begin;
    sums.put(from, run.count, sts_);
    sums.put(from + size, run.count, rtr_);
    sums.put(from + 2 * size, run.count, tdmi_);
    if (!numbers_.all_ok) {
      sums.put(numbers_.is_ok.data() + weights_.prompts * run.begin, run.count, n_);
    }
    std::array<float, phiid_tile_width> ok;
    std::array<float, phiid_tile_width> per;
    ok.fill(1.0F);
    per.fill(1.0F / static_cast<float>(weights_.prompts));
    for (std::size_t resample = 0; resample < count; ++resample) {
      const auto row = static_cast<Eigen::Index>(resample);
      for (std::size_t k = 0; !numbers_.all_ok && k < run.count; ++k) {
        const float times = n_(row, static_cast<Eigen::Index>(k));
        ok[k] = times > 0.0F ? 1.0F : 0.0F;
        per[k] = ok[k] / (times > 0.0F ? times : 1.0F);
      }
      terms_.add_run({.sts = sts_.row(row).data(),
                      .rtr = rtr_.row(row).data(),
                      .tdmi = tdmi_.row(row).data(),
                      .per = per.data(),
                      .ok = ok.data()},
                     run.count, RunAdder(totals_, first + resample, run));
    }
  }

 private:
  const PieceNumbers& numbers_;
  const Weights& weights_;
  HeadTotals& totals_;
  RowMajor sts_, rtr_, tdmi_;
  RowMajor n_;  // recordings that count, with their repetitions
  Terms<float> terms_;
};

}  // namespace

std::vector<Value> HeadTotals::means(std::size_t resample, HeadSum sum, HeadSum count) const {
  std::vector<Value> result;
  for (std::size_t head = 0; head < heads_; ++head) {
    const double n = of(resample, count)[head];
    result.push_back(n > 0.0 ? Value(of(resample, sum)[head] / n) : Value(Status::no_pairs));
  }
  return result;
}

void HeadTotals::add(const HeadTotals& part, std::span<const std::size_t> heads) {
  for (std::size_t resample = 0; resample < part.resamples(); ++resample) {
    for (std::size_t sum = 0; sum < head_sums; ++sum) {
      const std::span<const double> from = part.of(resample, static_cast<HeadSum>(sum));
      const std::span<double> to = of(resample, static_cast<HeadSum>(sum));
      for (std::size_t k = 0; k < heads.size(); ++k) to[heads[k]] += from[k];
    }
  }
}

Weights draw_prompts(std::size_t resamples, std::size_t prompts, std::uint64_t seed) {
  Weights weights{.resamples = resamples,
                  .prompts = prompts,
                  .drawn = std::vector<float>(resamples * prompts, 0.0F)};
  std::mt19937_64 engine(seed);
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    for (std::size_t draw = 0; draw < prompts; ++draw) {
      weights.drawn[resample * prompts + uniform_below(engine, prompts)] += 1.0F;
    }
  }
  return weights;
}

HeadTotals totals(const PieceNumbers& numbers) {
  HeadTotals result(1, numbers.heads.size());
  std::vector<double> ok(numbers.pairs());
  for (std::size_t p = 0; p < numbers.pairs(); ++p) ok[p] = numbers.n_ok[p] > 0 ? 1.0 : 0.0;
  const std::vector<double> per(phiid_tile_width, 1.0);
  Terms<double> terms;
  for (const PairRun& run : numbers.runs()) {
    terms.add_run({.sts = numbers.sts.data() + run.begin,
                   .rtr = numbers.rtr.data() + run.begin,
                   .tdmi = numbers.tdmi.data() + run.begin,
                   .per = per.data(),
                   .ok = ok.data() + run.begin},
                  run.count, RunAdder(result, 0, run));
  }
  return result;
}

HeadTotals totals(const PieceNumbers& numbers, const Weights& weights) {
  HeadTotals result(weights.resamples, numbers.heads.size());
  const std::vector<PairRun> runs = numbers.runs();
  ResampledRun resampled(numbers, weights, result);
  for (std::size_t first = 0; first < weights.resamples; first += resample_block) {
    const std::size_t count = std::min(resample_block, weights.resamples - first);
    for (const PairRun& run : runs) resampled.add(run, first, count);
  }
  return result;
}

HeadTotals all_totals(std::span<const MatrixView<double>> recordings,
                      const PhiidPairsOptions& options, std::span<const Pair> chosen,
                      std::size_t threads) {
  const Pieces pieces(recordings, {.pairs = options, .by_recording = false}, chosen);
  HeadTotals result(1, recordings.empty() ? 0 : recordings.front().cols());
  struct Part {
    std::vector<std::size_t> heads;
    HeadTotals totals;
  };
  in_order(
      pieces.size(), threads,
      [&](std::size_t k) {
        PieceNumbers numbers = pieces.numbers(k);
        HeadTotals part = totals(numbers);
        return Part{std::move(numbers.heads), std::move(part)};
      },
      [&](std::size_t, const Part& part) { result.add(part.totals, part.heads); });
  return result;
}

}  // namespace phiscope::analyze::phiid
