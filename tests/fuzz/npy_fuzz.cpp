// SPDX-License-Identifier: MIT
#include "input_file.hpp"
#include "shard/npy_describe.hpp"

using namespace phiscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = test::input_file("x.npy", test::as_text(data, size));
  test::accept_or_refuse(path, [&] {
    const shard::NpyFile array(path);
    test::require(array.header().data_offset + array.bytes().size() == size, "npy: size");
    test::require(array.c_order_bytes().size() == array.bytes().size(), "npy: C order");
    (void)shard::describe(array).dump();
    test::accept_or_refuse(
        path, [&] { test::require(array.read<double>().size() == array.count(), "npy: read"); });
  });
  return 0;
}
