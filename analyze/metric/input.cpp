// SPDX-License-Identifier: MIT
#include "metric/input.hpp"

#include "shard/file/format_error.hpp"
#include "shard/npy/half.hpp"
#include "shard/npy/order.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

namespace phiscope::analyze::metric {
namespace {

using shard::Dtype;
using shard::FormatError;

/// An element as the file stores it, in the byte order of the machine.
template <class Stored>
Stored load(const std::byte* from, bool swap) {
  std::array<std::byte, sizeof(Stored)> raw{};
  std::memcpy(raw.data(), from, sizeof(Stored));
  if (swap) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<Stored>(raw);
}

/// Copies elements that are `stride` bytes apart.
template <class Stored, class T, class Decode>
void copy_row(const std::byte* from, std::size_t stride, bool swap, std::span<T> to,
              Decode decode) {
  for (T& x : to) {
    x = static_cast<T>(decode(load<Stored>(from, swap)));
    from += stride;
  }
}

/// @return  true for a file that holds integers
bool check_dtype(const shard::NpyFile& file, Numbers numbers) {
  const Dtype dtype = file.header().dtype;
  const bool opaque = file.header().opaque;
  if (shard::is_floating(dtype) || (numbers.bf16 && dtype == Dtype::u2)) return false;
  if (numbers.integers && !opaque) return true;
  const std::string name(opaque ? "<V2" : shard::descr(dtype));
  throw FormatError(file.path(), "dtype is " + name + ", expected f2, f4 or f8" +
                                     (numbers.integers ? ", integers or truth values" : "") +
                                     (dtype == Dtype::u2 ? " (bfloat16 needs --bf16)" : ""));
}

/// The elements in place, if the file allows it.
template <class T>
std::span<const T> view_in_place(const shard::NpyFile& file) {
  const auto& header = file.header();
  const bool possible = header.dtype == shard::dtype_of<T> && !header.big_endian &&
                        !shard::detail::is_permuted(header) && header.data_offset % alignof(T) == 0;
  return possible ? file.view<T>() : std::span<const T>{};
}

template <class T>
void view_or_copy(const RowFile& rows, std::span<const T>& view, std::vector<T>& copy) {
  view = view_in_place<T>(rows.file());
  if (!view.empty() || rows.file().count() == 0) return;
  copy.resize(rows.file().count());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    rows.read(row, std::span(copy).subspan(row * rows.cols(), rows.cols()));
  }
  view = copy;
}

void expect_shape(const shard::NpyFile& file, const std::vector<std::uint64_t>& expected,
                  const std::string& why) {
  if (file.shape() == expected) return;
  throw FormatError(file.path(), "shape is " + shard::shape_text(file.shape()) + ", expected " +
                                     shard::shape_text(expected) + ", " + why);
}

}  // namespace

RowFile::RowFile(const std::filesystem::path& path, Numbers numbers)
    : file_(path, shard::Opaque::accepted) {
  if (check_dtype(file_, numbers)) integers_ = file_.read<double>();
  const auto& shape = file_.shape();
  if (shape.empty()) throw FormatError(path, "shape is (), expected one axis or more");
  cols_ = shape.back();
  if (cols_ == 0) {
    throw FormatError(path, "shape is " + shard::shape_text(shape) +
                                ", expected a unit or more in the last axis");
  }
  for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) rows_ *= shape[axis];
  strides_.resize(shape.size());
  std::size_t step = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = file_.header().fortran_order ? i : shape.size() - 1 - i;
    strides_[axis] = step;
    step *= shape[axis];
  }
}

template <class T>
void RowFile::read(std::size_t row, std::span<T> to) const {
  if (!integers_.empty()) {
    const auto own = std::span(integers_).subspan(row * cols_, cols_);
    std::ranges::transform(own, to.begin(), [](double x) { return static_cast<T>(x); });
    return;
  }
  const auto& header = file_.header();
  std::size_t first = 0;
  for (std::size_t axis = strides_.size() - 1; axis-- > 0;) {
    first += row % header.shape[axis] * strides_[axis];
    row /= header.shape[axis];
  }
  const std::size_t size = shard::item_size(header.dtype);
  const std::byte* const from = file_.bytes().data() + first * size;
  const std::size_t stride = strides_.back() * size;
  switch (header.dtype) {
    case Dtype::f2:
      return copy_row<std::uint16_t>(from, stride, header.big_endian, to, shard::half_to_float);
    case Dtype::u2:
      return copy_row<std::uint16_t>(from, stride, header.big_endian, to, shard::bfloat16_to_float);
    case Dtype::f4:
      return copy_row<float>(from, stride, header.big_endian, to, [](float x) { return x; });
    default:  // the constructor has let nothing else in
      return copy_row<double>(from, stride, header.big_endian, to, [](double x) { return x; });
  }
}

template void RowFile::read(std::size_t row, std::span<float> to) const;
template void RowFile::read(std::size_t row, std::span<double> to) const;

MatrixFile::MatrixFile(const std::filesystem::path& path, Numbers numbers) : rows_(path, numbers) {
  if (rows_.file().shape().size() != 2) {
    throw FormatError(path, "shape is " + shard::shape_text(rows_.file().shape()) +
                                ", expected two axes, (row, unit)");
  }
  if (rows_.is_double()) {
    view_or_copy(rows_, doubles_, double_copy_);
  } else {
    view_or_copy(rows_, floats_, float_copy_);
  }
}

std::vector<std::int64_t> read_labels(const std::filesystem::path& path, const MatrixFile& rows) {
  const shard::NpyFile file(path);
  expect_shape(file, {rows.rows()}, "a label for every row of " + shard::path_text(rows.path()));
  return file.read<std::int64_t>();
}

std::vector<double> read_adjacency(const std::filesystem::path& path, const MatrixFile& rows) {
  const shard::NpyFile file(path);
  expect_shape(file, {rows.rows(), rows.rows()},
               "a weight for every two rows of " + shard::path_text(rows.path()));
  return file.read<double>();
}

}  // namespace phiscope::analyze::metric
