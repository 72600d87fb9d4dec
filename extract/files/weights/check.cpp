// SPDX-License-Identifier: MIT
#include "files/weights/check.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace phiscope::extract {

namespace fs = std::filesystem;
using shard::FormatError;
using shard::quote_bytes;

namespace {

/// First element whose exponent bits are all set, that is a NaN or an infinity. Blocks are tested
/// without a branch, so that the scan runs at the speed of memory.
template <class Bits>
std::optional<std::uint64_t> first_with_full_exponent(std::span<const std::byte> bytes,
                                                      Bits exponent) {
  constexpr std::size_t block = 4096;
  std::array<Bits, block> values{};
  const std::size_t n = bytes.size() / sizeof(Bits);
  for (std::size_t start = 0; start < n; start += block) {
    const std::size_t size = std::min(block, n - start);
    std::memcpy(values.data(), bytes.data() + start * sizeof(Bits), size * sizeof(Bits));
    Bits any = 0;
    for (std::size_t i = 0; i < size; ++i) {
      any |= static_cast<Bits>((values[i] & exponent) == exponent);
    }
    if (any == 0) continue;
    const auto* const found =
        std::find_if(values.data(), values.data() + size,
                     [exponent](Bits value) { return (value & exponent) == exponent; });
    return start + static_cast<std::uint64_t>(found - values.data());
  }
  return std::nullopt;
}

/// "[i, j]" of the element with this number, in C order.
std::string place_of(std::uint64_t element, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<std::uint64_t>(shape[axis]);
    index[axis] = static_cast<std::int64_t>(element % size);
    element /= size;
  }
  return text_of(index);
}

}  // namespace

std::optional<std::uint64_t> first_nonfinite(const TensorView& tensor) {
  switch (tensor.dtype) {
    case TensorDtype::f16:
      return first_with_full_exponent<std::uint16_t>(tensor.bytes, 0x7C00U);
    case TensorDtype::bf16:
      return first_with_full_exponent<std::uint16_t>(tensor.bytes, 0x7F80U);
    case TensorDtype::f32:
      return first_with_full_exponent<std::uint32_t>(tensor.bytes, 0x7F800000U);
    case TensorDtype::f64:
      return first_with_full_exponent<std::uint64_t>(tensor.bytes, 0x7FF0000000000000U);
    default:
      throw std::invalid_argument("first_nonfinite: tensor " + quote_bytes(tensor.name) +
                                  " is not of a float dtype");
  }
}

namespace {

/// As first_nonfinite() of a mapped tensor, whose memory is given back piece by piece.
std::optional<std::uint64_t> first_nonfinite_in_pieces(const TensorView& tensor) {
  constexpr std::size_t piece = std::size_t{8} << 20U;  // whole elements
  TensorView part = tensor;
  for (std::size_t begin = 0; begin < tensor.bytes.size(); begin += piece) {
    part.bytes = tensor.bytes.subspan(begin, std::min(piece, tensor.bytes.size() - begin));
    const auto found = first_nonfinite(part);
    shard::release_pages(part.bytes);
    if (found) return begin / item_size(tensor.dtype) + *found;
  }
  return std::nullopt;
}

}  // namespace

void check_finite(const std::map<std::string, TensorView>& tensors, const Weights& weights,
                  const std::function<void()>& between) {
  for (const auto& [name, view] : tensors) {
    if (between) between();
    const auto element = first_nonfinite_in_pieces(view);
    if (!element) continue;
    // A view may be a slice of the stored tensor.
    const TensorView& whole = weights.at(view.name);
    const auto before = static_cast<std::uint64_t>(view.bytes.data() - whole.bytes.data());
    const std::uint64_t place = before / item_size(view.dtype) + *element;
    throw FormatError(weights.file_of(view.name),
                      "tensor " + quote_bytes(view.name) + " holds a NaN or an infinity at " +
                          place_of(place, whole.shape) + ", expected finite values");
  }
}

std::string model_revision(const fs::path& directory) {
  fs::path path = fs::absolute(directory).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.parent_path().filename() == "snapshots" ? shard::path_text(path.filename()) : "";
}

}  // namespace phiscope::extract
