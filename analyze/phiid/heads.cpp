// SPDX-License-Identifier: MIT
#include "phiid/heads.hpp"

#include <phiscope/random.hpp>

#include <Eigen/Core>

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

/// @param ok  1 where the pair is defined, else 0; sts, rtr and tdmi are 0 there
template <class T>
void add_run(const Numbers<T>& sts, const Numbers<T>& rtr, const Numbers<T>& tdmi,
             const Numbers<T>& ok, RunAdder to) {
  const auto where = [](const auto& condition) { return Numbers<T>(condition.template cast<T>()); };
  const Numbers<T> both = sts + rtr;
  const Numbers<T> balanced = where(both > T{0});
  const Numbers<T> informed = where(tdmi > T{0});
  const Numbers<T> per_tdmi = informed / (tdmi > T{0}).select(tdmi, T{1});
  to.add<T>(sum_sts, sts);
  to.add<T>(sum_rtr, rtr);
  to.add<T>(sum_balance, balanced * sts / (both > T{0}).select(both, T{1}));
  to.add<T>(sum_sts_tdmi, sts * per_tdmi);
  to.add<T>(sum_rtr_tdmi, rtr * per_tdmi);
  to.add<T>(count_pairs, ok);
  to.add<T>(count_balance, balanced);
  to.add<T>(count_tdmi, informed);
}

/// Sums over recordings, [resample, column], of the columns [recording, column] at `from`, each
/// recording as often as it was drawn.
/// @param sums  its memory is used again
void put_weighted_sums(const Weights& weights, const float* from, std::size_t columns,
                       RowMajor& sums) {
  const auto index = [](std::size_t n) { return static_cast<Eigen::Index>(n); };
  const Eigen::Map<const RowMajor> drawn(weights.drawn.data(), index(weights.resamples),
                                         index(weights.prompts));
  const Eigen::Map<const RowMajor> values(from, index(weights.prompts), index(columns));
  sums.setZero(index(weights.resamples), index(columns));
  constexpr Eigen::Index panel = 64;  // one order of additions, whatever the cache
  for (Eigen::Index begin = 0; begin < drawn.cols(); begin += panel) {
    const Eigen::Index width = std::min(panel, drawn.cols() - begin);
    sums.noalias() += drawn.middleCols(begin, width) * values.middleRows(begin, width);
  }
}

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
  for (const PairRun& run : numbers.runs()) {
    const auto part = [&run](const std::vector<double>& all) {
      return Numbers<double>(Eigen::Map<const Eigen::ArrayXd>(
          all.data() + run.begin, static_cast<Eigen::Index>(run.count)));
    };
    add_run<double>(part(numbers.sts), part(numbers.rtr), part(numbers.tdmi), part(ok),
                    RunAdder(result, 0, run));
  }
  return result;
}

HeadTotals totals(const PieceNumbers& numbers, const Weights& weights) {
  HeadTotals result(weights.resamples, numbers.heads.size());
  RowMajor sts, rtr, tdmi;
  RowMajor n;  // recordings that count, with their repetitions
  for (const PairRun& run : numbers.runs()) {
    const std::size_t size = weights.prompts * run.count;
    const float* const from = numbers.by_recording.data() + 3 * weights.prompts * run.begin;
    put_weighted_sums(weights, from, run.count, sts);
    put_weighted_sums(weights, from + size, run.count, rtr);
    put_weighted_sums(weights, from + 2 * size, run.count, tdmi);
    if (!numbers.all_ok) {
      put_weighted_sums(weights, numbers.is_ok.data() + weights.prompts * run.begin, run.count, n);
    }
    Numbers<float> ok = Numbers<float>::Ones(sts.cols());
    Numbers<float> per = ok / static_cast<float>(weights.prompts);
    for (std::size_t resample = 0; resample < weights.resamples; ++resample) {
      const auto row = static_cast<Eigen::Index>(resample);
      if (!numbers.all_ok) {
        const Numbers<float> times = n.row(row).transpose().array();
        ok = (times > 0.0F).cast<float>();
        per = ok / (times > 0.0F).select(times, 1.0F);
      }
      add_run<float>(sts.row(row).transpose().array() * per, rtr.row(row).transpose().array() * per,
                     tdmi.row(row).transpose().array() * per, ok, RunAdder(result, resample, run));
    }
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
