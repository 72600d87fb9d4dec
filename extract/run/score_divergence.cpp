// SPDX-License-Identifier: MIT
#include "run/score_divergence.hpp"

#include "model/cpu/parallel.hpp"

#include <span>
#include <utility>

#ifdef PHISCOPE_CUDA
#include "kernel/logit_divergence.hpp"
#include "model/device/current_stream.hpp"
#include "model/index_tensor.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>

#include <cmath>
#include <cstring>
#endif

namespace phiscope::extract {
namespace {

/// Compares the rows of b from `begin` on, which have one row of a in common.
template <class T>
void compare(const at::Tensor& a, std::int64_t row_a, const at::Tensor& b, std::int64_t begin,
             std::span<LogitDivergence> found) {
  const auto vocab = static_cast<std::size_t>(a.size(1));
  const auto row = [vocab](const at::Tensor& scores, std::int64_t at) {
    return std::span<const T>(scores.const_data_ptr<T>() + at * scores.size(1), vocab);
  };
  if (found.size() == 1) {
    found.front() = kl_divergence<T, T>(row(a, row_a), row(b, begin));
    return;
  }
  const ReferenceLogits<T> reference(row(a, row_a));
  for (LogitDivergence& one : found) one = reference.divergence(row(b, begin++));
}

#ifdef PHISCOPE_CUDA
LogitDivergence divergence_of(const kernel::LogitMeasures& found, std::int64_t vocab) {
  if (found.finite == 0) {
    constexpr Value undefined = Status::nonfinite;
    return {.kl = undefined, .reverse_kl = undefined, .l2 = undefined, .rms = undefined};
  }
  return {.kl = found.kl,
          .reverse_kl = found.reverse_kl,
          .l2 = found.l2,
          .rms = found.l2 / std::sqrt(static_cast<double>(vocab)),
          .prediction_changed = found.argmax_a != found.argmax_b};
}

/// Queues the comparison. @return  [row of b] kernel::LogitMeasures as bytes, once it is computed
at::Tensor queued_measures(const at::Tensor& a, std::span<const std::int64_t> rows_a,
                           const at::Tensor& b) {
  const c10::DeviceGuard on_device(b.device());
  const auto index = b.options().dtype(at::kLong);
  const at::Tensor row_a = index_tensor({rows_a.begin(), rows_a.end()}, b.device());
  const at::Tensor row_b = at::arange(b.size(0), index);
  const auto bytes = b.size(0) * static_cast<std::int64_t>(sizeof(kernel::LogitMeasures));
  const at::Tensor room = at::empty({bytes}, b.options().dtype(at::kByte));
  with_type(b, [&](auto kind) {
    using T = decltype(kind);
    const kernel::LogitPairs<T> job{.pairs = static_cast<std::size_t>(b.size(0)),
                                    .vocab = static_cast<std::size_t>(b.size(1)),
                                    .a = numbers<T>(a),
                                    .a_stride = static_cast<std::size_t>(a.size(1)),
                                    .b = numbers<T>(b),
                                    .b_stride = static_cast<std::size_t>(b.size(1)),
                                    .row_a = numbers<std::int64_t>(row_a),
                                    .row_b = numbers<std::int64_t>(row_b),
                                    .measures = mutable_numbers<kernel::LogitMeasures>(room)};
    kernel::logit_divergences_cuda(job, current_stream(b.device()));
  });
  return room;
}

std::vector<LogitDivergence> finished(std::span<const at::Tensor> queued, std::int64_t vocab) {
  std::vector<LogitDivergence> all;
  if (queued.empty()) return all;
  const at::Tensor known = at::cat(at::TensorList(queued.data(), queued.size())).cpu();  // waits
  std::vector<kernel::LogitMeasures> measures(static_cast<std::size_t>(known.numel()) /
                                              sizeof(kernel::LogitMeasures));
  std::memcpy(measures.data(), known.const_data_ptr(), static_cast<std::size_t>(known.numel()));
  all.reserve(measures.size());
  for (const kernel::LogitMeasures& found : measures) all.push_back(divergence_of(found, vocab));
  return all;
}
#endif

}  // namespace

at::Tensor comparable_scores(const at::Tensor& scores) {
#ifdef PHISCOPE_CUDA
  if (scores.is_cuda()) return scores.contiguous();
#endif
  const bool wide = scores.scalar_type() == at::kDouble;
  return scores.to(at::kCPU, wide ? at::kDouble : at::kFloat).contiguous();
}

void ScoreDivergences::add(const at::Tensor& a, std::span<const std::int64_t> rows_a,
                           const at::Tensor& b) {
  vocab_ = b.size(1);
#ifdef PHISCOPE_CUDA
  if (b.is_cuda()) {
    queued_.push_back(queued_measures(a, rows_a, b));
    return;
  }
#endif
  constexpr Value unknown = Status::too_few_rows;
  const std::size_t before = known_.size();
  known_.resize(before + static_cast<std::size_t>(b.size(0)),
                {.kl = unknown, .reverse_kl = unknown, .l2 = unknown, .rms = unknown});
  const std::span<LogitDivergence> found = std::span(known_).subspan(before);
  in_parallel(b.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end;) {
      const std::int64_t row_a = rows_a[static_cast<std::size_t>(i)];
      std::int64_t next = i + 1;
      while (next < end && rows_a[static_cast<std::size_t>(next)] == row_a) ++next;
      const auto part =
          found.subspan(static_cast<std::size_t>(i), static_cast<std::size_t>(next - i));
      if (b.scalar_type() == at::kDouble) {
        compare<double>(a, row_a, b, i, part);
      } else {
        compare<float>(a, row_a, b, i, part);
      }
      i = next;
    }
  });
}

std::vector<LogitDivergence> ScoreDivergences::take() {
#ifdef PHISCOPE_CUDA
  if (!queued_.empty()) return finished(std::exchange(queued_, {}), vocab_);
#endif
  return std::exchange(known_, {});
}

}  // namespace phiscope::extract
