// SPDX-License-Identifier: MIT
#include "phiid/analysis/pieces.hpp"

#include <phiscope/random.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <set>

namespace phiscope::analyze::phiid {
namespace {

constexpr std::size_t batch_heads = 16;  // decomposes 120 pairs for 8 or more that are wanted
constexpr std::size_t kept = 3;          // sts, rtr, tdmi

/// One object for all recordings, or one for each.
std::vector<PhiidPairs<double>> decompositions(std::span<const MatrixView<double>> recordings,
                                               const PieceOptions& options) {
  std::vector<PhiidPairs<double>> result;
  if (!options.by_recording) {
    result.emplace_back(recordings, options.pairs);
    return result;
  }
  for (const auto& recording : recordings)
    result.emplace_back(std::span(&recording, 1), options.pairs);
  return result;
}

/// Takes the pairs `wanted` (places in the block) out of the tiles of a block.
class TileReader {
 public:
  TileReader(const PieceOptions& options, PieceNumbers& numbers)
      : with_atoms_(options.pairs.output == PhiidOutput::atoms), numbers_(numbers) {
    const std::size_t pairs = numbers.pairs();
    numbers.sts.assign(pairs, 0.0);
    numbers.rtr.assign(pairs, 0.0);
    numbers.tdmi.assign(pairs, 0.0);
    numbers.n_ok.assign(pairs, 0);
    if (with_atoms_) numbers.atoms.assign(phiid_atom_count * pairs, 0.0);
  }

  /// The only tile of a block, all of whose pairs are wanted: means over the recordings.
  void read(const PhiidTile& tile, std::span<const Pair> wanted) {
    for (std::size_t p = 0; p < wanted.size(); ++p) {
      const auto [i, j] = wanted[p];
      numbers_.n_ok[p] = static_cast<std::uint32_t>(tile.n_ok(i, j));
      if (numbers_.n_ok[p] > 0) add(tile, i, j, p);
    }
    numbers_.counts += tile.counts();
  }

  /// The tile of one of several recordings.
  void read(const PhiidTile& tile, std::span<const Pair> wanted, std::span<const PairRun> runs,
            std::size_t recording, std::size_t recordings) {
    numbers_.by_recording.resize(recordings * kept * wanted.size(), 0.0F);
    numbers_.is_ok.resize(recordings * wanted.size(), 0.0F);
    for (const PairRun& run : runs) {
      const auto [i, j] = wanted[run.begin];
      const std::uint32_t* const n_ok = tile.n_ok_row(i) + j;
      float* const ok = numbers_.is_ok.data() + recordings * run.begin + recording * run.count;
      std::size_t counted = 0;
      for (std::size_t k = 0; k < run.count; ++k) {
        ok[k] = n_ok[k] > 0 ? 1.0F : 0.0F;
        numbers_.n_ok[run.begin + k] += n_ok[k] > 0 ? 1U : 0U;
        counted += n_ok[k] > 0 ? 1U : 0U;
      }
      numbers_.counts.ok += counted;
      if (counted < run.count) count_refused(tile, run, i, j);
      float* const own = numbers_.by_recording.data() + recordings * kept * run.begin;
      const std::array<std::vector<double>*, kept> sums{&numbers_.sts, &numbers_.rtr,
                                                        &numbers_.tdmi};
      if (with_atoms_) {
        for (std::size_t k = 0; k < run.count; ++k) {
          float* const to = own + recording * run.count + k;
          to[0] = static_cast<float>(sts(tile, i, j + k));
          to[recordings * run.count] = static_cast<float>(rtr(tile, i, j + k));
          to[2 * recordings * run.count] = static_cast<float>(tdmi(tile, i, j + k));
          if (n_ok[k] > 0) add(tile, i, j + k, run.begin + k);
        }
        continue;
      }
      for (std::size_t q = 0; q < kept; ++q) {
        const double* const from = tile.row(q, i) + j;
        float* const to = own + (q * recordings + recording) * run.count;
        double* const sum = sums[q]->data() + run.begin;
        for (std::size_t k = 0; k < run.count; ++k) {
          to[k] = static_cast<float>(from[k]);
          sum[k] += from[k];
        }
      }
    }
  }

