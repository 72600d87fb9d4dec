// SPDX-License-Identifier: MIT
#include "model/cpu/matrix_products.hpp"

#include "model/cpu/parallel.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <stdexcept>
#include <string_view>

namespace phiscope::extract {
namespace {

constexpr const char* variable_name = "MKL_CBWR";

// mkl_types.h, which does not come with LibTorch: the mode is a branch and perhaps a strict bit.
constexpr int strict_bit = 0x10000;
constexpr int everything = -1;
struct Branch {
  int number;
  std::string_view name;
};
// MKL's manual promises strictness from AVX2 on. With COMPATIBLE and SSE4_2 it takes the word but
// sums still depend on the number of threads (measured with oneMKL 2024.0).
constexpr std::array<Branch, 4> strict_branches{
    {{2, "AUTO"}, {10, "AVX2"}, {12, "AVX512"}, {14, "AVX512_E1"}}};

using MklFunction = int (*)(int);

/// LibTorch's headers declare nothing of MKL: a function is looked up under its public name, and
/// under the one that a LibTorch with MKL inside exports.
MklFunction mkl_function(const char* name, const char* inside) {
  if (!at::hasMKL()) return nullptr;
  for (const char* const one : {name, inside}) {
    if (void* const found = dlsym(RTLD_DEFAULT, one)) {
      return reinterpret_cast<MklFunction>(found);  // NOLINT: what dlsym is for
    }
  }
  return nullptr;
}

/// Sets how many threads MKL takes where the calling thread asks for a product.
MklFunction set_threads_here() {
  static const MklFunction found =
      mkl_function("MKL_Set_Num_Threads_Local", "mkl_serv_set_num_threads_local");
  return found;
}

/// The mode in force. Asking makes MKL read its variable.
std::optional<int> mode_in_force() {
  const MklFunction mode = mkl_function("MKL_CBWR_Get", "mkl_serv_cbwr_get");
  // Unconfined products would promise less.
  if (mode == nullptr || set_threads_here() == nullptr) return std::nullopt;
  return mode(everything);
}

MatrixProducts make_reproducible() {
  const char* const set = std::getenv(variable_name);
  const std::string variable = set == nullptr ? "" : set;
  if (variable.empty()) setenv(variable_name, "AUTO,STRICT", /*overwrite=*/1);
  return judge_products(mode_in_force(), variable);
}

}  // namespace

MatrixProducts judge_products(std::optional<int> mode, const std::string& variable) {
  if (!mode) return {.name = "not reproducible", .reproducible = false};
  for (const Branch& branch : strict_branches) {
    if (*mode != (branch.number | strict_bit)) continue;
    return {.name = "MKL " + std::string(branch.name) + ",STRICT", .reproducible = true};
  }
  if (variable.empty()) {
    throw std::logic_error("matrix_products: MKL was used before its mode could be set");
  }
  throw std::runtime_error(
      std::string(variable_name) + ": found '" + variable +
      "', expected it unset, AUTO,STRICT, AVX2,STRICT or AVX512,STRICT: in other modes of MKL a "
      "run's last bits depend on its batch and on the number of threads");
}

void confine_products() {
  // Threads of a pool whose size changes may be new ones.
  thread_local int confined = 0;
  const int threads = at::get_num_threads();
  if (threads == confined || set_threads_here() == nullptr || at::in_parallel_region()) return;
  // As many parts as threads: each thread gets one.
  in_parallel(threads, 1,
              [](std::int64_t /*begin*/, std::int64_t /*end*/) { set_threads_here()(1); });
  confined = threads;
}

const MatrixProducts& matrix_products() {
  static const MatrixProducts found = make_reproducible();
  return found;
}

}  // namespace phiscope::extract
