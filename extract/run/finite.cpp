// SPDX-License-Identifier: MIT
#include "run/finite.hpp"

#ifdef PHISCOPE_CUDA
#include "kernel/not_finite.hpp"
#include "model/device/current_stream.hpp"
#include "model/numbers.hpp"

#include <ATen/ops/full.h>
#include <c10/core/DeviceGuard.h>
#endif

#include <ATen/ops/aminmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace phiscope::extract {

bool all_finite(const at::Tensor& x) {
  const auto [low, high] = at::aminmax(x);  // not-a-number wins
  const at::Tensor both = at::stack({low, high}).to(at::kCPU, at::kDouble);
  return at::isfinite(both).all().item<bool>();
}

std::runtime_error not_finite(const std::string& place, at::ScalarType dtype,
                              const std::string& run, std::int64_t position) {
  const bool narrow = dtype == at::kHalf;
  std::string text = place + ": not finite in ";
  text += narrow ? "float16" : c10::toString(dtype);
  text += " at " + run + ", position " + std::to_string(position) + ", expected finite values";
  if (narrow) text += ": float16 ends at 65504, use --dtype bfloat16 or float32";
  return std::runtime_error(text);
}

void FiniteCheck::see_embedding(const at::Tensor& embedding) {
  see(Hook::embed, 0, embedding);
}

void FiniteCheck::see_block(int layer, const BlockTrace& trace, const at::Tensor& residual) {
  const std::int64_t used = stage_of(batch_, layer).used;
  const auto in_use = [&](const at::Tensor& x) { return x.narrow(0, 0, used); };
  if (late_) {
    see(Hook::resid_post, layer, in_use(residual));
    return;
  }
  if (all_finite(in_use(residual))) return;
  const std::pair<Hook, at::Tensor> places[] = {{Hook::z, trace.of(Hook::z)},
                                                {Hook::attn_out, trace.of(Hook::attn_out)},
                                                {Hook::resid_mid, trace.of(Hook::resid_mid)},
                                                {Hook::mlp_out, trace.of(Hook::mlp_out)},
                                                {Hook::resid_post, residual}};
  for (const auto& [hook, values] : places) {
    if (values.defined()) see(hook, layer, in_use(values));
  }
}

void FiniteCheck::see(Hook hook, int layer, const at::Tensor& values) {
#ifdef PHISCOPE_CUDA
  if (late_ && values.is_cuda()) {
    see_late(values);
    places_.emplace_back(hook, layer);
    return;
  }
#endif
  if (late_) {
    const auto [low, high] = at::aminmax(values, 1);
    places_.emplace_back(hook, layer);
    extremes_.push_back(at::stack({low, high}));
    return;
  }
  if (all_finite(values)) return;
  const at::Tensor bad =
      at::isfinite(values.reshape({values.size(0), -1})).logical_not().any(1).nonzero();
  refuse(hook, layer, bad.select(0, 0).item<std::int64_t>());
}

#ifdef PHISCOPE_CUDA
void FiniteCheck::see_late(const at::Tensor& values) {
  const at::Tensor rows = values.stride(1) == 1 ? values : values.contiguous();
  if (!first_.defined()) {
    first_ = at::full({1}, none_found, rows.options().dtype(at::kLong));
  }
  const c10::DeviceGuard on_device(rows.device());
  with_type(rows, [&](auto kind) {
    using T = decltype(kind);
    kernel::not_finite_cuda(
        kernel::NotFinite<T>{.rows = static_cast<std::size_t>(rows.size(0)),
                             .unit = static_cast<std::size_t>(rows.size(1)),
                             .x = numbers<T>(rows),
                             .row_stride = static_cast<std::size_t>(rows.stride(0)),
                             .tag = static_cast<std::uint64_t>(places_.size()) << row_bits,
                             .first = mutable_numbers<std::uint64_t>(first_)},
        current_stream(rows.device()));
  });
}
#endif

void FiniteCheck::end() const {
  if (places_.empty()) return;
  if (first_.defined()) {
    const auto found = first_.item<std::int64_t>();
    if (found == none_found) return;
    const Place& place = places_.at(static_cast<std::size_t>(found >> row_bits));
    refuse(place.first, place.second, found & ((std::int64_t{1} << row_bits) - 1));
  }
  const at::Tensor all = at::cat(extremes_, 1).to(at::kCPU, at::kDouble).contiguous();
  const at::Tensor good = at::isfinite(all).all(0).contiguous();
  std::int64_t column = 0;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    for (std::int64_t row = 0; row < extremes_[i].size(1); ++row, ++column) {
      if (!good.const_data_ptr<bool>()[column]) refuse(places_[i].first, places_[i].second, row);
    }
  }
}

void FiniteCheck::refuse(Hook hook, int layer, std::int64_t row) const {
  std::size_t lane = 0;
  while (batch_.begin[lane + 1] <= row) ++lane;
  std::string place(hook_name(hook).path);
  const std::size_t at = place.find("{l}");
  if (at != std::string::npos) place.replace(at, 3, std::to_string(layer));
  throw not_finite(
      place, model_.dtype,
      lane < names_.size() ? names_[lane] : "run " + std::to_string(lane) + " of its batch",
      batch_.lanes[lane].start + row - batch_.begin[lane]);
}

}  // namespace phiscope::extract
