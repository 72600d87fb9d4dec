// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/pair_blocks.hpp>
#include <phiscope/detail/phiid_tile.hpp>
#include <phiscope/phiid_atoms.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Decompositions of all pairs, in the order of pair_index().
struct PhiidTable {
  std::size_t series = 0;
  std::size_t outputs = 0;          ///< numbers a pair: 2, 3 or 16, see PhiidOutput
  std::vector<double> values;       ///< [output, pair]; 0 where the pair is not ok
  std::vector<std::uint32_t> n_ok;  ///< [pair]: recordings in which it is defined
  std::vector<Status> status;       ///< [pair]
  PhiidCounts counts;               ///< by (pair, recording)

  /// An empty table.
  PhiidTable(std::size_t series_count, PhiidOutput output)
      : series(series_count),
        outputs(output_count(output)),
        values(outputs * pair_count(series_count), 0.0),
        n_ok(pair_count(series_count), 0),
        status(pair_count(series_count), Status::ok) {}

  /// An atom of series i as x and series j as y, or why the pair has none; in either order of i and
  /// j. @throws std::invalid_argument if there is no such pair, or the atom was not computed
  [[nodiscard]] Value at(PhiidAtom atom, std::size_t i, std::size_t j) const {
    if (i == j || i >= series || j >= series) {
      throw std::invalid_argument("PhiidTable::at: no pair (" + std::to_string(i) + ", " +
                                  std::to_string(j) + ") of " + std::to_string(series) + " series");
    }
    const auto place = static_cast<std::size_t>(i < j ? atom : exchanged(atom));
    if (outputs < phiid_atom_count && place != phiid_sts && place != phiid_rtr) {
      throw std::invalid_argument("PhiidTable::at: " + std::string(phiid_atom_names[place]) +
                                  " was not computed, expected PhiidOutput::atoms");
    }
    const std::size_t pair = i < j ? pair_index(i, j, series) : pair_index(j, i, series);
    if (status[pair] != Status::ok) return status[pair];
    const std::size_t row = outputs == phiid_atom_count ? place : place == phiid_sts ? 0 : 1;
    return values[row * status.size() + pair];
  }

  /// Copies the pairs of a tile to their places. Tiles have no place in common, so several threads
  /// may do this at once; add tile.counts() to counts where only one does.
  void place(const PhiidTile& tile) {
    const PairBlock& block = tile.block();
    for (std::size_t i = 0; i < block.count_i; ++i) {
      for (std::size_t j = 0; j < block.count_j; ++j) {
        if (block.first_i + i >= block.first_j + j) continue;
        const std::size_t pair = pair_index(block.first_i + i, block.first_j + j, series);
        for (std::size_t k = 0; k < outputs; ++k) {
          values[k * status.size() + pair] = tile.value(k, i, j);
        }
        n_ok[pair] = static_cast<std::uint32_t>(tile.n_ok(i, j));
        status[pair] = tile.status(i, j);
      }
    }
  }
};

}  // namespace phiscope
