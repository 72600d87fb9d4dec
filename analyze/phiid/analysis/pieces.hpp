// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/matrix_view.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/phiid_pairs.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::analyze::phiid {

/// Pairs in a row: one first head, and second heads that follow one another.
struct PairRun {
  std::size_t first = 0;   ///< place of the first head
  std::size_t second = 0;  ///< place of the first of the second heads
  std::size_t begin = 0;   ///< pair
  std::size_t count = 0;
};

/// Decompositions of some pairs of heads.
struct PieceNumbers {
  std::vector<std::size_t> heads;   ///< ascending; the pairs are pairs of places in this list
  std::vector<std::size_t> first;   ///< [pair]: place, below that of second
  std::vector<std::size_t> second;  ///< [pair]
  std::vector<double> sts;          ///< [pair]: mean over the recordings in which it is ok, else 0
  std::vector<double> rtr;          ///< [pair]
  std::vector<double> tdmi;         ///< [pair]
  std::vector<double> atoms;        ///< [atom, pair], if they are kept
  std::vector<std::uint32_t> n_ok;  ///< [pair]: recordings in which it is ok
  PhiidCounts counts;               ///< by (pair, recording)

  /// Each recording by itself, if that is wanted; 0 where the pair is not ok. Single precision is
  /// enough for what it serves, the intervals. The pairs of a run lie together, so that what is
  /// multiplied by the weights of the resamples is one small matrix.
  std::vector<float> by_recording;  ///< [run][sts | rtr | tdmi, recording, pair of the run]
  std::vector<float> is_ok;         ///< [run][recording, pair of the run], 0 or 1
  bool all_ok = true;               ///< every pair in every recording

  [[nodiscard]] std::size_t pairs() const noexcept { return first.size(); }
  /// The pairs, cut where the first head changes or the second ones do not follow one another.
  [[nodiscard]] std::vector<PairRun> runs() const;
};

/// What is computed for the pairs.
struct PieceOptions {
  PhiidPairsOptions pairs = {};
  bool by_recording = false;  ///< needs PhiidJoin::mean
};

/// All pairs of the series of some recordings, or some of them, cut into pieces that can be
/// computed in parallel. The series are read in place and must outlive this object.
class Pieces {
 public:
  /// @param recordings  each [time, series]
  /// @param chosen  the pairs wanted, in lexicographic order; empty: all
  /// @throws std::invalid_argument as PhiidPairs does
  Pieces(std::span<const MatrixView<double>> recordings, PieceOptions options,
         std::span<const Pair> chosen);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] PieceNumbers numbers(std::size_t piece) const;

 private:
  [[nodiscard]] PieceNumbers chosen_numbers(std::span<const Pair> chosen) const;

  std::span<const MatrixView<double>> recordings_;
  PieceOptions options_;
  std::vector<PhiidPairs<double>> all_;     // one, or one a recording
  std::vector<PairBlock> blocks_;           // of all pairs
  std::vector<std::vector<Pair>> batches_;  // of chosen pairs: few heads each
};

/// `count` different pairs of `series` series, each set of pairs being as likely as any other; in
/// lexicographic order. All pairs if there are no more.
[[nodiscard]] std::vector<Pair> sampled_pairs(std::size_t series, std::size_t count,
                                              std::uint64_t seed);

}  // namespace phiscope::analyze::phiid
