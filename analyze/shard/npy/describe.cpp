// SPDX-License-Identifier: MIT
#include "shard/npy/describe.hpp"

#include "shard/file/sha256.hpp"
#include "shard/npy/order.hpp"

namespace phiscope::shard {

nlohmann::ordered_json describe(const NpyArray& array) {
  const NpyHeader& header = array.header();
  const bool as_it_lies = !header.big_endian && !detail::is_permuted(header);
  return {{"shape", header.shape},
          {"dtype", descr(header.dtype)},
          {"sha256_le_c_order", sha256(as_it_lies ? array.bytes() : array.c_order_bytes())}};
}

}  // namespace phiscope::shard
