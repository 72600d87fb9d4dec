// SPDX-License-Identifier: MIT
#include "model/layers.hpp"

#include "model/cpu/product.hpp"
#include "model/fused_layers.hpp"
#include "model/step.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>

#include <optional>

namespace phiscope::extract {
namespace {

/// Changes values element by element. On the CPU the last few of a tensor would be computed one at
/// a time, with other bits than those computed side by side: which ones must not depend on the
/// number of rows.
template <class Change>
at::Tensor in_whole_vectors(at::Tensor x, Change change) {
  constexpr std::int64_t most_side_by_side = 64;
  const std::int64_t count = x.numel();
  const std::int64_t missing = (most_side_by_side - count % most_side_by_side) % most_side_by_side;
  if (missing == 0 || !x.is_cpu()) {
    change(x);
    return x;
  }
  at::Tensor flat = at::constant_pad_nd(x.reshape({count}), {0, missing});
  change(flat);
  return flat.narrow(0, 0, count).view(x.sizes());
}

std::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

/// @param wide_gain  the gain is applied before rounding to the model's dtype
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon, bool wide_gain) {
  if (has_fused_layers(x)) return fused_rms_norm(x, weight, epsilon, wide_gain);
  const at::Tensor wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.pow(2).mean(-1, true) + epsilon);
  if (wide_gain) return (wide * scale).mul_(weight).to(x.scalar_type());
  return (wide * scale).to(x.scalar_type()).mul_(weight);
}

}  // namespace

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   bool step) {
  if (step && has_step_kernels(x)) return step_product(x, weight, bias);
  const std::int64_t rows = x.size(0);
  const std::int64_t missing = filled_rows(rows) - rows;
  if (!x.is_cpu()) return at::linear(x, weight, if_defined(bias));
  const at::Tensor filled = missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, missing});
  const at::Tensor y = cpu_product(filled, weight, bias);
  return missing == 0 ? y : y.narrow(0, 0, rows);
}

at::Tensor norm(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                const at::Tensor& bias) {
  if (config.norm == NormKind::layer) {
    return at::layer_norm(x, {x.size(-1)}, weight, if_defined(bias), config.norm_eps);
  }
  return rms_norm(x, weight, config.norm_eps, config.norm != NormKind::rms);
}

at::Tensor activated(Activation activation, const at::Tensor& x) {
  return in_whole_vectors(x, [activation](at::Tensor& values) {
    switch (activation) {
      case Activation::silu:
        at::silu_(values);
        return;
      case Activation::gelu:
        at::gelu_(values, "none");
        return;
      case Activation::gelu_tanh:
        at::gelu_(values, "tanh");
        return;
    }
  });
}

at::Tensor soft_capped(const at::Tensor& x, double cap) {
  return in_whole_vectors(x, [cap](at::Tensor& values) { values.div_(cap).tanh_().mul_(cap); });
}

at::Tensor mlp_pre(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
                   bool step) {
  return config.gated ? product(x, weights[Part::gate], {}, step)
                      : product(x, weights[Part::up], weights[Part::up_bias], step);
}

at::Tensor mlp_post(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
                    const at::Tensor& pre, bool step) {
  if (config.gated && has_fused_gated(config.activation, pre)) {
    return fused_gated(config.activation, pre,
                       product(x, weights[Part::up], weights[Part::up_bias], step));
  }
  at::Tensor wide = activated(config.activation, pre);
  if (config.gated) wide.mul_(product(x, weights[Part::up], weights[Part::up_bias], step));
  return wide;
}

at::Tensor mlp(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
               bool step) {
  const at::Tensor wide = mlp_post(config, weights, x, mlp_pre(config, weights, x, step), step);
  return product(wide, weights[Part::down], weights[Part::down_bias], step);
}

}  // namespace phiscope::extract
