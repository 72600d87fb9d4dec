// SPDX-License-Identifier: MIT
#include "kernel/row_product.hpp"

#include "kernel/lanes.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace phiscope::extract::kernel {
namespace {

// A panel of weights is taken from memory into the first cache, all rows are multiplied with it,
// and meanwhile the next one is on its way. Its outputs are far apart: six streams that are read
// side by side, line by line in turn, come from memory half as fast again as one (17 against 11
// GB/s measured).
constexpr std::size_t block_in = 1024;  // of this many k a partial sum is made, always
constexpr std::size_t panel_outputs = 6;
constexpr std::size_t block_rows = 64;
// Weights of 16 bits are widened for every two rows; with more rows than this once, to an array.
constexpr std::size_t widened_on_the_way = 8;
constexpr std::size_t line = 64;  // bytes

/// Part of a matrix that is wanted soon, fetched a line of each row in turn.
class Ahead {
 public:
  Ahead() = default;
  template <class T>
  Ahead(const T* first, std::size_t stride, std::size_t rows, std::size_t columns)
      : line_(reinterpret_cast<const char*>(first)),
        stride_(stride * sizeof(T)),
        rows_(rows),
        columns_left_((columns * sizeof(T) + line - 1) / line),
        rows_left_(rows) {}

  [[nodiscard]] std::size_t lines() const { return rows_ * columns_left_; }
  void fetch(std::size_t count) {
    for (; count > 0 && columns_left_ > 0; --count) {
      __builtin_prefetch(line_, 0, 3);
      if (--rows_left_ > 0) {
        line_ += stride_;
        continue;
      }
      rows_left_ = rows_;
      line_ -= (rows_ - 1) * stride_;
      if (--columns_left_ > 0) line_ += line;
    }
  }

 private:
  const char* line_ = nullptr;  ///< the next to be fetched
  std::size_t stride_ = 0;
  std::size_t rows_ = 0;
  std::size_t columns_left_ = 0;
  std::size_t rows_left_ = 0;
};

/// Adds the products of R rows with O outputs over `in` <= block_in to sums[row, output].
template <class L, std::size_t R, std::size_t O, class W, class S>
void tile(const S* x, std::size_t x_stride, const W* w, std::size_t w_stride, std::size_t in,
          Ahead& ahead, std::size_t lines, S* sums) {
  using Part = typename L::Part;
  Part sum[R][O][L::parts];
  const auto add = [&](const S* row, std::size_t row_stride, const W* weight,
                       std::size_t weight_stride) {
#pragma GCC unroll 8
    for (std::size_t part = 0; part < L::parts; ++part) {
      Part of_row[R];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < R; ++r) {
        of_row[r] = Part::load(row + r * row_stride + part * part_width<L>);
      }
#pragma GCC unroll 8
      for (std::size_t o = 0; o < O; ++o) {
        Part of_output = Part::load(weight + o * weight_stride + part * part_width<L>);
        of_output.hold();
#pragma GCC unroll 8
        for (std::size_t r = 0; r < R; ++r) sum[r][o][part].add_product(of_row[r], of_output);
      }
    }
  };
  constexpr std::size_t stretch = 8 * L::width;
  const std::size_t whole = in / L::width * L::width;
  std::size_t k = 0;
  while (k < whole) {
    const std::size_t to = std::min(k + stretch, whole);
    ahead.fetch(lines);
    for (; k < to; k += L::width) add(x + k, x_stride, w + k, w_stride);
  }
  if (k < in) {  // the rest, filled up with zeros
    S row[R * L::width] = {};
    W weight[O * L::width] = {};
    for (std::size_t r = 0; r < R; ++r)
      std::copy_n(x + r * x_stride + k, in - k, row + r * L::width);
    for (std::size_t o = 0; o < O; ++o) {
      std::copy_n(w + o * w_stride + k, in - k, weight + o * L::width);
    }
    add(row, L::width, weight, L::width);
  }
#pragma GCC unroll 8
  for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (std::size_t o = 0; o < O; ++o) sums[r * panel_outputs + o] += L::sum(sum[r][o]);
  }
}

/// Adds the products of `rows` rows with `outputs` outputs to sums[row, output].
template <class L, class W, class S>
void multiply_panel(const S* x, std::size_t x_stride, std::size_t rows, const W* w,
                    std::size_t w_stride, std::size_t outputs, std::size_t in, Ahead ahead,
                    S* sums) {
  const std::size_t stretches = std::max<std::size_t>(1, in / (8 * L::width));
  const std::size_t passes = ((rows + 1) / 2) * ((outputs + 2) / 3) * stretches;
  const std::size_t lines = (ahead.lines() + passes - 1) / passes;
  const auto go = [&]<std::size_t R, std::size_t O>(std::size_t r, std::size_t o) {
    tile<L, R, O>(x + r * x_stride, x_stride, w + o * w_stride, w_stride, in, ahead,
                  R == 1 && O == 6 ? 2 * lines : lines, sums + r * panel_outputs + o);
  };
  std::size_t r = 0;
  for (; r + 2 <= rows; r += 2) {
    std::size_t o = 0;
    for (; o + 3 <= outputs; o += 3) go.template operator()<2, 3>(r, o);
    for (; o < outputs; ++o) go.template operator()<2, 1>(r, o);
  }
  for (; r < rows; ++r) {
    std::size_t o = 0;
    for (; o + 6 <= outputs; o += 6) go.template operator()<1, 6>(r, o);
    for (; o < outputs; ++o) go.template operator()<1, 1>(r, o);
  }
}

