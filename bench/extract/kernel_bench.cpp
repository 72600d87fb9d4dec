// SPDX-License-Identifier: MIT
// row_product() against at::linear, and step_attention() against the library's attention, on one
// thread: CPU time, alternating, the best of several. The weights are read from memory: each call
// takes the next of copies that do not fit into a cache together.
#include "kernel/row_product.hpp"
#include "kernel/step_attention.hpp"
#include "model/cpu/matrix_products.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <vector>

namespace {

using namespace phiscope::extract::kernel;

constexpr double memory_bytes = 4e8;  // of all copies of a weight

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Function>
double seconds_of(int calls, const Function& call) {
  const double start = cpu_seconds();
  for (int k = 0; k < calls; ++k) call();
  return (cpu_seconds() - start) / calls;
}

/// Bytes per second of a sum over an array in memory, read in six streams: one alone is slower.
double read_bandwidth(const std::vector<float>& numbers) {
  constexpr std::size_t lanes = 16;
  constexpr std::size_t streams = 6;
  const std::size_t part = numbers.size() / streams / lanes * lanes;
  float sum[streams][lanes] = {};
  const double seconds = seconds_of(1, [&] {
    for (std::size_t k = 0; k < part; k += lanes) {
      for (std::size_t s = 0; s < streams; ++s) {
        const float* const from = numbers.data() + s * part + k;
        for (std::size_t l = 0; l < lanes; ++l) sum[s][l] += from[l];
      }
    }
  });
  float total = 0.0F;
  for (const auto& stream : sum) total += std::accumulate(stream, stream + lanes, 0.0F);
  if (total < 0.0F) std::puts("the sum is negative");  // so that it is computed
  return static_cast<double>(streams * part * sizeof(float)) / seconds;
}

template <class T>
constexpr at::ScalarType dtype_of = at::kFloat;
template <>
constexpr at::ScalarType dtype_of<Bfloat16> = at::kBFloat16;

template <class T>
const T* numbers_of(const at::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}

/// One line: both times, their ratio, bytes of weights and operations per second.
template <class T>
void compare_products(std::int64_t in, std::int64_t out, std::int64_t rows, int repeats) {
  const double bytes = static_cast<double>(in * out) * sizeof(T);
  const auto copies = std::max<std::int64_t>(2, static_cast<std::int64_t>(memory_bytes / bytes));
  const at::Tensor weights = at::randn({copies, out, in}).to(dtype_of<T>);
  const at::Tensor x = at::randn({rows, in}).to(dtype_of<T>);
  at::Tensor y = at::randn({rows, out}).to(dtype_of<T>);
  std::vector<float> wide(static_cast<std::size_t>(rows * in));
  std::int64_t copy = 0;
  const auto next = [&] { return weights.select(0, copy = (copy + 1) % copies); };
  const auto ours = [&] {
    const at::Tensor weight = next();
    widen_numbers(numbers_of<T>(x), wide.size(), wide.data());
    row_product(RowProduct<T, T>{.rows = static_cast<std::size_t>(rows),
                                 .in = static_cast<std::size_t>(in),
                                 .x = wide.data(),
                                 .x_stride = static_cast<std::size_t>(in),
                                 .weight = numbers_of<T>(weight),
                                 .weight_stride = static_cast<std::size_t>(in),
                                 .y = static_cast<T*>(y.mutable_data_ptr()),
                                 .y_stride = static_cast<std::size_t>(out)},
                0, static_cast<std::size_t>(out));
  };
  const auto theirs = [&] { y = at::linear(x, next()); };
  const double work = static_cast<double>(in * out * rows);
  const int calls = std::clamp(static_cast<int>(1e8 / work), 1, 20);
  theirs();
  double our_best = 1e9;
  double their_best = 1e9;
  for (int k = 0; k < repeats; ++k) {
    our_best = std::min(our_best, seconds_of(calls, ours));
    their_best = std::min(their_best, seconds_of(calls, theirs));
  }
  std::printf(
      "%-8s %5ldx%-5ld rows %2ld  %8.3f ms  linear %8.3f ms  ratio %5.2f  %5.1f GB/s  "
      "%6.1f GFLOP/s\n",
      sizeof(T) == 4 ? "float32" : "bfloat16", in, out, rows, 1e3 * our_best, 1e3 * their_best,
      their_best / our_best, 1e-9 * bytes / our_best, 2e-9 * work / our_best);
  std::fflush(stdout);
}

/// One new token against `tokens`, as generation does it for a layer.
void compare_attention(std::int64_t heads, std::int64_t kv_heads, std::int64_t unit,
                       std::int64_t tokens, int repeats) {
  const at::Tensor query = at::randn({1, heads, unit});
  const at::Tensor keys = at::randn({tokens, kv_heads, unit});
  const at::Tensor values = at::randn({tokens, kv_heads, unit});
  at::Tensor z = at::randn({heads, unit});
  const StepAttention<float> step{.heads = static_cast<std::size_t>(heads),
                                  .kv_heads = static_cast<std::size_t>(kv_heads),
                                  .unit = static_cast<std::size_t>(unit),
                                  .query = query.const_data_ptr<float>(),
                                  .keys = keys.const_data_ptr<float>(),
                                  .values = values.const_data_ptr<float>(),
                                  .token_stride = static_cast<std::size_t>(kv_heads * unit),
                                  .head_stride = static_cast<std::size_t>(unit),
                                  .tokens = static_cast<std::size_t>(tokens),
                                  .scale = 0.125F,
                                  .z = z.mutable_data_ptr<float>()};
  at::Tensor theirs_z;
  std::vector<float> scratch(step_attention_scratch(step));
  const auto first = [](const at::Tensor& x) { return x.permute({1, 0, 2}).unsqueeze(0); };
  const auto grouped = [&](const at::Tensor& x) {
    return kv_heads == heads ? x : x.repeat_interleave(heads / kv_heads, 1);
  };
  const auto ours = [&] { step_attention(step, 0, step.heads, std::span(scratch)); };
  const auto theirs = [&] {
    theirs_z =
        at::scaled_dot_product_attention(first(query), first(grouped(keys)), first(grouped(values)),
                                         std::nullopt, 0.0, false, 0.125);
  };
  double our_best = 1e9;
  double their_best = 1e9;
  const int calls = std::clamp(static_cast<int>(20'000'000 / (heads * unit * tokens)), 1, 50);
  for (int k = 0; k < repeats; ++k) {
    our_best = std::min(our_best, seconds_of(calls, ours));
    their_best = std::min(their_best, seconds_of(calls, theirs));
  }
  std::printf(
      "attention %2ld/%-2ld heads of %3ld, %5ld tokens  %8.3f ms  library %8.3f ms  ratio "
      "%5.2f\n",
      heads, kv_heads, unit, tokens, 1e3 * our_best, 1e3 * their_best, their_best / our_best);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: kernel_bench REPEATS\n", stderr);
    return 2;
  }
  const int repeats = std::atoi(argv[1]);
  const c10::InferenceMode no_gradients;
  phiscope::extract::matrix_products();  // as the program has them
  at::set_num_threads(1);
  const std::vector<float> numbers(static_cast<std::size_t>(memory_bytes / sizeof(float)), 1.0F);
  double bandwidth = 0.0;
  const auto measure_bandwidth = [&] {
    for (int k = 0; k < 3; ++k) bandwidth = std::max(bandwidth, read_bandwidth(numbers));
    std::printf("read bandwidth so far %.1f GB/s\n", 1e-9 * bandwidth);
  };
  const std::vector<std::pair<std::int64_t, std::int64_t>> shapes = {
      {768, 768}, {768, 3072}, {3072, 768}, {768, 50257}, {4096, 11008}};
  for (const int tokens : {16, 128, 1024, 8192}) {
    compare_attention(12, 12, 64, tokens, repeats);
    compare_attention(32, 8, 128, tokens, repeats);
  }
  for (const auto& [in, out] : shapes) {
    measure_bandwidth();
    for (const int rows : {1, 2, 4, 8, 16, 32, 64}) {
      compare_products<float>(in, out, rows, repeats);
      compare_products<Bfloat16>(in, out, rows, repeats);
    }
  }
  measure_bandwidth();
  return 0;
}
