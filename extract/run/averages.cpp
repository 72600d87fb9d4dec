// SPDX-License-Identifier: MIT
#include "run/averages.hpp"

#include "run/forward.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace phiscope::extract {
namespace {

/// Sum over the first axis by halves: element by element, so that no thread count shows.
at::Tensor sum_of_rows(at::Tensor rows) {
  while (rows.size(0) > 1) {
    const std::int64_t half = rows.size(0) / 2;
    const at::Tensor sum = rows.narrow(0, 0, half).add(rows.narrow(0, half, half));
    rows = rows.size(0) % 2 == 0 ? sum : at::cat({sum, rows.narrow(0, 2 * half, 1)}, 0);
  }
  return rows;
}

}  // namespace

RunTrace average_heads(const Model& model, const std::vector<std::vector<int>>& texts,
                       const std::function<void(std::size_t tokens)>& visited) {
  RunTrace averages;
  std::map<Place, at::Tensor>& sums = averages.values;
  std::vector<Place> places;
  for (int layer = 0; layer < static_cast<int>(model.config.layers); ++layer) {
    places.emplace_back(Hook::z, layer);
  }
  std::size_t positions = 0;
  for (const std::vector<int>& text : texts) {
    RunTrace trace;
    for (const Place& place : places) trace.values[place];
    const Keep keep{.trace = &trace};
    forward(model, make_batch({{.tokens = text}}, model.device), {.keep = {&keep, 1}});
    for (const Place& place : places) {
      const at::Tensor sum = sum_of_rows(trace.values.at(place).to(at::kDouble));
      at::Tensor& total = sums[place];
      total = total.defined() ? total.add(sum) : sum;
    }
    positions += text.size();
    if (visited) visited(text.size());
  }
  for (auto& [place, sum] : sums) sum = sum.div(static_cast<double>(positions));
  return averages;
}

}  // namespace phiscope::extract
