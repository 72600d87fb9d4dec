// SPDX-License-Identifier: MIT
// Cases of gated activations for both kernels, that of the CPU and that of a GPU.
#pragma once

#include "catch.hpp"
#include "kernel/gated_activation.hpp"
#include "kernel_case.hpp"

#include <numbers>

namespace phiscope::test {

using extract::kernel::GateActivation;
using extract::kernel::GatedActivation;

inline double activated(GateActivation activation, double x) {
  if (activation == GateActivation::silu) return x / (1.0 + std::exp(-x));
  if (activation == GateActivation::gelu) {
    return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
  }
  const double inner = std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(inner));
}

/// @param gap  numbers between rows, which are left alone
/// @param run  computes a job whose arrays are of type Array
template <class T, template <class> class Array, class Run>
void check_gate(GateActivation activation, std::size_t rows, std::size_t unit, std::size_t offset,
                std::size_t gap, Run run) {
  INFO("bytes " << sizeof(T) << " activation " << static_cast<int>(activation) << " rows " << rows
                << " unit " << unit << " gap " << gap);
  const std::size_t count = rows * (unit + gap);
  const auto seed = static_cast<unsigned>(count);
  std::vector<T> gate = normal_numbers<T>(offset + count, seed, 3.0F);
  std::vector<T> up = normal_numbers<T>(offset + count, seed + 1);
  const double inf = std::numeric_limits<double>::infinity();
  std::size_t at = offset;
  for (const double special : {0.0, inf, -60.0, std::nan("")}) {
    if (at < gate.size()) gate[at++] = narrow<T>(static_cast<Wide<T>>(special));
  }
  Array<T> array_gate(gate);
  Array<T> array_up(up);
  run(GatedActivation<T>{.rows = rows,
                         .unit = unit,
                         .activation = activation,
                         .gate = array_gate.data() + offset,
                         .gate_stride = unit + gap,
                         .up = array_up.data() + offset,
                         .up_stride = unit + gap});
  const std::vector<T> found = array_gate.values();
  std::size_t apart = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i < offset || (i - offset) % (unit + gap) >= unit) {
      if (!is_near(found[i], static_cast<double>(widen(gate[i])), 0.0)) ++apart;
      continue;
    }
    const double active = activated(activation, static_cast<double>(widen(gate[i])));
    const auto rounded = static_cast<double>(widen(narrow<T>(static_cast<Wide<T>>(active))));
    // 1 + erf and 1 + tanh cancel where the gate is negative: the error is one of numbers near x.
    const double size = std::abs(static_cast<double>(widen(gate[i]) * widen(up[i])));
    const double wide = sizeof(T) == 8 ? 0x1p-53 : 0x1p-24;
    const double allowed = rounding<T>() * std::abs(rounded * static_cast<double>(widen(up[i]))) *
                               (sizeof(T) == 2 ? 4.1 : 16.0) +
                           4 * wide * size + (sizeof(T) == 2 ? 1e-6 : 0.0);
    const double wanted = rounded * static_cast<double>(widen(up[i]));
    const auto got = static_cast<double>(widen(found[i]));
    const bool like =
        std::isfinite(wanted) ? std::abs(got - wanted) <= allowed : is_near(found[i], wanted, 0.0);
    if (!like) ++apart;
  }
  CHECK(apart == 0);
}

template <template <class> class Array, class Run>
void check_gates(GateActivation activation, Run run) {
  for (const std::size_t count : std::vector<std::size_t>{1, 7, 8, 4099, 18944}) {
    for (const std::size_t offset : std::vector<std::size_t>{0, 1}) {
      check_gate<float, Array>(activation, 1, count, offset, 0, run);
      check_gate<double, Array>(activation, 1, count, offset, 0, run);
      check_gate<Bfloat16, Array>(activation, 1, count, offset, 0, run);
      check_gate<Float16, Array>(activation, 1, count, offset, 0, run);
    }
  }
}

/// Of many rows, which the CPU has not.
template <template <class> class Array, class Run>
void check_rows_of_gates(GateActivation activation, Run run) {
  for (const std::size_t unit : std::vector<std::size_t>{1, 7, 8, 130, 4099}) {
    for (const std::size_t gap : std::vector<std::size_t>{0, 3, 8}) {
      check_gate<float, Array>(activation, 5, unit, 0, gap, run);
      check_gate<double, Array>(activation, 3, unit, 1, gap, run);
      check_gate<Bfloat16, Array>(activation, 5, unit, 0, gap, run);
      check_gate<Float16, Array>(activation, 33, unit, 2, gap, run);
    }
  }
}

}  // namespace phiscope::test
