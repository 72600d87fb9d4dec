// SPDX-License-Identifier: MIT
#include "model/kv_cache.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <utility>

namespace phiscope::extract {
namespace {

std::int64_t whole_tiles(std::int64_t tokens) {
  return (tokens + KvCache::tile - 1) / KvCache::tile * KvCache::tile;
}

}  // namespace

KvCache::KvCache(const ModelConfig& config, std::int64_t tokens, at::ScalarType dtype,
                 at::Device device)
    : KvCache(at::zeros({config.layers, 2, whole_tiles(tokens), config.kv_heads, config.head_dim},
                        at::TensorOptions().dtype(dtype).device(device))) {}

KvCache::KvCache(at::Tensor room) : capacity_(room.size(2)), room_(std::move(room)) {
  keys_.reserve(static_cast<std::size_t>(room_.size(0)));
  values_.reserve(static_cast<std::size_t>(room_.size(0)));
  for (std::int64_t layer = 0; layer < room_.size(0); ++layer) {
    const at::Tensor both = room_.select(0, layer);
    keys_.push_back(both.select(0, 0));
    values_.push_back(both.select(0, 1));
  }
}

KvCache KvCache::fork(std::int64_t tokens, std::int64_t known, std::int64_t room) const {
  std::vector<std::int64_t> shape = room_.sizes().vec();
  shape[2] = whole_tiles(room);
  const at::Tensor copy = at::empty(shape, room_.options());
  copy.narrow(2, 0, known).copy_(room_.narrow(2, 0, known));
  copy.narrow(2, known, shape[2] - known).zero_();
  KvCache other(copy);
  other.length_ = tokens;
  return other;
}

void KvCache::write(std::size_t layer, const at::Tensor& keys, const at::Tensor& values) {
  keys_.at(layer).narrow(0, length_, keys.size(0)).copy_(keys);
  values_.at(layer).narrow(0, length_, values.size(0)).copy_(values);
}

at::Tensor KvCache::keys(std::size_t layer, std::int64_t tokens) const {
  return keys_.at(layer).narrow(0, 0, whole_tiles(tokens));
}

at::Tensor KvCache::values(std::size_t layer, std::int64_t tokens) const {
  return values_.at(layer).narrow(0, 0, whole_tiles(tokens));
}

}  // namespace phiscope::extract
