// SPDX-License-Identifier: MIT
#include "loo/analysis/paired.hpp"

#include <phiscope/max_statistic.hpp>

#include <algorithm>

namespace phiscope::analyze::loo {
namespace {

PairedCell test_cell(const std::vector<std::vector<Value>>& walks, std::size_t layer,
                     const BootstrapOptions& options) {
  PairedCell cell;
  cell.walks = static_cast<std::int64_t>(walks.size());
  std::vector<double> numbers;
  for (const std::vector<Value>& walk : walks) {
    if (walk.at(layer).ok()) numbers.push_back(walk[layer].value());
  }
  cell.difference = bootstrap_mean(numbers, options);
  const SignFlipTest test =
      sign_flip_test(numbers, {.resamples = sign_flips, .seed = options.seed});
  cell.p = test.p_value;
  cell.least_p = test.least_p;
  return cell;
}

}  // namespace

std::vector<PairedCell> test_pairs(const std::vector<std::vector<std::vector<Value>>>& differences,
                                   std::size_t layers, const BootstrapOptions& options) {
  std::vector<PairedCell> cells;
  std::vector<std::vector<Value>> units;  // [walk of any length][cell]
  const std::size_t count = differences.size() * layers;
  for (std::size_t length = 0; length < differences.size(); ++length) {
    for (std::size_t layer = 0; layer < layers; ++layer) {
      cells.push_back(test_cell(differences[length], layer, options));
    }
    for (const std::vector<Value>& walk : differences[length]) {
      std::vector<Value> unit(count, Status::too_few_rows);
      std::copy(walk.begin(), walk.end(),
                unit.begin() + static_cast<std::ptrdiff_t>(length * layers));
      units.push_back(std::move(unit));
    }
  }
  if (units.empty()) return cells;
  const SignFlipMaxTest corrected =
      sign_flip_max_test(units, {.resamples = sign_flips, .seed = options.seed});
  for (std::size_t cell = 0; cell < count; ++cell) cells[cell].p_max = corrected.p_values[cell];
  return cells;
}

}  // namespace phiscope::analyze::loo
