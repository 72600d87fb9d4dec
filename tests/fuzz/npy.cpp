// SPDX-License-Identifier: MIT
#include "shard/npy/describe.hpp"
#include "shard/npy/writer.hpp"
#include "target.hpp"

#include <algorithm>

namespace phiscope::fuzz {
namespace {

void check(const shard::NpyArray& array, std::size_t size) {
  const shard::NpyHeader& header = array.header();
  require(header.data_offset + array.bytes().size() == size, "npy: size");
  require(array.bytes().size() == header.count * item_size(header.dtype), "npy: count");
  require(exact_bytes(header.shape, item_size(header.dtype)) == array.bytes().size(),
          "npy: bytes of the shape");
  const std::vector<std::byte> data = array.c_order_bytes();
  require(data.size() == array.bytes().size(), "npy: C order");
  (void)shard::describe(array).dump();
  accept_or_refuse(array.path(),
                   [&] { require(array.read<double>().size() == header.count, "npy: doubles"); });
  accept_or_refuse(array.path(), [&] {
    require(array.read<std::int8_t>().size() == header.count, "npy: bytes");
  });
  accept_or_refuse(array.path(),
                   [&] { require(array.view<float>().size() == header.count, "npy: view"); });
  // Written anew it is the same array, in C order and little endian.
  std::string file = shard::npy_header_bytes(header.dtype, header.shape);
  const std::size_t begin = file.size();
  file.resize(begin + data.size());
  std::transform(data.begin(), data.end(), file.begin() + static_cast<std::ptrdiff_t>(begin),
                 [](std::byte one) { return static_cast<char>(one); });
  read_again([&] {
    const shard::NpyArray again(as_bytes(file), "written.npy");
    require(again.header().dtype == header.dtype && again.shape() == header.shape,
            "npy: another header");
    require(std::ranges::equal(again.bytes(), data), "npy: other data");
    require(again.header().data_offset % 64 == 0, "npy: alignment");
  });
}

}  // namespace

bool try_npy(std::string_view input) {
  const auto bytes = as_bytes(input);
  const auto accepts = [&](shard::Opaque opaque) {
    return accept_or_refuse("x.npy",
                            [&] { check(shard::NpyArray(bytes, "x.npy", opaque), input.size()); });
  };
  const bool plain = accepts(shard::Opaque::refused);
  const bool either = accepts(shard::Opaque::accepted);
  require(either || !plain, "npy: accepts less with bfloat16");
  return either;
}

}  // namespace phiscope::fuzz
