// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace phiscope::extract {

/// How LibTorch computes matrix products on the CPU in this process.
struct MatrixProducts {
  std::string name;           ///< as the plan has it: "MKL AUTO,STRICT", "not reproducible"
  bool reproducible = false;  ///< the bits of a row depend on no other row and on no thread count
};

/// Puts MKL into its strict reproducible mode, unless MKL_CBWR asks for one of the same promise.
/// MKL reads that variable at its first product and never again: call this before any of LibTorch.
/// Without the mode MKL chooses kernels by the number of rows.
/// Later calls return what the first one found.
/// @throws std::runtime_error in one line if MKL_CBWR asks for less;
///         std::logic_error if a product came first
const MatrixProducts& matrix_products();

/// From here on MKL computes every product on the thread that asks for it, on this thread and those
/// of at::parallel_for(). Costs little where nothing has changed since the last call.
void confine_products();

/// The judgement that matrix_products() makes.
/// @param mode      what mkl_cbwr_get() says; nothing: LibTorch has no MKL, or none that says it
/// @param variable  MKL_CBWR as the user has set it; empty: not at all
MatrixProducts judge_products(std::optional<int> mode, const std::string& variable);

}  // namespace phiscope::extract
