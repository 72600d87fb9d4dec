// SPDX-License-Identifier: MIT
#include "kernels.hpp"

#include "block.hpp"
#include "cuda_runtime.h"
#include "memory.hpp"

#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <cxxabi.h>
#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <sys/mman.h>
#include <type_traits>
#include <vector>

// The kernels themselves, compiled for the host.
#include "kernel/cuda/gated_activation.cu"
#include "kernel/cuda/head_norm.cu"
#include "kernel/cuda/logit_divergence.cu"
#include "kernel/cuda/not_finite.cu"
#include "kernel/cuda/rms_norm.cu"
#include "kernel/cuda/rotate_heads.cu"
#include "kernel/cuda/step_attentions.cu"

// The host functions beside the kernels are compiled with them and not called.
cudaError_t cudaLaunchKernel(const void*, dim3, dim3, void**, std::size_t, cudaStream_t) {
  return 1;
}

namespace phiscope::extract::kernel {

void check_cuda(cudaError_t status, const std::string& what) {
  if (status != 0) throw std::runtime_error(what);
}

}  // namespace phiscope::extract::kernel

namespace phiscope::fake_gpu {
namespace {

using namespace extract::kernel;
using Touched = std::function<void(const void*)>;

/// Whether a number is the address of memory that this process has.
bool is_mapped(std::uintptr_t number) {
  constexpr std::uintptr_t page = 4096;
  return number >= page && number < std::uintptr_t{1} << 47 &&
         msync(reinterpret_cast<void*>(number / page * page), 1, MS_ASYNC) == 0;
}

/// A pointer of a kernel's argument, where the host may use it.
template <class P>
P* placed(P* pointer, const Touched& touched) {
  void* const found = reachable(pointer);
  if (found == nullptr)
    throw std::runtime_error("a kernel was given a pointer to the host's memory");
  touched(pointer);
  return static_cast<P*>(found);
}

/// A kernel's argument with all its pointers placed. No number of a job is an address by chance.
template <class Job>
Job placed_job(Job job, const Touched& touched) {
  static_assert(std::is_trivially_copyable_v<Job> && sizeof(Job) % sizeof(std::uintptr_t) == 0);
  std::array<std::uintptr_t, sizeof(Job) / sizeof(std::uintptr_t)> words{};
  __builtin_clear_padding(&job);  // it holds what was on the stack before, old pointers too
  std::memcpy(words.data(), &job, sizeof job);
  for (std::uintptr_t& word : words) {
    auto* const pointer = reinterpret_cast<char*>(word);
    if (reachable(pointer) != nullptr || is_mapped(word)) {
      word = reinterpret_cast<std::uintptr_t>(placed(pointer, touched));
    }
  }
  std::memcpy(static_cast<void*>(&job), words.data(), sizeof job);
  return job;
}

/// Pointers in the device's memory are placed as well.
template <class Job>
struct PlacedTables {
  PlacedTables(Job& job, const Touched& touched) {
    if constexpr (requires { job.keys[0][0]; }) {
      for (auto* const table : {&job.keys, &job.values}) {
        auto& placed_table = tables_.emplace_back(*table, *table + job.lanes);
        for (void*& pointer : placed_table) pointer = placed(static_cast<char*>(pointer), touched);
        *table = reinterpret_cast<std::remove_reference_t<decltype(*table)>>(placed_table.data());
      }
    }
  }

 private:
  std::deque<std::vector<void*>> tables_;
};

using Run = std::function<void(void**, unsigned, unsigned, const Touched&)>;

struct Kernels {
  std::map<std::string, Run> by_name;

  template <auto kernel, class Job>
  void add_with(void (*)(Job)) {
    by_name[plain_name(__PRETTY_FUNCTION__)] = [](void** arguments, unsigned blocks,
                                                  unsigned threads, const Touched& touched) {
      Job job = placed_job(*static_cast<const Job*>(arguments[0]), touched);
      const PlacedTables<Job> tables(job, touched);
      for (unsigned block = 0; block < blocks; ++block) {
        run_block(block, threads, [&job] { kernel(job); });
      }
    };
  }
  template <auto kernel>
  void add() {
    add_with<kernel>(kernel);
  }

  template <class T, unsigned heads>
  void add_attention() {
    constexpr auto widest =
        static_cast<unsigned>(StepAttentions<T>::most_units / chunk_width<T>) / 32;
    add<step_attention_kernel<T, 8, 1, heads>>();
    add<step_attention_kernel<T, 16, 1, heads>>();
    add<step_attention_kernel<T, 32, 1, heads>>();
    add<step_attention_kernel<T, 32, widest, heads>>();
  }

  template <class T>
  void add_of() {
    add<head_norm_kernel<T>>();
    add<divergence_kernel<T>>();
    add<gated_activation_kernel<T>>();
    add<not_finite_kernel<T>>();
    add_attention<T, 1>();
    add_attention<T, sizeof(T) < sizeof(double) ? 4 : 1>();
  }

  template <class T, class W>
  void add_of_two() {
    add<rms_norm_kernel<T, W, 32>>();
    add<rms_norm_kernel<T, W, 256>>();
    add<rotate_heads_kernel<T, W>>();
  }

  Kernels() {
    add_of<float>();
    add_of<double>();
    add_of<Bfloat16>();
    add_of<Float16>();
    add_of_two<float, float>();
    add_of_two<double, double>();
    add_of_two<Bfloat16, Bfloat16>();
    add_of_two<Bfloat16, float>();
    add_of_two<Float16, Float16>();
    add_of_two<Float16, float>();
  }
};

}  // namespace

std::string plain_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  const std::string_view text = demangled ? std::string_view(demangled.get()) : mangled;
  const auto kernel = text.find("_kernel<");
  if (kernel == std::string_view::npos) return mangled;
  auto begin = kernel;
  while (begin > 0 && (std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0 ||
                       text[begin - 1] == '_')) {
    --begin;
  }
  std::string name(text.substr(begin, text.find('>', kernel) + 1 - begin));
  for (const std::string_view other : {"phiscope::extract::kernel::", "u"}) {
    for (auto at = name.find(other, kernel - begin); at != std::string::npos;
         at = name.find(other, at)) {
      const bool suffix = other != "u" || std::isdigit(static_cast<unsigned char>(name[at - 1]));
      suffix ? static_cast<void>(name.erase(at, other.size())) : static_cast<void>(++at);
    }
  }
  return name;
}

void run_kernel(const std::string& mangled, unsigned blocks, unsigned threads, void** arguments,
                const std::function<void(const void*)>& touched) {
  static const auto& kernels = *new Kernels;
  const auto found = kernels.by_name.find(plain_name(mangled));
  if (found == kernels.by_name.end()) {
    throw std::runtime_error("kernel " + plain_name(mangled) + " is not listed in kernels.cpp");
  }
  found->second(arguments, blocks, threads, touched);
}

}  // namespace phiscope::fake_gpu
