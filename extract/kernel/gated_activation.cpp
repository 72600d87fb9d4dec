// SPDX-License-Identifier: MIT
#include "kernel/gated_activation.hpp"

#include "kernel/number_rows.hpp"
#include "kernel/vector_exp.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace phiscope::extract::kernel {
namespace {

/// y = x / (1 + e^-x), so that no power overflows. y is not x.
template <class S>
void silu_row(const S* x, std::size_t count, S* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = exp_of_negative(-std::fabs(x[i]));
  for (std::size_t i = 0; i < count; ++i) {
    y[i] = (std::max(x[i], S{0}) + std::min(x[i], S{0}) * y[i]) / (S{1} + y[i]);
  }
}

}  // namespace

template <class T>
void gated_activation(const GatedActivation<T>& job, std::size_t begin, std::size_t end) {
  if (job.activation != GateActivation::silu || job.rows != 1) {
    throw std::invalid_argument("gated_activation: not on the CPU");
  }
  in_rows(end - begin, [&](std::size_t from, std::size_t count) {
    T* const gate = job.gate + begin + from;
    Wide<T> room[most_in_row];
    Wide<T> active[most_in_row];
    silu_row(widened_row(gate, count, room), count, active);
    round_row<T>(active, count);
    const Wide<T>* const factors = widened_row(job.up + begin + from, count, room);
    Wide<T>* const values = row_for(gate, active);
    for (std::size_t i = 0; i < count; ++i) values[i] = active[i] * factors[i];
    narrowed_row(values, count, gate);
  });
}

template void gated_activation(const GatedActivation<float>&, std::size_t, std::size_t);
template void gated_activation(const GatedActivation<double>&, std::size_t, std::size_t);
template void gated_activation(const GatedActivation<Bfloat16>&, std::size_t, std::size_t);
template void gated_activation(const GatedActivation<Float16>&, std::size_t, std::size_t);

}  // namespace phiscope::extract::kernel
