// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/pair_blocks.hpp>
#include <phiscope/phiid_atoms.hpp>
#include <phiscope/phiid_options.hpp>
#include <phiscope/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope {

/// Which numbers of each pair are kept.
enum class PhiidOutput {
  sts_rtr,       ///< 2: sts, rtr
  sts_rtr_tdmi,  ///< 3: sts, rtr and the time-delayed mutual information
  atoms,         ///< 16: all atoms, in the order of phiid_atom_names
};

[[nodiscard]] constexpr std::size_t output_count(PhiidOutput output) noexcept {
  return output == PhiidOutput::sts_rtr ? 2 : output == PhiidOutput::sts_rtr_tdmi ? 3 : 16;
}

/// The numbers of `output` for atoms whose sum is `tdmi`; the rest of the array is 0.
[[nodiscard]] constexpr std::array<double, phiid_atom_count> outputs_of(
    const PhiidAtoms& atoms, double tdmi, PhiidOutput output) noexcept {
  if (output == PhiidOutput::atoms) return atoms;
  std::array<double, phiid_atom_count> numbers{atoms[phiid_sts], atoms[phiid_rtr]};
  if (output == PhiidOutput::sts_rtr_tdmi) numbers[2] = tdmi;
  return numbers;
}

/// How often each status occurred, by (pair, recording).
struct PhiidCounts {
  std::size_t ok = 0;
  std::size_t too_short = 0;
  std::size_t constant_series = 0;
  std::size_t nonfinite = 0;
  std::size_t singular = 0;

  constexpr void add(Status status) noexcept {
    ++(status == Status::ok                ? ok
       : status == Status::too_short       ? too_short
       : status == Status::constant_series ? constant_series
       : status == Status::singular        ? singular
                                           : nonfinite);
  }
  constexpr PhiidCounts& operator+=(const PhiidCounts& other) noexcept {
    ok += other.ok;
    too_short += other.too_short;
    constant_series += other.constant_series;
    nonfinite += other.nonfinite;
    singular += other.singular;
    return *this;
  }
  friend bool operator==(const PhiidCounts&, const PhiidCounts&) = default;
};

/// Decompositions of the pairs of a block. Entries of series i >= j stay empty: value 0, n_ok 0.
class PhiidTile {
 public:
  PhiidTile(const PairBlock& block, PhiidOutput output)
      : block_(block),
        values_(output_count(output) * size()),
        n_ok_(size(), 0),
        status_(size(), Status::ok) {}

  [[nodiscard]] const PairBlock& block() const noexcept { return block_; }

  /// Number k of the pair of series first_i + i and first_j + j: mean over the recordings in which
  /// it is defined. @pre status(i, j) is ok, i and j below the block's counts
  [[nodiscard]] double value(std::size_t k, std::size_t i, std::size_t j) const noexcept {
    return values_[k * size() + place(i, j)];
  }
  /// The numbers k of the pairs (i, 0), (i, 1), ...; 0 where a pair is not ok.
  [[nodiscard]] const double* row(std::size_t k, std::size_t i) const noexcept {
    return values_.data() + k * size() + place(i, 0);
  }
  /// n_ok() of the pairs (i, 0), (i, 1), ...
  [[nodiscard]] const std::uint32_t* n_ok_row(std::size_t i) const noexcept {
    return n_ok_.data() + place(i, 0);
  }
  /// Recordings in which the pair is defined.
  [[nodiscard]] std::size_t n_ok(std::size_t i, std::size_t j) const noexcept {
    return n_ok_[place(i, j)];
  }
  /// ok if the pair is defined in any recording, else the first reason why it is not.
  [[nodiscard]] Status status(std::size_t i, std::size_t j) const noexcept {
    return n_ok_[place(i, j)] > 0 ? Status::ok : status_[place(i, j)];
  }
  [[nodiscard]] const PhiidCounts& counts() const noexcept { return counts_; }

  /// Adds the numbers of one recording. For implementations: call divide() after the last one.
  void add(std::size_t i, std::size_t j, const std::array<double, phiid_atom_count>& numbers) {
    for (std::size_t k = 0; k * size() < values_.size(); ++k) {
      values_[k * size() + place(i, j)] += numbers[k];
    }
    ++n_ok_[place(i, j)];
    ++counts_.ok;
  }
  /// Notes that the pair is undefined in one recording.
  void refuse(std::size_t i, std::size_t j, Status reason) {
    status_[place(i, j)] = first_reason(status_[place(i, j)], reason);
    counts_.add(reason);
  }
  /// Adds the numbers k of a row of pairs (i, first_j + from ...), all of them defined.
  void add_row(std::size_t k, std::size_t i, std::size_t from, const double* numbers) {
    double* const to = values_.data() + k * size() + place(i, 0);
    for (std::size_t j = from; j < block_.count_j; ++j) to[j] += numbers[j];
  }
  void count_row(std::size_t i, std::size_t from) {
    std::uint32_t* const to = n_ok_.data() + place(i, 0);
    for (std::size_t j = from; j < block_.count_j; ++j) ++to[j];
    counts_.ok += block_.count_j - from;
  }
  /// Makes means of the sums.
  void divide() {
    for (std::size_t k = 0; k * size() < values_.size(); ++k) {
      for (std::size_t p = 0; p < size(); ++p) {
        values_[k * size() + p] /= n_ok_[p] > 0 ? static_cast<double>(n_ok_[p]) : 1.0;
      }
    }
  }

 private:
  [[nodiscard]] std::size_t size() const noexcept { return block_.count_i * block_.count_j; }
  [[nodiscard]] std::size_t place(std::size_t i, std::size_t j) const noexcept {
    return i * block_.count_j + j;
  }

  PairBlock block_;
  std::vector<double> values_;       // [output, i, j]
  std::vector<std::uint32_t> n_ok_;  // [i, j]
  std::vector<Status> status_;       // [i, j]: of the recordings that are not ok
  PhiidCounts counts_;
};

}  // namespace phiscope
