// SPDX-License-Identifier: MIT
#include "kernel/step_attention.hpp"

#include "kernel/lanes.hpp"
#include "kernel/row_product.hpp"
#include "kernel/vector_exp.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace phiscope::extract::kernel {
namespace {

constexpr std::size_t wide_lanes = 16;    // of the maximum and the sum of the softmax
constexpr std::size_t block_tokens = 64;  // of this many values a partial sum is made
constexpr std::size_t line = 64;          // bytes

std::size_t padded(std::size_t tokens) {
  return (tokens + wide_lanes - 1) / wide_lanes * wide_lanes;
}

template <class S>
S exp_of(S x) {
  if constexpr (std::is_same_v<S, float>) {
    return exp_of_negative(x);
  } else {
    return std::exp(x);
  }
}

template <class S>
S capped(S score, S cap) {
  if constexpr (std::is_same_v<S, float>) {
    return cap * tanh_of(score / cap);
  } else {
    return cap * std::tanh(score / cap);
  }
}

/// Products become exp(score - highest score). `count` is a multiple of wide_lanes; what stands
/// beyond `tokens` becomes 0.
/// @return the sum
template <class S>
S soft_maximum(S* scores, std::size_t tokens, std::size_t count, S scale, S softcap) {
  for (std::size_t t = 0; t < tokens; ++t) scores[t] *= scale;
  if (softcap != S{0}) {
    for (std::size_t t = 0; t < tokens; ++t) scores[t] = capped(scores[t], softcap);
  }
  std::fill(scores + tokens, scores + count, -std::numeric_limits<S>::infinity());
  S highest[wide_lanes];
  std::copy_n(scores, wide_lanes, highest);
  for (std::size_t t = wide_lanes; t < count; t += wide_lanes) {
    for (std::size_t l = 0; l < wide_lanes; ++l) {
      highest[l] = highest[l] < scores[t + l] ? scores[t + l] : highest[l];
    }
  }
  const S most = *std::max_element(highest, highest + wide_lanes);
  S sum[wide_lanes] = {};
  for (std::size_t t = 0; t < count; t += wide_lanes) {
    for (std::size_t l = 0; l < wide_lanes; ++l) {
      const S weight = exp_of(scores[t + l] - most);
      scores[t + l] = weight;
      sum[l] += weight;
    }
  }
  for (std::size_t half = wide_lanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) sum[l] += sum[l + half];
  }
  return sum[0];
}

/// Adds the values of up to block_tokens tokens, each times its weight, to sums[unit], for P parts
/// of lanes.
template <class L, std::size_t P, class T, class S>
void add_values(const S* weights, const T* values, std::size_t stride, std::size_t tokens,
                std::size_t ahead, S* sums) {
  using Part = typename L::Part;
  Part sum[P];
  for (std::size_t t = 0; t < tokens; ++t) {
    const T* const value = values + t * stride;
    if (t < ahead) {
      const char* const next = reinterpret_cast<const char*>(value + block_tokens * stride);
      for (std::size_t at = 0; at < P * part_width<L> * sizeof(T); at += line) {
        __builtin_prefetch(next + at, 0, 3);
      }
    }
    const Part weight = Part::all(weights[t]);
#pragma GCC unroll 8
    for (std::size_t p = 0; p < P; ++p) {
      sum[p].add_product(weight, Part::load(value + p * part_width<L>));
    }
  }
  for (std::size_t p = 0; p < P; ++p) {
    S numbers[part_width<L>];
    sum[p].store(numbers);
    for (std::size_t l = 0; l < part_width<L>; ++l) sums[p * part_width<L> + l] += numbers[l];
  }
}

/// The same for any number of units.
/// @param ahead  tokens of the next block to prefetch
template <class L, class T, class S>
void add_all_values(const S* weights, const T* values, std::size_t stride, std::size_t tokens,
                    std::size_t ahead, std::size_t unit, S* sums) {
  std::size_t u = 0;
  for (; u + 8 * part_width<L> <= unit; u += 8 * part_width<L>) {
    add_values<L, 8>(weights, values + u, stride, tokens, ahead, sums + u);
  }
  for (; u + part_width<L> <= unit; u += part_width<L>) {
    add_values<L, 1>(weights, values + u, stride, tokens, ahead, sums + u);
  }
  for (; u < unit; ++u) {
    S sum = 0;
    for (std::size_t t = 0; t < tokens; ++t) {
      sum = std::fma(weights[t], widen(values[t * stride + u]), sum);
    }
    sums[u] += sum;
  }
}

