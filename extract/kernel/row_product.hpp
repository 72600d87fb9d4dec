// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/number.hpp"

#include <cstddef>

namespace phiscope::extract::kernel {

/// y[row, out] = sum over k of x[row, k] weight[out, k], plus bias[out]. For few rows: the weights
/// are read from memory once for 64 rows.
///
/// T is the weights' type, Y the result's: T or Wide<T>. Products are summed in Wide<T>, in an
/// order that depends on `in` alone, and rounded to Y once, after the bias. So a row has the same
/// bits among any others, in any part of the outputs and on any machine. Nothing need be aligned.
/// y must not overlap what is read. A stride counts elements from one row to the next.
template <class T, class Y>
struct RowProduct {
  std::size_t rows = 0;
  std::size_t in = 0;
  const Wide<T>* x = nullptr;  ///< [rows, in]; from 16 bits: widen_numbers()
  std::size_t x_stride = 0;
  const T* weight = nullptr;  ///< [outputs, in]
  std::size_t weight_stride = 0;
  const T* bias = nullptr;  ///< [outputs] or null
  Y* y = nullptr;           ///< [rows, outputs]
  std::size_t y_stride = 0;
};

/// Computes the outputs from `begin` up to `end`; disjoint parts may run on several threads.
/// Defined for T = float, double, Bfloat16 and Float16. Needs no memory but 30 KiB of stack.
template <class T, class Y>
void row_product(const RowProduct<T, Y>& product, std::size_t begin, std::size_t end);

/// The same without the processor's own instructions: what row_product() is tested against.
template <class T, class Y>
void portable_row_product(const RowProduct<T, Y>& product, std::size_t begin, std::size_t end);

/// Widens `count` numbers; exact.
template <class T>
void widen_numbers(const T* from, std::size_t count, Wide<T>* to);

}  // namespace phiscope::extract::kernel