  /// Makes means of the sums over recordings.
  void divide() {
    const std::size_t pairs = numbers_.pairs();
    for (std::size_t p = 0; p < pairs; ++p) {
      const double n = numbers_.n_ok[p] > 0 ? static_cast<double>(numbers_.n_ok[p]) : 1.0;
      numbers_.sts[p] /= n;
      numbers_.rtr[p] /= n;
      numbers_.tdmi[p] /= n;
      for (std::size_t k = p; k < numbers_.atoms.size(); k += pairs) numbers_.atoms[k] /= n;
    }
  }

 private:
  void count_refused(const PhiidTile& tile, const PairRun& run, std::size_t i, std::size_t j) {
    numbers_.all_ok = false;
    for (std::size_t k = 0; k < run.count; ++k) {
      if (tile.n_ok(i, j + k) == 0) numbers_.counts.add(tile.status(i, j + k));
    }
  }

  [[nodiscard]] double sts(const PhiidTile& tile, std::size_t i, std::size_t j) const {
    return tile.value(with_atoms_ ? phiid_sts : 0, i, j);
  }
  [[nodiscard]] double rtr(const PhiidTile& tile, std::size_t i, std::size_t j) const {
    return tile.value(with_atoms_ ? phiid_rtr : 1, i, j);
  }
  [[nodiscard]] double tdmi(const PhiidTile& tile, std::size_t i, std::size_t j) const {
    if (!with_atoms_) return tile.value(2, i, j);
    double sum = 0.0;
    for (std::size_t k = 0; k < phiid_atom_count; ++k) sum += tile.value(k, i, j);
    return sum;
  }
  void add(const PhiidTile& tile, std::size_t i, std::size_t j, std::size_t p) {
    numbers_.sts[p] += sts(tile, i, j);
    numbers_.rtr[p] += rtr(tile, i, j);
    numbers_.tdmi[p] += tdmi(tile, i, j);
    for (std::size_t k = 0; with_atoms_ && k < phiid_atom_count; ++k) {
      numbers_.atoms[k * numbers_.pairs() + p] += tile.value(k, i, j);
    }
  }

