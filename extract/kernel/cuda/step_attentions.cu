// SPDX-License-Identifier: MIT
#include "kernel/cuda/check.cuh"
#include "kernel/cuda/chunk.cuh"
#include "kernel/step_attentions.hpp"

#include <cmath>
#include <stdexcept>

namespace phiscope::extract::kernel {
namespace {

constexpr unsigned attention_threads = 256;
constexpr unsigned tokens_at_once = 2;  // of a team: their reads are on the way together

template <class S>
__device__ S minus_infinity() {
  return -static_cast<S>(INFINITY);
}

/// Softmax-weighted values of the tokens so far, relative to the highest score so far.
template <class S, unsigned units>
struct RunningSum {
  S most = minus_infinity<S>();
  S total = 0;
  S sums[units] = {};

  /// Adds tokens; a score of minus infinity counts nothing.
  __device__ void add(const S (&scores)[tokens_at_once], const S (&values)[tokens_at_once][units]) {
    S highest = most;
    for (const S score : scores) highest = score > highest ? score : highest;
    const S factor = most == highest ? S{1} : std::exp(most - highest);
    most = highest;
    total *= factor;
    for (S& sum : sums) sum *= factor;
#pragma unroll
    for (unsigned t = 0; t < tokens_at_once; ++t) {
      const S weight = scores[t] == minus_infinity<S>() ? S{0} : std::exp(scores[t] - highest);
      total += weight;
      for (unsigned u = 0; u < units; ++u) sums[u] = std::fma(weight, values[t][u], sums[u]);
    }
  }
};

/// A block has a lane's key head and up to `most_heads` of the query heads that it serves. Its
/// threads form teams: `members` threads read the units of a token, `chunks` chunks each; team t
/// has the visible tokens t, t + teams, t + 2 teams, ... The parts of the teams are added in order.
template <class T, unsigned members, unsigned chunks, unsigned most_heads>
__global__ void __launch_bounds__(attention_threads, 2)
    step_attention_kernel(StepAttentions<T> job) {
  using S = Wide<T>;
  constexpr unsigned width = static_cast<unsigned>(chunk_width<T>);
  constexpr unsigned own = chunks * width;
  constexpr unsigned teams = attention_threads / members;
  __shared__ S sums[attention_threads * own];  // [team, unit]
  __shared__ S most[teams];
  __shared__ S totals[teams];
  const unsigned member = threadIdx.x % members;
  const unsigned team = threadIdx.x / members;

  const std::size_t group = job.heads / job.kv_heads;
  const std::size_t parts = (group + most_heads - 1) / most_heads;
  const std::size_t part = blockIdx.x % parts;
  const std::size_t kv_head = blockIdx.x / parts % job.kv_heads;
  const std::size_t lane = blockIdx.x / parts / job.kv_heads;
  const std::size_t first_head = kv_head * group + part * most_heads;
  const std::size_t left = group - part * most_heads;
  const unsigned heads = left < most_heads ? static_cast<unsigned>(left) : most_heads;

  const std::size_t unit = job.unit;
  const std::size_t stride = job.kv_heads * unit;
  const auto tokens = static_cast<std::size_t>(job.tokens[lane]);
  const std::size_t visible = job.window == 0 || job.window > tokens ? tokens : job.window;
  const std::size_t first = tokens - visible;
  T* const keys = job.keys[lane] + kv_head * unit;
  T* const values = job.values[lane] + kv_head * unit;
  const T* const new_key = job.key + lane * job.key_stride + kv_head * unit;
  const T* const new_value = job.value + lane * job.value_stride + kv_head * unit;
  const T* const query = job.query + lane * job.query_stride + first_head * unit;
  const bool aligned = unit % width == 0 && in_whole_chunks(keys) && in_whole_chunks(values) &&
                       in_whole_chunks(new_key) && in_whole_chunks(new_value) &&
                       in_whole_chunks(query);
  // The cache's own last token is written here and read nowhere: other blocks take it from the
  // arguments as well.
  if (part == 0 && threadIdx.x < unit) {
    keys[(tokens - 1) * stride + threadIdx.x] = new_key[threadIdx.x];
    values[(tokens - 1) * stride + threadIdx.x] = new_value[threadIdx.x];
  }
  const auto read = [&](const T* row, S(&to)[own]) {
#pragma unroll
    for (unsigned c = 0; c < chunks; ++c) {
      S chunk[width];
      read_chunk(row, (c * members + member) * width, unit, aligned, chunk);
      for (unsigned i = 0; i < width; ++i) to[c * width + i] = chunk[i];
    }
  };

  // Loops over heads are unrolled, so that all this stays in registers.
  S queries[most_heads][own] = {};
  RunningSum<S, own> running[most_heads];
#pragma unroll
  for (unsigned h = 0; h < most_heads; ++h) {
    if (h < heads) read(query + h * unit, queries[h]);
  }
  for (std::size_t base = 0; base < visible; base += teams * tokens_at_once) {
    S key[tokens_at_once][own];
    S value[tokens_at_once][own];
#pragma unroll
    for (unsigned t = 0; t < tokens_at_once; ++t) {
      const std::size_t token = first + base + t * teams + team;
      if (token < tokens) {
        const bool last = token + 1 == tokens;
        read(last ? new_key : keys + token * stride, key[t]);
        read(last ? new_value : values + token * stride, value[t]);
      } else {
        for (unsigned u = 0; u < own; ++u) key[t][u] = value[t][u] = 0;
      }
    }
#pragma unroll
    for (unsigned h = 0; h < most_heads; ++h) {
      if (h >= heads) continue;  // the whole block
      S scores[tokens_at_once];
#pragma unroll
      for (unsigned t = 0; t < tokens_at_once; ++t) {
        S score = 0;
        for (unsigned u = 0; u < own; ++u) score = std::fma(queries[h][u], key[t][u], score);
        score = sum_of_lanes<members>(score) * job.scale;
        if (job.softcap != S{0}) score = job.softcap * std::tanh(score / job.softcap);
        const bool there = first + base + t * teams + team < tokens;
        scores[t] = there ? score : minus_infinity<S>();
      }
      running[h].add(scores, value);
    }
  }

#pragma unroll
  for (unsigned h = 0; h < most_heads; ++h) {
    if (h >= heads) continue;
#pragma unroll
    for (unsigned c = 0; c < chunks; ++c) {
      for (unsigned i = 0; i < width; ++i) {
        sums[(team * chunks + c) * members * width + member * width + i] =
            running[h].sums[c * width + i];
      }
    }
    if (member == 0) {
      most[team] = running[h].most;
      totals[team] = running[h].total;
    }
    __syncthreads();
    S highest = minus_infinity<S>();
    for (const S one : most) highest = one > highest ? one : highest;
    S sum = 0;
    S total = 0;
    if (threadIdx.x < unit) {
      for (unsigned t = 0; t < teams; ++t) {
        // A team without a finite score has sums of 0, or not-a-number.
        const S factor = most[t] == minus_infinity<S>() ? S{0} : std::exp(most[t] - highest);
        total += totals[t] * factor;
        sum += sums[t * members * own + threadIdx.x] * factor;
      }
      job.z[(lane * job.heads + first_head + h) * unit + threadIdx.x] = narrowed<T>(sum / total);
    }
    __syncthreads();
  }
}

template <class T, unsigned members, unsigned chunks>
void start(const StepAttentions<T>& job, void* stream) {
  const std::size_t group = job.heads / job.kv_heads;
  // Heads that share a block share its reads; few lanes are better spread out. No bit depends on
  // it.
  constexpr std::size_t shared = sizeof(T) < sizeof(double) ? 4 : 1;
  constexpr std::size_t enough_blocks = 264;
  const bool many = group > 1 && job.lanes * job.heads >= 2 * enough_blocks;
  const std::size_t heads = many ? shared : 1;
  const std::size_t blocks = job.lanes * job.kv_heads * ((group + heads - 1) / heads);
  const auto kernel = heads == shared ? step_attention_kernel<T, members, chunks, shared>
                                      : step_attention_kernel<T, members, chunks, 1>;
  launch("step_attentions_cuda", kernel, blocks, attention_threads, stream, job);
}

}  // namespace

template <class T>
void step_attentions_cuda(const StepAttentions<T>& job, void* stream) {
  if (job.kv_heads == 0 || job.heads % job.kv_heads != 0) {
    throw std::invalid_argument("step_attentions_cuda: kv_heads does not divide heads");
  }
  if (job.unit > StepAttentions<T>::most_units) {
    throw std::invalid_argument("step_attentions_cuda: a head has too many units");
  }
  if (job.lanes == 0 || job.unit == 0) return;
  // Few members for small heads, so that no thread is without a unit: a quarter of a full head in
  // one chunk, half of one, or all in as many chunks as 32 threads need.
  constexpr unsigned widest =
      static_cast<unsigned>(StepAttentions<T>::most_units / chunk_width<T>) / 32;
  constexpr std::size_t full = 32 * chunk_width<T>;
  if (job.unit <= full / 4) return start<T, 8, 1>(job, stream);
  if (job.unit <= full / 2) return start<T, 16, 1>(job, stream);
  if (job.unit <= full || widest == 1) return start<T, 32, 1>(job, stream);
  return start<T, 32, widest>(job, stream);
}

template void step_attentions_cuda<float>(const StepAttentions<float>&, void*);
template void step_attentions_cuda<double>(const StepAttentions<double>&, void*);
template void step_attentions_cuda<Bfloat16>(const StepAttentions<Bfloat16>&, void*);
template void step_attentions_cuda<Float16>(const StepAttentions<Float16>&, void*);

}  // namespace phiscope::extract::kernel
