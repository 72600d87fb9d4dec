// SPDX-License-Identifier: MIT
#include "shard/npy/npy.hpp"

#include "shard/file/format_error.hpp"
#include "shard/npy/order.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace phiscope::shard {

NpyArray::NpyArray(std::span<const std::byte> file, std::filesystem::path path, Opaque opaque)
    : path_(std::move(path)), file_(file), header_(parse_npy_header(file, path_, opaque)) {}

NpyFile::NpyFile(const std::filesystem::path& path, Opaque opaque)
    : NpyFile(MappedFile(path), opaque) {}

NpyFile::NpyFile(MappedFile mapped, Opaque opaque)
    : NpyArray(mapped.bytes(), mapped.path(), opaque), mapped_(std::move(mapped)) {}

std::span<const std::byte> NpyArray::bytes() const noexcept {
  return file_.subspan(header_.data_offset);
}

std::vector<std::byte> NpyArray::c_order_bytes() const {
  const std::size_t size = item_size(header_.dtype);
  const std::span<const std::byte> from = bytes();
  std::vector<std::byte> to(from.size());
  if (!detail::is_permuted(header_)) {
    std::copy(from.begin(), from.end(), to.begin());
  } else {
    detail::for_each_in_c_order(header_, [&](std::size_t target, std::size_t source) {
      std::memcpy(&to[target * size], &from[source * size], size);
    });
  }
  if (header_.big_endian) {
    for (std::size_t i = 0; i < to.size(); i += size) {
      std::reverse(to.begin() + static_cast<std::ptrdiff_t>(i),
                   to.begin() + static_cast<std::ptrdiff_t>(i + size));
    }
  }
  return to;
}

void NpyArray::check_view(Dtype wanted, std::size_t alignment) const {
  if (header_.dtype != wanted) {
    throw FormatError(path(), "dtype is " + std::string(descr(header_.dtype)) + ", expected " +
                                  std::string(descr(wanted)));
  }
  if (header_.big_endian) throw FormatError(path(), "is big endian, expected little endian");
  if (detail::is_permuted(header_)) {
    throw FormatError(path(), "is in Fortran order, expected C order");
  }
  // The file begins at an aligned address, so the offset alone tells.
  if (header_.data_offset % alignment != 0) {
    throw FormatError(path(), "data begins at byte " + std::to_string(header_.data_offset) +
                                  ", expected a multiple of " + std::to_string(alignment));
  }
}

}  // namespace phiscope::shard