  bool with_atoms_;
  PieceNumbers& numbers_;
};

/// Reads the block of one or several decompositions.
void read_block(std::span<const PhiidPairs<double>> all, const PairBlock& block,
                std::span<const Pair> wanted, const PieceOptions& options, PieceNumbers& numbers) {
  TileReader reader(options, numbers);
  if (!options.by_recording) return reader.read(all.front().tile(block), wanted);
  const std::vector<PairRun> runs = numbers.runs();
  for (std::size_t r = 0; r < all.size(); ++r) {
    reader.read(all[r].tile(block), wanted, runs, r, all.size());
  }
  reader.divide();
}

/// The pairs of a block as places in it, and in the list of its heads.
std::vector<Pair> block_pairs(const PairBlock& block, PieceNumbers& numbers) {
  const bool diagonal = block.first_i == block.first_j;
  for (std::size_t i = 0; i < block.count_i; ++i) numbers.heads.push_back(block.first_i + i);
  for (std::size_t j = 0; !diagonal && j < block.count_j; ++j) {
    numbers.heads.push_back(block.first_j + j);
  }
  std::vector<Pair> pairs;
  const std::size_t shift = diagonal ? 0 : block.count_i;
  for (std::size_t i = 0; i < block.count_i; ++i) {
    for (std::size_t j = diagonal ? i + 1 : 0; j < block.count_j; ++j) {
      pairs.push_back({i, j});
      numbers.first.push_back(i);
      numbers.second.push_back(shift + j);
    }
  }
  return pairs;
}

/// Consecutive pairs that have few heads in all.
std::vector<std::vector<Pair>> batches(std::span<const Pair> chosen) {
  std::vector<std::vector<Pair>> result;
  std::set<std::size_t> heads;
  for (const Pair& pair : chosen) {
    std::set<std::size_t> with = heads;
    with.insert({pair.first, pair.second});
    if (result.empty() || with.size() > batch_heads) {
      result.emplace_back();
      with = {pair.first, pair.second};
    }
    result.back().push_back(pair);
    heads = std::move(with);
  }
  return result;
}

}  // namespace

std::vector<PairRun> PieceNumbers::runs() const {
  std::vector<PairRun> runs;
  for (std::size_t p = 0; p < pairs(); ++p) {
    const bool goes_on = !runs.empty() && runs.back().first == first[p] &&
                         runs.back().second + runs.back().count == second[p];
    if (!goes_on) runs.push_back({first[p], second[p], p, 0});
    ++runs.back().count;
  }
  return runs;
}

Pieces::Pieces(std::span<const MatrixView<double>> recordings, PieceOptions options,
               std::span<const Pair> chosen)
    : recordings_(recordings), options_(options), batches_(batches(chosen)) {
  if (!batches_.empty()) return;
  all_ = decompositions(recordings, options);
  if (!all_.empty()) blocks_ = all_.front().blocks();
}

std::size_t Pieces::size() const noexcept {
  return batches_.empty() ? blocks_.size() : batches_.size();
}

PieceNumbers Pieces::numbers(std::size_t piece) const {
  if (!batches_.empty()) return chosen_numbers(batches_[piece]);
  PieceNumbers result;
  const std::vector<Pair> wanted = block_pairs(blocks_[piece], result);
  read_block(all_, blocks_[piece], wanted, options_, result);
  return result;
}

PieceNumbers Pieces::chosen_numbers(std::span<const Pair> chosen) const {
  PieceNumbers result;
  std::set<std::size_t> heads;
  for (const Pair& pair : chosen) heads.insert({pair.first, pair.second});
  result.heads.assign(heads.begin(), heads.end());
  std::vector<Pair> wanted;
  for (const Pair& pair : chosen) {
    const auto place = [&](std::size_t head) {
      return static_cast<std::size_t>(
          std::lower_bound(result.heads.begin(), result.heads.end(), head) - result.heads.begin());
    };
    wanted.push_back({place(pair.first), place(pair.second)});
    result.first.push_back(wanted.back().first);
    result.second.push_back(wanted.back().second);
  }
  std::vector<std::vector<double>> columns;  // [recording][time, head of the batch]
  std::vector<MatrixView<double>> views;
  columns.reserve(recordings_.size());
  for (const MatrixView<double>& recording : recordings_) {
    std::vector<double>& own = columns.emplace_back();
    own.reserve(recording.rows() * result.heads.size());
    for (std::size_t t = 0; t < recording.rows(); ++t) {
      for (const std::size_t head : result.heads) own.push_back(recording.row(t)[head]);
    }
    views.emplace_back(std::span<const double>(own), recording.rows(), result.heads.size());
  }
  // One by one, for what is counted must be the chosen pairs alone.
  PieceOptions options = options_;
  options.by_recording = options.pairs.join == PhiidJoin::mean;
  const auto all = decompositions(views, options);
  const PairBlock block = all.front().blocks().front();
  if (options.by_recording) {
    read_block(all, block, wanted, options, result);
    if (!options_.by_recording) result.by_recording = result.is_ok = {};
    return result;
  }
  TileReader reader(options, result);
  reader.read(all.front().tile(block), wanted, result.runs(), 0, 1);
  result.by_recording = result.is_ok = {};
  return result;
}

std::vector<Pair> sampled_pairs(std::size_t series, std::size_t count, std::uint64_t seed) {
  std::vector<Pair> pairs;
  std::mt19937_64 engine(seed);
  std::size_t rest = pair_count(series);  // pairs that are still to be offered
  std::size_t wanted = std::min(count, rest);
  for (std::size_t i = 0; i < series; ++i) {
    for (std::size_t j = i + 1; j < series && wanted > 0; ++j, --rest) {
      if (uniform_below(engine, rest) >= wanted) continue;
      pairs.push_back({i, j});
      --wanted;
    }
  }
  return pairs;
}

}  // namespace phiscope::analyze::phiid
