// SPDX-License-Identifier: MIT
#include "run/next_token.hpp"

#include "model/index_tensor.hpp"
#include "plan/counter_random.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/sort.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

int drawn(const Drawing& drawing, const Waiting& waiting, const at::Tensor& scores) {
  const at::Tensor row = scores.to(at::kFloat).contiguous();
  const Run& run = *waiting.run;
  std::vector<int> earlier = run.tokens;
  earlier.insert(earlier.end(), run.after.begin(), run.after.end());
  earlier.insert(earlier.end(), waiting.generated.begin(), waiting.generated.end());
  DrawPlace place = run.draw;
  place.step += static_cast<std::uint32_t>(waiting.generated.size());
  const std::span<const float> values(row.const_data_ptr<float>(),
                                      static_cast<std::size_t>(row.numel()));
  return draw(token_distribution(values, earlier, drawing.options),
              uniform_at(drawing.seed, place));
}

/// The id of a rank among scores [vocab], from 1; of equal ones the lower id comes first.
std::int64_t of_rank(const at::Tensor& scores, int rank) {
  const at::Tensor order = std::get<1>(at::sort(scores, /*stable=*/true, 0, /*descending=*/true));
  return order[std::min<std::int64_t>(rank, order.numel()) - 1].item<std::int64_t>();
}

}  // namespace

std::vector<NextToken> next_tokens(const Generation& generation, std::span<const Waiting> runs,
                                   const at::Tensor& scores) {
  const at::Tensor possible = generation.below > 0 && generation.below < scores.size(1)
                                  ? scores.narrow(1, 0, generation.below)
                                  : scores;
  const at::Tensor best = at::argmax(possible, -1).to(at::kCPU).contiguous();
  const at::Tensor on_cpu = generation.drawing ? possible.to(at::kCPU) : at::Tensor();
  std::vector<std::int64_t> ids;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto row = static_cast<std::int64_t>(r);
    if (runs[r].forced.token >= 0) {
      ids.push_back(runs[r].forced.token);
    } else if (runs[r].forced.rank > 0) {
      ids.push_back(of_rank(possible[row], runs[r].forced.rank));
    } else if (generation.drawing) {
      ids.push_back(drawn(*generation.drawing, runs[r], on_cpu[row]));
    } else {
      ids.push_back(best.const_data_ptr<std::int64_t>()[r]);
    }
  }
  const at::ScalarType wide = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor wide_scores = scores.to(wide);
  const at::Tensor chosen =
      wide_scores.gather(1, index_tensor(ids, scores.device()).unsqueeze(1)).squeeze(1);
  const at::Tensor log_probabilities =
      (chosen - at::logsumexp(wide_scores, {1})).to(at::kCPU, at::kFloat).contiguous();
  std::vector<NextToken> tokens;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    tokens.push_back({.id = static_cast<int>(ids[r]),
                      .log_probability = log_probabilities.const_data_ptr<float>()[r]});
  }
  return tokens;
}

}  // namespace phiscope::extract
