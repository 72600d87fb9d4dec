// SPDX-License-Identifier: MIT
#include "shard/npy/dtype.hpp"

#include <array>

namespace phiscope::shard {
namespace {

struct Facts {
  Dtype dtype;
  std::string_view name;
  std::string_view descr;
  std::size_t size;
};

// In the order of the enumerators.
constexpr std::array<Facts, 12> facts = {{{Dtype::b1, "b1", "|b1", 1},
                                          {Dtype::i1, "i1", "|i1", 1},
                                          {Dtype::i2, "i2", "<i2", 2},
                                          {Dtype::i4, "i4", "<i4", 4},
                                          {Dtype::i8, "i8", "<i8", 8},
                                          {Dtype::u1, "u1", "|u1", 1},
                                          {Dtype::u2, "u2", "<u2", 2},
                                          {Dtype::u4, "u4", "<u4", 4},
                                          {Dtype::u8, "u8", "<u8", 8},
                                          {Dtype::f2, "f2", "<f2", 2},
                                          {Dtype::f4, "f4", "<f4", 4},
                                          {Dtype::f8, "f8", "<f8", 8}}};

const Facts& facts_of(Dtype dtype) noexcept {
  return facts[static_cast<std::size_t>(dtype)];
}

}  // namespace

std::size_t item_size(Dtype dtype) noexcept {
  return facts_of(dtype).size;
}
std::string_view descr(Dtype dtype) noexcept {
  return facts_of(dtype).descr;
}
std::string_view dtype_name(Dtype dtype) noexcept {
  return facts_of(dtype).name;
}

bool is_floating(Dtype dtype) noexcept {
  return dtype == Dtype::f2 || dtype == Dtype::f4 || dtype == Dtype::f8;
}

std::optional<Dtype> dtype_from_name(std::string_view name) noexcept {
  for (const Facts& known : facts) {
    if (known.name == name) return known.dtype;
  }
  return std::nullopt;
}

}  // namespace phiscope::shard
