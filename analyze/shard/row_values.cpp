// SPDX-License-Identifier: MIT
#include "shard/row_values.hpp"

#include "shard/file/format_error.hpp"
#include "shard/npy/half.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace phiscope::shard {
namespace {

bool holds_bfloat16(const Run& run, std::string_view name) {
  const auto& arrays = run.plan().arrays;
  const auto found = std::ranges::find(arrays, name, &ArrayPlan::name);
  return found != arrays.end() && found->encoding == "bf16";
}

/// Elements one by one: the data of a file need not be aligned.
template <class T, class Convert>
std::vector<double> part_of(const NpyFile& file, std::size_t first, std::size_t count,
                            Convert convert) {
  const std::byte* from = file.bytes().data() + first * sizeof(T);
  std::vector<double> values;
  values.reserve(count);
  for (std::size_t i = 0; i < count; ++i, from += sizeof(T)) {
    T value{};
    std::memcpy(&value, from, sizeof(T));
    values.push_back(static_cast<double>(convert(value)));
  }
  return values;
}

}  // namespace

RowValues::RowValues(const Run& run, std::string_view array, std::int64_t shard)
    : file_(run.array(array, shard)) {
  if (!is_floating(file_.header().dtype) && !holds_bfloat16(run, array)) {
    throw FormatError(file_.path(), "is " + std::string(descr(file_.header().dtype)) +
                                        ", expected <f2, <f4, <f8, or <u2 with encoding bf16");
  }
  const auto& shape = file_.shape();
  rows_ = shape.at(0);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) row_size_ *= shape[axis];
}

std::vector<double> RowValues::row(std::size_t index) const {
  if (index >= rows_) throw std::out_of_range("RowValues: no such row");
  const std::size_t first = index * row_size_;
  switch (file_.header().dtype) {
    case Dtype::f8:
      return part_of<double>(file_, first, row_size_, [](double x) { return x; });
    case Dtype::f4:
      return part_of<float>(file_, first, row_size_, [](float x) { return x; });
    case Dtype::f2:
      return part_of<std::uint16_t>(file_, first, row_size_, half_to_float);
    default:  // the constructor has let nothing else in
      return part_of<std::uint16_t>(file_, first, row_size_, bfloat16_to_float);
  }
}

}  // namespace phiscope::shard