template <class T>
void check(const StepAttention<T>& a, std::size_t end, std::size_t scratch) {
  if (a.tokens == 0) throw std::invalid_argument("step_attention: no token is visible");
  if (a.kv_heads == 0 || a.heads % a.kv_heads != 0) {
    throw std::invalid_argument("step_attention: kv_heads does not divide heads");
  }
  if (end > a.heads) throw std::invalid_argument("step_attention: more heads than there are");
  if (scratch < step_attention_scratch(a)) {
    throw std::invalid_argument("step_attention: the scratch is too small");
  }
}

}  // namespace

template <class T>
std::size_t step_attention_scratch(const StepAttention<T>& a) {
  const std::size_t visible = a.window == 0 ? a.tokens : std::min(a.window, a.tokens);
  return a.kv_heads == 0 ? 0 : a.heads / a.kv_heads * (padded(visible) + 2 * a.unit + 1);
}

template <class T>
void step_attention(const StepAttention<T>& a, std::size_t begin, std::size_t end,
                    std::span<Wide<T>> scratch) {
  using S = Wide<T>;
  using L = Lanes<S>;
  check(a, end, scratch.size());
  const std::size_t group = a.heads / a.kv_heads;
  const std::size_t visible = a.window == 0 ? a.tokens : std::min(a.window, a.tokens);
  const std::size_t count = padded(visible);
  S* const scores = scratch.data();  // [head of the group, token]
  S* const query = scores + group * count;
  S* const sums = query + group * a.unit;
  S* const totals = sums + group * a.unit;
  for (std::size_t head = begin; head < end;) {
    const std::size_t kv_head = head / group;
    const std::size_t rows = std::min(end, (kv_head + 1) * group) - head;
    const std::size_t first = (a.tokens - visible) * a.token_stride + kv_head * a.head_stride;
    const T* const values = a.values + first;
    widen_numbers(a.query + head * a.unit, rows * a.unit, query);
    row_product(RowProduct<T, S>{.rows = rows,
                                 .in = a.unit,
                                 .x = query,
                                 .x_stride = a.unit,
                                 .weight = a.keys + first,
                                 .weight_stride = a.token_stride,
                                 .y = scores,
                                 .y_stride = count},
                0, visible);
    for (std::size_t r = 0; r < rows; ++r) {
      totals[r] = soft_maximum(scores + r * count, visible, count, a.scale, a.softcap);
    }
    std::fill_n(sums, rows * a.unit, S{0});
    for (std::size_t token = 0; token < visible; token += block_tokens) {
      const std::size_t tokens = std::min(block_tokens, visible - token);
      const std::size_t after = std::min(block_tokens, visible - token - tokens);
      for (std::size_t r = 0; r < rows; ++r) {
        add_all_values<L>(scores + r * count + token, values + token * a.token_stride,
                          a.token_stride, tokens, r == 0 ? after : 0, a.unit, sums + r * a.unit);
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      T* const z = a.z + (head + r) * a.unit;
      for (std::size_t u = 0; u < a.unit; ++u) z[u] = narrow<T>(sums[r * a.unit + u] / totals[r]);
    }
    head += rows;
  }
}

#define PHISCOPE_STEP_ATTENTION(T)                                                   \
  template std::size_t step_attention_scratch<T>(const StepAttention<T>&);           \
  template void step_attention<T>(const StepAttention<T>&, std::size_t, std::size_t, \
                                  std::span<Wide<T>>)

PHISCOPE_STEP_ATTENTION(float);
PHISCOPE_STEP_ATTENTION(double);
PHISCOPE_STEP_ATTENTION(Bfloat16);
PHISCOPE_STEP_ATTENTION(Float16);

}  // namespace phiscope::extract::kernel
