// SPDX-License-Identifier: MIT
#include "shard/npy/nonfinite.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

using phiscope::shard::count_nonfinite;
using phiscope::shard::Dtype;
using phiscope::shard::first_nonfinite;

namespace {

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

/// Every place of a bad value, also around the ends of the pieces that are looked at together.
template <class T>
void check_places(Dtype dtype, std::string_view encoding, T good, const std::vector<T>& bad) {
  std::vector<T> values(70'001, good);
  CHECK(count_nonfinite(bytes_of(values), dtype, encoding) == 0);
  CHECK(first_nonfinite(bytes_of(values), dtype, encoding) == std::nullopt);
  const std::size_t piece = 65536 / sizeof(T);
  for (const T one : bad) {
    for (const std::size_t at :
         {std::size_t{0}, piece - 1, piece, 3 * piece / 2, 2 * piece, values.size() - 1}) {
      CAPTURE(dtype_name(dtype), at);
      values[at] = one;
      CHECK(first_nonfinite(bytes_of(values), dtype, encoding) == at);
      CHECK(count_nonfinite(bytes_of(values), dtype, encoding) == 1);
      values.back() = one;
      CHECK(first_nonfinite(bytes_of(values), dtype, encoding) == at);
      // A file's data need not be aligned.
      std::vector<std::byte> shifted(values.size() * sizeof(T) + 1);
      std::memcpy(&shifted[1], values.data(), values.size() * sizeof(T));
      CHECK(first_nonfinite(std::span(shifted).subspan(1), dtype, encoding) == at);
      values[at] = values.back() = good;
    }
  }
}

}  // namespace

TEST_CASE("the first value that is not finite is found wherever it is", "[nonfinite]") {
  check_places<float>(Dtype::f4, "", std::numeric_limits<float>::max(),
                      {NAN, -NAN, INFINITY, -INFINITY});
  check_places<double>(Dtype::f8, "", -std::numeric_limits<double>::max(),
                       {std::nan(""), -std::numeric_limits<double>::infinity()});
  check_places<std::uint16_t>(Dtype::f2, "", 0xFBFF, {0x7C00, 0xFC00, 0x7C01, 0xFFFF});
  check_places<std::uint16_t>(Dtype::u2, "bf16", 0xFF7F, {0x7F80, 0xFF80, 0x7F81, 0xFFFF});
}

TEST_CASE("integers are always finite, and so is nothing", "[nonfinite]") {
  const std::vector<std::uint64_t> ones(9, ~std::uint64_t{0});
  for (const Dtype dtype : {Dtype::i1, Dtype::u2, Dtype::i4, Dtype::i8, Dtype::b1}) {
    CHECK(count_nonfinite(bytes_of(ones), dtype, "") == 0);
    CHECK(first_nonfinite(bytes_of(ones), dtype, "") == std::nullopt);
  }
  CHECK(first_nonfinite({}, Dtype::f4, "") == std::nullopt);
  CHECK(count_nonfinite(bytes_of(ones), Dtype::f8, "") == 9);
}