template <class L, class T, class S>
void widen_with(const T* from, std::size_t count, S* to) {
  std::size_t k = 0;
  for (; k + part_width<L> <= count; k += part_width<L>) L::Part::load(from + k).store(to + k);
  for (; k < count; ++k) to[k] = widen(from[k]);
}

/// Up to panel_outputs outputs, each `step` after the one before.
struct Panel {
  std::size_t first = 0;
  std::size_t step = 1;
  std::size_t outputs = 0;
};

/// The panel with that number of the outputs from `begin` up to `end`; none has no outputs.
Panel panel_at(std::size_t number, std::size_t begin, std::size_t end) {
  const std::size_t step = (end - begin) / panel_outputs;
  if (number < step) return {.first = begin + number, .step = step, .outputs = panel_outputs};
  const std::size_t rest = begin + panel_outputs * step;
  return {.first = rest, .step = 1, .outputs = number == step ? end - rest : 0};
}

template <class L, class T, class Y>
void multiply(const RowProduct<T, Y>& p, std::size_t begin, std::size_t end) {
  using S = Wide<T>;
  constexpr bool direct = std::is_same_v<T, S>;
  alignas(line) S sums[block_rows * panel_outputs];
  alignas(line) S wide[direct ? 1 : panel_outputs * block_in];
  // In panels: what is fetched ahead is about as much as a panel of whole blocks.
  const std::size_t distance = std::max<std::size_t>(1, block_in / std::max<std::size_t>(1, p.in));
  // The processor's own look-ahead is faster where one or two rows meet weights without gaps.
  const bool fetch = p.rows > 2 || p.weight_stride > 2 * p.in;
  const auto weights = [&](const Panel& panel, std::size_t k) {
    return p.weight + panel.first * p.weight_stride + k;
  };
  for (std::size_t row = 0; row < p.rows; row += block_rows) {
    const std::size_t rows = std::min(block_rows, p.rows - row);
    const S* const x = p.x + row * p.x_stride;
    Panel panel = panel_at(0, begin, end);
    for (std::size_t number = 1; panel.outputs > 0; ++number) {
      const Panel later = panel_at(number - 1 + distance, begin, end);
      const std::size_t stride = panel.step * p.weight_stride;
      std::fill_n(sums, rows * panel_outputs, S{0});
      for (std::size_t k = 0; k < p.in; k += block_in) {
        const std::size_t in = std::min(block_in, p.in - k);
        const T* const w = weights(panel, k);
        Ahead ahead;
        if (fetch && k + in < p.in) {
          ahead = Ahead(w + in, stride, panel.outputs, std::min(block_in, p.in - k - in));
        } else if (fetch && later.outputs > 0) {
          ahead = Ahead(weights(later, 0), later.step * p.weight_stride, later.outputs,
                        std::min(block_in, p.in));
        }
        if (direct || rows <= widened_on_the_way) {
          multiply_panel<L>(x + k, p.x_stride, rows, w, stride, panel.outputs, in, ahead, sums);
        } else {
          for (std::size_t o = 0; o < panel.outputs; ++o) {
            widen_with<L>(w + o * stride, in, wide + o * block_in);
          }
          multiply_panel<L>(x + k, p.x_stride, rows, wide, block_in, panel.outputs, in, ahead,
                            sums);
        }
      }
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t o = 0; o < panel.outputs; ++o) {
          const std::size_t output = panel.first + o * panel.step;
          S sum = sums[r * panel_outputs + o];
          if (p.bias != nullptr) sum += widen(p.bias[output]);
          p.y[(row + r) * p.y_stride + output] = narrow<Y>(sum);
        }
      }
      panel = panel_at(number, begin, end);
    }
  }
}

}  // namespace

template <class T, class Y>
void row_product(const RowProduct<T, Y>& product, std::size_t begin, std::size_t end) {
  multiply<Lanes<Wide<T>>>(product, begin, end);
}

template <class T, class Y>
void portable_row_product(const RowProduct<T, Y>& product, std::size_t begin, std::size_t end) {
  multiply<PortableLanes<Wide<T>>>(product, begin, end);
}

template <class T>
void widen_numbers(const T* from, std::size_t count, Wide<T>* to) {
  widen_with<Lanes<Wide<T>>>(from, count, to);
}

#define PHISCOPE_ROW_PRODUCT(T, Y)                                                    \
  template void row_product<T, Y>(const RowProduct<T, Y>&, std::size_t, std::size_t); \
  template void portable_row_product<T, Y>(const RowProduct<T, Y>&, std::size_t, std::size_t)

PHISCOPE_ROW_PRODUCT(float, float);
PHISCOPE_ROW_PRODUCT(double, double);
PHISCOPE_ROW_PRODUCT(Bfloat16, float);
PHISCOPE_ROW_PRODUCT(Bfloat16, Bfloat16);
PHISCOPE_ROW_PRODUCT(Float16, float);
PHISCOPE_ROW_PRODUCT(Float16, Float16);
template void widen_numbers<float>(const float*, std::size_t, float*);
template void widen_numbers<double>(const double*, std::size_t, double*);
template void widen_numbers<Bfloat16>(const Bfloat16*, std::size_t, float*);
template void widen_numbers<Float16>(const Float16*, std::size_t, float*);

}  // namespace phiscope::extract::kernel
